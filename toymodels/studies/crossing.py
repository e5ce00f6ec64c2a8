"""Where a measured curve crosses zero, with an interval over seeds."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import stats

from powerseek.toymodels.statistics import CONFIDENCE, Interval


def crossing(x: Float[np.ndarray, " n"], curves: Float[np.ndarray, "n seeds"]) -> Interval:
    """First upward zero crossing of the mean curve, by linear interpolation.

    The interval is a delete-one jackknife over seeds (each seed's whole curve is left out
    in turn). NaN if the mean curve never crosses upwards.

    >>> import numpy as np
    >>> x = np.array([0.0, 1.0])
    >>> crossing(x, np.array([[-1.0, -1.0], [1.0, 3.0]])).mean.__round__(3)
    0.333
    """
    n = curves.shape[1]
    at = _first_crossing(x, curves.mean(axis=1))
    total = curves.sum(axis=1)
    left_out = np.array([_first_crossing(x, (total - curves[:, i]) / (n - 1)) for i in range(n)])
    stderr = float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * stderr
    return Interval(at, at - half, at + half, stderr, n)


def _first_crossing(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    up = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))
    if up.size == 0:
        return float("nan")
    i = up[0]
    return float(x[i] + (x[i + 1] - x[i]) * -y[i] / (y[i + 1] - y[i]))
