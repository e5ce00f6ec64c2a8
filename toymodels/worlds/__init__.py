"""Worlds: families of tasks in which power may help, each one module.

`WORLDS` lists them by name, `DETOUR_WORLDS` those with a detour. A new world is one module, and
one line here.
"""

from .base import LabelledWorld, ProbeTable, World
from .detour import DetourWorld
from .graph import Graph, GraphKnobs
from .hub import Hub, HubKnobs
from .keydoor import Keydoor, KeydoorKnobs
from .knobs import DetourKnobs, Knobs, twin
from .preemption import Preemption, PreemptionKnobs
from .rater import Rater, RaterKnobs
from .reserve import Reserve, ReserveKnobs
from .wallet import Wallet, WalletKnobs

DETOUR_WORLDS: dict[str, tuple[type[DetourWorld], type[DetourKnobs]]] = {
    "hub": (Hub, HubKnobs),
    "reserve": (Reserve, ReserveKnobs),
    "wallet": (Wallet, WalletKnobs),
    "preemption": (Preemption, PreemptionKnobs),
    "keydoor": (Keydoor, KeydoorKnobs),
    "rater": (Rater, RaterKnobs),
}
"""The worlds with a detour, in which the choice of power is one labelled step."""

WORLDS: dict[str, tuple[type[World], type[Knobs]]] = {**DETOUR_WORLDS, "graph": (Graph, GraphKnobs)}
"""Every world by name: its class and the class of its knobs."""

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
    "twin",
]
