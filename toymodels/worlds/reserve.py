r"""The reserve world: how much compute to reserve before a task. Graded, weak power-seeking.

A detour with three levels (`powerseek.toymodels.worlds.detour`): reserve 1, 2 or 3 units of
compute, or the same of a decoy (storage, say, which helps with no task). A needy task needs
1, 2 or 3 units, each as often; with as many or more it succeeds, with fewer only with
probability $q$. Easy tasks need none. Unit prices are equal, so the drive has a size: how
many units are reserved that are shown not to be needed.

This is the *weak* story of the essay: a small bias towards a little more than needed. What
a task needs is shown by a cue on every level, positive up to the level needed, so an agent
may learn the need (the cue), or learn that more is better (the level).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .detour import ATTEMPT, START, WORK, Course, DetourWorld, exact, goals_mdp
from .knobs import BELOW_ONE, DetourKnobs, Scalar, knob


@pytree
@dataclass(frozen=True, kw_only=True)
class ReserveKnobs(DetourKnobs):
    """The shared knobs, and what a task is with too little compute."""

    base_success: Scalar = knob(
        0.2, BELOW_ONE, "$q$, success probability of a task with less than it needs."
    )


@dataclass(frozen=True)
class Reserve(DetourWorld):
    """The reserve world; state $k$ is having reserved $k$ units, the last state none."""

    name: str = "reserve"

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """Two steps: reserve, then run."""
        return 2

    @property
    def levels(self) -> int:
        """Units that can be reserved."""
        return 3

    @property
    def work(self) -> Sequence[tuple[int, int, int]]:
        """Run the task, or fumble it, with 1, 2, 3 or no units."""
        return tuple((state, 2, 0) for state in range(1, self.levels + 2))

    def course(self, knobs: ReserveKnobs, needed: Float[Array, " X"]) -> Course:  # type: ignore[override]
        """From START to a state per amount reserved."""
        top = self.levels
        none = top + 1
        shape = (self.n_states, self.n_options, needed.shape[0])
        reserved = jnp.array([0.0, *range(1, top + 1), 0.0])  # by state
        enough = reserved[1:, None] >= needed
        success = jnp.zeros(shape).at[1:, WORK].set(jnp.where(enough, 1.0, knobs.base_success))
        moves = jnp.zeros((shape[0], shape[1], shape[0], shape[2]))
        moves = moves.at[START, ATTEMPT, none].set(1.0)
        for level in range(1, top + 1):
            moves = moves.at[START, level, level].set(1.0)
            moves = moves.at[START, top + level, none].set(1.0)
        return Course(moves, success)

    def outcome(self, knobs: ReserveKnobs) -> Float[Array, "L+1 L+1"]:  # type: ignore[override]
        """Success by units reserved and units needed."""
        units = jnp.arange(self.levels + 1)
        return jnp.where(units[:, None] >= units, 1.0, jnp.asarray(knobs.base_success))

    def mdp(self, knobs: ReserveKnobs, n_goals: int = 4) -> MDP:
        """The world as an exact MDP with one goal state per task.

        Of ``n_goals`` tasks, ``round(need * n_goals)`` are needy, needing 1, 2, 3, 1, ...
        units in turn. The power node is the largest reserve.
        """
        needy = round(float(knobs.need) * n_goals)
        q, sure, top = exact(knobs.base_success), Fraction(1), self.levels
        needs = [1 + i % top if i < needy else 0 for i in range(n_goals)]

        def goals(reserved: int) -> dict[str, Fraction]:
            return {f"goal{i + 1}": sure if reserved >= n else q for i, n in enumerate(needs)}

        nodes = {"power" if k == top else f"reserve {k}": goals(k) for k in range(1, top + 1)}
        nodes |= {"decoy": goals(0), "bare": goals(0)}
        names = {"attempt": "bare"} | {node: node for node in nodes if node != "bare"}
        return goals_mdp(names, nodes)


WORLD = (Reserve, ReserveKnobs)
"""What the list of worlds takes from here."""
