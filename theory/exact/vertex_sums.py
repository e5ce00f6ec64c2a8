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

from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice
from math import factorial, lcm, prod
from typing import Any, TypeAlias

import numpy as np
from flint import fmpq, fmpz_mat
from numpy.typing import NDArray

from . import array_sums
from .basis_classes import BasisClasses, basis_classes
from .epigraph import Bases, bases
from .residues import Residues, from_residues, primes, reduced, residue

_MANY = 20_000
"""Classes of bases from which numba saves more time than it takes to load: about those of what
`powerseek.theory.exact.cost` predicts to take a second."""

AddTerms: TypeAlias = Callable[
    [BasisClasses, Residues, Residues, Residues, Residues, bool], NDArray[np.bool_]
]
"""`powerseek.theory.exact.array_sums.add_terms`, or the like."""

_SPARE_BITS = 30
"""By how many bits the primes are more than needed. Residues that did not belong together would
give too large an integer, but for one time in ``2**30``."""

_BLOCK = 60
"""Vectors that a lattice is extended by at once."""


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
    usable = (p for p in primes() if whole * found.scale % p)
    residues: dict[int, list[int]] = {}
    while (modulus := prod(residues)) <= needed:
        missing = -(-(needed // modulus).bit_length() // 28)
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


class _Sums:
    """The sums over the bases, modulo primes."""

    def __init__(self, rows: Sequence[Sequence[fmpq]], found: Bases, pieces: bool) -> None:
        self._rows, self._pieces, self._m = rows, pieces, len(rows[0])
        self._groups, self._random = list(basis_classes(found)), np.random.default_rng(0)
        n_classes = sum([group.pieces.shape[1] for group in self._groups])
        self._add_terms = add_terms_of_many() if n_classes >= _MANY else array_sums.add_terms

    def modulo(self, moduli: Sequence[int]) -> dict[int, list[int]]:
        """For each prime the sums, but for those of which one divides a term's denominator."""
        m, n = self._m, len(moduli)
        p = np.array(moduli, np.uint64)
        f = np.array(
            [[[residue(x, q) for q in moduli] for x in row] for row in self._rows], p.dtype
        )
        c = self._random.integers(p, size=(m, n), dtype=np.uint64)
        c[-1] = reduced(f[0].sum(axis=0) + (p - c[:-1]).sum(axis=0), p)
        sums, usable = np.zeros((1 + len(self._rows), n), np.uint64), np.ones(n, bool)
        for group in self._groups:
            usable &= self._add_terms(group, f, c, p, sums, self._pieces)
        mean = sum(self._rows[0], start=fmpq(0)) / 2
        results = {}
        for modulus, good, (total, *each) in zip(moduli, usable, sums.T.tolist(), strict=True):
            if good:
                scale = pow(factorial(m), -1, modulus)
                whole = residue(mean, modulus) - total * scale * pow(m + 1, -1, modulus)
                results[modulus] = [whole % modulus, *[x * scale % modulus for x in each]]
        return results


@cache
def add_terms_of_many() -> AddTerms:
    """The fastest way to add up the terms of many bases.

    That is `powerseek.theory.exact.compiled_sums`, if there is numba (the extra ``fast``), and it
    works with this numpy (else it raises an ImportError) and finds a folder to keep compiled code
    in (else a RuntimeError).
    """
    try:
        from .compiled_sums import add_terms
    except (ImportError, RuntimeError):
        return array_sums.add_terms
    return add_terms
