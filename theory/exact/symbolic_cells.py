r"""The expected maximum of linear functions whose coefficients depend on gamma.

For rows $f(\gamma) \in \mathbb{Q}(\gamma)^m$ the subdivision of
`powerseek.theory.exact.subdivision` has vertices in $\mathbb{Q}(\gamma)^m$. As long as
every vertex keeps its set of walls and lies strictly inside all others, no vertex
appears or vanishes, faces and cells keep their vertices, and $E[\max_f f \cdot r]$ is one
rational function of $\gamma$. So it is enough to

1. take the combinatorial type at one rational $\gamma_0$,
2. solve for the vertices over $\mathbb{Q}(\gamma)$, from walls that are tight there,
3. integrate as over $\mathbb{Q}$; only absolute values look at $\gamma_0$.

The result is valid up to the nearest roots of the *guards*: the numerators and
denominators of all distances of vertices from walls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_

from flint import fmpq, fmpz_poly

from .expectation import Law, cell_integrals
from .expectation import reduce as reduce_rows
from .faces import FaceMeasures, Known
from .linear_systems import solve
from .rational_functions import RationalFunction, coefficients
from .subdivision import Number, Subdivision, VertexSet, Wall, WallSet, members, subdivide
from .symmetry import automorphisms, orbits

_Guards = dict[tuple[int, ...], fmpz_poly]


class Coincidence(ArithmeticError):
    """Something is zero at the sample that is not zero nearby."""


class SymbolicMaximum:
    r"""The expected maximum of rows over $\\mathbb{Q}(\\gamma)$, near any sample.

    Vertices and faces that occur near several samples are computed once.
    """

    def __init__(self, rows: Sequence[Sequence[RationalFunction]], law: Law) -> None:
        """Rows with equal sums, each strictly best for some reward."""
        self._reduced = reduce_rows(rows)
        self._law = law
        self._ids: dict[tuple[int, ...], int] = {}
        self._points: list[tuple[Number, ...]] = []
        self._guards: list[_Guards] = []
        self._known: dict[tuple[WallSet, VertexSet], Known] = {}
        m = len(self._reduced.varying)
        self._peels = orbits(law.base.peels(m), automorphisms(self._reduced.rows))

    def near(self, sample: fmpq) -> tuple[RationalFunction, list[fmpz_poly]]:
        """The expected maximum around a sample, and its guards.

        Raises:
            Coincidence: if the sample happens to be a root of a guard, or of a number divided
                by on the way. Another sample will do.
        """
        constant = RationalFunction.of(self._reduced.constant * self._law.mean)
        if not self._reduced.varying:
            return constant, []
        subdivision, used = self._lifted(sample)
        known = _known_near(self._known, subdivision, sample)
        faces = FaceMeasures(subdivision, lambda x: _absolute(x, sample), known)
        parts = cell_integrals(subdivision, faces, self._peels)
        total = sum([moment for _, moment in parts], start=constant)
        self._known |= {(w, _common(subdivision, w)): face for w, face in known.items()}
        guards: _Guards = {}
        for k in used:
            guards |= self._guards[k]
        return total, list(guards.values())

    def _lifted(self, sample: fmpq) -> tuple[Subdivision, list[int]]:
        """The subdivision at the sample, with coordinates that depend on gamma."""
        rows = self._reduced.rows
        at_sample = subdivide([[_at(c, sample) for c in row] for row in rows], self._law.base)
        n_base = len(at_sample.lower) + len(at_sample.upper)
        walls = [wall.row for wall in at_sample.walls[:n_base]]
        walls += [(fmpq(1), *[-c for c in row], fmpq(0)) for row in rows]
        on: list[list[int]] = [[] for _ in at_sample.points]
        for i, wall in enumerate(at_sample.walls):
            for k in members(wall.vertices):
                on[k].append(i)
        ids = []
        for key in [tuple(tight) for tight in on]:
            if key not in self._ids:
                self._add_vertex(at_sample, walls, key)
            ids.append(self._ids[key])
        sets = [sum([1 << ids[k] for k in members(w.vertices)]) for w in at_sample.walls]
        lifted = [Wall(vertices, row) for vertices, row in zip(sets, walls, strict=True)]
        m = len(at_sample.lower)
        subdivision = Subdivision(
            at_sample.base,
            tuple(self._points),
            tuple(lifted[:m]),
            tuple(lifted[m:n_base]),
            tuple(lifted[n_base:]),
        )
        return subdivision, ids

    def _add_vertex(
        self,
        at_sample: Subdivision,
        walls: Sequence[Sequence[Number]],
        tight: tuple[int, ...],
    ) -> None:
        """Solve for a vertex from its walls, and find its guards."""
        rows = [*at_sample.hull, *[walls[i] for i in tight]]
        point = solve(rows, len(walls[0]) - 1)
        if point is None:
            raise Coincidence
        guards: _Guards = {}
        for c in point:
            _guard(guards, c)
        for i, row in enumerate(walls):
            slack = sum([c * x for c, x in zip(row, point, strict=True) if c and x], start=fmpq(0))
            if i not in tight:
                _guard(guards, slack)
            elif slack:
                raise Coincidence
        self._ids[tight] = len(self._points)
        self._points.append(point)
        self._guards.append(guards)


def _guard(guards: _Guards, x: Number) -> None:
    if isinstance(x, RationalFunction):
        for polynomial in (x.numerator, x.denominator):
            if polynomial.degree() > 0:
                guards.setdefault(coefficients(polynomial), polynomial)


def _at(x: Number, sample: fmpq) -> fmpq:
    return x(sample) if isinstance(x, RationalFunction) else x


def _sign(x: Number, sample: fmpq) -> int:
    """The sign at the sample; 0 also at a pole."""
    if isinstance(x, RationalFunction):
        return x.sign(sample)
    return int(x > 0) - int(x < 0)


def _absolute(x: Number, sample: fmpq) -> Number:
    sign = _sign(x, sample)
    if not sign:
        raise Coincidence
    return x * sign


def _common(subdivision: Subdivision, walls: WallSet) -> VertexSet:
    """The vertices that all these walls have in common."""
    return reduce(and_, [subdivision.walls[wall].vertices for wall in members(walls)])


def _known_near(
    known: dict[tuple[WallSet, VertexSet], Known], subdivision: Subdivision, sample: fmpq
) -> dict[WallSet, Known]:
    """Faces found near other samples, where volumes may have had other signs."""
    near = {}
    for (walls, vertices), face in known.items():
        sign = _sign(face.volume, sample)
        if sign and _common(subdivision, walls) == vertices:
            near[walls] = face._replace(volume=face.volume * sign, moment=face.moment * sign)
    return near
