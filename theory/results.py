r"""Numbers that say how well they are known.

A quantity computed by this library is one of three kinds, and the kind is its type:

* `Exact`: a rational number $x \in \mathbb{Q}$;
* `Certified`: a float $\hat x$ with a proven bound $|x - \hat x| \le \varepsilon$;
* `Estimate`: a float $\hat x$ with a standard error, a sample count and the seed that
  reproduces it; a certified numerical error may be added on top.

All three answer ``.value`` (float) and ``.stderr`` (float, 0 where nothing is sampled),
so code that only wants a number need not ask which kind it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Exact:
    """A rational number known exactly.

    >>> Exact(Fraction(3, 4)).value
    0.75
    """

    exact: Fraction

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(self.exact)

    @property
    def stderr(self) -> float:
        """Zero: nothing was sampled."""
        return 0.0

    def __str__(self) -> str:
        return str(self.exact)


@dataclass(frozen=True, slots=True)
class Certified:
    """A float with a proven bound on its distance from the true value."""

    value: float
    bound: float

    @property
    def stderr(self) -> float:
        """Zero: nothing was sampled."""
        return 0.0

    def __str__(self) -> str:
        return f"{self.value:.6g} (error at most {self.bound:.1g})"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A sample mean, with what is needed to judge and to repeat it.

    Attributes:
        value: the estimate.
        stderr: its standard error (one standard deviation of the estimate).
        samples: number of independent samples behind it.
        seed: the seed that reproduces it.
        bound: certified bound on the numerical (not statistical) error, 0 if none.

    >>> str(Estimate(0.75, 0.001, samples=1000, seed=0))
    '0.75 +- 0.001'
    """

    value: float
    stderr: float
    samples: int
    seed: int
    bound: float = 0.0

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Normal-theory interval, widened by the certified numerical bound.

        >>> low, high = Estimate(0.0, 1.0, samples=100, seed=0).interval()
        >>> round(low, 3), round(high, 3)
        (-1.96, 1.96)
        """
        half = NormalDist().inv_cdf((1 + confidence) / 2) * self.stderr + self.bound
        return self.value - half, self.value + half

    def __str__(self) -> str:
        return f"{self.value:.6g} +- {self.stderr:.1g}"


Result: TypeAlias = Exact | Certified | Estimate
