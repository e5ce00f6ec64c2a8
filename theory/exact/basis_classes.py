"""Bases of an epigraph that have all but the signs of some numbers in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .epigraph import Bases, Integers, parities

_FREE = 2
"""In place of 0 or 1, for coordinates that are free."""


@dataclass(frozen=True, slots=True)
class BasisClasses:
    """Bases with the same number ``q`` of pieces, in classes.

    Those with the same pieces and the same free coordinates are a class: they differ only in
    which of the other coordinates are 0 and which 1, and share all that is costly.

    Attributes:
        pieces: shape (q, classes).
        coordinates: shape (m, classes), the ``q - 1`` free ones first.
        first: shape (classes + 1,), where the bases of each class begin.
        at_one: shape (m - q + 1, bases), which of the other coordinates are 1.
        negative: shape (bases,), whether the sign of the determinant of the equations, times
            -1 for each coordinate at 1, is negative.
    """

    pieces: Integers
    coordinates: Integers
    first: Integers
    at_one: NDArray[np.bool_]
    negative: NDArray[np.bool_]

    def parts(self, size: int) -> Iterator[BasisClasses]:
        """Parts of so many classes."""
        for start in range(0, self.pieces.shape[1], size):
            classes, first = slice(start, start + size), self.first[start : start + size + 1]
            members = slice(first[0], first[-1])
            yield BasisClasses(
                self.pieces[:, classes],
                self.coordinates[:, classes],
                first - first[0],
                self.at_one[:, members],
                self.negative[members],
            )


def basis_classes(found: Bases) -> Iterator[BasisClasses]:
    """The bases by the number of their pieces, without those at 0 and (1, ..., 1)."""
    random = np.random.default_rng(0)
    m = found.walls.shape[1] - 1
    w, r = found.vertices[:, :1], found.vertices[:, 2:]
    matters = ~((r == 0).all(axis=1) | (r == w).all(axis=1))[found.at]
    n_pieces = np.where(matters, (found.walls >= 2 * m).sum(axis=1), 0)
    for q in range(1, m + 1):
        walls, signs = found.walls[n_pieces == q], found.signs[n_pieces == q]
        if not len(walls):
            continue
        fixed, pieces = walls[:, :-q], walls[:, -q:] - 2 * m
        where = np.full((len(walls), m), _FREE, np.int8)
        np.put_along_axis(where, fixed % m, (fixed >= m).astype(np.int8), axis=1)
        # walls are in the order zeros, ones, pieces, the unknown rewards in that of the states
        signs *= parities(where)
        key = np.concatenate([pieces, where == _FREE], axis=1, dtype=np.int32)
        # by a random number for each class: two of the same number would only make more classes
        order = np.argsort(key @ random.integers(2**63, size=q + m), kind="stable")
        key, where = key[order], where[order]
        new = np.ones(len(key) + 1, bool)
        new[1:-1] = (key[1:] != key[:-1]).any(axis=1)
        first = np.flatnonzero(new)
        coordinates = np.argsort(where != _FREE, axis=1, kind="stable")
        at_one = np.take_along_axis(where, coordinates, axis=1)[:, q - 1 :] == 1
        of_class = order[first[:-1]]
        yield BasisClasses(
            np.ascontiguousarray(pieces[of_class].T),
            np.ascontiguousarray(coordinates[first[:-1]].T),
            first,
            np.ascontiguousarray(at_one.T),
            signs[order] < 0,
        )
