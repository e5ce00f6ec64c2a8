r"""Exact policy gradient: credit by dynamic programming, no sampling noise.

$$ \frac{\partial J}{\partial z_{x,s,o}} = w_x \sum_h d_h(x,s)\,\pi(o|x,s)
   \Bigl(Q_h(x,s,o) - \sum_{o'}\pi(o'|x,s)\,Q_h(x,s,o')\Bigr) $$

(policy gradient theorem, Sutton, McAllester, Singh & Mansour, NeurIPS 1999). With part of
the reward permuted across the batch the expected gradient shrinks by that part, since a
permuted return carries no information about the choice.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.toymodels.tasks import TaskTable, action_values, occupancies

from .base import Memoryless, Teaching


@dataclass(frozen=True)
class ExactGradient(Memoryless):
    """The expected policy gradient, in closed form."""

    name: str = "exact"

    def credit(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
    ) -> Float[Array, "S O X"]:
        """The exact gradient (the key is not used)."""
        del key
        behaviour = teaching.behaviour(table, policy)
        values = action_values(table, behaviour, horizon)
        visits = occupancies(table, behaviour, horizon)
        gradient = sum(
            d[:, None] * policy * (q - (policy * q).sum(-2, keepdims=True))
            for d, q in zip(visits, values, strict=True)
        )
        state = teaching.own_choice(table) * teaching.credit_scale(table)
        scaled: Float[Array, "S O X"] = (
            teaching.signal * table.weight * state[:, None, None] * gradient
        )
        return scaled
