r"""Policy iteration for single reward functions: slow, exact, for any world.

Each round evaluates the greedy policy exactly, $(I - \gamma P_\pi) V = R$ by LU
decomposition, and then takes the greedy policy of its values (Howard, "Dynamic
Programming and Markov Processes", 1960). The batched solvers for stochastic worlds hand
over those few lanes that they could not certify in reasonable time; they start from the
values reached so far, so that two or three rounds are enough.
"""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float

from .lanes import Lanes, Scalar
from .solver import Solution, better, certified

MAX_ROUNDS = 50


def finish(
    solution: Solution,
    values: Lanes,
    rewards: Lanes,
    gamma: Scalar,
    tolerance: Scalar,
    *,
    sweep: Callable[[Lanes, Lanes], Lanes],
    policy_matrix: Callable[[Float[Array, " S"]], Float[Array, "S S"]],
    terms: int,
) -> Solution:
    """Certify by policy iteration the lanes whose bound is beyond the tolerance.

    Args:
        solution: what has been reached.
        values: where to start.
        rewards: the reward functions.
        gamma: the discount rate.
        tolerance: the bound to reach in every lane.
        sweep: ``sweep(rewards, values)`` is the map $T$, for any number of lanes.
        policy_matrix: the transition matrix of the greedy policy of one lane's values.
        terms: number of terms in the longest sum of a sweep.
    """
    identity = jnp.eye(rewards.shape[0], dtype=rewards.dtype)

    def one_round(
        state: tuple[Lanes, Solution, Array, Lanes],
    ) -> tuple[Lanes, Solution, Array, Lanes]:
        column, best, round_, reward = state
        matrix = identity - gamma * policy_matrix(column[:, 0])
        # a constant reward adds as much to all values, and to what rounding leaves of them
        before = jnp.linalg.solve(matrix, reward - reward[0])
        before = before - before[0]
        after = sweep(reward, before)
        found = certified(before, after, gamma, terms)
        return after, better(best, found), round_ + 1, reward

    def lane(inputs: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
        column, reward, known, error = inputs
        start = (
            column[:, None],
            Solution(known[:, None], error[None]),
            jnp.int32(0),
            reward[:, None],
        )
        _, best, _, _ = lax.while_loop(
            lambda s: (s[1].error[0] > tolerance) & (s[2] < MAX_ROUNDS), one_round, start
        )
        return best.values[:, 0], best.error[0]

    def all_lanes(_: None) -> Solution:
        columns = (values.T, rewards.T, solution.values.T, solution.error)
        found, error = lax.map(lane, columns)
        return Solution(found.T, error)

    finished: Solution = lax.cond(
        solution.error.max() > tolerance, all_lanes, lambda _: solution, None
    )
    return finished
