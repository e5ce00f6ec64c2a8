r"""Retargetability: most ways of pointing a decision-maker lead to the larger set.

A rule $p$ chooses among options, each a lottery $c \in \mathbb{Q}^d$ over $d$ outcomes,
by their expected utilities $c \cdot u$. For two sets of options $A$ and $B$ one asks how
many permutations $u'$ of a utility vector $u$ have $p(B \mid u') > p(A \mid u')$. The rule
is *$n$-retargetable* from $A$ to $B$ on the orbit of $u$ if there are $n$ permutations
$\phi_i$ such that, on every orbit element $u^A$ that prefers $A$,

1. $p(A \mid \phi_i \cdot u^A) < p(B \mid \phi_i \cdot u^A)$, and
2. the images $\phi_i \cdot \{u^A\}$ are pairwise disjoint;

then at least $n$ times as many orbit elements prefer $B$ as prefer $A$ (Turner &
Tadepalli, "Parametrically Retargetable Decision-Makers Tend to Seek Power", NeurIPS 2022,
definition 3.5 and theorem 3.6). Every rule of `powerseek.theory.decision_rules` with a
uniform base is $n$-retargetable whenever $B$ contains $n$ copies of $A$ in the sense of
`powerseek.theory.similarity.find_copies` (theorem A.13).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

from .decision_rules import DecisionRule
from .errors import InvalidInput
from .exact_numbers import exact_numbers
from .orbits import ORBIT_LIMIT, OrbitVote, Permutation, Rewards, orbit, orbit_vote, permute


def orbit_preference(
    rule: DecisionRule,
    a: Collection[int],
    b: Collection[int],
    utilities: Sequence[object],
    *,
    lotteries: Sequence[Sequence[object]] | None = None,
    fixed: Collection[int] = (),
    samples: int | None = None,
    seed: int = 0,
    limit: int = ORBIT_LIMIT,
) -> OrbitVote:
    """Count the permuted utilities for which a rule prefers ``b`` over ``a``.

    Args:
        rule: the decision rule.
        a: indices of the options in the first set.
        b: indices of the options in the second set; a vote "prefers" when b is likelier.
        utilities: the utility of each outcome.
        lotteries: for each option, the weight of each outcome: its probability, or a
            visit distribution if the outcomes are states and the utilities rewards. By
            default option $i$ is outcome $i$ for sure.
        fixed: outcomes whose utility is not permuted.
        samples: number of orbit elements to draw; by default all are counted.
        seed: seed of the draws.
        limit: refuse to count more orbit elements than this.

    Raises:
        InvalidInput: if a lottery has the wrong length or an index is out of range.
        TooLarge: if the orbit has more than ``limit`` elements and ``samples`` is None.

    >>> from powerseek.theory.decision_rules import Boltzmann, Satisficing
    >>> ghost, fruit = [0], [1, 2]
    >>> orbit_preference(Boltzmann(1), ghost, fruit, [10, 5, 0])
    OrbitVote(prefers=4, avoids=2, ties=0, seed=None)
    >>> orbit_preference(Satisficing(3), ghost, fruit, [10, 5, 0])
    OrbitVote(prefers=2, avoids=0, ties=4, seed=None)
    """
    expected = _expected_utilities(lotteries, len(utilities))
    n_options = len(utilities) if lotteries is None else len(lotteries)
    for field, indices in (("a", a), ("b", b)):
        _check_indices(field, indices, n_options)

    def advantage(element: Rewards) -> int:
        return rule.compare(b, a, expected(element))

    return orbit_vote(advantage, utilities, fixed=fixed, samples=samples, seed=seed, limit=limit)


def is_retargetable(
    rule: DecisionRule,
    a: Collection[int],
    b: Collection[int],
    utilities: Sequence[object],
    permutations: Sequence[Permutation],
    *,
    lotteries: Sequence[Sequence[object]] | None = None,
) -> bool:
    """Whether given permutations retarget a rule from ``a`` to ``b`` on a whole orbit.

    Checks both conditions of the definition above, with ``n = len(permutations)``.

    Args:
        rule: the decision rule.
        a: indices of the options in the first set.
        b: indices of the options in the second set.
        utilities: the utility of each outcome; its orbit under all permutations is read.
        permutations: the retargeting permutations of the outcomes.
        lotteries: as in `orbit_preference`.

    >>> from powerseek.theory.decision_rules import Optimal
    >>> swaps = [(1, 0, 2), (2, 1, 0)]
    >>> is_retargetable(Optimal(), [0], [1, 2], [10, 5, 0], swaps)
    True
    >>> is_retargetable(Optimal(), [1, 2], [0], [10, 5, 0], swaps)
    False
    """
    expected = _expected_utilities(lotteries, len(utilities))
    prefer_a = [u for u in orbit(utilities) if rule.compare(a, b, expected(u)) > 0]
    images: set[Rewards] = set()
    for permutation in permutations:
        moved = {permute(permutation, u) for u in prefer_a}
        if moved & images:
            return False
        if any(rule.compare(b, a, expected(u)) <= 0 for u in moved):
            return False
        images |= moved
    return True


def _expected_utilities(
    lotteries: Sequence[Sequence[object]] | None, n_outcomes: int
) -> Callable[[Rewards], Rewards]:
    """The map from utilities of outcomes to expected utilities of options."""
    if lotteries is None:
        return lambda element: element
    sparse: list[list[tuple[int, Fraction]]] = []
    for i, lottery in enumerate(lotteries):
        weights = exact_numbers(f"lotteries[{i}]", lottery)
        if len(weights) != n_outcomes:
            field = f"lotteries[{i}]"
            raise InvalidInput.of(field, len(weights), f"{n_outcomes} weights")
        sparse.append([(o, w) for o, w in enumerate(weights) if w])

    def expected(element: Rewards) -> Rewards:
        return tuple(
            sum((w * element[o] for o, w in lottery), start=Fraction(0)) for lottery in sparse
        )

    return expected


def _check_indices(field: str, indices: Collection[int], n_options: int) -> None:
    for i in indices:
        if not 0 <= i < n_options:
            raise InvalidInput.of(field, i, f"indices of options, 0 to {n_options - 1}")
    if len(set(indices)) != len(indices):
        raise InvalidInput.of(field, list(indices), "each option only once")
