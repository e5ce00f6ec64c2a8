"""Learning algorithms: how an update is computed from the policy's table."""

from .actor_critic import ActorCritic
from .base import Algorithm, Memoryless, Teaching
from .exact import ExactGradient
from .reinforce import Reinforce
from .walks import Walks

ALGORITHMS: dict[str, type[Algorithm]] = {
    "exact": ExactGradient,
    "reinforce": Reinforce,
    "actor-critic": ActorCritic,
}
"""Every algorithm by name; `Walks` is for the graph world only."""

__all__ = [
    "ALGORITHMS",
    "ActorCritic",
    "Algorithm",
    "ExactGradient",
    "Memoryless",
    "Reinforce",
    "Teaching",
    "Walks",
]
