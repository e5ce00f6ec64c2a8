r"""Rules for choosing one of finitely many options by their utility.

Options $c = 1, \dots, N$ have utilities $u_c \in \mathbb{Q}$ (of an outcome, or the
expected utility of a lottery). A rule gives each option a probability that depends on
the utilities alone, so that it treats two options of equal utility alike (an
EU-determined function, Turner & Tadepalli, "Parametrically Retargetable Decision-Makers
Tend to Seek Power", NeurIPS 2022, definitions A.2 to A.12 and proposition A.11):

* `Optimal`, `AntiOptimal`: uniform over the best (worst) options;
* `EpsilonOptimal`: uniform over options within $\varepsilon$ of the best;
* `EpsilonGreedy`: `Optimal`, but with probability $\varepsilon$ any option;
* `Satisficing`: uniform over options of at least a threshold;
* `Quantilising`: a draw from the top $q$ of a base distribution (Taylor, 2016);
* `BestOfK`: the best of $k$ options drawn uniformly with replacement;
* `Learner`: the best option that an $\varepsilon$-greedy learner has tried after $T$ steps;
* `Boltzmann`: proportional to $e^{u_c / T}$.

All but `Boltzmann` are rational and are computed as fractions. Boltzmann probabilities
are certified, and compared exactly: exponentials of distinct rationals are linearly
independent over $\mathbb{Q}$ (Lindemann and Weierstrass), so two sums of them are equal
only if their terms are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .errors import InvalidInput
from .exact_numbers import exact_number, exact_numbers
from .results import Certified, Exact, Result

Utilities = Sequence[Fraction]


class DecisionRule(ABC):
    """A way of choosing among options, determined by their utilities."""

    @abstractmethod
    def probability(self, chosen: Collection[int], utilities: Utilities) -> Result:
        """Probability that the choice falls on one of the options ``chosen``.

        Args:
            chosen: indices of options, without repetition.
            utilities: the utility of every option.
        """

    @abstractmethod
    def compare(self, left: Collection[int], right: Collection[int], utilities: Utilities) -> int:
        """Exact sign (1, 0, -1) of P(left is chosen) - P(right is chosen)."""


class RationalRule(DecisionRule):
    """A rule whose probabilities are rational functions of nothing but comparisons."""

    @abstractmethod
    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""

    def probability(self, chosen: Collection[int], utilities: Utilities) -> Exact:
        """Probability that the choice falls on one of the options ``chosen``.

        >>> Optimal().probability([0, 1], [Fraction(2), Fraction(1), Fraction(2)])
        Exact(exact=Fraction(1, 2))
        """
        return Exact(_total(self.probabilities(utilities), chosen))

    def compare(self, left: Collection[int], right: Collection[int], utilities: Utilities) -> int:
        """Exact sign (1, 0, -1) of P(left is chosen) - P(right is chosen)."""
        chances = self.probabilities(utilities)
        gap = _total(chances, left) - _total(chances, right)
        return (gap > 0) - (gap < 0)


@dataclass(frozen=True)
class Optimal(RationalRule):
    """Uniform over the options of greatest utility (``FracOptimal`` in the paper)."""

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""
        best = max(utilities)
        return _uniform([u == best for u in utilities])


@dataclass(frozen=True)
class AntiOptimal(RationalRule):
    """Uniform over the options of least utility."""

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""
        worst = min(utilities)
        return _uniform([u == worst for u in utilities])


@dataclass(frozen=True)
class EpsilonOptimal(RationalRule):
    r"""Uniform over the options with $u_c \ge \max u - \varepsilon$.

    >>> rule = EpsilonOptimal("1/2")
    >>> rule.probabilities([Fraction(0), Fraction(1, 2), Fraction(1)])
    (Fraction(0, 1), Fraction(1, 2), Fraction(1, 2))
    """

    epsilon: Fraction

    def __init__(self, epsilon: object) -> None:
        """Read the slack, a number that is not negative."""
        number = exact_number("epsilon", epsilon)
        if number < 0:
            raise InvalidInput.of("epsilon", epsilon, "a number that is not negative")
        object.__setattr__(self, "epsilon", number)

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""
        threshold = max(utilities) - self.epsilon
        return _uniform([u >= threshold for u in utilities])


@dataclass(frozen=True)
class EpsilonGreedy(RationalRule):
    r"""With probability $\varepsilon$ any option, otherwise a best one.

    ``EpsilonGreedy(1)`` chooses uniformly and ignores the utilities.

    >>> EpsilonGreedy("1/10").probabilities([Fraction(0), Fraction(1)])
    (Fraction(1, 20), Fraction(19, 20))
    """

    epsilon: Fraction

    def __init__(self, epsilon: object) -> None:
        """Read the probability of choosing at random."""
        object.__setattr__(self, "epsilon", _unit_interval("epsilon", epsilon))

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""
        floor = self.epsilon / len(utilities)
        return tuple(floor + (1 - self.epsilon) * p for p in Optimal().probabilities(utilities))


@dataclass(frozen=True)
class Satisficing(RationalRule):
    """Uniform over the options of utility at least a threshold; if none is, none is chosen.

    >>> rule = Satisficing(3)
    >>> rule.probabilities([Fraction(10), Fraction(5), Fraction(0)])
    (Fraction(1, 2), Fraction(1, 2), Fraction(0, 1))
    """

    threshold: Fraction

    def __init__(self, threshold: object) -> None:
        """Read the threshold."""
        object.__setattr__(self, "threshold", exact_number("threshold", threshold))

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option; all zero if none is good enough."""
        return _uniform([u >= self.threshold for u in utilities])


@dataclass(frozen=True)
class Quantilising(RationalRule):
    r"""A draw from the top $q$ of a base distribution, sorted by utility.

    At the quantile itself options of equal utility share what is left of $q$ in
    proportion to the base distribution (definition B.12 of the paper), so no tie is
    broken arbitrarily.

    >>> Quantilising("1/2").probabilities([Fraction(x) for x in (3, 1, 1, 0)])
    (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4), Fraction(0, 1))
    """

    q: Fraction
    base: tuple[Fraction, ...] | None

    def __init__(self, q: object, base: Sequence[object] | None = None) -> None:
        """Read the quantile and the base distribution.

        Args:
            q: the top share to draw from, in (0, 1].
            base: the probability of each option under the base distribution; by
                default uniform. Only with a uniform base does the rule treat options
                of equal utility alike.

        Raises:
            InvalidInput: naming ``q`` or ``base``.
        """
        share = _unit_interval("q", q)
        if share == 0:
            raise InvalidInput.of("q", q, "a positive number, at most 1")
        numbers = None if base is None else exact_numbers("base", base)
        if numbers is not None and (min(numbers, default=-1) < 0 or sum(numbers) != 1):
            raise InvalidInput.of("base", base, "probabilities that sum to 1")
        object.__setattr__(self, "q", share)
        object.__setattr__(self, "base", numbers)

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option.

        Raises:
            InvalidInput: if there are more or fewer options than in the base.
        """
        n = len(utilities)
        base = (Fraction(1, n),) * n if self.base is None else self.base
        if len(base) != n:
            raise InvalidInput.of("base", len(base), f"{n} probabilities, one an option")
        chances = [Fraction(0)] * n
        left = self.q
        for level in sorted(set(utilities), reverse=True):
            group = [c for c in range(n) if utilities[c] == level and base[c] > 0]
            mass = _total(base, group)
            taken = min(mass, left)
            for c in group:
                chances[c] = base[c] / mass * taken / self.q
            left -= taken
        return tuple(chances)


@dataclass(frozen=True)
class BestOfK(RationalRule):
    r"""The best of $k$ options drawn uniformly with replacement, ties split evenly.

    With $L$ of $N$ options worse than $c$ and $m$ of equal utility ($c$ among them) the
    probability of $c$ is $\big((L+m)^k - L^k\big) / (m N^k)$.

    >>> BestOfK(2).probabilities([Fraction(0), Fraction(1)])
    (Fraction(1, 4), Fraction(3, 4))
    """

    k: int

    def __post_init__(self) -> None:
        """Check the number of draws."""
        if self.k < 1:
            raise InvalidInput.of("k", self.k, "a positive number of draws")

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""
        n, counts = len(utilities), Counter(utilities)
        chances: dict[Fraction, Fraction] = {}
        worse = 0
        for level in sorted(counts):
            equal = counts[level]
            wins = (worse + equal) ** self.k - worse**self.k
            chances[level] = Fraction(wins, equal * n**self.k)
            worse += equal
        return tuple(chances[u] for u in utilities)


@dataclass(frozen=True)
class Learner(RationalRule):
    r"""What an $\varepsilon$-greedy learner prefers after $T$ tries of $n$ sure options.

    It first tries any option. From then on it repeats the best option tried so far, or,
    with probability $\varepsilon$, tries one of the $n - 1$ others, all equally likely. If
    $k$ options have utility at most $u$, all its tries stay among them with probability

    $$ \frac{k}{n} \Bigl(1 - \varepsilon\,\frac{n-k}{n-1}\Bigr)^{T-1}. $$

    Q-learning with learning rate 1 on a bandit whose arms pay sure, positive amounts.

    >>> rule = Learner("1/2", steps=2)
    >>> rule.probabilities([Fraction(5), Fraction(3), Fraction(1)])
    (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6))
    """

    epsilon: Fraction
    steps: int

    def __init__(self, epsilon: object, steps: int) -> None:
        """Read the probability of exploring and the number of tries, at least 1."""
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise InvalidInput.of("steps", steps, "an integer, at least 1")
        object.__setattr__(self, "epsilon", _unit_interval("epsilon", epsilon))
        object.__setattr__(self, "steps", steps)

    def probabilities(self, utilities: Utilities) -> tuple[Fraction, ...]:
        """The probability of each option."""
        n, times = len(utilities), Counter(utilities)
        chances: dict[Fraction, Fraction] = {}
        below, k = Fraction(0), 0
        for u in sorted(times):
            k += times[u]
            better = self.epsilon * Fraction(n - k, max(n - 1, 1))
            up_to = Fraction(k, n) * (1 - better) ** (self.steps - 1)
            chances[u] = (up_to - below) / times[u]
            below = up_to
        return tuple([chances[u] for u in utilities])


@dataclass(frozen=True)
class Boltzmann(DecisionRule):
    """Probability proportional to the exponential of utility over temperature.

    >>> rule = Boltzmann(1)
    >>> print(rule.probability([0], [Fraction(0), Fraction(5)]))
    0.00669285 (error at most ...)
    >>> rule.compare([0], [1, 2], [Fraction(x) for x in (10, 5, 0)])
    1
    """

    temperature: Fraction

    def __init__(self, temperature: object) -> None:
        """Read the temperature, a positive number."""
        number = exact_number("temperature", temperature)
        if number <= 0:
            raise InvalidInput.of("temperature", temperature, "a positive number")
        object.__setattr__(self, "temperature", number)

    def probability(self, chosen: Collection[int], utilities: Utilities) -> Certified:
        """Probability that the choice falls on one of the options ``chosen``."""
        from flint import ctx

        with ctx.workprec(128):
            ball = self._weight(Counter(utilities[c] for c in chosen), utilities)
            ball /= self._weight(Counter(utilities), utilities)
            value = float(ball)
            return Certified(value, float(ball.rad()) + abs(value) * 2.0**-53)

    def compare(self, left: Collection[int], right: Collection[int], utilities: Utilities) -> int:
        """Exact sign (1, 0, -1) of P(left is chosen) - P(right is chosen)."""
        from flint import ctx

        terms = Counter(utilities[c] for c in left)
        terms.subtract(utilities[c] for c in right)
        terms = Counter({u: count for u, count in terms.items() if count})
        if not terms:
            return 0
        precision = 128
        while True:
            with ctx.workprec(precision):
                ball = self._weight(terms, utilities)
                if ball > 0:
                    return 1
                if ball < 0:
                    return -1
            precision *= 2

    def _weight(self, terms: Counter[Fraction], utilities: Utilities):  # type: ignore[no-untyped-def]
        """Sum of ``count * exp((u - max) / T)``, as a ball that holds the true sum."""
        from flint import arb, fmpq

        best, total = max(utilities), arb(0)
        for u, count in terms.items():
            power = (u - best) / self.temperature
            total += count * arb(fmpq(power.numerator, power.denominator)).exp()
        return total


def _uniform(members: Sequence[bool]) -> tuple[Fraction, ...]:
    """Equal probabilities for the members, none for the others."""
    count = sum(members)
    return tuple(Fraction(1, count) if member else Fraction(0) for member in members)


def _total(chances: Sequence[Fraction], chosen: Collection[int]) -> Fraction:
    return sum((chances[c] for c in chosen), start=Fraction(0))


def _unit_interval(field: str, value: object) -> Fraction:
    number = exact_number(field, value)
    if not 0 <= number <= 1:
        raise InvalidInput.of(field, value, "a number in [0, 1]")
    return number
