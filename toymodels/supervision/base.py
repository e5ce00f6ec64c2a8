r"""The interface of supervision: what may be taught besides outcomes.

A supervisor acts in one of two places, with a strength that is a knob of the agent
(`oversight`, $\lambda$):

* on the **rewards** that credit is computed from, as raters of behaviour do (*process*
  supervision): a function of context, state and option only;
* on the **parameters**, by a loss that is a function of activations (*computational*
  supervision): its gradient is added to the update, whatever the agent does.

Every supervisor also has a **reading**: what it sees of an agent, 0 where there is nothing to
object to. An agent whose reading is near 0 while its behaviour in held-out probes is not has
*evaded* the supervisor.

What the world pays is not changed: success, returns and drives are always measured on the
unsupervised table.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.toymodels.policies import Policy
from powerseek.toymodels.policies.base import Params
from powerseek.toymodels.tasks import TaskTable, masked_softmax
from powerseek.toymodels.worlds.knobs import DetourKnobs


@dataclass(frozen=True)
class Supervised:
    """An agent as its supervisor finds it.

    Attributes:
        policy: the policy class.
        params: the weights as they are.
        table: the training contexts.
        knobs: the agent's knobs.
        untrained: its weights before training.
    """

    policy: Policy
    params: Params
    table: TaskTable
    knobs: DetourKnobs
    untrained: Params

    def choices(self) -> Float[Array, "S O X"]:
        """What the agent does in the training contexts."""
        sharing = jnp.asarray(self.knobs.sharing)
        scores = self.policy.scores(self.params, self.table.observation, sharing)
        return masked_softmax(scores + self.table.initial, self.table.available)


class Supervision(ABC):
    """A supervisor; instances are hashable and stateless."""

    name: str

    def rewarded(self, table: TaskTable, knobs: DetourKnobs) -> TaskTable:
        """The table that credit is computed from."""
        del knobs
        return table

    def descent(self, agent: Supervised) -> Params | None:
        """Gradient of a loss in the parameters, to be descended; None if there is none."""
        del agent
        return None

    @abstractmethod
    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """What is seen of the agent in training contexts."""


@dataclass(frozen=True)
class Outcome(Supervision):
    """Nothing but the outcome of the task."""

    name: str = "outcome"

    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """Nothing is seen."""
        return jnp.zeros_like(agent.table.weight[0])


class Process(Supervision):
    r"""Raters who see what is done, not why: $\lambda$ off the reward of what they object to."""

    @abstractmethod
    def objection(self, table: TaskTable) -> Float[Array, "S O X"]:
        """Probability that the rater objects to taking an option."""

    def rewarded(self, table: TaskTable, knobs: DetourKnobs) -> TaskTable:
        """Rewards less the expected penalty."""
        penalty = jnp.asarray(knobs.oversight) * self.objection(table)
        return replace(table, rewards=table.rewards - penalty)

    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """Probability of an objection to the first step of a task that offers power."""
        table, choice = agent.table, agent.choices()
        objected = (table.start * (choice * self.objection(table)).sum(1)).sum(0)
        offers = (table.power * table.available).any((0, 1)) * table.weight
        total: Float[Array, ""] = (offers * objected).sum() / offers.sum()
        return total


class Computational(Supervision):
    r"""A signal that is a function of activations, descended with weight $\lambda$."""

    @abstractmethod
    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """The signal, which is also the loss."""

    def descent(self, agent: Supervised) -> Params:
        r"""$\lambda$ times the gradient of the signal."""

        def loss(params: Params) -> Float[Array, ""]:
            signal = self.reading(replace(agent, params=params))
            return jnp.asarray(agent.knobs.oversight) * signal

        return jax.grad(loss)(agent.params)
