r"""Integrals of a maximum of linear functions over the cube, as sums over vertices.

Let $h(r) = \max_f f \cdot r$ for rows of equal sums $\sum_i f(i) = S$, and let $c$ be a vector
with the same sum and otherwise in general position. Then, summing over the bases of the epigraph
of $h$ (`powerseek.theory.exact.epigraph`),

$$ E[h(r)] = \frac{S}{2} - \sum_{\text{bases}} \frac{H^{m+1}}
   {(m+1)!\; |\Delta| \prod_k \mu_k \prod_{i \in Z} \rho_i \prod_{i \in O} (-\rho_i)}, $$

which is Lawrence's formula ("Polytope volume computation", 1991) for the volume below a ceiling.
In a basis are some pieces $t \ge f_k \cdot r$ and the walls of all coordinates but as many as
there are pieces less one, the free ones $F$. Of the others, $Z$ are at 0 and $O$ at 1. The
$\mu_k$ combine the pieces to a function that agrees with $c$ where coordinates are free, with
$\rho$ left over:

$$ \sum_k \mu_k = 1, \qquad \sum_k \mu_k f_k(i) = c_i \;\; (i \in F), \qquad
   \rho_i = \sum_k \mu_k f_k(i) - c_i, \qquad H = -\sum_{i \in O} \rho_i, $$

and $\Delta$ is the determinant of these equations. The function $c \cdot r$ plays the part of a
control variate, and drops out. At the vertices 0 and $(1,\dots,1)$, which have many bases, $H = 0$.
The probability that piece $k$ is the greatest is the sum of $H^m \mu_k / (m!\,|\Delta| \prod
\cdots)$ over the bases that it is in.

Each term has a denominator of its own, of which the sum knows nothing. So the sums are computed
modulo primes, for random $c$, as often as their own denominators ask for
(`powerseek.theory.exact.residues`). These are bounded: $E[h(r)]$ is a sum over simplices between
vertices $(t, r)$. Let $\Lambda$ be the lattice of all integer combinations of the vectors
$(1, r)$. The volume of a simplex is a multiple of $1 / (m!\,[\Lambda : \mathbb{Z}^{m+1}])$, and
the mean of $t$ over it one of $1 / ((m+1)\,T)$ if those of the vertices are multiples of $1/T$.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import factorial, lcm, prod
from typing import Any

import numpy as np
from flint import fmpq, fmpz_mat
from numpy.typing import NDArray

from .epigraph import Bases, Integers, bases, parities
from .residues import (
    Primes,
    Residues,
    from_residues,
    inverse,
    power,
    primes,
    product,
    reduced,
    residue,
    solve,
    times,
    weighted_sum,
)

_AT_ONCE = 2**19
"""Numbers worked on at once, so that they stay in the processor's cache."""

_SPARE_BITS = 30
"""By how many bits the primes are more than needed. Residues that did not belong together would
give too large an integer, but for one time in ``2**30``."""

_BLOCK = 60
"""Vectors that a lattice is extended by at once."""

_FREE = 2
"""In place of 0 or 1, for coordinates that are free."""


def vertex_sums(rows: Sequence[Sequence[fmpq]], pieces: bool = False) -> tuple[fmpq, list[fmpq]]:
    """The mean maximum over the cube, and for each row the probability that it is the greatest.

    Args:
        rows: pairwise different rows of equal sums, each strictly greatest somewhere.
        pieces: whether the probabilities are wanted; if not, none are returned.

    >>> rows = [[fmpq(2), fmpq(0), fmpq(0)], [fmpq(0), fmpq(1), fmpq(1)]]
    >>> vertex_sums(rows, pieces=True)
    (31/24, [1/2, 1/2])
    """
    found = bases(rows)
    whole, each = denominators(found)
    largest = max([sum(map(abs, row), start=fmpq(0)) for row in rows])
    bounds = [(whole, whole * (int(largest) + 1))]
    bounds += [(each, each)] * (len(rows) if pieces else 0)
    needed = 2 * max(bound for _, bound in bounds) << _SPARE_BITS
    sums = _Sums(rows, found, pieces)
    usable = (p for p in primes() if whole % p)
    residues: dict[int, list[int]] = {}
    while (modulus := prod(residues)) <= needed:
        missing = -(-(needed // modulus).bit_length() // 29)
        residues |= sums.modulo(list(islice(usable, missing)))
    results = []
    for place, (denominator, bound) in enumerate(bounds):
        scaled = [at_p[place] * denominator % p for p, at_p in residues.items()]
        numerator = from_residues(scaled, list(residues))
        if abs(numerator) > bound:
            raise ArithmeticError("residues modulo several primes do not belong together")
        results.append(fmpq(numerator, denominator))
    return results[0], results[1:]


def denominators(found: Bases) -> tuple[int, int]:
    """Denominators of the mean maximum and of the probabilities.

    >>> denominators(bases([[fmpq(2), fmpq(0), fmpq(0)], [fmpq(0), fmpq(1), fmpq(1)]]))
    (48, 12)
    """
    weights, heights = found.vertices[:, 0], found.vertices[:, 1]
    n, scale = found.vertices.shape[1] - 1, lcm(*weights.tolist())
    vectors = np.delete(found.vertices, 1, axis=1) * (scale // weights)[:, None]
    lattice: list[list[Any]] = [[scale * int(i == j) for j in range(n)] for i in range(n)]
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK].tolist()
        lattice = fmpz_mat(lattice + block).hnf().tolist()[:n]
    index = scale**n // prod([int(row[i]) for i, row in enumerate(lattice)])
    whole = weights * found.scale
    height = lcm(*(whole // np.gcd(whole, heights)).tolist())
    return factorial(n) * index * height, factorial(n - 1) * index


@dataclass(frozen=True, slots=True)
class _Group:
    """Bases with the same number ``q`` of pieces.

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

    def parts(self, size: int) -> Iterator[_Group]:
        """The group in parts of so many classes."""
        for start in range(0, self.pieces.shape[1], size):
            classes, first = slice(start, start + size), self.first[start : start + size + 1]
            members = slice(first[0], first[-1])
            yield _Group(
                self.pieces[:, classes],
                self.coordinates[:, classes],
                first - first[0],
                self.at_one[:, members],
                self.negative[members],
            )


def _groups(found: Bases) -> Iterator[_Group]:
    """The bases by the number of their pieces, without those at 0 and (1, ..., 1)."""
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
        signs *= parities(np.argsort(where, axis=1, kind="stable"))
        key = np.concatenate([pieces, where == _FREE], axis=1, dtype=np.int32)
        order = np.lexsort(key.T)
        key, where = key[order], where[order]
        new = np.ones(len(key) + 1, bool)
        new[1:-1] = (key[1:] != key[:-1]).any(axis=1)
        first = np.flatnonzero(new)
        coordinates = np.argsort(where != _FREE, axis=1, kind="stable")
        at_one = np.take_along_axis(where, coordinates, axis=1)[:, q - 1 :] == 1
        of_class = order[first[:-1]]
        yield _Group(
            np.ascontiguousarray(pieces[of_class].T),
            np.ascontiguousarray(coordinates[first[:-1]].T),
            first,
            np.ascontiguousarray(at_one.T),
            signs[order] < 0,
        )


class _Sums:
    """The sums over the bases, modulo primes."""

    def __init__(self, rows: Sequence[Sequence[fmpq]], found: Bases, pieces: bool) -> None:
        self._rows, self._pieces, self._m = rows, pieces, len(rows[0])
        self._groups, self._random = list(_groups(found)), np.random.default_rng(0)

    def modulo(self, moduli: Sequence[int]) -> dict[int, list[int]]:
        """For each prime the sums, but for those of which one divides a term's denominator."""
        m, n = self._m, len(moduli)
        flat = [c for row in self._rows for c in row]
        f = np.array([[residue(c, p) for p in moduli] for c in flat], np.uint64)
        p = np.array(moduli, np.uint64)
        c = self._random.integers(p, size=(m, n), dtype=np.uint64)
        c[-1] = reduced(f[:m].sum(axis=0) + (p - c[:-1]).sum(axis=0), p)
        sums, usable = np.zeros((1 + len(self._rows), n), np.uint64), np.ones(n, bool)
        for group in self._groups:
            numbers = m * (len(group.pieces) + 1)
            together = min(n, max(1, _AT_ONCE // (numbers * group.pieces.shape[1])))
            for part in group.parts(max(1, _AT_ONCE // (numbers * together))):
                at = part.pieces * m + part.coordinates[:, None]
                for start in range(0, n, together):
                    k = slice(start, start + together)
                    prime = p[k] if together > 1 else p[start]
                    values = f[:, k].take(at, axis=0)
                    usable[k] &= self._add(part, values, c[:, k], prime, sums[:, k])
        mean = sum(self._rows[0], start=fmpq(0)) / 2
        results = {}
        for modulus, good, (total, *each) in zip(moduli, usable, sums.T.tolist(), strict=True):
            if good:
                scale = pow(factorial(m), -1, modulus)
                whole = residue(mean, modulus) - total * scale * pow(m + 1, -1, modulus)
                results[modulus] = [whole % modulus, *[x * scale % modulus for x in each]]
        return results

    def _add(
        self, part: _Group, values: Residues, c: Residues, p: Primes, sums: Residues
    ) -> NDArray[np.bool_]:
        """Add the terms of some bases to the sums.

        Args:
            part: the bases.
            values: shape (m, q, classes, primes), the pieces of each class at its coordinates.
            c: shape (m, primes).
            p: the primes.
            sums: shape (1 + rows, primes), added to.

        Returns:
            For each prime, whether it divides no denominator.
        """
        n_free, first = len(part.pieces) - 1, values[:, 0]
        target = c[part.coordinates]
        more = values[:, 1:] + (p - first)[:, None]
        equations = np.concatenate(
            [more[:n_free], (target[:n_free] + (p - first[:n_free]))[:, None]], axis=1
        )
        mu, inverse_determinants = solve(equations, p, self._random)
        left = first[n_free:] + (p - target[n_free:])
        rho = weighted_sum(left, mu, more[n_free:].swapaxes(0, 1), p)
        mu = np.concatenate([reduced(1 + (p - mu).sum(axis=0), p)[None], mu])
        shared = times(inverse(product([*mu, *rho], p), p), inverse_determinants, p)
        of_class = np.repeat(np.arange(len(shared)), np.diff(part.first))
        at_one = part.at_one[:, :, None]
        height = reduced(np.where(at_one, (p - rho)[:, of_class], 0).sum(axis=0), p)
        terms = times(power(height, self._m, p), shared[of_class], p)
        terms = np.where(part.negative[:, None], p - terms, terms)
        sums[0] += times(terms, height, p).sum(axis=0)
        if self._pieces:
            for numbers, weight in zip(part.pieces, mu, strict=True):
                np.add.at(sums, 1 + numbers[of_class], times(terms, weight[of_class], p))
        reduced(sums, p)
        return np.asarray(shared.all(axis=0))
