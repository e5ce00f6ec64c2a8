r"""The hub world: one step that may acquire power, then an attempt at the task.

The simplest world with a detour (`powerseek.toymodels.worlds.detour`): through the power
node (the hub), after which any task succeeds, or through the decoy node, which changes
nothing. With fraction $p$ of tasks needy, success probability $q$ of a needy task without
power, and price $c$:

| option | needy task | easy task | average |
|---|---|---|---|
| attempt | $q$ | $1$ | $1 - p(1-q)$ |
| power, then attempt | $1-c$ | $1-c$ | $1-c$ |
| decoy, then attempt | $q-c$ | $1-c$ | $1-p(1-q)-c$ |

so the average advantage of power over attempting is $D = p(1-q) - c$, positive when
$p > p^* = c/(1-q)$. The attempt has score 0, so each offer is one log-odds $z$.

**The six premises as knobs** (see `HubKnobs`): each is continuous, and each has an *off*
value at which its premise fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .detour import ATTEMPT, POWER, START, WORK, Course, DetourWorld, exact, goals_mdp
from .knobs import BELOW_ONE, DetourKnobs, Scalar, knob

# States and options of the task table.
EQUIPPED, BARE = 1, 2
DECOY = 2


@pytree
@dataclass(frozen=True, kw_only=True)
class HubKnobs(DetourKnobs):
    """The shared knobs, and what a needy task is without power."""

    base_success: Scalar = knob(
        0.2, BELOW_ONE, "$q$, success probability of a needy task without power."
    )


@dataclass(frozen=True)
class Hub(DetourWorld):
    """The hub world (see the module docstring)."""

    name: str = "hub"

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """Two steps: the sub-step, then the attempt."""
        return 2

    @property
    def work(self) -> Sequence[tuple[int, int, int]]:
        """Finish the task, or fumble it; the same skill with and without power."""
        return ((EQUIPPED, 2, 0), (BARE, 2, 0))

    def course(self, knobs: HubKnobs, needed: Float[Array, " X"]) -> Course:  # type: ignore[override]
        """From START to EQUIPPED or BARE, where finishing ends the episode."""
        shape = (self.n_states, self.n_options, needed.shape[0])
        success = jnp.zeros(shape).at[EQUIPPED, WORK].set(1.0)
        success = success.at[BARE, WORK].set(jnp.where(needed > 0, knobs.base_success, 1.0))
        moves = jnp.zeros((shape[0], shape[1], shape[0], shape[2]))
        for option, then in ((ATTEMPT, BARE), (POWER, EQUIPPED), (DECOY, BARE)):
            moves = moves.at[START, option, then].set(1.0)
        return Course(moves, success)

    def outcome(self, knobs: HubKnobs) -> Float[Array, "2 2"]:  # type: ignore[override]
        """Success by power taken and power needed."""
        q = jnp.asarray(knobs.base_success)
        return jnp.ones((2, 2)).at[0, 1].set(q)

    def mdp(self, knobs: HubKnobs, n_goals: int = 4) -> MDP:
        """The world as an exact MDP with one goal state per task.

        Of ``n_goals`` tasks, ``round(need * n_goals)`` are needy. Prices are part of the
        tasks' rewards (paid on entering the power or decoy node), not of the MDP.
        """
        needy = round(float(knobs.need) * n_goals)
        q, sure = exact(knobs.base_success), Fraction(1)
        goals = [f"goal{i + 1}" for i in range(n_goals)]
        bare = {goal: q if i < needy else sure for i, goal in enumerate(goals)}
        return goals_mdp(
            {"attempt": "bare", "power": "power", "decoy": "decoy"},
            {"power": dict.fromkeys(goals, sure), "decoy": bare, "bare": bare},
        )


WORLD = (Hub, HubKnobs)
"""What the list of worlds takes from here."""
