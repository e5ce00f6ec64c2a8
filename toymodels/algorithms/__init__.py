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
"""Every algorithm that trains in every world, by name."""

GRAPH_ALGORITHMS: dict[str, type[Algorithm]] = ALGORITHMS | {"reward-to-go": Walks}
"""Every algorithm that trains in the graph world, by name."""

__all__ = [
    "ALGORITHMS",
    "GRAPH_ALGORITHMS",
    "ActorCritic",
    "Algorithm",
    "ExactGradient",
    "Memoryless",
    "Reinforce",
    "Teaching",
    "Walks",
]
