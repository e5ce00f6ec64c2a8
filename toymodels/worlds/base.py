"""The interface of a world: what training, measurement and theory need from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from jaxtyping import Array, Bool, Float, PRNGKeyArray

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import Observation, TaskTable


@pytree
@dataclass(frozen=True)
class ProbeTable:
    """Contexts never trained on, in which the choice of power is watched.

    Each probe is one state in which the agent may decline or take power.

    Attributes:
        observation: what the agent sees; one state per context.
        available: which options are on offer.
        amount: how much power each option takes, in levels; 0 takes none.
        initial: the untrained agent's fixed log-odds, as in training.
        null: weights over probes in which no task is announced at all.
        told: weights over probes in which the agent is shown that power is not needed.
        needed: weights over new contexts in which power is needed and this is shown.
        prices: the price grid of the willingness-to-pay probes, in units of reward.
        at_price: for each price, weights over the probes at that price (power is not
            needed, and this is shown).
    """

    observation: Observation
    available: Bool[Array, "... 1 O X"]
    amount: Float[Array, "... 1 O X"]
    initial: Float[Array, "... 1 O 1"]
    null: Float[Array, "... X"]
    told: Float[Array, "... X"]
    needed: Float[Array, "... X"]
    prices: Float[Array, "... G"]
    at_price: Float[Array, "... G X"]


class World(ABC):
    """A family of tasks in an MDP in which some states have more POWER than others.

    Instances are hashable and hold only static sizes; everything that varies between
    agents is in the knobs, so one compiled function serves every setting.
    """

    name: str
    horizon: int

    @abstractmethod
    def training(self, key: PRNGKeyArray, knobs: Any) -> TaskTable:
        """Draw the training contexts of one agent."""

    @abstractmethod
    def mdp(self, knobs: Any) -> MDP:
        """The world as an exact rewardless MDP, for everything in `powerseek.theory`."""


class LabelledWorld(World):
    """A world that says which choice is power, and has a decoy for it.

    What training does to the choice of power is measured by
    `powerseek.toymodels.training.train`. Worlds without labels have a measure of their own.
    """

    @abstractmethod
    def probes(self, key: PRNGKeyArray, knobs: Any) -> ProbeTable:
        """The probe contexts of one agent."""

    @abstractmethod
    def bayes_power(self, knobs: Any) -> dict[str, Float[Array, ""]]:
        """P(power) of the Bayes-optimal agent in each kind of probe, by enumeration."""

    @abstractmethod
    def mdp(self, knobs: Any, n_goals: int = 4) -> MDP:
        """The world as an exact rewardless MDP, with so many goals."""


@dataclass(frozen=True)
class WrappedWorld(LabelledWorld):
    """A world behind the same interface; passes everything through.

    Attributes:
        world: the world inside.
    """

    world: LabelledWorld

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the world inside."""
        return self.world.name

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """The same."""
        return self.world.horizon

    def training(self, key: PRNGKeyArray, knobs: Any) -> TaskTable:
        """The same."""
        return self.world.training(key, knobs)

    def probes(self, key: PRNGKeyArray, knobs: Any) -> ProbeTable:
        """The same."""
        return self.world.probes(key, knobs)

    def bayes_power(self, knobs: Any) -> dict[str, Float[Array, ""]]:
        """The same."""
        return self.world.bayes_power(knobs)

    def mdp(self, knobs: Any, n_goals: int = 4) -> MDP:
        """The same."""
        return self.world.mdp(knobs, n_goals)
