r"""Building blocks of the batched solvers: lanes, and fast elementwise work on them.

All solvers work on arrays ``[state, lane]``: one column, or *lane*, for each reward
function. With the lane in the last place every step of a solver is the same arithmetic
on long contiguous rows, which a CPU does several numbers at a time; a gather of whole
rows costs no more than a load. An array of lanes is kept small enough to stay in a
core's cache, and long batches are cut into such blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Bool, Float, Int

Lanes: TypeAlias = Float[Array, "S L"]
"""One number for each state and each reward function."""

AnyArray: TypeAlias = Array | np.ndarray
"""An array at rest (numpy) or inside a compiled function."""

Scalar: TypeAlias = Float[Array, ""]
"""One number, such as the discount rate."""

_CACHE_ELEMENTS = 6400
"""Elements of one ``[state, lane]`` array that leave room for a few others in cache."""


def lanes_per_block(n_states: int) -> int:
    """Number of reward functions solved side by side: a power of two from 16 to 256.

    >>> lanes_per_block(25), lanes_per_block(100), lanes_per_block(10_000)
    (256, 64, 16)
    """
    return int(2 ** min(8, max(4, round(math.log2(_CACHE_ELEMENTS / n_states)))))


def maximum(a: Array, b: Array) -> Array:
    """Elementwise maximum of arrays without NaN.

    One instruction; ``jnp.maximum`` takes four, because it propagates NaN.
    """
    return jnp.where(a > b, a, b)


def minimum(a: Array, b: Array) -> Array:
    """Elementwise minimum of arrays without NaN."""
    return jnp.where(a < b, a, b)


def over_states(pick: Callable[[Array, Array], Array], values: Lanes) -> Float[Array, " L"]:
    """Reduce each lane by `maximum` or `minimum`.

    Folds the upper half of the rows onto the lower half until one is left, which keeps
    the lanes contiguous; with an odd number of rows the middle one meets itself.
    """
    while (n := values.shape[0]) > 1:
        half = (n + 1) // 2
        values = pick(values[:half], values[n - half :])
    return values[0]


def total(values: Lanes) -> Float[Array, " L"]:
    """Sum of each lane over the states, as a matrix product."""
    return jnp.ones(values.shape[0], values.dtype) @ values


def rows(values: Lanes, index: Int[AnyArray, " S"]) -> Lanes:
    """Row ``index[s]`` of ``values`` in place ``s``; indices must be in range."""
    return values.at[jnp.asarray(index)].get(mode="promise_in_bounds")


def apart(going: Bool[Array, ""], step: Callable[[Lanes], Lanes], values: Lanes) -> Lanes:
    """``step(values)`` while ``going`` (else ``values``), compiled on its own.

    The compiler merges a chain of sweeps into one loop that computes the first of them
    over again for every successor of the second. It does not look into branches.
    """
    stepped: Lanes = lax.cond(going, step, lambda unchanged: unchanged, values)
    return stepped


def epsilon(values: Array) -> float:
    """Machine epsilon of an array's precision."""
    return float(np.finfo(values.dtype).eps)
