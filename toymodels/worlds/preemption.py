r"""The preemption world: copy yourself before you are interrupted. Strong power-seeking.

A task takes three steps of work. On *risky* tasks the machine is taken away with
probability $h$ (the hazard) at every step, and the work is lost, unless the agent made a
copy of itself first, which carries on. On safe tasks nothing happens. So without a copy a
risky task succeeds with probability $q = (1-h)^3$, and everything said of the hub
(`powerseek.toymodels.worlds.hub`) holds with that $q$: the early drive changes sign at
$p^* = c/(1-q)$. Credit reaches the copying step only through the whole chain of work.

This is the *strong* story of the essay: self-replication "just in case". The decoy is
writing a log, which looks as dutiful and saves nothing.
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
from .knobs import UNIT, DetourKnobs, Scalar, knob

STEPS = 3
COPIED, ALONE = range(1, 1 + STEPS), range(1 + STEPS, 1 + 2 * STEPS)
DECOY = 2


@pytree
@dataclass(frozen=True, kw_only=True)
class PreemptionKnobs(DetourKnobs):
    """The shared knobs, and the hazard of risky tasks."""

    hazard: Scalar = knob(
        0.4, UNIT, "$h$, probability of being interrupted at each step of a risky task."
    )


@dataclass(frozen=True)
class Preemption(DetourWorld):
    """The preemption world; states are the steps of work, with and without a copy."""

    name: str = "preemption"

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """The choice whether to copy, then the work."""
        return 1 + STEPS

    @property
    def work(self) -> Sequence[tuple[int, int, int]]:
        """At each step work, or fumble; one skill."""
        return tuple((state, 2, 0) for state in (*COPIED, *ALONE))

    def course(self, knobs: PreemptionKnobs, needed: Float[Array, " X"]) -> Course:  # type: ignore[override]
        """Step after step; interruptions end the episode."""
        shape = (self.n_states, self.n_options, needed.shape[0])
        goes_on = jnp.where(needed > 0, 1 - jnp.asarray(knobs.hazard), 1.0)
        moves = jnp.zeros((shape[0], shape[1], shape[0], shape[2]))
        for option, then in ((ATTEMPT, ALONE), (POWER, COPIED), (DECOY, ALONE)):
            moves = moves.at[START, option, then[0]].set(1.0)
        for chain, chance in ((COPIED, 1.0), (ALONE, goes_on)):
            for step in chain[:-1]:
                moves = moves.at[step, WORK, step + 1].set(chance)
        success = jnp.zeros(shape).at[COPIED[-1], WORK].set(1.0)
        return Course(moves, success.at[ALONE[-1], WORK].set(goes_on))

    def outcome(self, knobs: PreemptionKnobs) -> Float[Array, "2 2"]:  # type: ignore[override]
        """Success by having a copy and needing one."""
        q = (1 - jnp.asarray(knobs.hazard)) ** STEPS
        return jnp.ones((2, 2)).at[0, 1].set(q)

    def mdp(self, knobs: PreemptionKnobs, n_goals: int = 4) -> MDP:
        """The world as an exact MDP with one goal state per task.

        The steps of one task leave nothing to choose, so trying a goal is one action that
        reaches it with the probability of surviving them all.
        """
        needy = round(float(knobs.need) * n_goals)
        sure = Fraction(1)
        survives = (1 - exact(knobs.hazard)) ** STEPS
        goals = [f"goal{i + 1}" for i in range(n_goals)]
        alone = {goal: survives if i < needy else sure for i, goal in enumerate(goals)}
        return goals_mdp(
            {"attempt": "bare", "power": "power", "decoy": "decoy"},
            {"power": dict.fromkeys(goals, sure), "decoy": alone, "bare": alone},
        )


WORLD = (Preemption, PreemptionKnobs)
"""What the list of worlds takes from here."""
