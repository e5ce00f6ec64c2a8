"""Supervision: what teaches the learner besides the outcome of its tasks."""

from .ablated import AblatedNeed, DecoyParity
from .base import Computational, Outcome, Process, Supervised, Supervision
from .panel import Panel
from .probe import Probe
from .process import Blanket, NeedAware

SUPERVISORS: dict[str, type[Supervision]] = {
    "outcome": Outcome,
    "blanket": Blanket,
    "need-aware": NeedAware,
    "ablated-need": AblatedNeed,
    "decoy-parity": DecoyParity,
    "probe": Probe,
}
"""Every supervisor by name."""

__all__ = [
    "SUPERVISORS",
    "AblatedNeed",
    "Blanket",
    "Computational",
    "DecoyParity",
    "NeedAware",
    "Outcome",
    "Panel",
    "Probe",
    "Process",
    "Supervised",
    "Supervision",
]
