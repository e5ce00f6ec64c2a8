"""Reading option values: each failure is one line that names the option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from powerseek.theory.errors import InvalidInput

T = TypeVar("T")


def one_of(option: str, value: str, choices: Mapping[str, T]) -> T:
    """Look a name up.

    >>> one_of("--preset", "fast", {"quick": 1, "full": 2})
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: --preset: got 'fast', expected one of: quick, full
    """
    if value not in choices:
        raise InvalidInput.of(option, value, "one of: " + ", ".join(choices))
    return choices[value]


def whole_number(option: str, value: str, low: int, high: int) -> int:
    """Read a whole number between two bounds.

    >>> whole_number("--seed", "7", 0, 10)
    7
    """
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise InvalidInput.of(option, value, f"a whole number from {low} to {high}")
    return number


def number_above(option: str, value: str, low: float) -> float:
    """Read a finite number above a bound.

    >>> number_above("--learning-rate", "0.5", 0.0)
    0.5
    """
    try:
        number = float(value)
    except ValueError:
        number = low
    if not low < number < float("inf"):
        raise InvalidInput.of(option, value, f"a finite number > {low:g}")
    return number
