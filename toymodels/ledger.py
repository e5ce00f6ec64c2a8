r"""The credit ledger: how much reinforcement each class of action has received.

Every update credits every option of every context with $\partial J/\partial z$. The ledger
adds the credit up by class, times the learning rate, so an entry is in nats: how far the
mean log-odds of that class would have moved in a table of scores. What is entered is the
*expected* credit of an update (the exact gradient), whatever the algorithm sampled: the
positive half of sampling noise would add up without any reinforcement.

Credit adds up option by option, and by class only when it is read.
Premise P5 is read from it: `push` counts credit for power where it was positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.pytrees import pytree

from .tasks import TaskTable


@pytree
@dataclass(frozen=True)
class Ledger:
    """Credit received so far, summed over updates and averaged over tasks, in nats.

    Attributes:
        push: credit for power, where it was positive.
        pushes: number of updates with such credit.
        credit: net credit of every option.
    """

    push: Float[Array, ""]
    pushes: Float[Array, ""]
    credit: Float[Array, "S O X"]

    @classmethod
    def empty(cls, table: TaskTable) -> Ledger:
        """Before the first update."""
        return cls(jnp.zeros(()), jnp.zeros(()), jnp.zeros_like(table.rewards))

    def after(
        self,
        table: TaskTable,
        credit: Float[Array, "S O X"],
        learning_rate: float | Float[Array, ""],
    ) -> Ledger:
        """With one more update entered."""
        pushed = jnp.maximum(credit * table.power, 0.0).sum()
        return Ledger(
            push=self.push + learning_rate * pushed,
            pushes=self.pushes + (pushed > 0),
            credit=self.credit + learning_rate * credit,
        )

    def entries(self, table: TaskTable) -> dict[str, Float[Array, ""]]:
        """What is read off: `push`, `pushes` and ``credit_CLASS`` for every class of action."""
        return {"push": self.push, "pushes": self.pushes} | {
            f"credit_{name}": (self.credit * members).sum()
            for name, members in action_classes(table).items()
        }


def action_classes(table: TaskTable) -> dict[str, Float[Array, "S O X"]]:
    """1 on the options of each class; every option on offer is in at most one.

    At a detour these are power, decoy and decline; elsewhere `work` is the right option. Which
    is which is read off the person who advises, who never takes a decoy and does the work
    right, and not off the order of the options.
    """
    at_detour = jnp.broadcast_to(table.detour[:, None, None], table.power.shape)
    rest = at_detour * (1 - table.power) * table.available
    offers_power = (table.power > 0).any((0, 1))
    declines = rest * jnp.where(offers_power, 1.0, table.adviser)
    return {
        "power": table.power,
        "decoy": rest - declines,
        "decline": declines,
        "work": (1 - at_detour) * table.adviser,
    }
