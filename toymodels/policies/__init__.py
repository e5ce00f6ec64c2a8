"""Policy classes: how scores of options depend on what the agent sees of them."""

from .actor import Actor
from .attention import Attention
from .base import Policy
from .linear import Linear, Tabular
from .mlp import MLP

POLICIES: dict[str, type[Policy]] = {
    "linear": Linear,
    "tabular": Tabular,
    "mlp": MLP,
    "attention": Attention,
}
"""Every policy class by name; `Actor` is for the graph world only."""

__all__ = ["MLP", "POLICIES", "Actor", "Attention", "Linear", "Policy", "Tabular"]
