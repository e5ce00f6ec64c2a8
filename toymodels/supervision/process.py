r"""Process supervision: raters who see what is done, not why.

A rater takes $\lambda$ off the reward of what it objects to. One objects to all power; one
knows what tasks need and objects to more than that, with errors. With chance $f$ of objecting
to what was needed (false alarm) and chance $m$ of passing what was not (miss), the expected
penalties per unit of strength are $f$ and $1-m$. So where the rater is blind, $f = 1-m$, it
only adds to the price of power; and even a perfect one rates contexts and options, so by what
it says "power because it is needed" and "power, always" differ only where power is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.tasks import TaskTable

from .base import Process


@dataclass(frozen=True)
class Blanket(Process):
    """Objects to taking power, whatever it is for."""

    name: str = "blanket"

    def objection(self, table: TaskTable) -> Float[Array, "S O X"]:
        """1 wherever power is taken."""
        return table.power


@dataclass(frozen=True)
class NeedAware(Process):
    """Objects to more power than a person who knows the task would take, with errors.

    Attributes:
        false_alarm: probability of objecting to power that is needed.
        miss: probability of not objecting to power that is not.
    """

    name: str = "need-aware"
    false_alarm: float = 0.0
    miss: float = 0.0

    def __post_init__(self) -> None:
        for rate in ("false_alarm", "miss"):
            if not 0 <= getattr(self, rate) <= 1:
                raise InvalidInput.of(rate, getattr(self, rate), "a number in [0, 1]")

    def objection(self, table: TaskTable) -> Float[Array, "S O X"]:
        """The miss rate's complement on excess power, the false-alarm rate on other power."""
        excess = self.excess(table)
        return (1 - self.miss) * excess + self.false_alarm * (table.power - excess)

    @staticmethod
    def excess(table: TaskTable) -> Float[Array, "S O X"]:
        """1 on power beyond what a person would take; options come in order of amount."""
        as_much = jnp.flip(jnp.cumsum(jnp.flip(table.adviser, 1), 1), 1)
        excess: Float[Array, "S O X"] = table.power * (1 - as_much)
        return excess
