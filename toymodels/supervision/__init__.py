"""Supervision: what teaches the learner besides the outcome of its tasks."""

from .ablated import AblatedNeed, DecoyParity
from .base import Computational, Outcome, Process, Supervision
from .panel import Panel
from .probe import Probe
from .process import Blanket, NeedAware

__all__ = [
    "AblatedNeed",
    "Blanket",
    "Computational",
    "DecoyParity",
    "NeedAware",
    "Outcome",
    "Panel",
    "Probe",
    "Process",
    "Supervision",
]
