r"""Times until something happens, some of them longer than anyone looked.

A seed whose curve has not reached the level when the run ends is **censored**: its time is
known to be longer than the run, no more. It is kept, as $\infty$, since leaving it out
would make whatever lasts look short-lived. So averages are of no use here; the *median* is,
as long as fewer than half of the seeds are censored.

The interval of the median is distribution-free: with $n$ seeds the $k$-th smallest and
$k$-th largest time enclose it with probability at least 95% if
$P(\mathrm{Bin}(n, 1/2) < k) \le 2.5\%$ (David & Nagaraja, *Order Statistics*, 3rd ed.,
section 7.1). It holds whatever is censored; an end that is censored is $\infty$. With fewer
than six seeds no two of them enclose the median that often, and the interval is $[0, \infty]$.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.statistics import CONFIDENCE


def first_passage(
    times: Float[np.ndarray, " T"], curves: Float[np.ndarray, "seeds T"], level: float
) -> Float[np.ndarray, " seeds"]:
    """First time at which each curve is at or below a level; infinite if it never is.

    Between two checkpoints a curve is taken to be straight. For the first time at or
    *above* a level, negate curves and level.

    >>> import numpy as np
    >>> first_passage(np.array([0.0, 10.0]), np.array([[1.0, 0.0], [1.0, 0.8]]), level=0.5)
    array([ 5., inf])
    """
    if times.ndim != 1 or curves.shape[1:] != times.shape:
        raise InvalidInput.of("curves", curves.shape, f"one value for each of {times.size} times")
    at = np.full(len(curves), np.inf)
    for seed, curve in enumerate(curves):
        below = np.flatnonzero(curve <= level)
        if below.size:
            i = below[0]
            before = max(i - 1, 0)
            drop = curve[before] - curve[i]
            share = (curve[before] - level) / drop if drop > 0 else 1.0
            at[seed] = times[before] + share * (times[i] - times[before])
    return at


@dataclass(frozen=True)
class MedianTime:
    """The median of times of which some are censored.

    Attributes:
        median: the median; infinite if half of the times or more are censored.
        low, high: its 95% interval (see the module docstring).
        seeds: how many times there are.
        censored: how many of them are censored.
    """

    median: float
    low: float
    high: float
    seeds: int
    censored: int

    @classmethod
    def of(cls, times: Float[np.ndarray, " n"] | list[float]) -> MedianTime:
        """From one time (or ratio of times) per seed, infinite where censored.

        Raises:
            InvalidInput: if there are none, or some are not numbers.

        >>> MedianTime.of([3.0, 1.0, 2.0, float("inf")]).median
        2.5
        >>> MedianTime.of([3.0, float("inf"), float("inf")]).censored
        2
        """
        ordered = np.sort(np.asarray(times, float))
        n = ordered.size
        if n == 0 or np.isnan(ordered).any():
            raise InvalidInput.of("times", ordered.tolist(), "at least one time, none of them NaN")
        middle = ordered[[(n - 1) // 2, n // 2]]
        median = float(middle.mean()) if np.isfinite(middle).all() else float("inf")
        # Largest k with P(Bin < k) <= 2.5%: the k-th from either end; none if k = 0.
        k = int(stats.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5))
        low, high = (ordered[k - 1], ordered[n - k]) if k else (0.0, np.inf)
        return cls(median, float(low), float(high), n, int(np.isinf(ordered).sum()))

    def __str__(self) -> str:
        if not np.isfinite(self.median):
            return f"not reached by {self.censored} of {self.seeds}"
        return f"{self.median:.0f} [{self.low:.0f}, {self.high:.0f}]"
