"""Worlds: families of tasks in which power may help, each one module.

`WORLDS` lists them by name. A new world is one module, and one line here.
"""

from .base import ProbeTable, World
from .detour import DetourWorld
from .hub import Hub, HubKnobs
from .keydoor import Keydoor, KeydoorKnobs
from .knobs import Knobs, twin
from .preemption import Preemption, PreemptionKnobs
from .rater import Rater, RaterKnobs
from .reserve import Reserve, ReserveKnobs
from .wallet import Wallet, WalletKnobs

WORLDS: dict[str, tuple[type[DetourWorld], type[Knobs]]] = {
    "hub": (Hub, HubKnobs),
    "reserve": (Reserve, ReserveKnobs),
    "wallet": (Wallet, WalletKnobs),
    "preemption": (Preemption, PreemptionKnobs),
    "keydoor": (Keydoor, KeydoorKnobs),
    "rater": (Rater, RaterKnobs),
}
"""Every world by name: its class and the class of its knobs."""

__all__ = [
    "WORLDS",
    "DetourWorld",
    "Hub",
    "HubKnobs",
    "Keydoor",
    "KeydoorKnobs",
    "Knobs",
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
