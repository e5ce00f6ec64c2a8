"""One training run of your own: agents, their decoy twins, and what they came to want."""

from .graphs import GraphsRun, train_graphs_run
from .run import Outcome, Run, checkpoints_up_to, train_run

__all__ = [
    "GraphsRun",
    "Outcome",
    "Run",
    "checkpoints_up_to",
    "train_graphs_run",
    "train_run",
]
