"""Running the properties of drives on one of the toy worlds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from powerseek.proofs.drive_properties import (
    DRIVE_PROPERTIES,
    EXAMPLES,
    DriveProperty,
    DriveViolation,
)

from .verification import Verdict


@dataclass(frozen=True)
class DriveOutcome:
    """What trying one property on random agents of a world gave.

    Attributes:
        property: the property.
        verdict: whether it held of all agents that were tried.
        detail: what is wrong; empty if nothing is.
        seconds: how long it took.
        violation: the simplest agent found of which it does not hold, if there is one.
    """

    property: DriveProperty
    verdict: Verdict
    detail: str
    seconds: float
    violation: DriveViolation | None = None


def verify_world(
    world: str,
    properties: Iterable[DriveProperty] = tuple(DRIVE_PROPERTIES.values()),
    examples: int = EXAMPLES,
) -> Iterator[DriveOutcome]:
    """Train random agents in a toy world and run properties of drives on them.

    Args:
        world: a name in `powerseek.toymodels.worlds.DETOUR_WORLDS`.
        properties: which properties; by default all.
        examples: how many agents are tried for each; the same ones in every run.

    >>> quick = [DRIVE_PROPERTIES["no_sharing"]]
    >>> [outcome.verdict.value for outcome in verify_world("hub", quick, examples=3)]
    ['holds']
    """
    for claim in properties:
        began = time.perf_counter()
        violation = claim.find_violation(world, examples)
        seconds = time.perf_counter() - began
        if violation is None:
            yield DriveOutcome(claim, Verdict.HOLDS, "", seconds)
        else:
            yield DriveOutcome(claim, Verdict.VIOLATED, violation.detail, seconds, violation)
