r"""Sums over bases modulo primes, compiled by numba.

The same sums as those of `powerseek.theory.exact.array_sums`, several times faster. The compiled
code is kept on disk, so that it is made once only (for some seconds).

Residues are held in Montgomery's form ("Modular multiplication without trial division", 1985):
$x$ stands for $x R^{-1}$ modulo $p$, with $R = 2^{32}$. Then the product of two is
$x y R^{-1}$, which takes three multiplications and no division. As $8 p < R$, results need not be
brought below $p$: products, and sums of two, stay below $2 p$ if their factors are at most that. So
$0$ may also be $p$.

There is one inverse for each class of bases. With $Q$ the product of the pivots of the equations
for $\mu$, the numerators $Q \mu_k$ and $Q \rho_i$ will do: a term has as many of them below as $Q$
has powers above.

In the innermost loops are the primes. Their number is not a constant here: numba unrolls short
loops of constant length, and then no longer computes several places in one instruction.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .basis_classes import BasisClasses
from .residues import Residues

_compiled = njit(cache=True, nogil=True, error_model="numpy")
_inlined = njit(inline="always")

_RADIX = 2**32

_BITS = 29
"""Bits of a prime."""


def add_terms(
    classes: BasisClasses, f: Residues, c: Residues, p: Residues, sums: Residues, each: bool
) -> NDArray[np.bool_]:
    """As `powerseek.theory.exact.array_sums.add_terms`, for odd primes."""
    primes, radix = p.tolist(), _RADIX % p
    negative_inverses = [-pow(prime, -1, _RADIX) % _RADIX for prime in primes]
    exponents = p.astype(np.int64) - 2
    added = np.zeros(sums.shape, np.uint32)
    usable: NDArray[np.bool_] = _add_terms(
        classes.pieces,
        classes.coordinates,
        classes.first,
        classes.at_one,
        classes.negative,
        (f * radix % p).astype(np.uint32),
        (c * radix % p).astype(np.uint32),
        p.astype(np.uint32),
        np.array(negative_inverses, np.uint32),
        (-(exponents >> np.arange(_BITS)[:, None] & 1)).astype(np.uint32),  # all bits, or none
        radix.astype(np.uint32),
        added,
        each,
    )
    sums += added * np.array([pow(_RADIX, -1, prime) for prime in primes], np.uint64) % p
    sums %= p
    return usable


@_inlined
def _reduced(x, p, r):
    """``x / 2**32``, modulo p: below ``x / 2**32 + p``."""
    quotient = np.uint32(np.uint64(np.uint32(x)) * np.uint64(r))
    return np.uint32((x + np.uint64(quotient) * np.uint64(p)) >> np.uint64(32))


@_inlined
def _times(x, y, p, r):
    """The product of two numbers up to 2 p: below 2 p."""
    return _reduced(np.uint64(x) * np.uint64(y), p, r)


@_inlined
def _below(x, p):
    """A number below 4 p, less 2 p if that is not negative."""
    less = np.uint32(x - np.uint32(2 * p))  # beyond all others if it were negative
    return min(np.uint32(x), less)


@_inlined
def _minus(x, y, p):
    """The difference of two numbers, the first below 2 p, the other up to it."""
    return _below(np.uint32(x + np.uint32(2 * p) - y), p)


@_inlined
def _plus(x, y, p):
    """The sum of two numbers below 2 p."""
    return _below(np.uint32(x + y), p)


@_compiled
def _set_equations(equations, pieces, coordinates, f, c, p):
    """Those for the mu of all pieces but the first, which is subtracted from the others."""
    n, q = len(equations), len(pieces)
    for i in range(n):
        x = coordinates[i]
        first = f[pieces[0], x]
        for j in range(q):
            minuend, row = f[pieces[j + 1], x] if j < n else c[x], equations[i, j]
            for l in range(len(p)):
                row[l] = minuend[l] + p[l] - first[l]


@_compiled
def _eliminate(equations, p, r):
    """Make the equations triangular, rows after row i times the pivot of row i.

    A row is a pivot for all primes if it is for the first: where that is wrong, a product of
    pivots will be 0.

    Returns:
        Whether an odd number of rows was exchanged, and whether there was no pivot.
    """
    n = len(equations)
    odd = False
    for i in range(n):
        best = i
        while best < n and equations[best, i, 0] % p[0] == 0:
            best += 1
        if best == n:
            return odd, True
        if best != i:
            odd = not odd
            for j in range(i, n + 1):
                for l in range(len(p)):
                    moved = equations[i, j, l]
                    equations[i, j, l] = equations[best, j, l]
                    equations[best, j, l] = moved
        pivot = equations[i, i]
        for k in range(i + 1, n):
            factor = equations[k, i]
            for l in range(len(p)):
                factor[l] = 2 * p[l] - factor[l]
            for j in range(i + 1, n + 1):
                row, above = equations[k, j], equations[i, j]
                for l in range(len(p)):
                    products = np.uint64(row[l]) * np.uint64(pivot[l])
                    products += np.uint64(above[l]) * np.uint64(factor[l])
                    row[l] = _reduced(products, p[l], r[l])
    return odd, False


@_compiled
def _combine(numerators, equations, pieces, coordinates, f, c, p, r, one):
    """The numerators of each mu, then of each rho."""
    n = len(equations)
    q, common = n + 1, numerators[0]  # the denominator, until it is the first mu
    common[:] = one
    for i in range(n - 1, -1, -1):
        unknown, right, pivot = numerators[i + 1], equations[i, n], equations[i, i]
        for l in range(len(p)):
            unknown[l] = _times(right[l], common[l], p[l], r[l])
        for j in range(i + 1, n):
            row, known = equations[i, j], numerators[j + 1]
            for l in range(len(p)):
                unknown[l] = _minus(unknown[l], _times(row[l], known[l], p[l], r[l]), p[l])
                known[l] = _times(known[l], pivot[l], p[l], r[l])
        for l in range(len(p)):
            common[l] = _times(common[l], pivot[l], p[l], r[l])
    for i in range(n, len(coordinates)):
        control, rho = c[coordinates[i]], numerators[q + i - n]
        for l in range(len(p)):
            rho[l] = _times(common[l], 2 * p[l] - control[l], p[l], r[l])
    for j in range(1, q):
        mu = numerators[j]
        for l in range(len(p)):
            common[l] = _minus(common[l], mu[l], p[l])
    for j in range(q):
        mu = numerators[j]
        for i in range(n, len(coordinates)):
            piece, rho = f[pieces[j], coordinates[i]], numerators[q + i - n]
            for l in range(len(p)):
                rho[l] = _plus(rho[l], _times(mu[l], piece[l], p[l], r[l]), p[l])


@_compiled
def _invert(shared, numerators, equations, usable, bits, p, r, one):
    """What the terms of a class share: 1 / (the determinant times all numerators).

    The product of the first i pivots came to be a factor of row i. The inverse of x is
    ``x**(p - 2)``.
    """
    pivots, scales, x = np.empty_like(one), np.empty_like(one), np.empty_like(one)
    pivots[:] = one
    scales[:] = one
    for i in range(len(equations)):
        pivot = equations[i, i]
        for l in range(len(p)):
            scales[l] = _times(scales[l], pivots[l], p[l], r[l])
            pivots[l] = _times(pivots[l], pivot[l], p[l], r[l])
    x[:] = pivots
    for i in range(len(numerators)):
        numerator = numerators[i]
        for l in range(len(p)):
            x[l] = _times(x[l], numerator[l], p[l], r[l])
    for l in range(len(p)):
        usable[l] &= (x[l] != 0) & (x[l] != p[l])
    shared[:] = scales
    for place in range(len(bits)):
        bit = bits[place]
        for l in range(len(p)):
            more = _times(shared[l], x[l], p[l], r[l])
            shared[l] = more & bit[l] | shared[l] & ~bit[l]
            x[l] = _times(x[l], x[l], p[l], r[l])


@_compiled
def _set_height(height, rho, at_one, p):
    """``H`` of one basis: minus the sum of rho where the reward is 1."""
    height[:] = 0
    for i in range(len(rho)):
        if at_one[i]:
            for l in range(len(p)):
                height[l] = _minus(height[l], rho[i, l], p[l])


@_compiled
def _multiply_by_power(x, base, exponent, square, p, r):
    """Multiply x in place; ``square`` is overwritten."""
    square[:] = base
    while exponent:
        if exponent & 1:
            for l in range(len(p)):
                x[l] = _times(x[l], square[l], p[l], r[l])
        exponent >>= 1
        if exponent:
            for l in range(len(p)):
                square[l] = _times(square[l], square[l], p[l], r[l])


@_compiled
def _add_terms(pieces, coordinates, first, at_one, negative, f, c, p, r, bits, one, sums, each):
    q, m, n_primes = len(pieces), len(coordinates), len(p)
    equations = np.empty((q - 1, q, n_primes), np.uint32)
    numerators = np.empty((m + 1, n_primes), np.uint32)
    shared, term = np.empty(n_primes, np.uint32), np.empty(n_primes, np.uint32)
    height, square = np.empty(n_primes, np.uint32), np.empty(n_primes, np.uint32)
    usable = np.ones(n_primes, np.bool_)
    for k in range(pieces.shape[1]):
        _set_equations(equations, pieces[:, k], coordinates[:, k], f, c, p)
        swapped, singular = _eliminate(equations, p, r)
        if singular:
            usable[:] = False
            continue
        _combine(numerators, equations, pieces[:, k], coordinates[:, k], f, c, p, r, one)
        _invert(shared, numerators, equations, usable, bits, p, r, one)
        for basis in range(first[k], first[k + 1]):
            _set_height(height, numerators[q:], at_one[:, basis], p)
            term[:] = shared
            _multiply_by_power(term, height, m, square, p, r)
            if negative[basis] != swapped:
                for l in range(n_primes):
                    term[l] = 2 * p[l] - term[l]
            for l in range(n_primes):
                sums[0, l] = _plus(sums[0, l], _times(term[l], height[l], p[l], r[l]), p[l])
            if each:
                for j in range(q):
                    of_row = sums[1 + pieces[j, k]]
                    for l in range(n_primes):
                        of_piece = _times(term[l], numerators[j, l], p[l], r[l])
                        of_row[l] = _plus(of_row[l], of_piece, p[l])
    return usable
