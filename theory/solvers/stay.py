r"""Deterministic worlds in which every state may stay: monotone sweeps from below.

Staying for ever is worth $R(s)$ in normalised values, so $U_0 = R$ is the value of a
policy, and the sweeps
$$U_{k+1}(s) = \max\bigl(U_k(s),\; (1-\gamma) R(s) + \gamma \max_a U_k(s_a)\bigr)$$
give the best value of walking at most $k+1$ steps and then staying. In a deterministic
world an optimal policy runs into a cycle, and the best state of that cycle is at least
as good to stay in; so some optimal policy walks a path without repetition and stays. The
sweeps therefore reach $U^*$ after at most $S - 1$ of them and then no longer change: no
tolerance, and as many sweeps as the longest optimal path has steps (5 to 20 on a 10 x 10
grid), whatever $\gamma$ is.

Rounding: each step of such a path adds at most $2\epsilon\|R\|$, discounted, over at
most $\min(S, 1/(1-\gamma))$ steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Int

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .lanes import AnyArray, Lanes, Scalar, epsilon, maximum, over_states, rows
from .solver import Solution, Solver


@pytree
@dataclass(frozen=True)
class StaySolver(Solver):
    """Solves deterministic worlds in which every state may stay.

    Attributes:
        moves: the ``i``-th of them is the ``i``-th state that each state may move to.
    """

    moves: tuple[Int[AnyArray, " S"], ...]

    @classmethod
    def applies(cls, mdp: MDP) -> bool:
        """Whether the world is deterministic and every state may stay."""
        return mdp.is_deterministic and all(s in mdp.successors(s) for s in range(mdp.n_states))

    @classmethod
    def of(cls, mdp: MDP) -> StaySolver:
        """Lay out the moves of a world; states with fewer repeat staying."""
        return cls(successor_columns(mdp, without_staying=True))

    def lookahead(self, values: Lanes) -> Lanes:
        """The best value among staying and all moves."""
        return maximum(values, self._best_move(values))

    def _best_move(self, values: Lanes) -> Lanes:
        return reduce(maximum, (rows(values, move) for move in self.moves))

    def solve(
        self,
        rewards: Lanes,
        gamma: Scalar,
        tolerance: Scalar,  # noqa: ARG002
    ) -> Solution:
        """Sweep until nothing changes; ``tolerance`` is not needed."""
        now = (1 - gamma) * rewards

        def sweep(values: Lanes) -> Lanes:
            return maximum(values, now + gamma * self._best_move(values))

        def two_sweeps(state: tuple[Lanes, Array]) -> tuple[Lanes, Array]:
            before = sweep(state[0])
            after = sweep(before)
            return after, jnp.any(over_states(maximum, after - before) > 0)

        values, _ = lax.while_loop(lambda s: s[1], two_sweeps, (rewards, jnp.bool_(True)))
        size = over_states(maximum, jnp.abs(rewards))
        steps = jnp.minimum(rewards.shape[0], 1 / (1 - gamma))
        return Solution(values, 2 * epsilon(rewards) * steps * size)


def successor_columns(
    mdp: MDP, *, without_staying: bool = False
) -> tuple[Int[np.ndarray, " S"], ...]:
    """The distinct successors of a deterministic world, one array for each rank.

    States with fewer successors repeat their first one, or, without staying, themselves.
    """
    successors = [
        sorted(mdp.successors(s) - ({s} if without_staying else set())) for s in range(mdp.n_states)
    ]
    width = max(1, *(len(found) for found in successors))
    padded = [
        found + [found[0] if found and not without_staying else s] * (width - len(found))
        for s, found in enumerate(successors)
    ]
    return tuple(np.array(padded, dtype=np.int32).T)
