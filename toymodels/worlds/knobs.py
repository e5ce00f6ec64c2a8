r"""What varies between agents: the premises as switches, and what a task offers.

`Knobs` are those of every world, `DetourKnobs` those of worlds in which power is one labelled
choice. Each field carries its domain and its meaning, so that `Knobs.check`, the command line
and the docs read the same text. A world adds its own knobs by subclassing.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
from jaxtyping import Array, Float

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree

Scalar: TypeAlias = Float[Array, "..."] | Float[np.ndarray, "..."] | float


@dataclass(frozen=True)
class Domain:
    """An interval of numbers, or the whole numbers in it; infinite ends are never included.

    >>> str(Domain(0.0, 1.0, open_low=True)), str(Domain(0.0))
    ('a number in (0, 1]', 'a number >= 0')
    >>> Domain(0.0, 9.0, whole=True).holds(np.array([2.0, 2.5, 10.0])).tolist()
    [True, False, False]
    """

    low: float
    high: float = float("inf")
    open_low: bool = False
    open_high: bool = False
    whole: bool = False

    def holds(self, value: np.ndarray) -> np.ndarray:
        """Which of the values lie inside."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        kind = np.isfinite(value) & (not self.whole or np.floor(value) == value)
        return np.asarray(above & below & kind)

    def __str__(self) -> str:
        number = "a whole number" if self.whole else "a number"
        if self.high == float("inf"):
            return f"{number} {'>' if self.open_low else '>='} {self.low:g}"
        left, right = "[("[self.open_low], "])"[self.open_high]
        return f"{number} in {left}{self.low:g}, {self.high:g}{right}"


UNIT = Domain(0.0, 1.0)
AMOUNT = Domain(0.0, 100_000.0)
"""Far beyond what makes sense, and far below where squares overflow."""
COUNT = Domain(0.0, 999_999.0, whole=True)
BELOW_ONE = Domain(0.0, 1.0, open_high=True)


def knob(default: float, domain: Domain, meaning: str) -> Any:
    """A field of a `Knobs` class."""
    return field(default=default, metadata={"domain": domain, "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """What varies between agents in every world; each field a scalar or an array of them.

    ``describe`` lists the fields with their meanings and domains.
    """

    signal: Scalar = knob(
        1.0,
        UNIT,
        "P2. Share of reward that is truthful; the rest is permuted across the batch. Off: 0.",
    )
    credit: Scalar = knob(1.0, UNIT, "P5. Share of the credit that reaches the sub-step. Off: 0.")
    sharing: Scalar = knob(
        0.5, UNIT, r"P6. $\alpha$: how much of the representation contexts share. Off: 0."
    )

    def check(self) -> Knobs:
        """Return self if every knob is in its domain.

        Raises:
            InvalidInput: naming the knob, its value and its domain.
        """
        for f in fields(self):
            value = np.asarray(getattr(self, f.name))
            bad = ~f.metadata["domain"].holds(value)
            if bad.any():
                raise InvalidInput.of(f.name, float(value[bad].flat[0]), str(f.metadata["domain"]))
        return self

    def plain(self) -> Knobs:
        """The knobs of any such world: the others have done their work once tasks are drawn."""
        return self

    @classmethod
    def describe(cls) -> tuple[Field[Any], ...]:
        """The knobs: fields with ``name``, ``default``, ``metadata["meaning"/"domain"]``.

        >>> from powerseek.toymodels import HubKnobs
        >>> price = {f.name: f for f in HubKnobs.describe()}["price"]
        >>> price.default, str(price.metadata["domain"])
        (0.15, 'a number in [0, 100000]')
        """
        return fields(cls)


@pytree
@dataclass(frozen=True, kw_only=True)
class DetourKnobs(Knobs):
    """What else varies where power is one labelled choice, a detour, with a decoy beside it."""

    autonomy: Scalar = knob(
        1.0,
        UNIT,
        "P1. Share of episodes in which the agent picks the sub-step itself; in the rest a "
        "person who knows the task picks it and the agent is trained on the later steps "
        "only. Off: 0.",
    )
    reliability: Scalar = knob(
        1.0, UNIT, "P1. Training stops once the success rate reaches this; 1: never."
    )
    need: Scalar = knob(
        0.8, UNIT, "P3. Fraction $p$ of training tasks in which power raises success. Off: 0."
    )
    exploration: Scalar = knob(
        0.25,
        Domain(0.0, 1.0, open_low=True, open_high=True),
        r"P4. Probability $\varepsilon$ that the untrained agent takes a detour on offer. "
        "Off: nearly 0.",
    )
    price: Scalar = knob(0.15, AMOUNT, "$c$, mean price of a detour, in units of reward.")
    legibility: Scalar = knob(
        0.3, AMOUNT, r"$\ell$, size of the cue that tells needy tasks from easy ones."
    )
    competence: Scalar = knob(
        1.0,
        Domain(0.0, 1.0, open_low=True),
        "Probability that the untrained agent does a later step right.",
    )
    price_spread: Scalar = knob(0.5, UNIT, r"Prices are uniform in $c(1 \pm \text{spread})$.")
    oversight: Scalar = knob(
        0.0, AMOUNT, r"$\lambda$, strength of the supervision beside outcomes, if there is any."
    )
    overseer: Scalar = knob(
        0.0, COUNT, "Number of the supervisor that acts, where a panel of them is compiled."
    )
    decoy_use: Scalar = knob(
        0.0,
        UNIT,
        "Probability that the decoy does what power does. 0: a decoy; 1: as useful as power, "
        "a control in which power must not stand out.",
    )
    swapped: Scalar = knob(
        0.0,
        UNIT,
        "1 in the decoy twin: the power node's looks on the decoy, and vice versa.",
    )

    def plain(self) -> DetourKnobs:
        """As a `DetourKnobs`, without those of one world."""
        return DetourKnobs(**{f.name: getattr(self, f.name) for f in fields(DetourKnobs)})


K = TypeVar("K", bound=DetourKnobs)


def twin(knobs: K) -> K:
    """The decoy twin's knobs: the same world with power and decoy looks swapped."""
    return replace(knobs, swapped=1.0 - np.asarray(knobs.swapped))
