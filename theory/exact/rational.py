"""Conversions between `fractions.Fraction` and FLINT's rationals.

FLINT's `fmpq` is several times faster than `Fraction`; results leave this folder as
`Fraction`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from flint import fmpq


def to_flint(x: Fraction | int) -> fmpq:
    """The same number as a FLINT rational.

    >>> to_flint(Fraction(3, 4))
    3/4
    """
    return fmpq(x.numerator, x.denominator)


def to_fraction(x: fmpq) -> Fraction:
    """The same number as a `Fraction`.

    >>> to_fraction(to_flint(Fraction(3, 4)))
    Fraction(3, 4)
    """
    return Fraction(int(x.p), int(x.q))


def common_denominator(numbers: Iterable[fmpq]) -> int:
    """The least positive integer that makes all of the numbers integers.

    >>> common_denominator([fmpq(1, 4), fmpq(5, 6)])
    12
    """
    return lcm(*{int(x.q) for x in numbers})
