r"""Which policies are strictly best for some reward: a test of the transitions alone.

Let $\pi$ be a policy restricted to the states $X$ it visits from $s$. A *deviation* is a
state $x \in X$ and an action $a \ne \pi(x)$; it is *internal* if all next states of $a$
lie in $X$. Let $D$ be the matrix with one row $P_\pi(x) - P_a(x)$ for each internal
deviation. Exactly one of the following holds (Gordan's theorem):

1. $D v > 0$ for some $v \in \mathbb{R}^X$. Then $f^{\pi,s}$ is non-dominated: for the
   reward $R = (I - \gamma P_\pi) v$ on $X$, and rewards low enough elsewhere, the optimal
   value is $v$ on $X$, every deviation is strictly worse, and so (by the performance
   difference formula) is every other visit distribution.
2. $\lambda^\top D = 0$ for some $\lambda \ge 0$, $\lambda \ne 0$. Let $\pi_{x,a}$ be
   $\pi$ with one internal deviation. As
   $f^{\pi_{x,a},s} - f^{\pi,s} = -\gamma f^{\pi_{x,a},s}(x)\, D_{x,a} (I-\gamma P_\pi)^{-1}$,
   the numbers $\lambda_{x,a} / f^{\pi_{x,a},s}(x)$ are, up to scale, the weights of a
   convex combination of other visit distributions that equals $f^{\pi,s}$. So no reward
   makes $f^{\pi,s}$ strictly best.

Neither $v$ nor $\lambda$ involves $\gamma$, so being non-dominated does not either. If
all transitions are deterministic, 1 holds iff the digraph with an arc
$\pi(x) \to a(x)$ for each internal deviation has no cycle; $v$ is then any numbering
that decreases along arcs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flint import fmpq, fmpq_mat

from .linear_program import gordan
from .policies import Choices, RestrictedPolicy

Deviation: TypeAlias = tuple[int, int]
"""A state and the place of another action in its choices."""


@dataclass(frozen=True, slots=True)
class Separation:
    """Values $v$, one for each visited state, with $D v > 0$."""

    values: dict[int, fmpq]


@dataclass(frozen=True, slots=True)
class Dependence:
    r"""Weights $\lambda > 0$ of internal deviations with $\lambda^\top D = 0$."""

    weights: dict[Deviation, fmpq]


def internal_deviations(choices: Choices, policy: RestrictedPolicy) -> list[Deviation]:
    """The deviations that do not lead out of the visited states."""
    return [
        (x, k)
        for x, chosen in policy.items()
        for k, (_, row) in enumerate(choices[x])
        if k != chosen and all(t in policy for t, _ in row)
    ]


def is_nondominated(choices: Choices, policy: RestrictedPolicy) -> bool:
    """Whether the visit distribution of the policy is strictly best for some reward.

    >>> from powerseek.theory.mdp import MDP
    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> loop = MDP.from_successors({"a": ["b"], "b": ["a", "b"]})
    >>> is_nondominated(distinct_choices(loop), {0: 0, 1: 1})
    True
    """
    deviations = internal_deviations(choices, policy)
    if not deviations:
        return True
    arcs = _arcs(choices, policy, deviations)
    if arcs is not None:
        return _numbering(arcs) is not None
    matrix = _differences(choices, policy, deviations)
    echelon, rank = matrix.transpose().rref()
    nullity = len(deviations) - rank
    if nullity == 0:
        return True
    if nullity == 1:
        return any(c > 0 for c in _free_column(echelon.tolist(), rank))
    return isinstance(gordan(matrix.tolist()), list)


def dominance_certificate(choices: Choices, policy: RestrictedPolicy) -> Separation | Dependence:
    """Why the visit distribution of a policy is non-dominated, or why it is not."""
    deviations = internal_deviations(choices, policy)
    states = list(policy)
    if not deviations:
        return Separation(dict.fromkeys(states, fmpq(0)))
    solution = gordan(_differences(choices, policy, deviations).tolist())
    if isinstance(solution, list):
        return Separation(dict(zip(states, solution, strict=True)))
    return Dependence(
        {deviations[k]: weight for k, weight in solution.items()},
    )


def _free_column(echelon: list[list[fmpq]], rank: int) -> list[fmpq]:
    r"""The entries of the one column without pivot.

    The only dependence of the rows of $D$, up to scale, has 1 at that place and the
    negatives of these entries at the pivots; it is $\ge 0$ iff none of them is positive.
    """
    pivots = [next(j for j, c in enumerate(row) if c) for row in echelon[:rank]]
    (free,) = set(range(rank + 1)) - set(pivots)
    return [row[free] for row in echelon[:rank]]


def _differences(
    choices: Choices, policy: RestrictedPolicy, deviations: list[Deviation]
) -> fmpq_mat:
    """The matrix D, with columns in the order of the policy's states."""
    place = {x: i for i, x in enumerate(policy)}
    matrix = [[fmpq(0)] * len(place) for _ in deviations]
    for entries, (x, k) in zip(matrix, deviations, strict=True):
        for t, p in choices[x][policy[x]][1]:
            entries[place[t]] += p
        for t, p in choices[x][k][1]:
            entries[place[t]] -= p
    return fmpq_mat(matrix)


def _arcs(
    choices: Choices, policy: RestrictedPolicy, deviations: list[Deviation]
) -> dict[int, list[int]] | None:
    """Arcs from chosen to alternative next states, or None if some row is random."""
    arcs: dict[int, list[int]] = {}
    for x, k in deviations:
        chosen, other = choices[x][policy[x]][1], choices[x][k][1]
        if len(chosen) != 1 or len(other) != 1:
            return None
        arcs.setdefault(chosen[0][0], []).append(other[0][0])
    return arcs


def _numbering(arcs: dict[int, list[int]]) -> list[int] | None:
    """The heads in an order in which arcs lead backwards, or None if there is a cycle."""
    finished: list[int] = []
    state: dict[int, bool] = {}

    def visit(x: int) -> bool:
        if x in state:
            return state[x]
        state[x] = False
        if not all(visit(y) for y in arcs.get(x, [])):
            return False
        state[x] = True
        finished.append(x)
        return True

    return finished if all(visit(x) for x in arcs) else None
