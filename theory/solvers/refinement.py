r"""Mixed precision: sweeps in single precision, certified to double.

A sweep in single precision takes half the time, but knows values of size $|V|$ only to
about $10^{-7} |V|$. What is *missing* from given values $V$ is small, and can be swept for by
itself. With the action gaps
$$b_a = R + \gamma P_a V - V - m,$$
computed once in double precision, and any constant $m$ of each lane,
$$T(V + x) - V - m = \max_a \, (b_a + \gamma P_a x) =: W x ,$$
so that the correction $x$ is found by sweeps with $W$, and the change
$T(V+x) - (V+x)$ is $W x - x$ but for a constant. MacQueen's bounds for $V + x$ are therefore
those for $x$, moved by $(1-\gamma) V + m$. With $V = 0$ in one state, $m$ is about the
normalised value of that state, and the one known from single precision leaves $b$ and $x$ as
small as the error of $V$, and rounding with them. This is iterative refinement, as for linear
systems (Wilkinson, "Rounding Errors in Algebraic Processes", 1963); once is enough unless the
tolerance is below the single precision of the correction.

Rounding. Let $\hat w$ be the computed and $w$ the true $Wx$, and $\rho$ the largest rounding
error of $b_a + \gamma P_a x$ over those actions that attain the true or the computed maximum
in some state. As the computed maximum is at least the computed value of an action that attains
the true one, and the true maximum at least the true value of one that attains the computed
one, $|\hat w - w| \le \rho$, which is what the certificate may be off by. For those actions
$|b_a| \le |w| + \gamma \max|x|$, so with $s = \max(|w|, |x|)$ and $n$ terms in the longest sum:

* in single precision, of unit roundoff $u$: $b_a$ to $2us$, the transition matrix and its
  products and sums to $(n+1)us$, the discount and what is added up to $5us$; together less
  than $(n+8)us$, and half of the $(n+6)\epsilon s$ allowed, $\epsilon = 2u$;
* in double precision $b_a$ is a sum of numbers not larger than
  $|V| + |m| + 2s$ with $n + 4$ roundings, for which $(n+6)\epsilon$ of that is allowed;
* numbers below the smallest normal one of single precision may be lost: so much is added for
  each term.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

from .lanes import Lanes, Scalar, epsilon, maximum, minimum, over_states
from .solver import Solution, midpoint

Sweep: TypeAlias = Callable[[Lanes], Lanes]

TINY = float(np.finfo(np.float32).tiny)


def sweep_while_fast(
    sweep: Sweep,
    values: Lanes,
    gamma: Scalar,
    tolerance: Scalar,
    *,
    sweeps: int,
    terms: int,
) -> tuple[Lanes, Solution]:
    """Plain sweeps until all lanes are certified, progress is slow or rounding shows.

    Args:
        sweep: the map $T$ for this block of lanes.
        values: where to start.
        gamma: the discount rate.
        tolerance: the bound to reach in every lane.
        sweeps: sweeps between two checks; progress is slow if a check does not find the
            largest bound halved.
        terms: number of terms in the longest sum of a sweep, for the rounding bound.

    Returns:
        The last values and what is certified about them.
    """
    rate, goal = gamma.astype(values.dtype), tolerance.astype(values.dtype)

    # One array of lanes goes from check to check: XLA would copy a second one each time.
    def check(
        state: tuple[Lanes, Array, Array, Array, Array],
    ) -> tuple[Lanes, Array, Array, Array, Array]:
        values, _, _, last, _ = state
        before = values - values[0]
        for _ in range(sweeps - 1):
            before = sweep(before)
        after = sweep(before)
        change = after - before
        low, high = over_states(minimum, change), over_states(maximum, change)
        gap = rate * (high - low).max() / 2
        rounding = (terms + 4) * epsilon(after) * jnp.abs(after).max()
        going = (gap < last / 2) & (gap > rounding) & (gap + rounding > goal)
        return after, low, high, gap, going

    unknown = jnp.array(jnp.inf, values.dtype)
    start = (values, values[0], values[0], unknown, jnp.bool_(True))
    after, low, high, _, _ = lax.while_loop(lambda state: state[4], check, start)
    size = over_states(maximum, jnp.abs(after)) + maximum(jnp.abs(low), jnp.abs(high))
    return after, midpoint(after, low, high, size, rate, terms)


def refine(
    expected: Callable[[Lanes], Float[Array, "A S L"]],
    rewards: Lanes,
    values: Lanes,
    known: Solution,
    gamma: Scalar,
    tolerance: Scalar,
    *,
    terms: int,
) -> tuple[Lanes, Solution]:
    """Rounds of refinement until all lanes are certified or progress is slow.

    Args:
        expected: the expected value of each action, in the precision of what it is given.
        rewards: the reward functions, in double precision.
        values: where to start.
        known: what single precision says of these values; its bounds are not relied on.
        gamma: the discount rate.
        tolerance: the bound to reach in every lane.
        terms: number of terms in the longest sum of a sweep.

    Returns:
        The last values and what the last round certifies: nothing, with an infinite bound, in
        lanes with numbers beyond single precision.
    """

    def one_round(
        state: tuple[Lanes, Solution, Array, Array],
    ) -> tuple[Lanes, Solution, Array, Array]:
        values, known, last, _ = state
        values, level = values - values[0], known.values[0]
        gaps = (gamma * expected(values) + (rewards - values - level)).astype(jnp.float32)
        rate = gamma.astype(gaps.dtype)
        missing, found = sweep_while_fast(
            lambda x: reduce(maximum, gaps + rate * expected(x)),
            reduce(maximum, gaps),
            gamma,
            tolerance,
            sweeps=1,
            terms=terms + 2,
        )
        size = over_states(maximum, jnp.abs(values)) + jnp.abs(level)
        size = size + 2 * over_states(maximum, jnp.abs(missing))
        rounding = (terms + 6) * (epsilon(values) * size + TINY)
        certain = Solution((1 - gamma) * values + level + found.values, found.error + rounding)
        error = certain.error.max()
        return values + missing, certain, error, (error > tolerance) & (error < last / 2)

    known = Solution(*(x.astype(values.dtype) for x in known))
    start = (values, known, jnp.array(jnp.inf, values.dtype), jnp.bool_(True))
    values, certain, _, _ = lax.while_loop(lambda state: state[3], one_round, start)
    beyond = jnp.isnan(certain.error)  # single precision has no such numbers
    return values, certain._replace(error=jnp.where(beyond, jnp.inf, certain.error))
