r"""Arithmetic on arrays of residues modulo primes below $2^{29}$, and back to integers.

An exact sum of very many fractions, each with a denominator of its own, is slow: the
denominators grow. Modulo a prime all numbers stay small, and arrays of them are computed with at
once. If $D x$ is known to be an integer of absolute value at most $B$, then $x$ modulo primes
whose product exceeds $2 B$ determines it (Chinese remainder theorem).

Residues are held as `uint64`: their products are below $2^{58}$, so some can be added up. The
prime is given as an array too: one number, or one for each place of the last axis. Division by
one number is far faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from flint import fmpq, fmpz
from numpy.typing import NDArray

Residues: TypeAlias = NDArray[np.uint64]

Primes: TypeAlias = NDArray[np.uint64]
"""One prime for all residues, without an axis, or one for each place of their last axis."""

_ADDED = 7
"""Products of a residue and a sum of two that can be added up without overflow."""


def primes() -> Iterator[int]:
    """The primes below ``2**29``, largest first.

    >>> import itertools
    >>> list(itertools.islice(primes(), 2))
    [536870909, 536870879]
    """
    for candidate in range(2**29 - 1, 2, -2):
        if fmpz(candidate).is_prime():
            yield candidate


def reduced(x: Residues, p: Primes) -> Residues:
    """The residues of any numbers, in place. numpy divides faster than it takes remainders."""
    quotient = x // p
    quotient *= p
    x -= quotient
    return x


def times(x: Residues, y: Residues, p: Primes) -> Residues:
    """Products."""
    return reduced(x * y, p)


def product(factors: Sequence[Residues], p: Primes) -> Residues:
    """The product of at least one factor."""
    result = factors[0]
    for factor in factors[1:]:
        result = times(result, factor, p)
    return result


def weighted_sum(start: Residues, weights: Residues, terms: Residues, p: Primes) -> Residues:
    """What there is at the start, plus each term along the first axis times its weight.

    Those at the start, and the terms or the weights, may also be sums of two residues.

    >>> p, start = np.array(7, np.uint64), np.array([1, 1], np.uint64)
    >>> weights, terms = np.array([3, 4], np.uint64), np.array([[1, 0], [2, 6]], np.uint64)
    >>> weighted_sum(start, weights, terms, p)
    array([5, 4], dtype=uint64)
    """
    total, term = start.copy(), np.empty_like(start)
    for k in range(len(terms)):
        np.multiply(weights[k], terms[k], out=term)
        total += term
        if k % _ADDED == _ADDED - 1:
            reduced(total, p)
    return reduced(total, p)


def power(x: Residues, exponent: int, p: Primes) -> Residues:
    """Powers with an exponent that is not negative.

    >>> power(np.array([2, 3], np.uint64), 5, np.array(7, np.uint64))
    array([4, 5], dtype=uint64)
    """
    result, square = np.ones_like(x), x
    while exponent:
        if exponent & 1:
            result = times(result, square, p)
        exponent >>= 1
        if exponent:
            square = times(square, square, p)
    return result


def inverse(x: Residues, p: Primes) -> Residues:
    """Inverses, and 0 for 0.

    One division for all: the inverse of a product gives that of both its factors.

    Args:
        x: shape (numbers, primes).
        p: the primes.

    >>> inverse(np.array([[2], [0], [6]], np.uint64), np.array(7, np.uint64)).tolist()
    [[4], [0], [6]]
    """
    zero = x == 0
    result = _inverse(x + zero, p)
    result[zero] = 0
    return result


def _inverse(x: Residues, p: Primes) -> Residues:
    if len(x) == 1:
        pairs = zip(x[0].tolist(), np.broadcast_to(p, x[0].shape).tolist(), strict=True)
        return np.array([[pow(number, -1, prime) for number, prime in pairs]], np.uint64)
    half = len(x) // 2
    low, high, rest = x[:half], x[half : 2 * half], x[2 * half :]
    inverses = _inverse(np.concatenate([times(low, high, p), rest]), p)
    both = inverses[:half]
    return np.concatenate([times(both, high, p), times(both, low, p), inverses[half:]])


class Solution(NamedTuple):
    """The solution of systems of ``n`` linear equations.

    Attributes:
        unknowns: shape (n, systems, primes); of no meaning for singular systems.
        inverse_determinants: shape (systems, primes), 0 for singular systems.
    """

    unknowns: Residues
    inverse_determinants: Residues


def solve(equations: Residues, p: Primes, random: np.random.Generator) -> Solution:
    """Solve systems of as many linear equations as unknowns.

    Equations are first added to those above them at random, which leaves determinants as they
    are and, but for bad luck, no pivot 0 of a system with a solution; with bad luck, it passes for
    singular. To save divisions, rows are multiplied by pivots instead.

    Args:
        equations: shape (n, n + 1, systems, primes), the last column the right-hand sides.
        p: the primes.
        random: for the combinations.

    >>> equations = np.array([[0, 2, 4], [3, 1, 0]], np.uint64)[:, :, None, None]
    >>> found = solve(equations, np.array(7, np.uint64), np.random.default_rng(0))
    >>> found.unknowns.ravel().tolist(), found.inverse_determinants.tolist()
    ([4, 2], [[1]])
    """
    n = len(equations)
    if not n:
        return Solution(equations[:, 0], np.ones(equations.shape[2:], np.uint64))
    rows = np.empty_like(equations)
    for i in range(n):
        weights = random.integers(2**29, size=n - i - 1, dtype=np.uint64)
        rows[i] = weighted_sum(equations[i], weights, equations[i + 1 :], p)
    # pivots[i + 1] is the product of those of the rows up to i; that of row i alone came to
    # be a factor of all rows after it
    pivots = [np.ones(equations.shape[2:], np.uint64)]
    for i in range(n):
        others = rows[i + 1 :, i + 1 :]
        others *= rows[i, i]
        others += (p - rows[i + 1 :, i, None]) * rows[i, i + 1 :]
        reduced(others, p)
        pivots.append(times(pivots[-1], rows[i, i], p))
    left = inverse(pivots[-1], p)
    inverse_determinants = product([left, *pivots[1:-1]], p)
    unknowns = rows[:, -1]
    for i in range(n - 1, -1, -1):
        known = weighted_sum(unknowns[i], unknowns[i + 1 :], p - rows[i, i + 1 : -1], p)
        unknowns[i] = product([known, left, pivots[i]], p)
        left = times(left, rows[i, i], p)
    return Solution(unknowns, inverse_determinants)


def residue(x: fmpq, p: int) -> int:
    """A rational number modulo a prime that does not divide its denominator."""
    return int(x.p) * pow(int(x.q), -1, p) % p


def from_residues(residues: list[int], moduli: list[int]) -> int:
    """The integer of least absolute value with these residues modulo different primes.

    >>> from_residues([1, 3], [5, 7])
    -4
    """
    x, modulus = 0, 1
    for r, p in zip(residues, moduli, strict=True):
        x += (r - x) * pow(modulus, -1, p) % p * modulus
        modulus *= p
    return x - modulus if 2 * x > modulus else x
