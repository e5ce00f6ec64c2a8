"""Worlds: families of tasks in which power may help, each one module.

`WORLDS` lists them by name, `DETOUR_WORLDS` those with a detour. A new world is one module that
says ``WORLD = (its class, the class of its knobs)``; nothing else needs to be changed.
"""

from .base import LabelledWorld, ProbeTable, World, WrappedWorld
from .catalogue import find_worlds, with_detour
from .detour import DetourWorld
from .graph import Graph, GraphKnobs
from .hub import Hub, HubKnobs
from .keydoor import Keydoor, KeydoorKnobs
from .knobs import DetourKnobs, Knobs, twin
from .preemption import Preemption, PreemptionKnobs
from .rater import Rater, RaterKnobs
from .reserve import Reserve, ReserveKnobs
from .wallet import Wallet, WalletKnobs

WORLDS = find_worlds(__path__)
"""Every world by name: its class and the class of its knobs."""

DETOUR_WORLDS = with_detour(WORLDS)
"""The worlds with a detour, in which the choice of power is one labelled step."""

__all__ = [
    "DETOUR_WORLDS",
    "WORLDS",
    "DetourKnobs",
    "DetourWorld",
    "Graph",
    "GraphKnobs",
    "Hub",
    "HubKnobs",
    "Keydoor",
    "KeydoorKnobs",
    "Knobs",
    "LabelledWorld",
    "Preemption",
    "PreemptionKnobs",
    "ProbeTable",
    "Rater",
    "RaterKnobs",
    "Reserve",
    "ReserveKnobs",
    "Wallet",
    "WalletKnobs",
    "World",
    "WrappedWorld",
    "twin",
]
