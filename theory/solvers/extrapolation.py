r"""Value iteration with reduced rank extrapolation, certified by MacQueen's bounds.

Near the solution a sweep is affine, $V_{k+1} = R + \gamma P_\pi V_k$, and the changes
$F_k = V_{k+1} - V_k$ shrink like powers of $\gamma\lambda$ for the eigenvalues $\lambda$
of $P_\pi$. Constants ($\lambda = 1$) do not matter: the certificate ignores them. In
worlds that mix fast, all others are small, and 8 to 11 sweeps do whatever $\gamma$ is.
In a gridworld with slips a few are close to 1, one for each place where the agent ends
up, and the rest are below 0.6. Every few sweeps the combination
$$V_m - \sum_{j<m} c_j F_{j+1}, \qquad
  c = \arg\min_c \Bigl\| F_m - \sum_{j<m} c_j (F_{j+1} - F_j) \Bigr\|$$
(up to constants) removes $m$ of the slow ones, in each lane its own (Mesina 1977; Smith,
Ford & Sidi, "Extrapolation methods for vector sequences", SIAM Review 1987). A bad
combination only costs sweeps: lanes whose bound grew, or whose combination is not
finite, go on from the plain sweep, and each lane keeps its best certified values.

Lanes that resist (about one in a thousand where slow components abound) are finished by
policy iteration.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

from .lanes import AnyArray, Lanes, Scalar, apart, total
from .policy_iteration import finish
from .refinement import Sweep
from .solver import Solution, better, certified

ORDER = 3
"""Number of slow components removed at once."""

SAMPLE_ROWS = 25
"""The least squares problem looks at about so many states: enough for three unknowns."""

MAX_CYCLES = 30


def iterate(
    sweep: Sweep,
    values: Lanes,
    best: Solution,
    gamma: Scalar,
    tolerance: Scalar,
    *,
    plain_sweeps: int,
    terms: int,
) -> tuple[Lanes, Solution]:
    """Cycles of sweeps and extrapolation until every lane is certified.

    Args:
        sweep: the map $T$ for this block of lanes.
        values: where to start.
        best: what has been certified so far.
        gamma: the discount rate.
        tolerance: the bound to reach in every lane.
        plain_sweeps: sweeps in a cycle before those that are extrapolated.
        terms: number of terms in the longest sum of a sweep, for the rounding bound.

    Returns:
        The last values and, in each lane, the best solution.
    """

    def cycle(state: tuple[Lanes, Solution, Array]) -> tuple[Lanes, Solution, Array]:
        values, best, count = state
        going = count < MAX_CYCLES
        values = lax.fori_loop(0, plain_sweeps, lambda _, v: sweep(v), values)
        path = [values]
        for _ in range(ORDER + 1):
            path.append(apart(going, sweep, path[-1]))
        found = certified(path[-2], path[-1], gamma, terms)
        useful = found.error < best.error
        values = extrapolate(path, useful) - path[-1][0]
        return values, better(best, found), count + 1

    values, best, _ = lax.while_loop(
        lambda state: (state[2] < MAX_CYCLES) & (state[1].error.max() > tolerance),
        cycle,
        (values, best, jnp.int32(0)),
    )
    return values, best


def extrapolate(path: list[Lanes], useful: Float[Array, " L"]) -> Lanes:
    """Reduced rank extrapolation of ``ORDER + 2`` successive values.

    Args:
        path: successive values, each the sweep of the one before.
        useful: lanes to extrapolate; the others keep the last values.
    """
    changes = [after - before for before, after in pairwise(path)]
    stride = max(1, path[0].shape[0] // SAMPLE_ROWS)
    sampled = [change[::stride] for change in changes]
    weights = _least_squares([after - before for before, after in pairwise(sampled)], sampled[-1])
    stacked = jnp.stack(weights)
    usable = useful & jnp.isfinite(stacked).all(axis=0)
    stacked = jnp.where(usable, stacked, 0)
    values = path[-1]
    for weight, change in zip(stacked, changes[1:], strict=True):
        values = values - weight * change
    return values


def _least_squares(columns: list[Lanes], target: Lanes) -> list[Float[Array, " L"]]:
    r"""In each lane the combination of columns nearest to the target, up to constants.

    Solves the normal equations, slightly regularised, by $L D L^T$ elimination, which
    stays accurate where the columns are nearly parallel.
    """
    n, k = target.shape[0], len(columns)
    vectors = [*columns, target]
    sums = [total(v) for v in vectors]

    def product(i: int, j: int) -> Float[Array, " L"]:
        return total(vectors[i] * vectors[j]) - sums[i] * sums[j] / n

    left = {(i, j): product(i, j) for i in range(k) for j in range(i + 1)}
    right = [product(i, k) for i in range(k)]
    ridge = 1e-12 if target.dtype == jnp.float64 else 1e-6
    tiny = float(np.finfo(target.dtype).tiny)
    small = ridge * sum((left[i, i] for i in range(1, k)), start=left[0, 0]) + tiny
    for i in range(k):
        left[i, i] = left[i, i] + small
    for p in range(k):
        for i in range(p + 1, k):
            factor = left[i, p] / left[p, p]
            for j in range(i, k):
                left[j, i] = left[j, i] - factor * left[j, p]
            right[i] = right[i] - factor * right[p]
    weights: list[Float[Array, " L"]] = []
    for i in reversed(range(k)):
        known = sum(left[j, i] * w for j, w in zip(range(i + 1, k), weights, strict=True))
        weights.insert(0, (right[i] - known) / left[i, i])
    return weights


def solve_by_sweeps(
    lookahead: Sweep,
    policy_matrix: Callable[[Float[Array, " S"]], Float[Array, "S S"]],
    rewards: Lanes,
    values: Lanes,
    best: Solution,
    gamma: Scalar,
    tolerance: Scalar,
    *,
    plain_sweeps: int,
    terms: int,
) -> Solution:
    """Solve a block of lanes by value iteration with extrapolation.

    The few lanes left after `MAX_CYCLES` are finished by policy iteration.

    Args:
        lookahead: the best expected value over the actions.
        policy_matrix: the transition matrix of the greedy policy of one lane's values.
        rewards: the reward functions.
        values: where to start.
        best: what has been certified so far.
        gamma: the discount rate.
        tolerance: the bound to reach in every lane.
        plain_sweeps: sweeps in a cycle before those that are extrapolated.
        terms: number of terms in the longest sum of a sweep.
    """
    values, best = iterate(
        lambda v: rewards + gamma * lookahead(v),
        values,
        best,
        gamma,
        tolerance,
        plain_sweeps=plain_sweeps,
        terms=terms,
    )
    return finish(
        best,
        values,
        rewards,
        gamma,
        tolerance,
        sweep=lambda reward, v: reward + gamma * lookahead(v),
        policy_matrix=policy_matrix,
        terms=terms,
    )


def first_values(rewards: Lanes, staying: Float[AnyArray, " S"], gamma: Scalar) -> Lanes:
    """The value of staying as long as it lasts, and then of the average reward.

    Args:
        rewards: the reward functions.
        staying: the largest probability of staying in each state.
        gamma: the discount rate.
    """
    average = total(rewards) / rewards.shape[0]
    held = (1 - gamma * jnp.asarray(staying, rewards.dtype))[:, None]
    values: Lanes = (rewards - average) / held
    return values
