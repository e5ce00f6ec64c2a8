r"""Deterministic policies, restricted to the states they visit.

The visit distribution $f^{\pi,s}$ depends only on what $\pi$ does in the states it
visits from $s$. So instead of all $\prod_x |A(x)|$ policies one needs only the
*restricted* ones: an action for $s$, one for every state that may come next, and so on.
Actions of a state with the same distribution over next states count once.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from flint import fmpq

from powerseek.theory.mdp import MDP, Row

from .rational import to_flint

FlintRow: TypeAlias = tuple[tuple[int, fmpq], ...]
"""One distribution over next states: (state index, probability > 0)."""

Choices: TypeAlias = tuple[tuple[tuple[int, FlintRow], ...], ...]
"""For each state its (action index, distribution) pairs without repeated distributions."""

RestrictedPolicy: TypeAlias = dict[int, int]
"""For each visited state, by index, the place of the chosen action in `Choices`."""


def distinct_choices(mdp: MDP) -> Choices:
    """The actions of each state, the first of each kind.

    >>> mdp = MDP.from_transitions({"a": {"x": {"a": 1}, "y": {"a": 1}}})
    >>> [action for action, _ in distinct_choices(mdp)[0]]
    [0]
    """
    choices = []
    for available in mdp.rows:
        different: list[tuple[int, Row]] = []
        for a, row in enumerate(available):
            if all(row != other for _, other in different):
                different.append((a, row))
        choices.append(
            tuple(
                [(a, tuple([(t, to_flint(Fraction(p))) for t, p in row])) for a, row in different]
            )
        )
    return tuple(choices)


def restricted_policies(choices: Choices, start: int) -> Iterator[RestrictedPolicy]:
    """All deterministic policies, restricted to the states they visit from ``start``.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["a", "b"]})
    >>> list(restricted_policies(distinct_choices(mdp), start=0))
    [{0: 0}, {0: 1, 1: 0}, {0: 1, 1: 1}]
    """
    policy: RestrictedPolicy = {}

    def extend(todo: tuple[int, ...]) -> Iterator[RestrictedPolicy]:
        if not todo:
            yield dict(policy)
            return
        state, *rest = todo
        for k, (_, row) in enumerate(choices[state]):
            policy[state] = k
            new = [t for t, _ in row if t not in policy and t not in rest]
            yield from extend((*rest, *new))
            del policy[state]

    return extend((start,))


def count_restricted_policies(choices: Choices, start: int, limit: int) -> int:
    """Number of restricted policies, counted only up to ``limit``."""
    return sum(1 for _, _ in zip(range(limit), restricted_policies(choices, start), strict=False))


def named_policy(mdp: MDP, choices: Choices, policy: RestrictedPolicy) -> dict[str, str]:
    """The same policy by the names of states and actions."""
    return {mdp.states[s]: mdp.actions[s][choices[s][k][0]] for s, k in sorted(policy.items())}
