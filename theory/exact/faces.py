r"""Volume and first moment of the faces of a subdivision, exactly.

A face $G$ of dimension $k$ is the union of the pyramids from one of its vertices, $a$,
over its facets $H \not\ni a$ (the recursion of Cohen & Hickey 1979; see Büeler, Enge &
Fukuda, "Exact volume computation for polytopes", 2000). Faces are shared by many cells
and many larger faces; each is computed once.

To stay in the field, $G$ is not measured in its own metric but by its walls: of the
inequalities $\alpha_i(y) \ge 0$ that are tight on it take independent ones $S$, as many as
leave its dimension, and the form $\omega_S$ with
$dy = \bigwedge_{i \in S} d\alpha_i \wedge \omega_S$ (up to sign). If $H = G \cap \{\alpha = 0\}$
for one more wall $\alpha$, then $\omega_S = d\alpha \wedge \omega_{S \cup \alpha}$, so that the
pyramid over $H$ has height $\alpha(a)$, just the slack of its apex. Volume $v$ and moment
$\mu = \int_G t\,\omega_S$ of the height $t$ satisfy

$$ v_S(G) = \sum_{H \not\ni a} \frac{\alpha_H(a)}{k}\, v_{S \cup \alpha_H}(H), \qquad
   \mu_S(G) = \sum_{H \not\ni a} \frac{\alpha_H(a)}{k (k+1)}\,
   \bigl(t_a\, v_{S \cup \alpha_H}(H) + k\, \mu_{S \cup \alpha_H}(H)\bigr), $$

and a vertex, with a basis of walls for $S$, has volume $1/|\det S|$. Where more walls than
necessary meet, the same face is met with other walls $S'$. With the same walls $E$ added to
make them bases,

$$ v_{S'} = v_S\, |\det(S \cup E)| / |\det(S' \cup E)| . $$

Faces are held in two ways. Their *closure*, the set of all walls that contain them, is what
they are known by. Their vertices, numbered anew within each of the large faces that
`FaceMeasures.measure` is asked for, show which meets with walls are facets: the maximal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from flint import fmpq

from .linear_systems import determinant
from .subdivision import Number, Subdivision, VertexSet, WallSet, members

Measure: TypeAlias = tuple[Number, Number]
"""Volume of a face and the integral of the height over it."""


class Known(NamedTuple):
    """What is known of a face.

    Attributes:
        walls: independent walls that contain it, ``S`` above.
        basis: a basis of walls, these among them.
        volume: its volume, as measured by ``walls``.
        moment: the integral of the height over it, likewise.
    """

    walls: WallSet
    basis: WallSet
    volume: Number
    moment: Number


Meets: TypeAlias = dict[VertexSet, WallSet]
"""The proper meets of a face with walls: the vertices, and all walls that have this meet."""


class FaceMeasures:
    """The measures of the faces of one subdivision, computed on demand and kept."""

    def __init__(
        self,
        subdivision: Subdivision,
        absolute: Callable[[Number], Number] = abs,
        known: dict[WallSet, Known] | None = None,
    ) -> None:
        """Start with the faces already known.

        Args:
            subdivision: whose faces are to be measured.
            absolute: the absolute value in the field of its coordinates.
            known: faces by their closures, added to while others are computed.
        """
        self._points = subdivision.points
        self._hull = subdivision.hull
        self._rows = [wall.row for wall in subdivision.walls]
        self._slacks = [_Slacks(row, subdivision.points) for row in self._rows]
        self._tight: list[WallSet] = [0] * len(subdivision.points)
        for number, wall in enumerate(subdivision.walls):
            for vertex in members(wall.vertices):
                self._tight[vertex] |= 1 << number
        self._absolute = absolute
        self._known = {} if known is None else known
        self._determinants: dict[WallSet, Number] = {}
        self._numbers: list[int] = []

    def __len__(self) -> int:
        """Number of faces computed so far."""
        return len(self._known)

    def measure(self, face: VertexSet, walls: WallSet, dimension: int) -> Measure:
        """The measure of a face that lies in no more walls than its dimension asks for.

        Args:
            face: its vertices.
            walls: all walls that contain it, which must be independent.
            dimension: its dimension.
        """
        known = self._known.get(walls)
        if known is None:
            self._numbers = members(face)
            on: dict[WallSet, VertexSet] = {}
            for k, vertex in enumerate(self._numbers):
                for wall in members(self._tight[vertex] & ~walls):
                    on[wall] = on.get(wall, 0) | 1 << k
            meets: Meets = {}
            for wall, vertices in on.items():
                meets[vertices] = meets.get(vertices, 0) | 1 << wall
            whole = (1 << len(self._numbers)) - 1
            known = self._measured(whole, walls, meets, walls, dimension)
        return self._by(walls, known)

    def _measured(
        self, face: VertexSet, closure: WallSet, meets: Meets, walls: WallSet, k: int
    ) -> Known:
        if k == 0:
            volume = 1 / self._determinant(walls)
            height = self._points[self._numbers[face.bit_length() - 1]][0]
            result = Known(walls, walls, volume, height * volume)
        elif k == 2:
            result = self._polygon(face, meets, walls)
        else:
            result = self._pyramids(face, closure, meets, walls, k)
        self._known[closure] = result
        return result

    def _pyramids(
        self, face: VertexSet, closure: WallSet, meets: Meets, walls: WallSet, k: int
    ) -> Known:
        apex = face & -face
        index = self._numbers[apex.bit_length() - 1]
        height = self._points[index][0]
        slacks, least = self._slacks, min(k - 1, 3)
        basis, volume, moment = walls, fmpq(0), fmpq(0)
        for vertices, around in meets.items():
            if vertices & apex:
                continue
            known = self._known.get(closure | around)
            if known is None:
                if not _is_facet(vertices, meets, k):
                    continue
                below: Meets = {}
                for meet, others in meets.items():
                    both = meet & vertices
                    if both.bit_count() >= least and both != vertices:
                        below[both] = below.get(both, 0) | others
                smaller = walls | around & -around
                known = self._measured(vertices, closure | around, below, smaller, k - 1)
            if walls & ~known.walls:
                smaller = walls | around & -around
                basis = known.basis ^ known.walls ^ smaller
                below_volume, below_moment = self._by(smaller, known)
            else:
                smaller, basis, below_volume, below_moment = known
            distance = slacks[(smaller ^ walls).bit_length() - 1][index]
            volume += distance * below_volume
            moment += distance * below_moment
        moment = (height * volume + k * moment) / (k * (k + 1))
        return Known(walls, basis, volume / k, moment)

    def _polygon(self, face: VertexSet, meets: Meets, walls: WallSet) -> Known:
        """Triangles from the apex; the slacks in its two edges are coordinates."""
        apex = face & -face
        sides, opposite = [], []
        for edge, around in meets.items():
            if edge.bit_count() == 2:
                if edge & apex:
                    sides.append(around & -around)
                else:
                    opposite.append([self._numbers[k] for k in members(edge)])
        left, right = sides
        x, y = self._slacks[left.bit_length() - 1], self._slacks[right.bit_length() - 1]
        points = self._points
        height = points[self._numbers[apex.bit_length() - 1]][0]
        volume, moment = fmpq(0), fmpq(0)
        for b, c in opposite:
            area = self._absolute(x[b] * y[c] - x[c] * y[b])
            volume += area
            moment += area * (points[b][0] + points[c][0])
        basis = walls | left | right
        moment += volume * height
        scale = self._determinant(basis)
        return Known(walls, basis, volume / (2 * scale), moment / (6 * scale))

    def _by(self, walls: WallSet, known: Known) -> Measure:
        """The measure of a face by other independent walls that contain it."""
        own, basis, volume, moment = known
        if own == walls:
            return volume, moment
        factor = self._determinant(basis) / self._determinant(basis ^ own ^ walls)
        return volume * factor, moment * factor

    def _determinant(self, basis: WallSet) -> Number:
        """Its absolute value, for the rows of so many walls as there are dimensions."""
        found = self._determinants.get(basis)
        if found is None:
            rows = [*self._hull, *[self._rows[wall] for wall in members(basis)]]
            found = self._absolute(determinant([row[:-1] for row in rows]))
            self._determinants[basis] = found
        return found


def _is_facet(vertices: VertexSet, meets: Meets, k: int) -> bool:
    """Whether a meet of a face of dimension ``k`` is a facet: whether it is maximal."""
    if vertices.bit_count() < k:
        return False
    for other in meets:  # noqa: SIM110, faster than all()
        if other & vertices == vertices and other != vertices:
            return False
    return True


class _Slacks(dict[int, Number]):
    """By how much each vertex keeps to an inequality, computed on demand."""

    def __init__(self, row: Sequence[Number], points: Sequence[Sequence[Number]]) -> None:
        self._support = [(k, c) for k, c in enumerate(row) if c]
        self._points = points

    def __missing__(self, vertex: int) -> Number:
        point = self._points[vertex]
        slack = self[vertex] = sum([c * point[k] for k, c in self._support], start=fmpq(0))
        return slack
