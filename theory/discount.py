r"""The discount rate $\gamma$, read exactly.

Every function of the library that takes a discount rate reads it here, so that all of
them accept the same values and refuse the same ones.
"""

from __future__ import annotations

from fractions import Fraction

from .errors import InvalidInput
from .exact_numbers import exact_number

_EXPECTED = 'a number strictly between 0 and 1, such as 0.9, "9/10" or Fraction(9, 10)'


def discount(value: object) -> Fraction:
    """Read a discount rate as an exact fraction strictly between 0 and 1.

    Fractions, "p/q" strings and decimal strings are taken as they stand. A float means
    the shortest decimal that prints it, so ``0.9`` is 9/10 and not the binary fraction
    nearest to it.

    Args:
        value: a `Fraction`, a string, a float, or a numpy scalar.

    Raises:
        InvalidInput: naming ``gamma``, if the value is no number strictly inside (0, 1).

    >>> discount(0.9), discount("9/10"), discount("0.99")
    (Fraction(9, 10), Fraction(9, 10), Fraction(99, 100))
    >>> discount(1)
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: gamma: got 1, expected a number strictly ...
    """
    gamma = exact_number("gamma", value, _EXPECTED)
    if not 0 < gamma < 1:
        raise InvalidInput.of("gamma", value, _EXPECTED)
    return gamma


def float_discount(value: object) -> float:
    r"""Read a discount rate for a computation in floats, which divides by $1 - \gamma$.

    Args:
        value: as for `discount`.

    Raises:
        InvalidInput: naming ``gamma``, also if the nearest float is 0 or 1.

    >>> float_discount("9/10")
    0.9
    >>> float_discount(1 - Fraction(1, 10**20))
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: gamma: got Fraction(99999999999999999999, ...
    """
    rate = float(discount(value))
    if not 0 < rate < 1:
        raise InvalidInput.of("gamma", value, "a number that float64 tells from 0 and 1")
    return rate
