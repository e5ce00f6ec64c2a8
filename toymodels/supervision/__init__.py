"""Supervision: what teaches the learner besides the outcome of its tasks."""

from .base import Outcome, Supervision
from .process import Blanket

__all__ = ["Blanket", "Outcome", "Supervision"]
