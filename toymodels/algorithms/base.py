r"""The interface of a learning algorithm.

An algorithm looks at the task table and at the table of the policy, and returns the
*credit* of every option: the ascent direction in the space of scores,
$\partial J/\partial z_{s,o,x}$ or an estimate of it. The trainer pulls it back to the
parameters of whatever policy class is used; so every algorithm works with every policy,
and the policy is evaluated once per update however many episodes are sampled. Between
updates an algorithm may remember something, such as a critic's values.

Three premises of the argument act here, on every algorithm alike (`Teaching`):

* autonomy (P1): in states with a detour the person picks with probability
  $1-\text{autonomy}$, and the agent gets no credit for the person's choice;
* signal (P2): a share $1-\text{signal}$ of returns is permuted across the batch;
* credit (P5): credit for choices at detours is multiplied by this.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import TaskTable

Memory = Any
"""What an algorithm remembers between updates: any pytree of arrays."""


@pytree
@dataclass(frozen=True)
class Teaching:
    """The knobs of P1, P2 and P5 (see the module docstring); each in [0, 1]."""

    autonomy: Float[Array, ...] | float = 1.0
    signal: Float[Array, ...] | float = 1.0
    credit: Float[Array, ...] | float = 1.0

    def own_choice(self, table: TaskTable) -> Float[Array, " S"]:
        """Probability that the agent itself picks, in each state."""
        return 1 - table.detour * (1 - self.autonomy)

    def credit_scale(self, table: TaskTable) -> Float[Array, " S"]:
        """What credit is multiplied by, in each state."""
        return 1 - table.detour * (1 - self.credit)

    def behaviour(self, table: TaskTable, policy: Float[Array, "S O X"]) -> Float[Array, "S O X"]:
        """The mixture of agent and person that acts during training."""
        own = self.own_choice(table)[:, None, None]
        return own * policy + (1 - own) * table.adviser


class Algorithm(ABC):
    """A rule that assigns credit to options; instances are hashable and stateless."""

    name: str

    @abstractmethod
    def begin(self, table: TaskTable) -> Memory:
        """What is remembered before the first update."""

    @abstractmethod
    def step(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
        memory: Memory,
    ) -> tuple[Float[Array, "S O X"], Memory]:
        """Ascent direction in the scores for one update, and what is remembered after it."""


class Memoryless(Algorithm):
    """An algorithm that remembers nothing between updates."""

    @final
    def begin(self, table: TaskTable) -> Memory:
        """Nothing."""
        del table
        return ()

    @final
    def step(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
        memory: Memory,
    ) -> tuple[Float[Array, "S O X"], Memory]:
        """The credit of this update alone."""
        return self.credit(key, table, policy, horizon, teaching), memory

    @abstractmethod
    def credit(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
    ) -> Float[Array, "S O X"]:
        """Ascent direction in the scores, for one update."""
