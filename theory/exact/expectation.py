r"""The expected maximum of linear functions of random rewards, and who attains it.

Given rows $f \in \mathbb{Q}^m$ with equal sums $\sum_i f_i = S$, let $C_f$ be the set of
rewards for which row $f$ is best. Its probability $p_f$ and the partial expectation
$\mu_f = E[f \cdot r;\, r \in C_f]$ are exact for

* `Law.UNIFORM`: independent uniform coordinates on $[0,1]$,
* `Law.EXPONENTIAL`: independent exponential coordinates of rate 1.

For five or more uniform coordinates and rows with short denominators, such as those of
deterministic worlds, they are sums over vertices modulo primes
(`powerseek.theory.exact.vertex_sums`). What follows is faster for the others.

The largest and the smallest coordinate are peeled off first: the origin and the point
$(1,\dots,1)$ lie in every cell, so each cell is a union of pyramids over its meets with
few low-dimensional faces of the base. With $v_{ij}, \mu_{ij}$ the measure of
$C_f \cap \{r_i = 1, r_j = 0\}$ in the cube,

$$ p_f = \sum_{i \ne j} \frac{v_{ij}}{m(m-1)}, \qquad
   \mu_f = \frac{S}{m+1}\, p_f + \sum_{i \ne j} \frac{\mu_{ij}}{m(m+1)}, $$

and with $v_j, \mu_j$ that of $C_f \cap \{r_j = 0\}$ in the simplex
$\{r \ge 0, \sum_i r_i = 1\}$, relative to the volume of the face $r_j = 0$,

$$ p_f = \sum_j \frac{v_j}{m}, \qquad
   \mu_f = \frac{S}{m}\, p_f + \frac{m-1}{m} \sum_j \mu_j. $$

The faces of the subdivision are in `powerseek.theory.exact.subdivision`, their measures
in `powerseek.theory.exact.faces`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import factorial

from flint import fmpq

from .faces import FaceMeasures
from .rational import common_denominator
from .subdivision import Base, Number, Subdivision, VertexSet, WallSet, subdivide
from .symmetry import Peel, automorphisms, orbits
from .vertex_sums import vertex_sums

_SHORT = 600
"""Bits of a common denominator up to which sums over vertices are faster than faces."""

_FEW = 4
"""Coordinates up to which they are not."""


class Law(Enum):
    """The distribution of independent coordinates."""

    UNIFORM = "uniform"
    EXPONENTIAL = "exponential"

    @property
    def base(self) -> Base:
        """The polytope whose subdivision gives the integrals."""
        return Base.CUBE if self is Law.UNIFORM else Base.SIMPLEX

    @property
    def mean(self) -> fmpq:
        """The mean of one coordinate."""
        return fmpq(1, 2) if self is Law.UNIFORM else fmpq(1)


@dataclass(frozen=True, slots=True)
class Reduced:
    """Rows without the coordinates in which all of them agree.

    Attributes:
        varying: the coordinates kept.
        rows: the rows, at those coordinates.
        constant: the sum of the coordinates dropped, the same for all rows.
    """

    varying: tuple[int, ...]
    rows: tuple[tuple[Number, ...], ...]
    constant: Number


def reduce(rows: Sequence[Sequence[Number]]) -> Reduced:
    """Drop the coordinates in which all rows agree: they add their mean.

    >>> reduce([[fmpq(1), fmpq(2)], [fmpq(1), fmpq(3)]]).varying
    (1,)
    """
    first = rows[0]
    varying = tuple(i for i, c in enumerate(first) if any(row[i] != c for row in rows[1:]))
    rest = [c for i, c in enumerate(first) if i not in varying]
    kept = tuple(tuple([row[i] for i in varying]) for row in rows)
    return Reduced(varying, kept, sum(rest, start=fmpq(0)))


def expected_maximum(rows: Sequence[Sequence[fmpq]], law: Law) -> fmpq:
    r"""$E[\max_f f \cdot r]$.

    Args:
        rows: pairwise different rows with equal sums, each strictly best for some
            reward.
        law: the distribution of the coordinates of $r$.

    >>> rows = [[fmpq(1), fmpq(0), fmpq(0)], [fmpq(0), fmpq(1), fmpq(0)]]
    >>> expected_maximum(rows, Law.UNIFORM), expected_maximum(rows, Law.EXPONENTIAL)
    (2/3, 3/2)
    """
    reduced = reduce(rows)
    constant: fmpq = reduced.constant * law.mean
    if not reduced.varying:
        return constant
    if len(reduced.varying) <= 3:
        return constant + _on_segments(reduced.rows, law)
    if by_vertices(reduced.rows, law):
        return constant + vertex_sums(reduced.rows)[0]
    peels = orbits(law.base.peels(len(reduced.varying)), automorphisms(reduced.rows))
    subdivision = subdivide(reduced.rows, law.base)
    parts = cell_integrals(subdivision, FaceMeasures(subdivision), peels)
    total: fmpq = sum([moment for _, moment in parts], start=constant)
    return total


def best_probabilities(rows: Sequence[Sequence[fmpq]], law: Law) -> list[fmpq]:
    """For each row the probability that it is best.

    >>> rows = [[fmpq(2), fmpq(0), fmpq(0)], [fmpq(0), fmpq(1), fmpq(1)]]
    >>> best_probabilities(rows, Law.UNIFORM)
    [1/2, 1/2]
    """
    reduced = reduce(rows)
    if not reduced.varying:
        return [fmpq(1)]
    if by_vertices(reduced.rows, law):
        return vertex_sums(reduced.rows, pieces=True)[1]
    peels = dict.fromkeys(law.base.peels(len(reduced.varying)), 1)
    subdivision = subdivide(reduced.rows, law.base)
    parts = cell_integrals(subdivision, FaceMeasures(subdivision), peels)
    return [probability for probability, _ in parts]


def by_vertices(rows: Sequence[Sequence[fmpq]], law: Law) -> bool:
    """Whether integrals are sums over vertices modulo primes, not over faces of cells."""
    if law is not Law.UNIFORM or not rows or len(rows[0]) <= _FEW:
        return False
    return common_denominator(c for row in rows for c in row).bit_length() <= _SHORT


def cell_integrals(
    subdivision: Subdivision, faces: FaceMeasures, peels: Mapping[Peel, int]
) -> list[tuple[Number, Number]]:
    """For each piece, the probability and the partial expectation of its cell.

    Args:
        subdivision: the subdivision by rows of equal sums.
        faces: the measures of its faces.
        peels: the faces of the base to add up, each with a weight. All with weight 1
            give the integrals of each cell; one for each orbit of a symmetry, with the
            size of the orbit, give integrals that are right only in their sum.
    """
    m = len(subdivision.lower)
    cube = subdivision.base is Base.CUBE
    row_sum = -sum(subdivision.pieces[0].row[1:], start=fmpq(0))
    integrals = []
    n_base = len(subdivision.walls) - len(subdivision.pieces)
    for piece in range(n_base, len(subdivision.walls)):
        volume, moment = fmpq(0), fmpq(0)
        for weight, face, walls in _peeled(subdivision, piece, peels):
            face_volume, face_moment = faces.measure(face, walls, m - 2)
            volume += weight * face_volume
            moment += weight * face_moment
        if cube:
            probability = volume / (m * (m - 1))
            expectation = row_sum * probability / (m + 1) + moment / (m * (m + 1))
        else:
            whole = factorial(m - 2)
            probability = volume * whole / m
            expectation = row_sum * probability / m + moment * whole * (m - 1) / m
        integrals.append((probability, expectation))
    return integrals


def _on_segments(rows: Sequence[Sequence[fmpq]], law: Law) -> fmpq:
    """The expected maximum for 2 or 3 coordinates: the peeled faces have dimension 0 or 1.

    On a segment, the maximum of the rows is a maximum of linear functions of one number
    in [0, 1], given by their values at both ends.
    """
    m, row_sum = len(rows[0]), sum(rows[0], start=fmpq(0))
    total = fmpq(0)
    for peel in law.base.peels(m):
        free = [k for k in range(m) if k not in peel]
        if law is Law.UNIFORM:
            i = peel[0]
            ends = [(row[i], row[i] + row[free[0]] if free else row[i]) for row in rows]
        else:
            ends = [(row[free[0]], row[free[-1]]) for row in rows]
        total += _mean_of_maximum(ends)
    if law is Law.UNIFORM:
        return row_sum / (m + 1) + total / (m * (m + 1))
    return row_sum / m + total * (m - 1) / m


def _mean_of_maximum(ends: Sequence[tuple[fmpq, fmpq]]) -> fmpq:
    """The mean over [0, 1] of the maximum of linear functions, given at 0 and at 1."""
    here, (left, right) = fmpq(0), max(ends)
    total = fmpq(0)
    while True:
        slope = right - left
        steeper = [((left - a) / (b - a - slope), b, a) for a, b in ends if b > right]
        there, b, a = min(steeper, key=lambda c: (c[0], -c[1]), default=(fmpq(1), right, left))
        total += (there - here) * (left + slope * (here + there) / 2)
        if not steeper:
            return total
        here, left, right = there, a, b


def _peeled(
    subdivision: Subdivision, piece: int, peels: Mapping[Peel, int]
) -> Iterator[tuple[int, VertexSet, WallSet]]:
    """The faces of a cell that remain when the extreme coordinates are peeled off.

    A meet of the cell with a face of the base is a face of full dimension iff no other
    wall contains it: two pieces that agree there would differ by a constant. Measured by
    its walls it then has the volume of its projection along the coordinates peeled off.
    """
    m = len(subdivision.lower)
    sets = [wall.vertices for wall in subdivision.walls]
    for peel, weight in peels.items():
        walls = [piece, *subdivision.peeling_walls(peel)]
        face = -1
        for wall in walls:
            face &= sets[wall]
        if face.bit_count() < m - 1:
            continue
        if sum([vertices & face == face for vertices in sets]) == len(walls):
            yield weight, face, sum([1 << wall for wall in walls])
