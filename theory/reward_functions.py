"""One given reward function, by name or in the order of the states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from .errors import InvalidInput
from .exact_numbers import exact_number

Reward: TypeAlias = Mapping[str, object] | Sequence[object]
"""One number for each state: a mapping by name or a sequence in the order of the states."""


def read_reward(states: Sequence[str], reward: Reward) -> tuple[Fraction, ...]:
    """One rational reward for each state.

    Args:
        states: the names of the states.
        reward: one number for each of them, as
            `powerseek.theory.exact_numbers.exact_number` reads it; states that a mapping
            leaves out count as 0.

    Raises:
        InvalidInput: naming ``reward`` and the entry at fault.

    >>> read_reward(["a", "b"], {"b": "1/2"})
    (Fraction(0, 1), Fraction(1, 2))
    """
    if isinstance(reward, Mapping):
        for name in reward:
            if name not in states:
                raise InvalidInput.of("reward", name, "only names of states of the MDP")
        entries = [reward.get(name, 0) for name in states]
    else:
        entries = list(reward)
        if len(entries) != len(states):
            raise InvalidInput.of("reward", entries, f"{len(states)} numbers")
    return tuple(
        exact_number(f"reward[{name!r}]", entry)
        for name, entry in zip(states, entries, strict=True)
    )
