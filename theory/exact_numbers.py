r"""Any number a user may give, as the rational number that is meant by it.

The counting and choosing functions of this folder decide ties, so they compute in
$\mathbb{Q}$. A float means the shortest decimal that prints it: ``0.1`` is 1/10.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from .errors import InvalidInput
from .rationals import rational

_EXPECTED = 'a finite number or a "p/q" string'


def exact_number(field: str, value: object, expected: str = _EXPECTED) -> Fraction:
    """Read one number.

    Args:
        field: what to call the number in an error message.
        value: an int, a `Fraction`, a float, a numpy scalar, or a numeral such as
            ``"1/3"`` or ``"0.25"``, bounded as in `powerseek.theory.rationals.rational`.
        expected: what the error message asks for.

    Raises:
        InvalidInput: naming the field, if the value is no finite number.

    >>> exact_number("threshold", 0.1), exact_number("threshold", "1/3")
    (Fraction(1, 10), Fraction(1, 3))
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return Fraction(int(value))
    if isinstance(value, float | np.floating) and math.isfinite(value):
        return Fraction(str(value))
    if isinstance(value, str):
        try:
            return rational(value)
        except ValueError:
            pass
    raise InvalidInput.of(field, value, expected)


def exact_numbers(field: str, values: Sequence[object]) -> tuple[Fraction, ...]:
    """Read a sequence of numbers; errors name the entry, as in ``utilities[2]``.

    >>> exact_numbers("utilities", [10, "1/2", 0.25])
    (Fraction(10, 1), Fraction(1, 2), Fraction(1, 4))
    """
    return tuple(exact_number(f"{field}[{i}]", value) for i, value in enumerate(values))
