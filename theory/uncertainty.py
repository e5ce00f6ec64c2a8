r"""Weighted sums, signs and comparisons of numbers that say how well they are known.

For results $x_1, \dots, x_n$ and weights $w_i$ the sum $\sum_i w_i x_i$ is

* `Exact` when every weight and every number is rational;
* `Certified` when nothing is sampled; its bound is $\sum_i |w_i| \varepsilon_i$ plus the
  rounding of the sum itself;
* `Estimate` otherwise. Estimates of one Monte Carlo run share their samples, so they are
  dependent. Given the covariance matrix $C$ of the estimates the standard error is
  $\sqrt{w^\top C w}$. Without it, it is $\sum_i |w_i| \sigma_i$, which no dependence
  between them can exceed (Minkowski's inequality): never too small, often too large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from .errors import InvalidInput
from .results import Certified, Estimate, Exact, Result

_ROUNDING = 2.0**-50
"""More than the relative error of reading and multiplying two float64 numbers."""

_UNDERFLOW = 2.0**-1000
"""More than the absolute error where such a product underflows."""


def weighted_sum(
    weights: Sequence[Fraction | float],
    results: Sequence[Result],
    covariance: Float[np.ndarray, "n n"] | None = None,
) -> Result:
    r"""The sum $\sum_i w_i x_i$, with its uncertainty.

    Args:
        weights: the weights $w_i$.
        results: the numbers $x_i$, as many.
        covariance: covariance matrix of the estimates (of the estimates, not of single
            samples); rows of numbers that are not estimates are not read.

    Raises:
        InvalidInput: if estimates come from different runs (samples or seed differ), or
            the lengths do not agree.

    >>> thirds = Exact(Fraction(1, 3)), Exact(Fraction(2, 3))
    >>> weighted_sum([Fraction(1, 2), Fraction(1, 2)], thirds)
    Exact(exact=Fraction(1, 2))
    >>> run = [Estimate(0.5, 0.01, 100, 0), Estimate(0.4, 0.01, 100, 0)]
    >>> print(weighted_sum([1, -1], run))
    0.1 +- 0.02
    """
    if len(weights) != len(results):
        raise InvalidInput.of("weights", list(weights), f"{len(results)} numbers")
    terms = [(w, x) for w, x in zip(weights, results, strict=True) if w != 0]
    exact = [
        w * x.exact for w, x in terms if isinstance(w, int | Fraction) and isinstance(x, Exact)
    ]
    if len(exact) == len(terms):
        return Exact(sum(exact, start=Fraction(0)))
    products = [float(w) * x.value for w, x in terms]
    value = math.fsum(products)
    bound = math.fsum(abs(float(w)) * _bound(x) for w, x in terms)
    bound += _ROUNDING * math.fsum(map(abs, products)) + _UNDERFLOW * len(terms)
    runs = {(x.samples, x.seed) for _, x in terms if isinstance(x, Estimate)}
    if not runs:
        return Certified(value, bound)
    if len(runs) > 1:
        raise InvalidInput.of(
            "results", sorted(runs), "estimates of one run (the same samples and seed)"
        )
    [(samples, seed)] = runs
    stderr = _standard_error(weights, results, covariance)
    return Estimate(value, stderr, samples=samples, seed=seed, bound=bound)


def difference(left: Result, right: Result) -> Result:
    """The difference of two results, as `weighted_sum` forms it.

    >>> difference(Exact(Fraction(3, 4)), Exact(Fraction(2, 3)))
    Exact(exact=Fraction(1, 12))
    """
    return weighted_sum([Fraction(1), Fraction(-1)], [left, right])


def sign(result: Result, confidence: float = 0.95) -> int | None:
    """Whether a number is positive (1), zero (0) or negative (-1), or None if unknown.

    Exact numbers always have a sign; certified ones where the bound excludes zero;
    estimates where the interval of the given confidence does.

    >>> sign(Exact(Fraction(-1, 10**30))), sign(Certified(0.1, bound=0.2))
    (-1, None)
    >>> sign(Estimate(0.1, 0.01, samples=100, seed=0))
    1
    """
    if isinstance(result, Exact):
        return (result.exact > 0) - (result.exact < 0)
    if isinstance(result, Certified):
        low, high = result.value - result.bound, result.value + result.bound
    else:
        low, high = result.interval(confidence)
    if low > 0:
        return 1
    if high < 0:
        return -1
    return 0 if low == high else None


def _bound(result: Result) -> float:
    return 0.0 if isinstance(result, Exact) else result.bound


def _standard_error(
    weights: Sequence[Fraction | float],
    results: Sequence[Result],
    covariance: Float[np.ndarray, "n n"] | None,
) -> float:
    w = np.array(
        [
            float(weight) if isinstance(x, Estimate) else 0.0
            for weight, x in zip(weights, results, strict=True)
        ]
    )
    if covariance is None:
        return float(np.abs(w) @ np.array([x.stderr for x in results]))
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.shape != (len(w), len(w)):
        shape = f"a {len(w)} by {len(w)} matrix"
        raise InvalidInput.of("covariance", matrix.shape, shape)
    used = np.flatnonzero(w)
    variance = float(w[used] @ matrix[np.ix_(used, used)] @ w[used])
    return math.sqrt(max(variance, 0.0))
