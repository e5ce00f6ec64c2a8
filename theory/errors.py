"""Errors that users can act on.

Every error the library raises on purpose is a `PowerseekError`. Its message is one
line that names the argument or file field, quotes the offending value, and says what
was expected. The command line prints that line and exits with status 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PowerseekError(Exception):
    """Base class of all errors raised on purpose by powerseek."""


class InvalidInput(PowerseekError, ValueError):
    """An argument or a file field has a value outside its domain.

    >>> raise InvalidInput.of("gamma", 2, "a number strictly between 0 and 1")
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: gamma: got 2, expected a number strictly ...
    """

    @classmethod
    def of(cls, field: str, value: object, expected: str) -> InvalidInput:
        """Build the standard one-line message ``field: got value, expected ...``."""
        return cls(f"{field}: got {value!r}, expected {expected}")

    @classmethod
    def unknown(
        cls, field: str, name: object, known: Iterable[str], also: str = ""
    ) -> InvalidInput:
        """Build the message on a name that is not known, with the known ones and the nearest.

        Args:
            field: what is at fault.
            name: what it was given.
            known: the names that it takes.
            also: what it takes besides, to be read after them.

        >>> print(InvalidInput.unknown("world", "wiat", ["gamble", "wait"]))
        world: got 'wiat', expected one of: gamble, wait; did you mean 'wait'?
        """
        names = list(known)
        hint = did_you_mean(name, names) if isinstance(name, str) else ""
        return cls.of(field, name, f"one of: {', '.join(names)}{also}{hint}")


class InvalidMDP(InvalidInput):
    """A description of an MDP breaks one of the rules of `powerseek.theory.mdp`."""


class TooLarge(PowerseekError):
    """A computation was refused because its estimated size is beyond the limit."""


class NotExact(PowerseekError):
    """An exact method was asked for on input that is not exact."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to add to a message on an unknown name: the nearest known one, if any is near.

    >>> did_you_mean("wiat", ["gamble", "wait"])
    "; did you mean 'wait'?"
    >>> did_you_mean("tea", ["gamble", "wait"])
    ''
    """
    nearest = get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
