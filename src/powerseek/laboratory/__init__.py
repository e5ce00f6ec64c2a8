"""One training run of your own: agents, their decoy twins, and what they came to want."""

from .run import Outcome, Run, checkpoints_up_to, train_run

__all__ = ["Outcome", "Run", "checkpoints_up_to", "train_run"]
