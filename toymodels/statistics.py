"""Intervals across seeds.

Agents are the unit of replication: every interval is Student's t over independent seeds,
never over checkpoints or contexts of one agent. Differences between settings are taken
within a seed first (settings share seeds), then averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from powerseek.theory.errors import InvalidInput

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its 95% confidence interval.

    Attributes:
        mean: the mean.
        low, high: ends of the interval.
        stderr: standard error of the mean.
        seeds: number of seeds.

    >>> over_seeds([1.0, 2.0, 3.0]).mean
    2.0
    """

    mean: float
    low: float
    high: float
    stderr: float
    seeds: int

    def corrected(self, looks: int) -> Interval:
        """The interval at level 1 - 0.05 / looks: all of so many cover with 95% together.

        Bonferroni's correction, valid however the intervals depend on each other.

        >>> one = over_seeds([1.0, 2.0, 3.0])
        >>> wide = one.corrected(3)
        >>> wide.mean == one.mean, wide.low < one.low, one.corrected(1) == one
        (True, True, True)
        """
        if looks < 1:
            raise InvalidInput.of("looks", looks, "a whole number >= 1")
        return _interval(self.mean, self.stderr, self.seeds, looks)

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def over_seeds(values: Float[np.ndarray, " n"] | list[float]) -> Interval:
    """Student's t interval of the mean of one value per seed; NaN if one is not finite.

    Raises:
        InvalidInput: with fewer than two seeds, which have no spread.
    """
    array = np.asarray(values, float)
    n = array.size
    if n < 2:
        raise InvalidInput.of("seeds", n, "at least 2, to have an interval")
    if not np.isfinite(array).all():
        return Interval(np.nan, np.nan, np.nan, np.nan, n)
    with np.errstate(over="ignore", invalid="ignore"):  # squares of numbers beyond 1e154
        mean = float(array.mean())
        stderr = float(array.std(ddof=1) / n**0.5)
    return _interval(mean, stderr, n)


def _interval(mean: float, stderr: float, seeds: int, looks: int = 1) -> Interval:
    tail = (1 - CONFIDENCE) / 2 / looks
    half = float(stats.t.isf(tail, seeds - 1)) * stderr
    return Interval(mean, mean - half, mean + half, stderr, seeds)
