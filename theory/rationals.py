r"""Exact reading of numerals: ``"1/3"``, ``"0.25"``, ``"1e-3"`` to $\mathbb{Q}$.

`fractions.Fraction` reads such strings too, but also ``"1e999999999"``, for which it
builds an integer of a billion digits. Here the length and the exponent are bounded, so
that no input can make the program hang, and only plain ASCII numerals are accepted.
"""

from __future__ import annotations

import re
from fractions import Fraction

MAX_LENGTH = 1000
"""Longest numeral that is read, in characters."""

MAX_EXPONENT = 1000
"""Largest absolute decimal exponent that is read."""

_NUMERAL = re.compile(
    r"[+-]?(?:[0-9]+(?:/[0-9]+)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE](?P<exp>[+-]?[0-9]+))?)"
)


def rational(text: str) -> Fraction:
    """The rational number that an integer, ratio or decimal numeral stands for.

    Args:
        text: such as ``"2"``, ``"-1/3"``, ``"0.25"``, ``"1e-3"``; blanks around it are
            ignored.

    Raises:
        ValueError: if it is no such numeral, divides by zero, is longer than
            `MAX_LENGTH` or has an exponent beyond `MAX_EXPONENT`.

    >>> rational("1/3") + rational("0.25")
    Fraction(7, 12)
    >>> rational("1e999999999")
    Traceback (most recent call last):
    ValueError: exponent beyond 1000
    """
    text = text.strip(" \t\r\n")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"numeral of more than {MAX_LENGTH} characters")
    match = _NUMERAL.fullmatch(text)
    if match is None:
        raise ValueError("not a numeral")
    if match["exp"] is not None and abs(int(match["exp"])) > MAX_EXPONENT:
        raise ValueError(f"exponent beyond {MAX_EXPONENT}")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError("division by zero") from None
