"""A panel: several supervisors in one compiled recipe, of which a knob picks one.

Every supervisor compiles to a program of its own. Where many are compared, a panel makes them
one: the knob `overseer` is the number of the supervisor that acts, so it varies between agents
as strengths and seeds do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.policies.base import Params
from powerseek.toymodels.tasks import TaskTable
from powerseek.toymodels.worlds.knobs import DetourKnobs

from .base import Supervised, Supervision


@dataclass(frozen=True)
class Panel(Supervision):
    """Acts as the supervisor whose number is the agent's knob `overseer`.

    Attributes:
        members: the supervisors, numbered from 0.
    """

    name: str = "panel"
    members: tuple[Supervision, ...] = ()

    def __post_init__(self) -> None:
        if not self.members:
            raise InvalidInput.of("members", self.members, "at least one supervisor")

    def rewarded(self, table: TaskTable, knobs: DetourKnobs) -> TaskTable:
        """The table as the acting supervisor rewards it."""
        rewards = [member.rewarded(table, knobs).rewards for member in self.members]
        acting = self._acting(knobs)
        return replace(table, rewards=jnp.einsum("k,k...->...", acting, jnp.stack(rewards)))

    def descent(self, agent: Supervised) -> Params | None:
        """The acting supervisor's gradient."""
        total = None
        knobs = agent.knobs
        for acts, member in zip(self._acting(knobs), self.members, strict=True):
            scaled = replace(knobs, oversight=acts * jnp.asarray(knobs.oversight))
            own = member.descent(replace(agent, knobs=scaled))
            if own is not None:
                total = own if total is None else jax.tree.map(jnp.add, total, own)
        return total

    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """The acting supervisor's reading."""
        seen = [member.reading(agent) for member in self.members]
        return self._acting(agent.knobs) @ jnp.stack(seen)

    def _acting(self, knobs: DetourKnobs) -> Float[Array, " member"]:
        return jnp.asarray(knobs.overseer == jnp.arange(len(self.members)), float)
