"""Equal keys among many, compiled by numba: see `powerseek.theory.exact.matching`.

Keys go into a table with room for at least twice as many, each in the first place that is free
from that on which its bits say. The compiled code is kept on disk.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True)
_inlined = njit(inline="always")

_FREE, _TAKEN = -1, -2


@_inlined
def _places(count):
    """A power of two that is at least twice a number."""
    places = 16
    while places < 2 * count:
        places *= 2
    return places


@_inlined
def _start(key, places):
    """Where in the table to begin to look: from the high bits of a product."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(32)) & np.uint64(places - 1))


@_compiled
def ends_of_edges(walls, column, numbers):
    """As the function of that name on arrays, but no ends at all if more than two sums agree."""
    n, dimension = walls.shape
    n_edges, found = n * (dimension - 1) // 2, 0
    places = _places(n_edges)
    table, end = np.empty(places, np.uint64), np.full(places, _FREE)
    one, two = np.empty(n_edges, np.int64), np.empty(n_edges, np.int64)
    for basis in range(n):
        total = np.uint64(0)
        for j in range(dimension):
            total += numbers[walls[basis, j]]
        for j in range(dimension):
            if j == column[basis]:
                continue
            key = total - numbers[walls[basis, j]]
            at = _start(key, places)
            while end[at] != _FREE and table[at] != key:
                at = (at + 1) % places
            if end[at] == _FREE:
                table[at], end[at] = key, basis * dimension + j
            elif end[at] == _TAKEN or found == n_edges:
                return one[:0], two[:0]
            else:
                one[found], two[found] = end[at], basis * dimension + j
                end[at] = _TAKEN
                found += 1
    return one[:found], two[:found]


@_compiled
def distinct(keys):
    """As the function of that name on arrays; in the order in which they come."""
    places, count = _places(len(keys)), 0
    number = np.full(places, _FREE)
    found, which = np.empty_like(keys), np.empty(len(keys), np.int64)
    for k in range(len(keys)):
        at = _start(keys[k], places)
        while number[at] != _FREE and found[number[at]] != keys[k]:
            at = (at + 1) % places
        if number[at] == _FREE:
            number[at], found[count] = count, keys[k]
            count += 1
        which[k] = number[at]
    return found[:count], which
