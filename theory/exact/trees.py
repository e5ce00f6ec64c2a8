r"""Worlds whose branches are independent: distribution functions instead of cells.

Write $V(x)$ for the optimal value of state $x$. If the states reachable through the
different actions of $x$ are disjoint, the values behind them are independent, and

$$ \Pr\Bigl(\max_a V(x_a) \le t\Bigr) = \prod_a \Pr(V(x_a) \le t), \qquad
   V(x) = R(x) + \gamma \max_a V(x_a). $$

Where there is nothing to choose any more, $V(x) = f^{\pi,x} \cdot R$ is a weighted sum
of independent rewards. So the distribution function of $V$ is built up from the leaves:
`powerseek.theory.exact.piecewise` for uniform rewards,
`powerseek.theory.exact.exponential_sums` for exponential ones. Equal subtrees are
computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flint import fmpq

from .expectation import Law
from .exponential_sums import ExponentialCDF
from .piecewise import PiecewiseCDF
from .policies import Choices, RestrictedPolicy
from .visits import visits

CDF: TypeAlias = PiecewiseCDF | ExponentialCDF


@dataclass(frozen=True)
class Tree:
    """The shape of what can be reached from a state, if it is a tree.

    Attributes:
        shape: a number, equal for equal subtrees.
        weights: at a leaf, the visits to the states from there on, sorted.
        branches: elsewhere, what follows each action.
        size: number of states.
    """

    shape: int
    weights: tuple[fmpq, ...]
    branches: tuple[Tree, ...]
    size: int


def tree_from(choices: Choices, start: int, gamma: fmpq) -> Tree | None:
    """The tree of states reachable from ``start``, or None if branches overlap.

    >>> from powerseek.theory.gallery import tree
    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> tree_from(distinct_choices(tree(2, 3)), 0, fmpq(1, 2)).size
    13
    """
    used: set[int] = set()
    shapes: dict[tuple[object, ...], int] = {}

    def build(x: int) -> Tree | None:
        chain = _without_choice(choices, x)
        if used & (chain.keys() or {x}):
            return None
        if chain:
            used.update(chain)
            all_weights = visits(choices, chain, gamma)
            weights = tuple(sorted([all_weights[y] for y in chain]))
            shape = shapes.setdefault(("leaf", *weights), len(shapes))
            return Tree(shape, weights, (), len(chain))
        used.add(x)
        branches: list[Tree] = []
        for _, row in choices[x]:
            branch = build(row[0][0]) if len(row) == 1 else None
            if branch is None:
                return None
            branches.append(branch)
        kinds = sorted([branch.shape for branch in branches])
        shape = shapes.setdefault(("node", *kinds), len(shapes))
        size = 1 + sum([branch.size for branch in branches])
        return Tree(shape, (), tuple(branches), size)

    return build(start)


def _without_choice(choices: Choices, start: int) -> RestrictedPolicy:
    """The only policy from a state, if there is nothing to choose; else empty."""
    policy: RestrictedPolicy = {}
    frontier = [start]
    while frontier:
        x = frontier.pop()
        if x in policy:
            continue
        if len(choices[x]) > 1:
            return {}
        policy[x] = 0
        frontier.extend([t for t, _ in choices[x][0][1]])
    return policy


def exponential_terms(tree: Tree) -> int:
    r"""A bound on the number of terms of the root's exponential sum.

    Its rates are $\sum_d n_d \gamma^{-d}$ with $n_d$ at most the number of states at
    depth $d$; so deep and wide trees have very many.

    >>> from powerseek.theory.gallery import tree
    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> exponential_terms(tree_from(distinct_choices(tree(2, 3)), 0, fmpq(1, 2)))
    40
    """
    level, terms = [tree], 1
    while level := [branch for node in level for branch in node.branches]:
        leaves = [len(node.weights) for node in level if node.weights]
        terms *= (len(level) + 1) * max(leaves, default=1)
    return terms


def expected_best_branch(tree: Tree, law: Law, gamma: fmpq) -> fmpq:
    """The expectation of the best value behind the root's actions.

    >>> from powerseek.theory.gallery import star
    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> half = fmpq(1, 2)
    >>> three = tree_from(distinct_choices(star(3)), 0, half)
    >>> expected_best_branch(three, Law.UNIFORM, half) * half
    3/4
    """
    known: dict[int, CDF] = {}
    reward = PiecewiseCDF if law is Law.UNIFORM else ExponentialCDF

    def value(node: Tree) -> CDF:
        cdf = known.get(node.shape)
        if cdf is None:
            if node.branches:
                cdf = best(node).scaled(gamma).plus_reward(fmpq(1))
            else:
                cdf = reward.of_reward(node.weights[0])
                for weight in node.weights[1:]:
                    cdf = cdf.plus_reward(weight)
            known[node.shape] = cdf
        return cdf

    def best(node: Tree) -> CDF:
        first, *others = [value(branch) for branch in node.branches]
        for other in others:
            first = first * other  # type: ignore[operator]
        return first

    return best(tree).mean()
