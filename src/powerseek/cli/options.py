"""Options that commands share, and reading values: each failure is one line with its option."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TypeVar

from powerseek.theory.errors import InvalidInput

T = TypeVar("T")


def add_preset(parser: argparse.ArgumentParser, quick: str) -> None:
    """Declare how much is run, and how long the quick preset takes."""
    parser.add_argument(
        "--preset",
        default="quick",
        metavar="NAME",
        help=f"how much is run: quick ({quick} on 2 cores), standard or full",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Declare the seed of a run, where its results go and what is printed."""
    add = parser.add_argument
    add("--seed", default="0", metavar="N", help="experiment seed (default: 0)")
    add("--out", metavar="DIR", help="folder for the results (default: a new folder here)")
    add("--overwrite", action="store_true", help="let --out replace results that are there")
    add("--json", action="store_true", help="print only a JSON document on standard output")


def refuse_given(options: Mapping[str, object], expected: str) -> None:
    """Refuse options that would do nothing where they stand.

    Args:
        options: what the parser holds for each; absent options are None or False.
        expected: what such an option needs.

    >>> refuse_given({"--examples": None, "--gamma": "1/2"}, "an MDP to go with it")
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: --gamma: got '1/2', expected an MDP to go with it
    """
    for option, value in options.items():
        if value is True:
            raise InvalidInput(f"{option}: expected {expected}")
        if value is not None and value is not False:
            raise InvalidInput.of(option, value, expected)


def one_of(option: str, value: str, choices: Mapping[str, T]) -> T:
    """Look a name up.

    >>> one_of("--preset", "fast", {"quick": 1, "full": 2})
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: --preset: got 'fast', expected one of: quick, full
    """
    if value not in choices:
        raise InvalidInput.unknown(option, value, choices)
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


def number_between(option: str, value: str, low: float, high: float) -> float:
    """Read a number above one bound and up to another.

    >>> number_between("--learning-rate", "0.5", 0.0, 10.0)
    0.5
    """
    try:
        number = float(value)
    except ValueError:
        number = low
    if not low < number <= high:
        raise InvalidInput.of(option, value, f"a number > {low:g} and <= {high:g}")
    return number
