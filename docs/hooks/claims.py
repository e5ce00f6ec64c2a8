"""Sentences of a page that say how something came out, held to the result.

A page keeps its sentences as text, and next to them has a block that the build executes and
that prints nothing. The build fails where a result no longer bears its sentence out, and
``tests/docs/test_numbers.py`` fails where the sentence is no longer on the page.
"""

from __future__ import annotations

from typing import Any


class NoLongerTrueError(AssertionError):
    """A result does not bear out what its page says."""


def holds(sentence: str, *conditions: Any) -> None:
    """Fail unless the results bear out a sentence.

    Args:
        sentence: what the page says, word for word.
        conditions: what must be true of the results for that, all of them.
    """
    if not conditions or not all(map(bool, conditions)):
        raise NoLongerTrueError(
            f"the results no longer bear out what the page says: {sentence!r} "
            f"(conditions: {', '.join(str(bool(c)) for c in conditions)})"
        )
