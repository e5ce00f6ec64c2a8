r"""The cells on which $\max_f f \cdot r$ is linear, inside a cube or a simplex.

For finitely many rows $f \in \mathbb{Q}^m$ the function $h(r) = \max_f f \cdot r$ is
convex and piecewise linear. It divides a polytope $B$ of reward vectors (`CUBE`
$[0,1]^m$, or `SIMPLEX` $\{r \ge 0, \sum_i r_i = 1\}$) into cells, one for each row that
is strictly best somewhere. The cells and all their faces are the faces of the
polyhedron

$$ P = \{(t, r) : r \in B,\ t \ge f \cdot r \text{ for all } f\} $$

that lie in one of the walls $t = f \cdot r$. A face is held as the set of its vertices
(the bits of an int); a wall, a facet of $P$, as such a set and its inequality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from typing import Any, NamedTuple

from flint import fmpq

from .double_description import Cone, Ray
from .rational import common_denominator

Number = Any
"""An element of the field computed in: `fmpq`, or a rational function of gamma."""

VertexSet = int
"""A set of vertices: bit ``k`` stands for vertex ``k``."""

WallSet = int
"""A set of walls, likewise."""


class Base(Enum):
    """The polytope of reward vectors that is divided."""

    CUBE = "cube"
    SIMPLEX = "simplex"

    def peels(self, m: int) -> list[tuple[int, ...]]:
        """The faces left when the extreme coordinates are peeled off.

        In the cube, pairs (i, j) for $r_i = 1, r_j = 0$; in the simplex, singles (j,)
        for $r_j = 0$.
        """
        if self is Base.CUBE:
            return list(permutations(range(m), 2))
        return [(j,) for j in range(m)]

    def hull(self, m: int) -> list[tuple[fmpq, ...]]:
        """The equations ``row . (t, r, 1) = 0`` that hold on all of it."""
        return [] if self is Base.CUBE else [(fmpq(0), *[fmpq(1)] * m, fmpq(-1))]


class Wall(NamedTuple):
    """A facet of $P$: its vertices and the inequality ``row . (t, r, 1) >= 0``."""

    vertices: VertexSet
    row: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Subdivision:
    """All vertices and walls of the subdivision of a base by rows.

    Attributes:
        base: the polytope divided.
        points: the vertices ``(t, r_1, ..., r_m, 1)``, those on many walls first.
        lower: the walls ``r_i >= 0``.
        upper: the walls ``r_i <= 1`` (cube only).
        pieces: the walls ``t >= f . r``, one for each row.
    """

    base: Base
    points: tuple[tuple[Number, ...], ...]
    lower: tuple[Wall, ...]
    upper: tuple[Wall, ...]
    pieces: tuple[Wall, ...]

    @property
    def walls(self) -> tuple[Wall, ...]:
        """All walls."""
        return self.lower + self.upper + self.pieces

    @property
    def hull(self) -> list[tuple[fmpq, ...]]:
        """The equations ``row . (t, r, 1) = 0`` that hold everywhere."""
        return self.base.hull(len(self.lower))

    def peeling_walls(self, peel: tuple[int, ...]) -> tuple[int, ...]:
        """The walls of the base that meet in one of the faces of `Base.peels`."""
        if self.base is Base.CUBE:
            return len(self.lower) + peel[0], peel[1]
        return peel


def subdivide(rows: Sequence[Sequence[fmpq]], base: Base) -> Subdivision:
    """Divide a base into the cells of the rows.

    Args:
        rows: the rows, each of the same length ``m >= 1``.
        base: the polytope to divide.

    >>> s = subdivide([[fmpq(1), fmpq(0)], [fmpq(0), fmpq(1)]], Base.SIMPLEX)
    >>> sorted(point for point in s.points)
    [(1/2, 1/2, 1/2, 1), (1, 0, 1, 1), (1, 1, 0, 1)]
    """
    m = len(rows[0])
    scale = common_denominator(c for row in rows for c in row)
    first, *others = [[int(c * scale) for c in row] for row in rows]
    cone = (_lifted_cube if base is Base.CUBE else _lifted_simplex)(first)
    padding = [0] if base is Base.CUBE else []
    for piece in others:
        cone.cut([*padding, 1, *[-c for c in piece]])
    rays = [ray for ray in cone.rays if any(ray.vector[-m:])]
    rays.sort(key=lambda ray: (-ray.tight.bit_count(), ray.vector))
    points = tuple([_point(ray.vector, m, scale) for ray in rays])
    sets = _vertex_sets(rays, cone.n_inequalities)
    zero, one = fmpq(0), fmpq(1)
    unit = [tuple([fmpq(int(k == i + 1)) for k in range(m + 2)]) for i in range(m)]
    n_base = 2 * m if base is Base.CUBE else m
    return Subdivision(
        base,
        points,
        tuple([Wall(sets[i], unit[i]) for i in range(m)]),
        tuple([Wall(sets[i], (*[-c for c in unit[i - m][:-1]], one)) for i in range(m, n_base)]),
        tuple(
            [
                Wall(members, (one, *[-c for c in row], zero))
                for members, row in zip(sets[n_base:], rows, strict=True)
            ]
        ),
    )


def members(numbers: int) -> list[int]:
    """The members of a set held as bits.

    >>> members(0b101)
    [0, 2]
    """
    found = []
    while numbers:
        lowest = numbers & -numbers
        found.append(lowest.bit_length() - 1)
        numbers ^= lowest
    return found


def _lifted_cube(piece: Sequence[int]) -> Cone:
    """Rays ``(1, t, r)`` over the corners of the cube, on one piece, and straight up."""
    m = len(piece)
    rays = []
    for number in range(2**m):
        corner = [number >> i & 1 for i in range(m)]
        height = sum([c for c, bit in zip(piece, corner, strict=True) if bit])
        tight = (2**m - 1) ^ number | number << m | 1 << 2 * m
        rays.append(Ray((1, height, *corner), tight))
    up = Ray((0, 1, *[0] * m), 2 ** (2 * m) - 1, set(rays))
    for number, ray in enumerate(rays):
        ray.neighbours = {up, *[rays[number ^ 1 << i] for i in range(m)]}
    return Cone([*rays, up], 2 * m + 1, gauge=(1, 0, *[0] * m))


def _lifted_simplex(piece: Sequence[int]) -> Cone:
    """Rays ``(t, r)`` over the corners of the simplex, on one piece, and straight up."""
    m = len(piece)
    rays = [
        Ray((c, *[int(i == k) for i in range(m)]), (2 ** (m + 1) - 1) ^ 1 << k)
        for k, c in enumerate(piece)
    ]
    rays.append(Ray((1, *[0] * m), 2**m - 1))
    for ray in rays:
        ray.neighbours = set(rays) - {ray}
    return Cone(rays, m + 1, gauge=(0, *[1] * m))


def _point(vector: Sequence[int], m: int, scale: int) -> tuple[fmpq, ...]:
    """The vertex ``(t, r, 1)`` that a ray stands for."""
    weight = vector[0] if len(vector) == m + 2 else sum(vector[1:])
    height = fmpq(vector[-m - 1], weight * scale)
    return (height, *[fmpq(c, weight) for c in vector[-m:]], fmpq(1))


def _vertex_sets(rays: Sequence[Ray], n_walls: int) -> list[VertexSet]:
    """For each wall the vertices on it."""
    sets = [0] * n_walls
    for k, ray in enumerate(rays):
        for wall in members(ray.tight):
            sets[wall] |= 1 << k
    return sets
