r"""What a property of MDPs is: a statement that can be run on one MDP.

A property has a name, a statement and its source. `MDPProperty.why_not` says whether it can
be checked on an MDP at all in reasonable time, and `MDPProperty.check` compares what the
library computes there with what the statement says. Comparisons are exact where the MDP is;
properties of sampled numbers allow six standard errors, which happens by chance less often
than once in $10^8$ comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from powerseek.theory.errors import NotExact, TooLarge
from powerseek.theory.mdp import MDP
from powerseek.theory.power import refuse_unless_quick
from powerseek.theory.rewards import Uniform

Test: TypeAlias = Callable[[MDP, Fraction], str | None]
"""What is wrong with an MDP at a discount rate, or None."""

GAMMA = Fraction(9, 10)
"""The discount rate at which properties are checked unless told otherwise."""

SECONDS = 2.0
"""A property that needs exact POWER applies if that is predicted to take no longer."""


@dataclass(frozen=True)
class Violation:
    """An MDP of which a property does not hold.

    Attributes:
        name: the property's name.
        mdp: the MDP.
        detail: what was found there, against what the property says.
    """

    name: str
    mdp: MDP
    detail: str


@dataclass(frozen=True)
class MDPProperty:
    """A statement about every MDP.

    Attributes:
        name: identifier.
        statement: the statement, in words and LaTeX.
        source: where it comes from; a name of the ledger if it is proved there.
        test: what is wrong at an MDP and a discount rate, or None.
        obstacle: why it cannot be checked there, or None.

    >>> from powerseek.proofs.properties import PROPERTIES
    >>> from powerseek.theory.gallery import load
    >>> PROPERTIES["power_bounds"].check(load("wait")) is None
    True
    """

    name: str
    statement: str
    source: str
    test: Test
    obstacle: Test

    def why_not(self, mdp: MDP, gamma: Fraction = GAMMA) -> str | None:
        """Why the property is not checked on this MDP; None if it is."""
        return self.obstacle(mdp, gamma)

    def applies(self, mdp: MDP, gamma: Fraction = GAMMA) -> bool:
        """Whether the property can be checked on this MDP."""
        return self.why_not(mdp, gamma) is None

    def check(self, mdp: MDP, gamma: Fraction = GAMMA) -> Violation | None:
        """The violation at this MDP; None if the property holds of it."""
        detail = self.test(mdp, gamma)
        return None if detail is None else Violation(self.name, mdp, detail)


def at_most(states: int) -> Test:
    """Obstacle: more states than this."""

    def obstacle(mdp: MDP, gamma: Fraction) -> str | None:
        del gamma
        return None if mdp.n_states <= states else f"more than {states} states"

    return obstacle


def exact_with(states: int) -> Test:
    """Obstacle: float probabilities, or more states than this."""

    def obstacle(mdp: MDP, gamma: Fraction) -> str | None:
        return at_most(states)(mdp, gamma) if mdp.is_exact else "float probabilities"

    return obstacle


def quick_exact_power(times: Callable[[MDP], int] = lambda _: 1) -> Test:
    """Obstacle: exact POWER, computed so many times, is predicted to take too long."""

    def obstacle(mdp: MDP, gamma: Fraction) -> str | None:
        try:
            refuse_unless_quick(mdp, gamma, Uniform(), seconds=SECONDS / max(1, times(mdp)))
        except NotExact:
            return "float probabilities"
        except TooLarge:
            return "exact POWER would take too long"
        return None

    return obstacle
