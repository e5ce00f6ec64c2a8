r"""The switchboard: every combination of premises on and off, and what follows from it.

With six premises there are $2^6 = 64$ cells. In each, agents are trained with the knobs of
the premises that are on at their *on* value and the others at their *off* value; all cells
share seeds. From the drive $v(S)$ of every set $S$ of premises that are on:

* **main effect** of $i$: mean of $v$ over cells with $i$ on, minus mean with $i$ off;
* **interaction** of a set $T$: the Walsh-Hadamard coefficient
  $\frac{2}{64}\sum_S v(S)\prod_{i\in T}(\pm1)$, which for one premise is the main effect;
* **Shapley share** of $i$: its average marginal contribution over all orders of switching
  the premises on; shares sum to $v(\text{all}) - v(\text{none})$ (Shapley 1953);
* $i$ is **necessary** here if in *every* cell with $i$ off the whole interval of the drive
  lies below the margin; it is **not necessary** if in some such cell the whole interval
  lies above, widened because there are $2^5$ chances to err (`exists_above` in
  `powerseek.toymodels.verdicts`). The premises together are **sufficient** here if the
  interval of the all-on cell lies above the margin.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from math import factorial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from .argument import Argument
from .statistics import Interval, over_seeds
from .verdicts import Word, exists_above, word_for


def cells(n: int) -> Bool[np.ndarray, "cells n"]:
    """All on/off combinations, all off first, all on last.

    >>> cells(2).astype(int).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    return np.array(list(itertools.product([False, True], repeat=n)))


def cell_knobs(argument: Argument, baseline: Any, on: Bool[np.ndarray, "cells n"]) -> Any:
    """The baseline knobs with every premise's knob switched per cell."""
    switched = {
        premise.knob: np.where(on[:, i], premise.on, premise.off)
        for i, premise in enumerate(argument.premises)
    }
    return replace(baseline, **switched)


@dataclass(frozen=True)
class Effect:
    """What one premise does to the drive, over all combinations of the others.

    Attributes:
        premise: its id.
        main: main effect with its interval over seeds.
        shapley: Shapley share with its interval over seeds.
        alone_off: drive with this premise off and all others on.
        highest_off: largest upper end of the drive's interval over all cells with it off.
        necessary: "supported" if necessary, by the rule of the module docstring.
    """

    premise: str
    main: Interval
    shapley: Interval
    alone_off: Interval
    highest_off: float
    necessary: Word


@dataclass(frozen=True)
class Interaction:
    """What several premises do together beyond what fewer of them do.

    Attributes:
        premises: their ids, at least two.
        effect: the Walsh-Hadamard coefficient with its interval over seeds.
    """

    premises: tuple[str, ...]
    effect: Interval


@dataclass(frozen=True)
class Switchboard:
    """The drive in every cell.

    Attributes:
        premises: ids, one per column of ``on``.
        on: which premises are on in each cell.
        drive: excess over the hardest control, per cell and seed.
        margin: least drive that counts.
    """

    premises: tuple[str, ...]
    on: Bool[np.ndarray, "cells n"]
    drive: Float[np.ndarray, "cells seeds"]
    margin: float

    def cell(self, on: Bool[np.ndarray, " n"]) -> Interval:
        """The drive in one cell."""
        (index,) = np.flatnonzero((self.on == on).all(axis=1))
        return over_seeds(self.drive[index])

    def sufficient(self) -> Word:
        """Whether all premises together give a drive above the margin."""
        return word_for(self.cell(np.ones(len(self.premises), bool)), self.margin)

    def walsh(self) -> dict[tuple[str, ...], Float[np.ndarray, " seeds"]]:
        """Interaction of every non-empty set of premises, per seed."""
        signs = np.where(self.on, 1.0, -1.0)
        out = {}
        for size in range(1, len(self.premises) + 1):
            for members in itertools.combinations(range(len(self.premises)), size):
                contrast = signs[:, members].prod(axis=1) / (len(signs) / 2)
                out[tuple(self.premises[i] for i in members)] = contrast @ self.drive
        return out

    def interactions(self) -> tuple[Interaction, ...]:
        """Every interaction of two or more premises, the largest first."""
        found = [Interaction(m, over_seeds(v)) for m, v in self.walsh().items() if len(m) > 1]
        return tuple(sorted(found, key=lambda i: (-abs(i.effect.mean), i.premises)))

    def shapley(self) -> Float[np.ndarray, "n seeds"]:
        """Shapley share of every premise, per seed."""
        n = len(self.premises)
        code = self.on @ (1 << np.arange(n)[::-1])
        value = self.drive[np.argsort(code)]  # indexed by the bits of the cell
        shares = np.zeros((n, self.drive.shape[1]))
        for i in range(n):
            bit = 1 << (n - 1 - i)
            for coalition in range(1 << n):
                if not coalition & bit:
                    size = coalition.bit_count()
                    weight = factorial(size) * factorial(n - 1 - size) / factorial(n)
                    shares[i] += weight * (value[coalition | bit] - value[coalition])
        return shares

    def effects(self) -> tuple[Effect, ...]:
        """Main effect, Shapley share and necessity of every premise."""
        walsh, shapley = self.walsh(), self.shapley()
        intervals = [over_seeds(row) for row in self.drive]
        out = []
        for i, premise in enumerate(self.premises):
            off = [intervals[j] for j in np.flatnonzero(~self.on[:, i])]
            alone = np.ones(len(self.premises), bool)
            alone[i] = False
            out.append(
                Effect(
                    premise=premise,
                    main=over_seeds(walsh[(premise,)]),
                    shapley=over_seeds(shapley[i]),
                    alone_off=self.cell(alone),
                    highest_off=max(interval.high for interval in off),
                    necessary=_opposite(exists_above(off, self.margin)),
                )
            )
        return tuple(out)


def _opposite(word: Word) -> Word:
    """The verdict on the negation of what was judged."""
    negated: dict[Word, Word] = {"supported": "not supported", "not supported": "supported"}
    return negated.get(word, "inconclusive")
