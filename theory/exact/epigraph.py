r"""The vertices of the epigraph of a maximum of linear functions, after a perturbation.

The epigraph of $\max_f f \cdot r$ over the cube is
$\{(t, r) : r \in [0,1]^m,\ t \ge f \cdot r \text{ for all rows } f\}$. Of the inequalities
(*walls*) that define it many meet in one vertex: states without reward are worth the same, and
so are states on the way to one cycle of full reward. Were each wall moved by its own tiny
amount, every vertex would lie on as many walls as the dimension asks for, on a *basis*, and each
edge at it would leave exactly one of them. This module finds all bases of that perturbed
polyhedron, and the points that they tend to.

Wall $k$ is moved outwards by $\varepsilon_k$, with each $\varepsilon_k$ infinitely larger than
those before. So where the $k$-th wall passes through a point already found, all bases there keep
to it, whatever they are, and nothing but the sign at the point is to be known (the method of
double description, Motzkin, Raiffa, Thompson & Thrall 1953, for a simple polyhedron):

* a basis beyond the new wall goes, and on each edge from it to one that stays there is a new
  one: the old walls without the one left, and the new wall;
* two of the new bases are joined by an edge iff they differ in one wall.

How many bases there are depends on the order of the rows. Longest first gave the fewest of the
orders tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from .rational import common_denominator

Integers: TypeAlias = NDArray[np.signedinteger[Any]]
Exact: TypeAlias = NDArray[np.object_]
"""An array of Python's integers, which have no largest one."""

_UP = -1
"""In place of a neighbour: the edge goes straight up for ever."""

_SURE = 2.0**-40
"""The part of its terms beyond which the sign of a sum in float64 is right: the error is below
``2**-52`` of the terms for each of them."""


@dataclass(frozen=True, slots=True)
class Bases:
    """The bases of the perturbed epigraph over the cube $[0,1]^m$.

    Attributes:
        walls: shape (bases, m + 1), the walls of each, in increasing order: ``i`` for
            ``r_i >= 0``, ``m + i`` for ``r_i <= 1``, ``2 m + k`` for ``t >= f_k . r``.
        signs: +1 or -1, the sign of the determinant of the walls of each in that order.
        at: the number of the vertex that each tends to.
        vertices: shape (vertices, m + 2), rows ``(w, S w t, w r)`` of integers for the
            vertices ``(t, r)``.
        scale: a common denominator ``S`` of the rows.
    """

    walls: Integers
    signs: Integers
    at: Integers
    vertices: Exact
    scale: int


def bases(rows: Sequence[Sequence[fmpq]]) -> Bases:
    """The bases of the epigraph of the maximum of some rows.

    Args:
        rows: pairwise different rows of the same length ``m``.

    Raises:
        ValueError: if a row is nowhere greater than all others before it in order of length.

    >>> found = bases([[fmpq(1), fmpq(0)], [fmpq(0), fmpq(1)]])
    >>> sorted(map(tuple, found.walls.tolist()))
    [(0, 1, 4), (0, 3, 5), (0, 4, 5), (1, 2, 4), (2, 3, 4), (3, 4, 5)]
    """
    scale = common_denominator(c for row in rows for c in row)
    numerators = [[int(c * scale) for c in row] for row in rows]
    order = sorted(range(len(rows)), key=lambda k: (-sum([c * c for c in numerators[k]]), k))
    epigraph = _Epigraph(numerators, scale, order[0])
    for k in order[1:]:
        epigraph.cut(k)
    return epigraph.bases()


class _Epigraph:
    """The epigraph of the rows added so far.

    Bases live in slots, those that are gone free theirs. The tables have one row per slot:
    ``walls``, ``neighbours`` (in each column the slot at the other end of the edge that leaves
    the wall in that column), ``point`` and ``sign`` (of the determinant of the walls, in the
    order of the columns).
    """

    def __init__(self, rows: list[list[int]], scale: int, first: int) -> None:
        self._rows, self._scale = rows, scale
        self._m = m = len(rows[0])
        corner, one = np.arange(2**m), np.ones((2**m, 1), np.int32)
        rewards = corner[:, None] >> np.arange(m) & 1
        around = corner[:, None] ^ 1 << np.arange(m)
        walls = np.arange(m) + m * rewards
        self.walls = np.concatenate([walls, (2 * m + first) * one], axis=1, dtype=np.int32)
        self.neighbours = np.concatenate([around, _UP * one], axis=1, dtype=np.int32)
        self.sign = 1 - 2 * (rewards.sum(axis=1) % 2)
        self.point = corner.astype(np.int32)
        self.alive = np.ones(2**m, bool)
        self.free = np.zeros(0, np.int64)
        self._n_points = 0
        self._vectors: Exact = np.zeros((2**m, m + 2), object)
        self._heights, self._rewards = np.zeros(2**m), np.zeros((2**m, m))
        heights = rewards.astype(object) @ np.array(rows[first], object)
        self._add_points(np.concatenate([one.astype(object), heights[:, None], rewards], axis=1))
        self._random = np.random.default_rng(0)

    def bases(self) -> Bases:
        """Those there are now."""
        walls = self.walls[self.alive]
        points, at = np.unique(self.point[self.alive], return_inverse=True)
        signs = self.sign[self.alive] * parities(walls)
        return Bases(np.sort(walls, axis=1), signs, at, self._vectors[points], self._scale)

    def cut(self, k: int) -> None:
        """Add the wall of row ``k``."""
        side = self._sides(k)
        beyond = self.alive & (side[self.point] < 0)
        gone = np.flatnonzero(beyond)
        if not len(gone):
            raise ValueError("a row is nowhere the greatest")
        other = self.neighbours[gone]
        leaves = (other == _UP) | ~beyond[other]
        which, column = np.nonzero(leaves)
        old, kept = gone[which], other[which, column]
        bounded = kept != _UP

        walls, sign = self.walls[old], self.sign[old]
        walls[np.arange(len(old)), column] = 2 * self._m + k
        point = self._points_between(k, side, self.point[old], kept)
        back = np.argmax(self.neighbours[kept] == old[:, None], axis=1)

        new = self._slots(gone, len(old))
        neighbours = np.full(walls.shape, _UP, np.int32)
        neighbours[np.arange(len(old)), column] = kept
        one, two = self._pairs(walls, column)
        neighbours[one // self._dimension, one % self._dimension] = new[two // self._dimension]
        neighbours[two // self._dimension, two % self._dimension] = new[one // self._dimension]
        self.neighbours[kept[bounded], back[bounded]] = new[bounded]
        self.walls[new], self.neighbours[new] = walls, neighbours
        self.point[new], self.sign[new] = point, sign

    @property
    def _dimension(self) -> int:
        return self._m + 1

    def _slots(self, gone: Integers, count: int) -> Integers:
        """Slots for so many new bases; those gone are free."""
        self.alive[gone] = False
        self.free = np.concatenate([self.free, gone])
        missing = count - len(self.free)
        if missing > 0:
            length = len(self.alive)
            more = max(missing, length // 2)
            self.free = np.concatenate([self.free, np.arange(length, length + more)])
            for name in ("walls", "neighbours", "point", "sign", "alive"):
                setattr(self, name, _longer(getattr(self, name), length + more))
        new, self.free = self.free[:count], self.free[count:]
        self.alive[new] = True
        return new

    def _pairs(self, walls: Integers, column: Integers) -> tuple[Integers, Integers]:
        """The pairs of (basis, column) that are the two ends of an edge of the new wall.

        An edge is known by its walls: all of the basis but the one it leaves. It has two ends,
        so where sums of random numbers, one for each wall, agree for exactly two, these are
        the ends of one edge.
        """
        leaves_it = np.zeros(walls.shape, bool)
        leaves_it[np.arange(len(walls)), column] = True
        places = np.flatnonzero(~leaves_it)
        while True:
            numbers = self._random.integers(
                2**64, size=2 * self._m + len(self._rows), dtype=np.uint64
            )
            of_walls = numbers[walls]
            of_edges = of_walls.sum(axis=1, dtype=np.uint64)[:, None] - of_walls
            keys = of_edges.ravel()[places]
            order = np.argsort(keys)
            ends = keys[order]
            if not (ends[1:-1:2] == ends[2::2]).any():
                return places[order[0::2]], places[order[1::2]]

    def _sides(self, k: int) -> Integers:
        """For each point of a basis the sign of ``t - f_k . r``."""
        row = np.array([c / self._scale for c in self._rows[k]])
        height = self._heights - self._rewards @ row
        terms = np.abs(self._heights) + self._rewards @ np.abs(row)
        side: Integers = np.sign(height).astype(np.int8)
        in_use = np.zeros(len(side), bool)
        in_use[self.point[self.alive]] = True
        unsure = np.flatnonzero(in_use & (np.abs(height) <= _SURE * terms))
        side[unsure] = np.sign(self._exact_height(k, unsure))
        return side

    def _exact_height(self, k: int, points: Integers) -> Exact:
        """A positive multiple of ``t - f_k . r``, exactly."""
        vectors = self._vectors[points]
        result: Exact = vectors[:, 1] - vectors[:, 2:] @ np.array(self._rows[k], object)
        return result

    def _points_between(self, k: int, side: Integers, below: Integers, kept: Integers) -> Integers:
        """The points where edges from points below the new wall to bases kept meet it."""
        above = np.where(kept == _UP, _UP, self.point[kept])
        result = above.copy()
        crossing = np.flatnonzero((above == _UP) | (side[above] > 0))
        if not len(crossing):
            return result
        pairs = below[crossing].astype(np.int64) << 32 | (above[crossing] + 1)
        pairs, which = np.unique(pairs, return_inverse=True)
        low, high = pairs >> 32, (pairs & 0xFFFFFFFF) - 1
        depth = -self._exact_height(k, low)
        vectors = self._vectors[low].copy()
        vertical = high == _UP
        vectors[vertical, 1] += depth[vertical]
        sloping = np.flatnonzero(~vertical)
        if len(sloping):
            depth, height = depth[sloping], self._exact_height(k, high[sloping])
            common = np.gcd(depth, height)
            vectors[sloping] = (
                vectors[sloping] * (height // common)[:, None]
                + self._vectors[high[sloping]] * (depth // common)[:, None]
            )
            vectors[sloping] //= np.gcd.reduce(vectors[sloping], axis=1)[:, None]
        numbers: dict[tuple[int, ...], int] = {}
        first = self._n_points
        number = [numbers.setdefault(tuple(v), first + len(numbers)) for v in vectors.tolist()]
        self._add_points(np.array(list(numbers), object).reshape(-1, self._m + 2))
        result[crossing] = np.array(number)[which]
        return result

    def _add_points(self, vectors: Exact) -> None:
        start, end = self._n_points, self._n_points + len(vectors)
        if end > len(self._vectors):
            for name in ("_vectors", "_heights", "_rewards"):
                setattr(self, name, _longer(getattr(self, name), end + end // 2))
        weights = vectors[:, 0]
        self._vectors[start:end] = vectors
        self._heights[start:end] = vectors[:, 1] / (weights * self._scale)
        self._rewards[start:end] = vectors[:, 2:] / weights[:, None]
        self._n_points = end


def _longer(table: NDArray[Any], length: int) -> NDArray[Any]:
    """A table with rows of zeros at the end."""
    longer = np.zeros((length, *table.shape[1:]), table.dtype)
    longer[: len(table)] = table
    return longer


def parities(rows: Integers) -> Integers:
    """+1 or -1 for each row, by the number of its pairs that are out of order.

    >>> parities(np.array([[0, 1, 2], [1, 0, 2], [2, 0, 1], [2, 0, 0]])).tolist()
    [1, -1, 1, 1]
    """
    odd = np.zeros(len(rows), bool)
    columns = np.ascontiguousarray(rows.T)
    for i, column in enumerate(columns):
        for later in columns[i + 1 :]:
            odd ^= column > later
    return 1 - 2 * odd.astype(np.int64)
