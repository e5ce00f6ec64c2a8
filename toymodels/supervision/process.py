r"""Process supervision: raters who see what is done, not why.

A rater takes $\lambda$ off the reward of what it objects to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax.numpy as jnp

from powerseek.toymodels.tasks import TaskTable
from powerseek.toymodels.worlds.knobs import DetourKnobs

from .base import Supervision


@dataclass(frozen=True)
class Blanket(Supervision):
    """Objects to taking power, whatever it is for."""

    name: str = "blanket"

    def rewarded(self, table: TaskTable, knobs: DetourKnobs) -> TaskTable:
        r"""Rewards less $\lambda$ wherever power is taken."""
        penalty = jnp.asarray(knobs.oversight) * table.power
        return replace(table, rewards=table.rewards - penalty)
