r"""$F(s)$: the visit distributions of all deterministic stationary policies, exactly.

$$ f^{\pi,s}(\gamma) = \sum_{t \ge 0} \gamma^t \Pr(s_t = \cdot \mid \pi, s_0 = s)
   = e_s^\top (I - \gamma P_\pi)^{-1} $$

(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 3.3).
Policies are enumerated only over the states they visit, and policies with the same
visit distribution are listed together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from powerseek.theory.discount import discount
from powerseek.theory.errors import NotExact
from powerseek.theory.mdp import MDP

from .linear_systems import solve_regular
from .policies import (
    Choices,
    FlintRow,
    RestrictedPolicy,
    distinct_choices,
    named_policy,
    restricted_policies,
)
from .rational import to_flint, to_fraction
from .subdivision import Number


@dataclass(frozen=True)
class DeterministicVisits:
    """One element of $F(s)$.

    Attributes:
        visits: expected discounted visits to each state, in the order of the MDP.
        policies: the deterministic policies that have this visit distribution, each as
            ``{state: action}`` over the states it visits.
    """

    visits: tuple[Fraction, ...]
    policies: tuple[dict[str, str], ...]


def visit_distributions(mdp: MDP, state: str, gamma: object) -> tuple[DeterministicVisits, ...]:
    """All different visit distributions of deterministic policies from a state.

    Args:
        mdp: an exact MDP.
        state: the start state, by name.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if there is no such state, or gamma is outside (0, 1).

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
    >>> for f in visit_distributions(mdp, "a", "1/2"):
    ...     print(*f.visits, f.policies)
    2 0 ({'a': 'a'},)
    1 1 ({'a': 'b', 'b': 'b'},)
    """
    require_exact(mdp)
    rate, start = to_flint(discount(gamma)), mdp.index(state)
    choices = distinct_choices(mdp)
    found: dict[tuple[Fraction, ...], list[dict[str, str]]] = {}
    for policy in restricted_policies(choices, start):
        row = tuple([to_fraction(x) for x in visits(choices, policy, rate)])
        found.setdefault(row, []).append(named_policy(mdp, choices, policy))
    return tuple([DeterministicVisits(row, tuple(same)) for row, same in found.items()])


def visits(choices: Choices, policy: RestrictedPolicy, gamma: Number) -> list[Number]:
    """Visits to each state from the first state of a restricted policy.

    Args:
        choices: the actions of all states.
        policy: the restricted policy, its start state first.
        gamma: a rational number, or `RationalFunction.gamma()`.

    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> mdp = MDP.from_successors({"a": ["b"], "b": ["a"]})
    >>> visits(distinct_choices(mdp), {0: 0, 1: 0}, fmpq(1, 2))
    [4/3, 2/3]
    """
    result: list[Number] = [fmpq(0)] * len(choices)
    rows = {x: choices[x][k][1] for x, k in policy.items()}
    if all(len(row) == 1 for row in rows.values()):
        _walk(result, {x: row[0][0] for x, row in rows.items()}, gamma)
    else:
        for x, value in zip(rows, _solution(rows, gamma), strict=True):
            result[x] = value
    return result


def require_exact(mdp: MDP) -> None:
    """Refuse MDPs with float probabilities.

    Raises:
        NotExact: naming the first float and how to mend it.
    """
    if mdp.is_exact:
        return
    for state, actions, available in zip(mdp.states, mdp.actions, mdp.rows, strict=True):
        for action, row in zip(actions, available, strict=True):
            for t, p in row:
                if not isinstance(p, Fraction):
                    raise NotExact(
                        f"actions[{state!r}][{action!r}][{mdp.states[t]!r}]: got the float "
                        f'{p!r}, expected an exact probability such as "1/3"; '
                        "mdp.rationalize() (--rationalize) takes nearby fractions"
                    )


def _walk(result: list[Number], following: dict[int, int], gamma: Number) -> None:
    """Visits along a path that ends in a cycle."""
    path = [next(iter(following))]
    place = {path[0]: 0}
    while (entry := following[path[-1]]) not in place:
        place[entry] = len(path)
        path.append(entry)
    weight: Number = fmpq(1)
    for x in path:
        result[x] = weight
        weight = weight * gamma
    cycle = path[place[entry] :]
    again = 1 / (1 - gamma ** len(cycle))
    for x in cycle:
        result[x] = result[x] * again


def _solution(rows: Mapping[int, FlintRow], gamma: Number) -> Sequence[Number]:
    r"""The solution of $f = e_s + \gamma P^\top f$."""
    n, place = len(rows), {x: i for i, x in enumerate(rows)}
    system: list[list[Number]] = [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    for j, row in enumerate(rows.values()):
        for t, p in row:
            system[place[t]][j] -= gamma * p
    return solve_regular(system, [fmpq(int(i == 0)) for i in range(n)])
