r"""Volume and first moment of the faces of a subdivision, exactly.

A face $G$ of dimension $k$ is the union of the pyramids from one of its vertices, $a$,
over its facets $H \not\ni a$. So its volume $v$ and the moment $\mu = \int_G t$ of the
height satisfy

$$ v(G) = \sum_{H \not\ni a} \frac{\eta_H}{k}\, v(H), \qquad
   \mu(G) = \sum_{H \not\ni a} \frac{\eta_H}{k (k+1)}\,(t_a v(H) + k\, \mu(H)), $$

with $\eta_H$ the distance of $a$ from $H$ (the recursion of Cohen & Hickey 1979; see
Büeler, Enge & Fukuda, "Exact volume computation for polytopes", 2000). Faces are shared
by many cells and many larger faces; each is computed once.

To stay in the field, volumes are taken after projection to coordinates: the equations
of the affine hull of $G$ are brought to echelon form, their pivot coordinates are
dropped, and $G$ is measured in the others. The set of pivots depends on the affine hull
alone. For $H = G \cap \{\alpha \cdot y + \beta = 0\}$ one more coordinate $j$ becomes a
pivot, the first with $\alpha_j \ne 0$ after reduction by the equations of $G$, and along
that coordinate the distance is $\eta_H = |\alpha \cdot a + \beta| / |\alpha_j|$.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial
from typing import NamedTuple, TypeAlias

from flint import fmpq, fmpq_mat

from .subdivision import Number, Subdivision, VertexSet

Equations: TypeAlias = tuple[tuple[int, Sequence[Number]], ...]
"""Echelon form: (pivot, row with 1 at the pivot and 0 at the pivots before it)."""


Measure: TypeAlias = tuple[Number, Number]
"""Projected volume of a face and the integral of the height over it."""


class Arithmetic(NamedTuple):
    """What the recursion needs of an ordered field besides its four operations.

    Attributes:
        absolute: the absolute value.
        determinant: of a square matrix given by its rows; None to do without.
    """

    absolute: Callable[[Number], Number]
    determinant: Callable[[Sequence[Sequence[Number]]], Number] | None


RATIONAL = Arithmetic(abs, lambda matrix: fmpq_mat(matrix).det())
"""The field of rational numbers."""


class FaceMeasures:
    """The measures of the faces of one subdivision, computed on demand and kept."""

    def __init__(
        self,
        subdivision: Subdivision,
        arithmetic: Arithmetic = RATIONAL,
        known: dict[VertexSet, Measure] | None = None,
    ) -> None:
        """Start with the faces already known.

        Args:
            subdivision: whose faces are to be measured.
            arithmetic: of the field of its coordinates.
            known: measures of faces, added to while others are computed.
        """
        self._points = subdivision.points
        self._walls: list[_Facet] = [
            (wall.vertices, wall.row, 0, _Slacks(wall.row, subdivision.points))
            for wall in subdivision.walls
        ]
        self._absolute, self._determinant = arithmetic
        self._known = {} if known is None else known

    def __len__(self) -> int:
        """Number of faces computed so far."""
        return len(self._known)

    def measure(self, face: VertexSet, equations: Equations, dimension: int) -> Measure:
        """The measure of a face.

        Args:
            face: its vertices.
            equations: of its affine hull, built with `equation`.
            dimension: its dimension.
        """
        known = self._known.get(face)
        if known is not None:
            return known
        return self._measure(face, self._walls, equations, dimension)

    def _measure(
        self, face: VertexSet, walls: Sequence[_Facet], equations: Equations, k: int
    ) -> Measure:
        if face.bit_count() == k + 1 and (k <= 2 or self._determinant is not None):
            result = self._simplex(members(face), _free(equations, self._points[0]))
        elif k == 2:
            result = self._polygon(face, walls, _free(equations, self._points[0]))
        else:
            result = self._pyramids(face, walls, equations, k)
        self._known[face] = result
        return result

    def _pyramids(
        self, face: VertexSet, walls: Sequence[_Facet], equations: Equations, k: int
    ) -> Measure:
        apex = face & -face
        index = apex.bit_length() - 1
        height = self._points[index][0]
        volume, moment = fmpq(0), fmpq(0)
        facets, opposite = _facets(face, apex, walls, k, equations)
        known, absolute = self._known, self._absolute
        for (vertices, row, _, slacks), pivot in opposite:
            lead = row[pivot]
            below = known.get(vertices)
            if below is None:
                smaller = (*equations, (pivot, [c / lead if c else c for c in row]))
                below = self._measure(vertices, facets, smaller, k - 1)
            below_volume, below_moment = below
            distance = absolute(slacks[index] / lead)
            volume += distance * below_volume
            moment += distance * (height * below_volume + k * below_moment)
        return volume / k, moment / (k * (k + 1))

    def _polygon(self, face: VertexSet, walls: Sequence[_Facet], free: Sequence[int]) -> Measure:
        i, j = free
        apex = face & -face
        a = self._points[apex.bit_length() - 1]
        edges = {face & wall[0] for wall in walls}
        volume, moment = fmpq(0), fmpq(0)
        for edge in edges:
            if edge & apex or edge.bit_count() != 2:
                continue
            b, c = [self._points[k] for k in members(edge)]
            area = self._absolute((b[i] - a[i]) * (c[j] - a[j]) - (b[j] - a[j]) * (c[i] - a[i]))
            volume += area
            moment += area * (a[0] + b[0] + c[0])
        return volume / 2, moment / 6

    def _simplex(self, corners: Sequence[int], free: Sequence[int]) -> Measure:
        k = len(corners) - 1
        first, *others = [self._points[v] for v in corners]
        edges = [[p[j] - first[j] for j in free] for p in others]
        if k == 0:
            volume = fmpq(1)
        elif k == 1:
            volume = self._absolute(edges[0][0])
        elif k == 2:
            (a, b), (c, d) = edges
            volume = self._absolute(a * d - b * c) / 2
        else:
            assert self._determinant is not None
            volume = self._absolute(self._determinant(edges)) / factorial(k)
        total = sum([p[0] for p in others], start=first[0])
        return volume, volume * total / (k + 1)


class _Slacks(dict[int, Number]):
    """By how much each vertex keeps to an inequality, computed on demand.

    An inequality reduced by equations has the same slack wherever they hold.
    """

    def __init__(self, row: Sequence[Number], points: Sequence[Sequence[Number]]) -> None:
        self._support = [(k, c) for k, c in enumerate(row) if c]
        self._points = points

    def __missing__(self, vertex: int) -> Number:
        point = self._points[vertex]
        slack = self[vertex] = sum([c * point[k] for k, c in self._support], start=fmpq(0))
        return slack


_Facet: TypeAlias = tuple[VertexSet, Sequence[Number], int, _Slacks]
"""Vertices, an inequality reduced by so many of the first equations, and its slacks."""


def equation(row: Sequence[Number], equations: Equations) -> Equations:
    """The equations with one more, which must be independent of them.

    >>> equation([fmpq(0), fmpq(2), fmpq(1)], ())
    ((1, [0, 1, 1/2]),)
    """
    reduced, pivot = _reduced(row, equations)
    lead = reduced[pivot]
    return (*equations, (pivot, [c / lead if c else c for c in reduced]))


def _reduced(row: Sequence[Number], equations: Equations) -> tuple[Sequence[Number], int]:
    """A row modulo equations, and the place of its first entry that is not 0."""
    for pivot, known in equations:
        c = row[pivot]
        if c:
            row = [x - c * y if y else x for x, y in zip(row, known, strict=True)]
    return row, next(pivot for pivot, c in enumerate(row) if c)


def members(face: VertexSet) -> list[int]:
    """The vertices of a face, as indices.

    >>> members(0b101)
    [0, 2]
    """
    found = []
    while face:
        lowest = face & -face
        found.append(lowest.bit_length() - 1)
        face ^= lowest
    return found


def _facets(
    face: VertexSet,
    apex: VertexSet,
    walls: Sequence[_Facet],
    k: int,
    equations: Equations,
) -> tuple[list[_Facet], list[tuple[_Facet, int]]]:
    """The facets of a face of dimension ``k``: its maximal proper meets with walls.

    Those that do not contain the apex come once more, with their rows reduced and the
    pivots of these.
    """
    meets: dict[VertexSet, _Facet] = {}
    for wall in walls:
        meet = face & wall[0]
        if meet != face and meet.bit_count() >= k:
            meets[meet] = wall
    maximal: list[VertexSet] = []
    for meet in sorted(meets, key=int.bit_count, reverse=True):
        for other in maximal:
            if meet & other == meet:
                break
        else:
            maximal.append(meet)
    facets: list[_Facet] = []
    opposite: list[tuple[_Facet, int]] = []
    for vertices in maximal:
        _, row, n_reduced, slacks = meets[vertices]
        if vertices & apex:
            facets.append((vertices, row, n_reduced, slacks))
            continue
        row, pivot = _reduced(row, equations[n_reduced:])
        facet = vertices, row, len(equations), slacks
        opposite.append((facet, pivot))
        facets.append(facet)
    return facets, opposite


def _free(equations: Equations, point: Sequence[Number]) -> list[int]:
    """The coordinates that are no pivots; the last entry of a point is no coordinate."""
    pivots = {pivot for pivot, _ in equations}
    return [j for j in range(len(point) - 1) if j not in pivots]
