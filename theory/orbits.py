r"""Orbits of reward vectors under permutations, and votes taken over them.

A permutation $\phi$ of $n$ states moves the rewards of a vector $r \in \mathbb{Q}^n$
about: $(\phi \cdot r)_{\phi(i)} = r_i$. The *orbit* of $r$ is the set of its permuted
copies, under all of $S_n$ or under a subgroup. For functions $f_1, f_2$ of the reward,

$$ f_1 \ge^k_{\text{most}} f_2 \iff
   \#\{r' \in \mathrm{orbit}(r) : f_1(r') > f_2(r')\} \ge
   k \cdot \#\{r' \in \mathrm{orbit}(r) : f_1(r') < f_2(r')\} \text{ for all } r $$

(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 6.5;
Turner & Tadepalli, "Parametrically Retargetable Decision-Makers Tend to Seek Power",
NeurIPS 2022, definition 3.2). `orbit_vote` counts both sides for one orbit: exactly, or
from random orbit elements when the orbit is large.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, TypeVar

import numpy as np

from .errors import InvalidInput, NotExact, TooLarge
from .exact_numbers import exact_numbers
from .results import Estimate, Exact

_T = TypeVar("_T")
Rewards: TypeAlias = tuple[Fraction, ...]
Permutation: TypeAlias = tuple[int, ...]
"""``phi[i]`` is the index that index ``i`` is moved to."""

ORBIT_LIMIT = 1_000_000
"""Largest orbit that is counted element by element."""


@dataclass(frozen=True)
class OrbitVote:
    """How many elements of an orbit are for, against, or undecided.

    Attributes:
        prefers: number of orbit elements $r'$ with $f_1(r') > f_2(r')$.
        avoids: number with $f_1(r') < f_2(r')$.
        ties: number with $f_1(r') = f_2(r')$.
        seed: None when every orbit element was counted; the seed when the counts are of
            randomly drawn elements.
    """

    prefers: int
    avoids: int
    ties: int
    seed: int | None = None

    @property
    def decided(self) -> int:
        """Number of elements that are not ties."""
        return self.prefers + self.avoids

    @property
    def counted(self) -> int:
        """Number of elements looked at: the orbit's size, or the number of draws."""
        return self.decided + self.ties

    @property
    def share(self) -> Exact | Estimate:
        """Share of the decided elements that prefer $f_1$.

        An estimate when elements were drawn at random. Its standard error is that of a
        proportion with one success and one failure added, so that it is not zero when
        all draws agree.

        Raises:
            InvalidInput: if every element counted is a tie.
        """
        if not self.decided:
            raise InvalidInput.of("share", self.counted, "an orbit element without a tie")
        share = Fraction(self.prefers, self.decided)
        if self.seed is None:
            return Exact(share)
        smoothed = (self.prefers + 1) / (self.decided + 2)
        stderr = math.sqrt(smoothed * (1 - smoothed) / self.decided)
        return Estimate(float(share), stderr, samples=self.decided, seed=self.seed)

    @property
    def times(self) -> int | None:
        """Largest whole $k$ with ``prefers >= k * avoids``; None if every $k$ will do.

        Raises:
            NotExact: if the elements were drawn at random.
        """
        if self.seed is not None:
            raise NotExact("times: elements were drawn, not all counted; see share")
        return self.prefers // self.avoids if self.avoids else None

    def holds(self, k: int = 1) -> bool:
        """Whether $f_1$ is preferred at least $k$ times as often on this orbit.

        >>> OrbitVote(prefers=4, avoids=2, ties=0).holds(2)
        True
        """
        return self.times is None or self.times >= k


def permute(permutation: Permutation, values: Sequence[_T]) -> tuple[_T, ...]:
    r"""The moved vector $\phi \cdot r$ with $(\phi \cdot r)_{\phi(i)} = r_i$.

    >>> permute((1, 2, 0), ["a", "b", "c"])
    ('c', 'a', 'b')
    """
    moved = list(values)
    for i, j in enumerate(permutation):
        moved[j] = values[i]
    return tuple(moved)


def orbit_size(values: Sequence[object], fixed: Collection[int] = ()) -> int:
    """Number of distinct permutations of a vector, some places possibly fixed.

    >>> orbit_size([1, 1, 0, 0]), orbit_size([1, 1, 0, 0], fixed=[0])
    (6, 3)
    """
    numbers = exact_numbers("values", values)
    free = [x for i, x in enumerate(numbers) if i not in set(fixed)]
    size = math.factorial(len(free))
    for count in Counter(free).values():
        size //= math.factorial(count)
    return size


def orbit(
    values: Sequence[object],
    fixed: Collection[int] = (),
    generators: Sequence[Permutation] | None = None,
) -> Iterator[Rewards]:
    """The distinct permuted copies of a vector, one at a time.

    Args:
        values: the vector.
        fixed: indices that no permutation moves.
        generators: permutations that generate the group; by default all permutations
            that leave ``fixed`` in place, whose copies come in lexicographic order.

    Raises:
        InvalidInput: if a generator is not a permutation, or moves a fixed index.

    >>> [tuple(map(int, r)) for r in orbit([1, 0, 0])]
    [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
    >>> [tuple(map(int, r)) for r in orbit([1, 2, 3], generators=[(1, 2, 0)])]
    [(1, 2, 3), (3, 1, 2), (2, 3, 1)]
    """
    start = exact_numbers("values", values)
    _check_fixed(start, fixed)
    if generators is None:
        return _all_arrangements(start, fixed)
    for i, permutation in enumerate(generators):
        field = f"generators[{i}]"
        if sorted(permutation) != list(range(len(start))):
            raise InvalidInput.of(field, permutation, f"an order of 0..{len(start) - 1}")
        if any(permutation[j] != j for j in fixed):
            raise InvalidInput.of(field, permutation, f"{sorted(fixed)} left in place")
    return _generated(start, generators)


def orbit_vote(
    advantage: Callable[[Rewards], Fraction | int],
    values: Sequence[object],
    *,
    fixed: Collection[int] = (),
    generators: Sequence[Permutation] | None = None,
    samples: int | None = None,
    seed: int = 0,
    limit: int = ORBIT_LIMIT,
) -> OrbitVote:
    r"""Count for how many orbit elements an exact difference is positive.

    Args:
        advantage: $r' \mapsto f_1(r') - f_2(r')$, or anything with its sign. Compute it
            in fractions: rounding would decide ties at random.
        values: a vector $r$ of the orbit.
        fixed: indices that no permutation moves.
        generators: permutations that generate the group; by default all permutations.
        samples: number of orbit elements to draw, uniformly and independently; by
            default every element is counted.
        seed: seed of the draws.
        limit: refuse to count more elements than this.

    Raises:
        TooLarge: if the orbit has more than ``limit`` elements and ``samples`` is None.
        InvalidInput: as `orbit`; also if ``samples`` is given together with
            ``generators``, or is not positive.

    >>> first_or_rest = lambda r: max(r[1:]) - r[0]
    >>> orbit_vote(first_or_rest, [10, 5, 0])
    OrbitVote(prefers=4, avoids=2, ties=0, seed=None)
    >>> print(orbit_vote(first_or_rest, range(30), samples=1000).share)
    0.979 +- 0.005
    """
    if samples is None:
        elements = _counted(values, fixed, generators, limit)
    elif generators is not None:
        raise InvalidInput.of("samples", samples, "None when generators are given")
    else:
        elements = _drawn(values, fixed, samples, seed)
    signs = Counter((x > 0) - (x < 0) for x in map(advantage, elements))
    return OrbitVote(signs[1], signs[-1], signs[0], seed=None if samples is None else seed)


def _counted(
    values: Sequence[object],
    fixed: Collection[int],
    generators: Sequence[Permutation] | None,
    limit: int,
) -> Iterator[Rewards]:
    size = orbit_size(values, fixed)
    if generators is None and size > limit:
        raise TooLarge(
            f"values: orbit of {size} elements, expected at most {limit}; "
            "give samples to draw elements, or a larger limit"
        )
    for n, element in enumerate(orbit(values, fixed, generators)):
        if n == limit:
            raise TooLarge(f"values: orbit of more than {limit} elements; raise limit")
        yield element


def _drawn(
    values: Sequence[object], fixed: Collection[int], samples: int, seed: int
) -> Iterator[Rewards]:
    if samples < 1:
        raise InvalidInput.of("samples", samples, "a positive number of draws")
    numbers = exact_numbers("values", values)
    _check_fixed(numbers, fixed)
    free = [i for i in range(len(numbers)) if i not in set(fixed)]
    rng = np.random.default_rng(seed)
    for _ in range(samples):
        element = list(numbers)
        for i, j in zip(free, rng.permutation(free), strict=True):
            element[i] = numbers[j]
        yield tuple(element)


def _check_fixed(values: Rewards, fixed: Collection[int]) -> None:
    for i in fixed:
        if not 0 <= i < len(values):
            raise InvalidInput.of("fixed", i, f"indices from 0 to {len(values) - 1}")


def _all_arrangements(values: Rewards, fixed: Collection[int]) -> Iterator[Rewards]:
    """Distinct arrangements in lexicographic order (Knuth, TAOCP 7.2.1.2, algorithm L)."""
    free = [i for i in range(len(values)) if i not in set(fixed)]
    order = sorted(values[i] for i in free)
    element = list(values)
    while True:
        for i, x in zip(free, order, strict=True):
            element[i] = x
        yield tuple(element)
        j = len(order) - 2
        while j >= 0 and order[j] >= order[j + 1]:
            j -= 1
        if j < 0:
            return
        k = len(order) - 1
        while order[j] >= order[k]:
            k -= 1
        order[j], order[k] = order[k], order[j]
        order[j + 1 :] = reversed(order[j + 1 :])


def _generated(start: Rewards, generators: Sequence[Permutation]) -> Iterator[Rewards]:
    """Breadth-first closure; in a finite group the generators alone reach everything."""
    seen, frontier = {start}, [start]
    yield start
    while frontier:
        found: list[Rewards] = []
        for element in frontier:
            for permutation in generators:
                moved = permute(permutation, element)
                if moved not in seen:
                    seen.add(moved)
                    found.append(moved)
        yield from found
        frontier = found
