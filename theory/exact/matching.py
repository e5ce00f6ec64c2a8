"""Which bases are joined, and which edges end in the same points: equal keys among many.

Sorting finds them; where there are many, and numba, a table of keys does so several times faster
(`powerseek.theory.exact.compiled_matching`).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .compiling import compiled

Integers: TypeAlias = NDArray[np.signedinteger[Any]]

_MANY = 2**17
"""Keys from which compiled code saves more time than it takes to load."""


def ends_of_edges(
    walls: Integers, column: Integers, numbers: NDArray[np.uint64]
) -> tuple[Integers, Integers] | None:
    """The two ends of each edge of a new wall, as places ``basis * dimension + column``.

    An edge is known by its walls: all of the basis but the one it leaves. It has two ends, so
    where sums of random numbers, one for each wall, agree for exactly two, these are the ends of
    one edge.

    Args:
        walls: shape (bases, dimension), the walls of the bases on the new wall.
        column: where in each of them the new wall is, which no edge leaves.
        numbers: a random number for each wall.

    Returns:
        One end of each edge and the other; None if more than two sums agree.

    >>> walls, numbers = np.array([[0, 4], [4, 1]]), np.array([3, 1, 4, 1, 5], np.uint64)
    >>> ends_of_edges(walls, np.array([1, 0]), numbers)
    (array([0]), array([3]))
    """
    if walls.size >= _MANY and (fast := compiled("compiled_matching")):
        one, two = fast.ends_of_edges(walls, column, numbers)
        return (one, two) if len(one) else None
    leaves_it = np.zeros(walls.shape, bool)
    leaves_it[np.arange(len(walls)), column] = True
    places = np.flatnonzero(~leaves_it)
    of_walls = numbers[walls]
    of_edges = of_walls.sum(axis=1, dtype=np.uint64)[:, None] - of_walls
    keys = of_edges.ravel()[places]
    order = np.argsort(keys)
    ends = keys[order]
    if (ends[1:-1:2] == ends[2::2]).any():
        return None
    return places[order[0::2]], places[order[1::2]]


def distinct(keys: Integers) -> tuple[Integers, Integers]:
    """The different ones of many keys, in any order, and for each key which of them it is.

    >>> keys = np.array([7, 5, 7])
    >>> found, which = distinct(keys)
    >>> sorted(found.tolist()), found[which].tolist()
    ([5, 7], [7, 5, 7])
    """
    if keys.size >= _MANY and (fast := compiled("compiled_matching")):
        found, which = fast.distinct(keys)
        return found, which
    return np.unique(keys, return_inverse=True)
