"""The ledger: every theorem of the library, in the order in which it is best read."""

from __future__ import annotations

from collections.abc import Sequence

from powerseek.theory.errors import InvalidInput

from .ledger import Theorem
from .theorems.argument import THEOREM as ARGUMENT
from .theorems.countermodels import THEOREM as COUNTERMODELS
from .theorems.drive_sign import THEOREM as DRIVE_SIGN
from .theorems.exact_solution import THEOREM as EXACT_SOLUTION
from .theorems.indistinguishability import THEOREM as INDISTINGUISHABILITY
from .theorems.locality import THEOREM as LOCALITY
from .theorems.no_drive import THEOREM as NO_DRIVE
from .theorems.no_exploration import THEOREM as NO_EXPLORATION
from .theorems.orbit_share import THEOREM as ORBIT_SHARE
from .theorems.power_affine import THEOREM as POWER_AFFINE
from .theorems.power_bounds import THEOREM as POWER_BOUNDS
from .theorems.power_lipschitz import THEOREM as POWER_LIPSCHITZ
from .theorems.power_mixture import THEOREM as POWER_MIXTURE
from .theorems.power_monotone import THEOREM as POWER_MONOTONE
from .theorems.power_star import THEOREM as POWER_STAR
from .theorems.reliability import THEOREM as RELIABILITY
from .theorems.retargetability import THEOREM as RETARGETABILITY
from .theorems.separation import THEOREM as SEPARATION
from .theorems.softmax_gradient import THEOREM as SOFTMAX_GRADIENT
from .theorems.threshold import THEOREM as THRESHOLD
from .theorems.time_to_drive import THEOREM as TIME_TO_DRIVE
from .theorems.transfer import THEOREM as TRANSFER

THEOREMS: dict[str, Theorem] = {
    t.name: t
    for t in (
        THRESHOLD,
        SOFTMAX_GRADIENT,
        TRANSFER,
        LOCALITY,
        EXACT_SOLUTION,
        DRIVE_SIGN,
        TIME_TO_DRIVE,
        ARGUMENT,
        NO_DRIVE,
        NO_EXPLORATION,
        COUNTERMODELS,
        RELIABILITY,
        INDISTINGUISHABILITY,
        SEPARATION,
        ORBIT_SHARE,
        RETARGETABILITY,
        POWER_STAR,
        POWER_BOUNDS,
        POWER_MONOTONE,
        POWER_MIXTURE,
        POWER_AFFINE,
        POWER_LIPSCHITZ,
    )
}
"""All theorems by name."""


def named(names: Sequence[str]) -> tuple[Theorem, ...]:
    """The theorems of these names, or all if there are none.

    Raises:
        InvalidInput: naming the first name that is unknown, and the known ones.

    >>> [t.name for t in named(["threshold"])]
    ['threshold']
    """
    for name in names:
        if name not in THEOREMS:
            raise InvalidInput.unknown("NAME", name, THEOREMS)
    return tuple(THEOREMS[name] for name in names) if names else tuple(THEOREMS.values())


def bearing_on(claim: str) -> tuple[Theorem, ...]:
    """The theorems on which a premise of the argument (or C, its conclusion) rests.

    >>> [t.name for t in bearing_on("P6")]
    ['transfer', 'locality', 'argument', 'no_drive', 'countermodels', 'indistinguishability']
    """
    return tuple(t for t in THEOREMS.values() if claim in t.premises)
