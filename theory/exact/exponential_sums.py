r"""Distribution functions of sums and maxima of independent exponential rewards.

The distribution function of $\sum_i c_i E_i$ with independent exponential $E_i$ of rate 1
is, for $x \ge 0$, a finite sum of terms $a\, x^k e^{-\lambda x}$ with rational $a$ and
$\lambda \ge 0$. So is that of a maximum of independent such variables (a product), of a
multiple, and of the sum with one more scaled exponential (a convolution, term by term).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import factorial
from typing import TypeAlias

from flint import fmpq

Terms: TypeAlias = Mapping[tuple[int, fmpq], fmpq]
"""``{(k, rate): a}`` for the sum of ``a x^k exp(-rate x)``."""


@dataclass(frozen=True, slots=True)
class ExponentialCDF:
    """A distribution function on the positive half-line.

    Attributes:
        terms: its terms.

    >>> one = ExponentialCDF.of_reward(fmpq(1))
    >>> one.mean(), (one * one).mean(), one.plus_reward(fmpq(3)).mean()
    (1, 3/2, 4)
    """

    terms: Terms

    @classmethod
    def of_reward(cls, scale: fmpq) -> ExponentialCDF:
        """The distribution function of ``scale * E``, scale > 0."""
        return cls({(0, fmpq(0)): fmpq(1), (0, 1 / scale): fmpq(-1)})

    def __mul__(self, other: ExponentialCDF) -> ExponentialCDF:
        """The distribution function of the maximum of independent variables."""
        return _collected(
            ((j + k, rate + other_rate), a * b)
            for (j, rate), a in self.terms.items()
            for (k, other_rate), b in other.terms.items()
        )

    def scaled(self, c: fmpq) -> ExponentialCDF:
        """The distribution function of ``c * X``, c > 0."""
        return _collected(((k, rate / c), a / c**k) for (k, rate), a in self.terms.items())

    def plus_reward(self, scale: fmpq) -> ExponentialCDF:
        """The distribution function of ``X + scale * E``, E independent of X."""
        return _collected(
            (key, a * b)
            for (k, rate), a in self.terms.items()
            for key, b in _convolved(k, rate, 1 / scale)
        )

    def mean(self) -> fmpq:
        """The expectation, the integral of 1 minus the function."""
        return sum(
            [-a * factorial(k) / rate ** (k + 1) for (k, rate), a in self.terms.items() if rate],
            start=fmpq(0),
        )


def _collected(terms: Iterable[tuple[tuple[int, fmpq], fmpq]]) -> ExponentialCDF:
    total: dict[tuple[int, fmpq], fmpq] = {}
    for key, a in terms:
        total[key] = total.get(key, fmpq(0)) + a
    return ExponentialCDF({key: a for key, a in total.items() if a})


def _convolved(k: int, rate: fmpq, other: fmpq) -> Iterable[tuple[tuple[int, fmpq], fmpq]]:
    r"""Terms of $\int_0^x u^k e^{-\lambda u}\, \nu e^{-\nu (x-u)} du$."""
    difference = other - rate
    if not difference:
        yield (k + 1, rate), other / (k + 1)
        return
    for j in range(k + 1):
        sign = (-1) ** (k - j)
        a = fmpq(sign * factorial(k), factorial(j)) / difference ** (k - j + 1)
        yield (j, rate), other * a
    yield (0, other), -other * (-1) ** k * factorial(k) / difference ** (k + 1)
