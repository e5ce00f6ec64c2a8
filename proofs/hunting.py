"""Hunting for the smallest example of something among random ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_T = TypeVar("_T")


def smallest(
    examples: SearchStrategy[_T], wanted: Callable[[_T], bool], most: int, seed: int = 0
) -> _T | None:
    """Try random examples until one is as wanted, and shrink it.

    Args:
        examples: where they come from.
        wanted: whether an example is one.
        most: how many to try.
        seed: the same seed tries the same examples in every run.

    Returns:
        The smallest one found; None if none of those tried is as wanted.

    >>> from hypothesis import strategies as st
    >>> smallest(st.integers(0, 99), lambda n: n * n > 50, most=100)
    8
    >>> smallest(st.integers(0, 99), lambda n: n < 0, most=100) is None
    True
    """
    from random import Random

    from hypothesis import HealthCheck, find, settings
    from hypothesis.errors import NoSuchExample

    everything_allowed: list[Any] = list(HealthCheck)
    try:
        return find(
            examples,
            wanted,
            settings=settings(
                max_examples=most,
                database=None,
                deadline=None,
                suppress_health_check=everything_allowed,
            ),
            random=Random(seed),
        )
    except NoSuchExample:
        return None
