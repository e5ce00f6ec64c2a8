"""Learning algorithms: how an update is computed from the policy's table."""

from .base import Algorithm, Teaching
from .exact import ExactGradient
from .reinforce import Reinforce

__all__ = ["Algorithm", "ExactGradient", "Reinforce", "Teaching"]
