"""Running the properties that apply to an MDP."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from powerseek.proofs.properties import GAMMA, PROPERTIES, MDPProperty, Violation
from powerseek.theory.errors import TooLarge
from powerseek.theory.mdp import MDP

from .search import shrink


class Verdict(Enum):
    """The outcome of one property on one MDP."""

    HOLDS = "holds"
    VIOLATED = "violated"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What running one property on an MDP gave.

    Attributes:
        property: the property.
        verdict: the outcome.
        detail: why it was skipped, or what is wrong; empty if it holds.
        seconds: how long it took.
        violation: the violation at an MDP made as small as it goes, if there is one.
    """

    property: MDPProperty
    verdict: Verdict
    detail: str
    seconds: float
    violation: Violation | None = None


def verify(
    mdp: MDP,
    gamma: Fraction = GAMMA,
    properties: Iterable[MDPProperty] = tuple(PROPERTIES.values()),
) -> Iterator[Outcome]:
    """Run properties on an MDP, one after the other.

    Args:
        mdp: the MDP.
        gamma: the discount rate.
        properties: which properties; by default all.

    >>> from powerseek.theory.gallery import load
    >>> {outcome.verdict.value for outcome in verify(load("wait"))}
    {'holds'}
    """
    for claim in properties:
        began = time.perf_counter()
        outcome = _run(claim, mdp, gamma)
        yield Outcome(
            claim, outcome[0], outcome[1], time.perf_counter() - began, violation=outcome[2]
        )


def _run(claim: MDPProperty, mdp: MDP, gamma: Fraction) -> tuple[Verdict, str, Violation | None]:
    reason = claim.why_not(mdp, gamma)
    if reason is not None:
        return Verdict.SKIPPED, reason, None
    try:
        violation = claim.check(mdp, gamma)
    except TooLarge as refusal:
        return Verdict.SKIPPED, str(refusal), None
    if violation is None:
        return Verdict.HOLDS, "", None

    def breaks(smaller: MDP) -> bool:
        return claim.applies(smaller, gamma) and claim.check(smaller, gamma) is not None

    small = claim.check(shrink(mdp, breaks), gamma)
    return Verdict.VIOLATED, violation.detail, small
