r"""Deterministic worlds: Howard's policy iteration, with evaluation by pointer doubling.

In a deterministic world a policy is a map $n: S \to S$, and its values follow from
$$v_k(s) = \sum_{t < 2^k} \gamma^t R(n^t(s)), \qquad p_k = n^{2^k},$$
$$v_{k+1}(s) = v_k(s) + \gamma^{2^k} v_k(p_k(s)), \qquad p_{k+1} = p_k \circ p_k ,$$
so that $K$ doublings look $2^K$ steps ahead, whatever cycles and trees the map consists
of: 8 of them suffice for $\gamma = 0.9$ and 12 for $\gamma = 0.99$. What is left of
the future has weight $\gamma^{2^K}$ and is filled in with the values one has.

A round is a few plain sweeps (cheap: one gather of rows for each action), the greedy
policy, its evaluation, and one sweep that certifies the result by MacQueen's bounds. As
an improvement step followed by an evaluation it is Howard's policy iteration (Howard,
"Dynamic Programming and Markov Processes", 1960), which ends after finitely many rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Int

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .lanes import AnyArray, Lanes, Scalar, maximum, over_states, rows
from .solver import Solution, Solver, better, certified, unsolved
from .stay import successor_columns

FIRST_SWEEPS, SWEEPS = 16, 4
"""Plain sweeps before the first evaluation, and before each later one."""

MAX_ROUNDS = 100


@pytree
@dataclass(frozen=True)
class DigraphSolver(Solver):
    """Solves deterministic worlds.

    Attributes:
        moves: the ``i``-th of them is the ``i``-th successor of each state.
    """

    moves: tuple[Int[AnyArray, " S"], ...]

    @classmethod
    def applies(cls, mdp: MDP) -> bool:
        """Whether the world is deterministic."""
        return mdp.is_deterministic

    @classmethod
    def of(cls, mdp: MDP) -> DigraphSolver:
        """Lay out the edges of a world."""
        return cls(successor_columns(mdp))

    def lookahead(self, values: Lanes) -> Lanes:
        """The best value among the successors."""
        return reduce(maximum, (rows(values, move) for move in self.moves))

    def solve(self, rewards: Lanes, gamma: Scalar, tolerance: Scalar) -> Solution:
        """Rounds of sweeps, evaluation and certification until all lanes are certified."""
        size = over_states(maximum, jnp.abs(rewards)).max()
        horizon_weight = tolerance * (1 - gamma) / (8 * jnp.maximum(size, tolerance))

        def sweep(values: Lanes) -> Lanes:
            return rewards + gamma * self.lookahead(values)

        def one_round(
            state: tuple[Lanes, Solution, Array],
        ) -> tuple[Lanes, Solution, Array]:
            values, best, round_ = state
            sweeps = jnp.where(round_ == 0, FIRST_SWEEPS, SWEEPS)
            values = lax.fori_loop(0, sweeps, lambda _, v: sweep(v), values)
            policy = self._greedy(values)
            values = evaluate(policy, rewards, values, gamma, horizon_weight)
            after = sweep(values)
            found = certified(values, after, gamma, terms=1)
            return after, better(best, found), round_ + 1

        def going_on(state: tuple[Lanes, Solution, Array]) -> Array:
            _, best, round_ = state
            return (best.error.max() > tolerance) & (round_ < MAX_ROUNDS)

        start = (rewards / (1 - gamma), unsolved(rewards), jnp.int32(0))
        return lax.while_loop(going_on, one_round, start)[1]

    def _greedy(self, values: Lanes) -> Int[Array, "S L"]:
        """The successor of largest value, for each state and lane."""
        best = rows(values, self.moves[0])
        choice = jnp.broadcast_to(self.moves[0][:, None], values.shape)
        for move in self.moves[1:]:
            found = rows(values, move)
            choice = jnp.where(found > best, move[:, None], choice)
            best = maximum(best, found)
        return choice


def evaluate(
    policy: Int[Array, "S L"],
    rewards: Lanes,
    later: Lanes,
    gamma: Scalar,
    horizon_weight: Scalar,
) -> Lanes:
    r"""Discounted sums of rewards along each lane's policy, by pointer doubling.

    Args:
        policy: the next state, in each lane its own.
        rewards: what a step is worth.
        later: what is left beyond the horizon is worth this.
        gamma: the discount rate.
        horizon_weight: doubling ends when $\gamma^{2^k}$ is below it.
    """
    n_lanes = policy.shape[1]

    def at(values: Array, place: Array) -> Array:
        return values.reshape(-1).at[place].get(mode="promise_in_bounds")

    def double(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        values, place, weight = state
        return values + weight * at(values, place), at(place, place), weight * weight

    place = policy * n_lanes + jnp.arange(n_lanes, dtype=policy.dtype)
    values, place, weight = lax.while_loop(
        lambda state: state[2] > horizon_weight, double, (rewards, place, gamma)
    )
    return values + weight * at(later, place)
