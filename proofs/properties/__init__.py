"""Properties of every MDP, by name: visits and values, POWER, and what lies around it."""

from .base import GAMMA, MDPProperty, Violation
from .neighbours import NEIGHBOURS
from .power import POWER
from .visits import VISITS

PROPERTIES: dict[str, MDPProperty] = {p.name: p for p in (*VISITS, *POWER, *NEIGHBOURS)}
"""All properties by name, the cheapest first; `powerseek verify` runs them."""

__all__ = ["GAMMA", "PROPERTIES", "MDPProperty", "Violation"]
