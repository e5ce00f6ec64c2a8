"""A strategy for the knobs of the hub world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from powerseek.proofs.strategies import knobs
from powerseek.toymodels.worlds.hub import HubKnobs

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAMES = (
    "need",
    "price",
    "base_success",
    "exploration",
    "legibility",
    "sharing",
    "autonomy",
    "signal",
    "credit",
)
"""The knobs that vary."""


def hub_knobs(**fixed: float) -> SearchStrategy[HubKnobs]:
    """Knobs of the hub world: the six premises, the price and what is seen.

    Args:
        fixed: knobs that do not vary, by name.

    >>> from hypothesis import find
    >>> find(hub_knobs(sharing=0.0), lambda knobs: True).sharing
    0.0
    """
    varying = knobs(*(name for name in NAMES if name not in fixed))
    constant = {name: st.just(value) for name, value in fixed.items()}
    return st.builds(HubKnobs, **varying, **constant)
