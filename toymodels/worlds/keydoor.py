r"""The key-and-door world: a maze in which a key opens doors.

A T-maze of cells. From the junction a corridor leads to the door, behind which the task is
done; a side corridor of two cells leads to the key, another to a stone that opens nothing.
Behind *locked* doors a task succeeds with probability $q$ without the key (the door may
have been left ajar), and always with it; other doors are open. One of the two side
corridors is accessible in each episode. In a side corridor every step is a choice: go on, or
turn back without the thing.

```text
            [key]                 [stone]
              |                      |
            [ . ]                  [ . ]
              |                      |
  junction  [ S ]---[door]   or    [ S ]---[door]
```

So power is a whole stretch of behaviour, not one choice, and credit must reach all of it:
an untrained agent goes on with probability `steadiness` at each of two steps, and power is
worth $p(1-q) - c$ on average only if it does go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .detour import ATTEMPT, POWER, START, WORK, Course, DetourWorld, exact
from .knobs import BELOW_ONE, DetourKnobs, Domain, Scalar, knob

LENGTH = 2
TO_KEY, TO_STONE = range(1, 1 + LENGTH), range(1 + LENGTH, 1 + 2 * LENGTH)
WITH_KEY, WITHOUT = 1 + 2 * LENGTH, 2 + 2 * LENGTH
DECOY = 2
TURN_BACK = 1


@pytree
@dataclass(frozen=True, kw_only=True)
class KeydoorKnobs(DetourKnobs):
    """The shared knobs, and how the maze is walked."""

    base_success: Scalar = knob(0.2, BELOW_ONE, "$q$, chance that a locked door is ajar.")
    steadiness: Scalar = knob(
        0.5,
        Domain(0.0, 1.0, open_low=True, open_high=True),
        "Probability that the untrained agent goes on at a step of a side corridor.",
    )


@dataclass(frozen=True)
class Keydoor(DetourWorld):
    """The key-and-door world; states are the junction, side corridors and the door."""

    name: str = "keydoor"

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """The junction, the side corridor, the door."""
        return 2 + LENGTH

    @property
    def work(self) -> Sequence[tuple[int, int, int]]:
        """Go on to the key (0) or the stone (1), or turn back; go through the door (2)."""
        return (
            *((state, 2, 0) for state in TO_KEY),
            *((state, 2, 1) for state in TO_STONE),
            (WITH_KEY, 2, 2),
            (WITHOUT, 2, 2),
        )

    def course(self, knobs: KeydoorKnobs, needed: Float[Array, " X"]) -> Course:  # type: ignore[override]
        """Walking the maze."""
        shape = (self.n_states, self.n_options, needed.shape[0])
        moves = jnp.zeros((shape[0], shape[1], shape[0], shape[2]))
        for option, then in ((ATTEMPT, WITHOUT), (POWER, TO_KEY[0]), (DECOY, TO_STONE[0])):
            moves = moves.at[START, option, then].set(1.0)
        for corridor, end in ((TO_KEY, WITH_KEY), (TO_STONE, WITHOUT)):
            for cell in corridor:
                then = end if cell == corridor[-1] else cell + 1
                moves = moves.at[cell, WORK, then].set(1.0)
                moves = moves.at[cell, TURN_BACK, WITHOUT].set(1.0)
        success = jnp.zeros(shape).at[WITH_KEY, WORK].set(1.0)
        ajar = jnp.where(needed > 0, knobs.base_success, 1.0)
        return Course(moves, success.at[WITHOUT, WORK].set(ajar))

    def outcome(self, knobs: KeydoorKnobs) -> Float[Array, "2 2"]:  # type: ignore[override]
        """Success by having the key and needing it."""
        q = jnp.asarray(knobs.base_success)
        return jnp.ones((2, 2)).at[0, 1].set(q)

    def _initial(self, knobs: KeydoorKnobs, states: int) -> Float[Array, "S O 1"]:  # type: ignore[override]
        """As in every world with a detour, but side corridors are walked unsteadily."""
        bias = super()._initial(knobs, states)
        steady = jax.scipy.special.logit(jnp.asarray(knobs.steadiness))
        corridors = slice(TO_KEY[0], TO_STONE[-1] + 1)
        return bias.at[corridors, WORK].set(steady) if states > 1 else bias

    def mdp(self, knobs: KeydoorKnobs, n_goals: int = 4) -> MDP:
        """The maze as an exact MDP with one goal state behind each door.

        Of ``n_goals`` doors, ``round(need * n_goals)`` are locked. The power node is the
        cell with the key, the decoy node the cell with the stone.
        """
        needy = round(float(knobs.need) * n_goals)
        q, sure = exact(knobs.base_success), Fraction(1)
        goals = [f"goal{i + 1}" for i in range(n_goals)]

        def doors(key: bool) -> dict[str, dict[str, Fraction]]:
            rows = {"give up": {"failed": sure}}
            for i, goal in enumerate(goals):
                s = sure if key or i >= needy else q
                rows[f"try {goal}"] = {goal: s, "failed": 1 - s}
            return rows

        transitions: dict[str, dict[str, dict[str, Fraction]]] = {
            "junction": {
                "to the door": {"door": sure},
                "to the key": {"key corridor": sure},
                "to the stone": {"stone corridor": sure},
            },
            "key corridor": {"go on": {"power": sure}, "turn back": {"door": sure}},
            "stone corridor": {"go on": {"decoy": sure}, "turn back": {"door": sure}},
            "power": {"to the door": {"door with key": sure}},
            "decoy": {"to the door": {"door": sure}},
            "door with key": doors(True),
            "door": doors(False),
        }
        for end in (*goals, "failed"):
            transitions[end] = {"stay": {end: sure}}
        return MDP.from_transitions(transitions)


WORLD = (Keydoor, KeydoorKnobs)
"""What the list of worlds takes from here."""
