"""Sums over bases modulo primes, on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .basis_classes import BasisClasses
from .residues import (
    Primes,
    Residues,
    inverse,
    power,
    product,
    reduced,
    solve,
    times,
    weighted_sum,
)

_AT_ONCE = 2**19
"""Numbers worked on at once, so that they stay in the processor's cache."""


def add_terms(
    classes: BasisClasses, f: Residues, c: Residues, p: Residues, sums: Residues, each: bool
) -> NDArray[np.bool_]:
    """Add the terms of some bases to the sums (`powerseek.theory.exact.vertex_sums`).

    Args:
        classes: the bases.
        f: shape (rows, m, primes), the rows.
        c: shape (m, primes), the control variate.
        p: the primes.
        sums: shape (1 + rows, primes), added to: the mean, and the probabilities.
        each: whether probabilities are wanted.

    Returns:
        For each prime, whether it divides no denominator.
    """
    (m, n), usable = c.shape, np.ones(len(p), bool)
    random = np.random.default_rng(0)
    numbers = m * (len(classes.pieces) + 1)
    together = min(n, max(1, _AT_ONCE // (numbers * classes.pieces.shape[1])))
    for part in classes.parts(max(1, _AT_ONCE // (numbers * together))):
        for start in range(0, n, together):
            k = slice(start, start + together)
            prime = p[k] if together > 1 else p[start]
            values = f[part.pieces, part.coordinates[:, None], k]
            usable[k] &= _add(part, values, c[:, k], prime, sums[:, k], random, each)
    return usable


def _add(
    part: BasisClasses,
    values: Residues,
    c: Residues,
    p: Primes,
    sums: Residues,
    random: np.random.Generator,
    each: bool,
) -> NDArray[np.bool_]:
    """Add the terms of some bases to the sums, all at once.

    Args:
        part: the bases.
        values: shape (m, q, classes, primes), the pieces of each class at its coordinates.
        c: shape (m, primes).
        p: the primes.
        sums: shape (1 + rows, primes), added to.
        random: for the solution of equations.
        each: whether probabilities are wanted.

    Returns:
        For each prime, whether it divides no denominator.
    """
    n_free, first = len(part.pieces) - 1, values[:, 0]
    target = c[part.coordinates]
    more = values[:, 1:] + (p - first)[:, None]
    equations = np.concatenate(
        [more[:n_free], (target[:n_free] + (p - first[:n_free]))[:, None]], axis=1
    )
    mu, inverse_determinants = solve(equations, p, random)
    left = first[n_free:] + (p - target[n_free:])
    rho = weighted_sum(left, mu, more[n_free:].swapaxes(0, 1), p)
    mu = np.concatenate([reduced(1 + (p - mu).sum(axis=0), p)[None], mu])
    shared = times(inverse(product([*mu, *rho], p), p), inverse_determinants, p)
    of_class = np.repeat(np.arange(len(shared)), np.diff(part.first))
    at_one = part.at_one[:, :, None]
    height = reduced(np.where(at_one, (p - rho)[:, of_class], 0).sum(axis=0), p)
    terms = times(power(height, len(c), p), shared[of_class], p)
    terms = np.where(part.negative[:, None], p - terms, terms)
    sums[0] += times(terms, height, p).sum(axis=0)
    if each:
        for numbers, weight in zip(part.pieces, mu, strict=True):
            np.add.at(sums, 1 + numbers[of_class], times(terms, weight[of_class], p))
    reduced(sums, p)
    return np.asarray(shared.all(axis=0))
