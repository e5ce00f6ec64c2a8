r"""What a batched solver does, and how it certifies its answer.

For a reward function $R$ the optimal values solve $V^* = T V^*$ with
$T V := R + \gamma \max_a P_a V$. Solvers return *normalised* values
$U^* = (1-\gamma) V^*$, which stay between $\min R$ and $\max R$ whatever $\gamma$ is.

Certificate (MacQueen, "A modified dynamic programming method for Markovian decision
problems", J. Math. Anal. Appl. 1966; Puterman, "Markov Decision Processes", section
6.6.3): for any $V$ whatever, with $D = TV - V$,
$$(1-\gamma)\, TV + \gamma \min_s D \;\le\; U^* \;\le\;
  (1-\gamma)\, TV + \gamma \max_s D,$$
so the midpoint is off by at most $\gamma (\max D - \min D)/2$. What rounding may add is
added to the bound. The statement also shows that adding a constant to $V$ changes
nothing; solvers do so to keep numbers small.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from .lanes import Lanes, Scalar, epsilon, maximum, minimum, over_states


class Solution(NamedTuple):
    r"""Normalised optimal values of a batch of reward functions.

    Attributes:
        values: $(1-\gamma) V^*$, approximately.
        error: in each lane, a proven bound on how far any of its values is off.
    """

    values: Lanes
    error: Float[Array, " L"]


class Solver(ABC):
    """The transitions of one world, in the form that one way of solving it needs.

    Solvers are pytrees of arrays: compiled functions take them as arguments, and are
    compiled once for all worlds of the same shape.
    """

    @abstractmethod
    def lookahead(self, values: Lanes) -> Lanes:
        r"""$\max_a \sum_t P_a(s, t)\, v(t)$ for each state and lane."""

    @abstractmethod
    def solve(self, rewards: Lanes, gamma: Scalar, tolerance: Scalar) -> Solution:
        """Solve one block of lanes; called inside compiled functions.

        Stops when every lane is certified to ``tolerance`` (in normalised values), or
        when going on is useless; the caller looks at `Solution.error`.
        """


def certified(before: Lanes, after: Lanes, gamma: Scalar, terms: int) -> Solution:
    """The midpoint of MacQueen's bounds, from one sweep.

    Args:
        before: any values $V$.
        after: the swept values $TV$, as computed.
        gamma: the discount rate.
        terms: number of terms in the longest sum of a sweep, for the rounding bound.
    """
    change = after - before
    low, high = over_states(minimum, change), over_states(maximum, change)
    size = over_states(maximum, maximum(jnp.abs(before), jnp.abs(after)))
    return midpoint(after, low, high, size, gamma, terms)


def midpoint(
    after: Lanes,
    low: Float[Array, " L"],
    high: Float[Array, " L"],
    size: Float[Array, " L"],
    gamma: Scalar,
    terms: int,
) -> Solution:
    """The midpoint of MacQueen's bounds, from what the last sweep changed.

    Args:
        after: the swept values $TV$, as computed.
        low: the least change in each lane.
        high: the greatest.
        size: no value of a lane, before the sweep or after, is larger.
        gamma: the discount rate.
        terms: number of terms in the longest sum of a sweep, for the rounding bound.
    """
    rounding = (terms + 4) * epsilon(after) * size
    values = (1 - gamma) * after + gamma * (low + high) / 2
    return Solution(values, gamma * (high - low) / 2 + rounding)


def better(old: Solution, new: Solution) -> Solution:
    """In each lane whichever of the two solutions has the smaller bound."""
    gain = new.error < old.error
    return Solution(jnp.where(gain, new.values, old.values), jnp.where(gain, new.error, old.error))


def unsolved(rewards: Lanes) -> Solution:
    """A placeholder whose bound is infinite."""
    return Solution(rewards, jnp.full(rewards.shape[1], jnp.inf, rewards.dtype))
