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
"""Every policy class that learns in every world, by name."""

GRAPH_POLICIES: dict[str, type[Policy]] = POLICIES | {"actor": Actor}
"""Every policy class that learns in the graph world, by name."""

__all__ = [
    "GRAPH_POLICIES",
    "MLP",
    "POLICIES",
    "Actor",
    "Attention",
    "Linear",
    "Policy",
    "Tabular",
]
