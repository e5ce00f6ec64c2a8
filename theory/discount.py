r"""The discount rate $\gamma$, read exactly.

Every function of the library that takes a discount rate reads it here, so that all of
them accept the same values and refuse the same ones.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from .errors import InvalidInput
from .rationals import rational

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
    try:
        gamma = _fraction(value)
    except ValueError:
        raise InvalidInput.of("gamma", value, _EXPECTED) from None
    if not 0 < gamma < 1:
        raise InvalidInput.of("gamma", value, _EXPECTED)
    return gamma


def _fraction(value: object) -> Fraction:
    if isinstance(value, bool | np.bool_):
        raise ValueError("a truth value is not a number")
    if isinstance(value, str):
        return rational(value)
    if isinstance(value, int | Fraction):
        return Fraction(value)
    if isinstance(value, float | np.floating | np.integer) and math.isfinite(value):
        return Fraction(str(value))
    raise ValueError("not a number")
