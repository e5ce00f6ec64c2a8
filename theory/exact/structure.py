r"""Which states need an integral, and the linear functions it is over.

A state with a single action needs none: as $V^*(s) = R(s) + \gamma \sum_t T(s,a,t) V^*(t)$
for every reward,

$$ \mathrm{POWER}(s) = (1-\gamma)\,E[R] + \gamma \sum_t T(s,a,t)\, \mathrm{POWER}(t). $$

For a state with several actions, $V^*(s) - R(s)$ is the maximum of $(f - e_s) \cdot R$
over $f \in F_{nd}(s)$. One integral serves all states with the same actions, and all that a
symmetry of the world exchanges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flint import fmpq

from .dominance import is_nondominated
from .linear_systems import solve_regular
from .policies import Choices, restricted_policies
from .subdivision import Number
from .symmetry import representatives
from .visits import visits


def nondominated_rows(choices: Choices, start: int, gamma: Number) -> list[list[Number]]:
    r"""The vectors $f - e_s$ for $f \in F_{nd}(s)$."""
    rows = []
    for policy in restricted_policies(choices, start):
        if is_nondominated(choices, policy):
            row = visits(choices, policy, gamma)
            row[start] = row[start] - 1
            rows.append(row)
    return rows


def forced_and_branching(choices: Choices, states: Iterable[int]) -> tuple[list[int], list[int]]:
    """States with one action that lead from the given ones to states with several."""
    forced: list[int] = []
    branching: list[int] = []
    seen: set[int] = set()
    frontier = list(states)
    while frontier:
        s = frontier.pop()
        if s in seen:
            continue
        seen.add(s)
        if len(choices[s]) > 1:
            branching.append(s)
        else:
            forced.append(s)
            frontier.extend([t for t, _ in choices[s][0][1]])
    return forced, branching


def stand_ins(choices: Choices, states: Sequence[int]) -> dict[int, int]:
    """For each of the states one of them that has the same POWER.

    So it is by symmetry, or if they have the same actions, as $V^*(s) - R(s)$ is the same
    then for every reward.

    >>> from powerseek.theory.gallery import grid
    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> stand_ins(distinct_choices(grid(1, 4)), [3, 1, 0])
    {3: 3, 1: 1, 0: 3}
    """
    if len(states) < 2:
        return {s: s for s in states}
    kind = representatives(choices)
    actions = [frozenset([row for _, row in available]) for available in choices]
    alike: dict[object, int] = {}
    for s in range(len(choices)):
        kind[s] = kind[alike.setdefault(actions[s], s)]
    first: dict[int, int] = {}
    for s in states:
        first.setdefault(kind[s], s)
    return {s: first[kind[s]] for s in states}


def extend_to_forced(
    choices: Choices,
    forced: Sequence[int],
    known: Mapping[int, Number],
    gamma: Number,
    mean: fmpq,
) -> dict[int, Number]:
    """POWER of states with a single action, from that of the states they lead to."""
    if not forced:
        return {}
    n, place = len(forced), {s: i for i, s in enumerate(forced)}
    system: list[list[Number]] = [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    constant = [(1 - gamma) * mean] * n
    for i, s in enumerate(forced):
        for t, p in choices[s][0][1]:
            weight = gamma * p
            if t in place:
                system[i][place[t]] -= weight
            else:
                constant[i] += weight * known[t]
    return dict(zip(forced, solve_regular(system, constant), strict=True))
