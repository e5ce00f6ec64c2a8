r"""The double description method: cut a cone by half-spaces, in integers.

A pointed polyhedral cone $\{y \in \mathbb{R}^d : a_i \cdot y \ge 0\}$ is held with its
extreme rays, the set of inequalities in which each ray is tight, and its edges (pairs of
adjacent rays). One more inequality $a \cdot y \ge 0$ removes the rays with
$a \cdot y < 0$ and puts a new ray on every edge from a removed ray to one with
$a \cdot y > 0$ (Motzkin, Raiffa, Thompson & Thrall 1953; Fukuda & Prodon, "Double
description method revisited", 1996).

Because the edges are kept, only the neighbourhood of the cut is ever looked at: a walk
along edges with decreasing $a \cdot y$ finds a removed ray, the removed rays are
connected, and new edges join only rays with $a \cdot y = 0$. Two of those are adjacent
iff no third is tight wherever both are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import TypeAlias

import numpy as np

_FEW = 64
"""Up to so many sets are compared one by one, without the overhead of arrays."""

Vector: TypeAlias = tuple[int, ...]


@dataclass(eq=False, slots=True)
class Ray:
    """An extreme ray.

    Attributes:
        vector: primitive integer vector.
        tight: bit ``i`` is set where the ray is tight in inequality ``i``.
        neighbours: the adjacent rays.
    """

    vector: Vector
    tight: int
    neighbours: set[Ray] = field(default_factory=set)


class Cone:
    """A pointed cone that inequalities can be added to.

    >>> right, up = Ray((1, 0), 0b10), Ray((0, 1), 0b01)
    >>> right.neighbours, up.neighbours = {up}, {right}
    >>> cone = Cone([right, up], n_inequalities=2, gauge=(1, 1))
    >>> cone.cut([2, -1])
    >>> sorted(ray.vector for ray in cone.rays)
    [(1, 0), (1, 2)]
    """

    def __init__(self, rays: Sequence[Ray], n_inequalities: int, gauge: Vector) -> None:
        """Start from a cone with its rays, their tight sets and neighbours.

        Args:
            rays: the extreme rays.
            n_inequalities: how many inequalities the tight sets are about.
            gauge: a linear function that is not negative on any ray; where it is zero,
                all inequalities to come must be positive.
        """
        self.rays = set(rays)
        self.n_inequalities = n_inequalities
        self._gauge = [(k, c) for k, c in enumerate(gauge) if c]
        self._somewhere = rays[0]

    def cut(self, row: Sequence[int]) -> None:
        """Add the inequality ``row . y >= 0``, which must cut something off.

        Raises:
            ValueError: if no ray violates it.
        """
        support = [(k, c) for k, c in enumerate(row) if c]
        slacks: dict[Ray, int] = {}

        def slack(ray: Ray) -> int:
            value = slacks.get(ray)
            if value is None:
                vector = ray.vector
                value = slacks[ray] = sum([c * vector[k] for k, c in support])
            return value

        here = self._somewhere
        while slack(here) >= 0:
            height, size = slack(here), self._size(here)
            for ray in here.neighbours:
                if slack(ray) * size < height * self._size(ray):
                    here = ray
                    break
            else:
                raise ValueError("the inequality cuts nothing off")
        wall = 1 << self.n_inequalities
        self.n_inequalities += 1
        removed, frontier = {here}, [here]
        fresh: list[Ray] = []
        touching: set[Ray] = set()
        while frontier:
            below = frontier.pop()
            for above in below.neighbours:
                height = slack(above)
                if height > 0:
                    vector = _crossing(above.vector, height, below.vector, -slack(below))
                    ray = Ray(vector, above.tight & below.tight | wall, {above})
                    fresh.append(ray)
                elif height == 0:
                    touching.add(above)
                elif above not in removed:
                    removed.add(above)
                    frontier.append(above)
        for ray in touching:
            ray.tight |= wall
            ray.neighbours -= removed
        for ray in fresh:
            (above,) = ray.neighbours
            above.neighbours -= removed
            above.neighbours.add(ray)
        _join([*fresh, *touching])
        self.rays -= removed
        self.rays.update(fresh)
        self._somewhere = fresh[0] if fresh else next(iter(touching))

    def _size(self, ray: Ray) -> int:
        vector = ray.vector
        return sum([c * vector[k] for k, c in self._gauge])


def _join(rays: Sequence[Ray]) -> None:
    """Make adjacent rays of the newest wall neighbours.

    A third ray that is tight wherever ``a`` and ``b`` are has at least as much in common
    with ``a`` as ``b`` has, so it is found among the rays close to ``a``; where it has just
    as many inequalities in common, it has the same ones.
    """
    least = len(rays[0].vector) - 2
    sets = [ray.tight for ray in rays]
    for j, close in enumerate(_close(sets, least)):
        own = sets[j]
        common = [own & sets[k] for k in close]
        times = Counter(common)
        large = [both for both in times if both.bit_count() > least]
        for k, both in zip(close, common, strict=True):
            if k < j or times[both] > 1:
                continue
            for other in large:
                if both & other == both and both != other:
                    break
            else:
                rays[j].neighbours.add(rays[k])
                rays[k].neighbours.add(rays[j])


def _close(sets: Sequence[int], least: int) -> Iterator[list[int]]:
    """For each set the others with at least ``least`` members in common."""
    if len(sets) <= _FEW:
        for j, own in enumerate(sets):
            yield [
                k for k, other in enumerate(sets) if k != j and (own & other).bit_count() >= least
            ]
        return
    size = max(1, -(-max(sets).bit_length() // 64))
    data = b"".join([s.to_bytes(8 * size, "little") for s in sets])
    words = np.frombuffer(data, dtype="<u8").reshape(len(sets), size).T
    for j, column in enumerate(words.T):
        shared = np.bitwise_count(words[0] & column[0])
        for word, bits in zip(words[1:], column[1:], strict=True):
            shared = np.add(shared, np.bitwise_count(word & bits), dtype=np.int64)
        close = np.flatnonzero(shared >= least).tolist()
        close.remove(j)
        yield close


def _crossing(above: Vector, height: int, below: Vector, depth: int) -> Vector:
    """The point of the edge at height 0, as a primitive vector."""
    common = gcd(height, depth)
    height, depth = height // common, depth // common
    point = [depth * x + height * y for x, y in zip(above, below, strict=True)]
    content = gcd(*point)
    return tuple([x // content for x in point]) if content > 1 else tuple(point)
