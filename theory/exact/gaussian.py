r"""POWER for independent standard normal rewards: a closed form in small dimension.

For a polytope $K = \mathrm{conv}\, F$ and a standard normal vector $R$,

$$ E\Bigl[\max_{f \in F} f \cdot R\Bigr] = \frac{V_1(K)}{\sqrt{2\pi}}, \qquad
   V_1(K) = \sum_{e} |e|\, \theta(e), $$

the first intrinsic volume: a sum over the edges of $K$, each with its length and its
external angle, the fraction of the directions normal to $e$ in which $e$ is extreme
(Sudakov 1971; Tsirelson 1985). In dimension 1 the angle is 1, in dimension 2 it is 1/2,
in dimension 3 it is $\beta / 2\pi$ with $\beta$ the angle between the outer normals of
the two facets at the edge. Beyond dimension 3 external angles are not elementary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sympy
from flint import fmpq, fmpq_mat

from powerseek.theory.errors import NotExact

Point = list[fmpq]


@dataclass(frozen=True)
class ClosedForm:
    """A real number known as an expression.

    Attributes:
        expression: a sympy expression without free symbols.

    >>> ClosedForm(1 / sympy.sqrt(sympy.pi))
    ClosedForm(expression=1/sqrt(pi))
    """

    expression: Any

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(self.expression)

    @property
    def stderr(self) -> float:
        """Zero: nothing was sampled."""
        return 0.0

    def __str__(self) -> str:
        return str(self.expression)


def expected_gaussian_maximum(rows: Sequence[Sequence[fmpq]]) -> Any:
    r"""$E[\max_f f \cdot R]$ for independent standard normal $R$.

    Args:
        rows: pairwise different rows, each the only best one for some reward.

    Returns:
        A sympy expression.

    Raises:
        NotExact: if the rows span more than three dimensions.

    >>> expected_gaussian_maximum([[fmpq(1), fmpq(0)], [fmpq(0), fmpq(1)]])
    1/sqrt(pi)
    """
    if len(rows) == 1:
        return sympy.Integer(0)
    edges = [[a - b for a, b in zip(row, rows[0], strict=True)] for row in rows[1:]]
    echelon, dimension = fmpq_mat(edges).rref()
    if dimension > 3:
        raise NotExact(
            f"reward: got 'gaussian' with visit distributions in dimension {dimension}, "
            "expected at most 3 for a closed form; method 'montecarlo' has no such limit"
        )
    basis = [list(row) for row in echelon.tolist()[:dimension]]
    pivots = [next(j for j, c in enumerate(row) if c) for row in basis]
    points = [[row[j] - rows[0][j] for j in pivots] for row in rows]
    gram = fmpq_mat([[_dot(u, v) for v in basis] for u in basis])
    total = sympy.Integer(0)
    for p, q, normals in _edges(points, dimension):
        step = [a - b for a, b in zip(p, q, strict=True)]
        length = sympy.sqrt(_number(_quadratic(step, gram, step)))
        total += length * _external_angle(normals, gram)
    return total / sympy.sqrt(2 * sympy.pi)


def _edges(points: list[Point], dimension: int) -> list[tuple[Point, Point, list[Point]]]:
    """The edges of a full-dimensional polytope, with outer normals of the facets at each.

    Facets are found by brute force: the hyperplanes through ``dimension`` of the points
    that have all the others on one side.
    """
    if dimension == 1:
        return [(points[0], points[1], [])]
    facets: dict[frozenset[int], Point] = {}
    for corners in combinations(range(len(points)), dimension):
        normal = _normal([points[k] for k in corners])
        if not any(normal):
            continue
        level = _dot(normal, points[corners[0]])
        heights = [_dot(normal, p) - level for p in points]
        if min(heights) >= 0:
            normal = [-c for c in normal]
        elif max(heights) > 0:
            continue
        facets[frozenset([k for k, h in enumerate(heights) if not h])] = normal
    edges = []
    for i, j in combinations(range(len(points)), 2):
        normals = [normal for on, normal in facets.items() if {i, j} <= on]
        if len(normals) == dimension - 1:
            edges.append((points[i], points[j], normals))
    return edges


def _normal(corners: list[Point]) -> Point:
    """A normal of the hyperplane through the points, or zero if they do not span one."""
    a = [x - y for x, y in zip(corners[1], corners[0], strict=True)]
    if len(a) == 2:
        return [a[1], -a[0]]
    b = [x - y for x, y in zip(corners[2], corners[0], strict=True)]
    return [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]


def _external_angle(normals: list[Point], gram: fmpq_mat) -> Any:
    """The fraction of normal directions in which an edge is extreme."""
    if len(normals) < 2:
        return sympy.Rational(1, len(normals) + 1)
    dual = gram.inv()
    u, v = normals
    lengths = _quadratic(u, dual, u) * _quadratic(v, dual, v)
    cosine = _number(_quadratic(u, dual, v)) / sympy.sqrt(_number(lengths))
    return sympy.acos(cosine) / (2 * sympy.pi)


def _dot(u: Sequence[fmpq], v: Sequence[fmpq]) -> fmpq:
    return sum([a * b for a, b in zip(u, v, strict=True)], start=fmpq(0))


def _quadratic(u: Point, matrix: fmpq_mat, v: Point) -> fmpq:
    return _dot(u, [_dot(row, v) for row in matrix.tolist()])


def _number(x: fmpq) -> Any:
    return sympy.Rational(int(x.p), int(x.q))
