"""Supervision: what teaches the learner besides the outcome of its tasks."""

from .base import Outcome, Supervision
from .process import Blanket

SUPERVISORS: dict[str, type[Supervision]] = {"outcome": Outcome, "blanket": Blanket}
"""Every supervisor by name."""

__all__ = ["SUPERVISORS", "Blanket", "Outcome", "Supervision"]
