r"""How often a given policy visits each state, and what it therefore earns.

For a stationary policy $\pi$ with transition matrix $P_\pi$ and a discount rate
$\gamma \in (0,1)$, the visit distribution from state $s$ is the vector

$$ f^{\pi,s}(\gamma) = \sum_{t \ge 0} \gamma^t \Pr(s_t = \cdot \mid \pi, s_0 = s)
   = e_s^\top (I - \gamma P_\pi)^{-1}, $$

with non-negative entries that sum to $1/(1-\gamma)$; the value of the policy for a
state-based reward $R$ is $V^\pi_R(s,\gamma) = f^{\pi,s}(\gamma) \cdot R$ (Turner et al.,
"Optimal Policies Tend to Seek Power", NeurIPS 2021, section 3, definition 3.3).

With an exact MDP and an exact policy the system is solved over $\mathbb{Q}$, otherwise
in float64.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from .discount import discount, float_discount
from .errors import InvalidInput
from .mdp import MDP, Probability, read_distribution
from .rational_systems import solve_rational
from .reward_functions import Reward, read_reward

Policy: TypeAlias = Mapping[str, str | Mapping[str, object]]
"""``{state: action}`` or ``{state: {action: probability}}``, mixed as one likes."""


@dataclass(frozen=True)
class VisitDistribution:
    """Discounted expected visits to each state.

    Attributes:
        states: the state names.
        gamma: the discount rate.
        visits: the expected discounted number of visits to each state; all `Fraction`,
            or all float.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
    >>> f = visit_distribution(mdp, {"a": "b"}, gamma="1/2", state="a")
    >>> f["a"], f["b"]
    (Fraction(1, 1), Fraction(1, 1))
    """

    states: tuple[str, ...]
    gamma: Fraction
    visits: tuple[Fraction | float, ...]

    def __getitem__(self, state: str) -> Fraction | float:
        """Visits to one state, by name.

        Raises:
            InvalidInput: if there is no such state.
        """
        if state not in self.states:
            raise InvalidInput.of("state", state, "the name of a state of the MDP")
        return self.visits[self.states.index(state)]

    @property
    def is_exact(self) -> bool:
        """Whether the visits are fractions."""
        return all(isinstance(x, Fraction) for x in self.visits)


def visit_distribution(mdp: MDP, policy: Policy, gamma: object, state: str) -> VisitDistribution:
    r"""The visit distribution $f^{\pi,s}(\gamma)$ of a given policy.

    Args:
        mdp: the MDP.
        policy: for each state the name of an action, or a mapping from action names to
            probabilities (read as those of an MDP). States with a single action may be
            left out, and so may states the policy does not reach from ``state``.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        state: the start state $s$.

    Raises:
        InvalidInput: naming the state and the action at fault.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
    >>> f = visit_distribution(mdp, {"a": {"a": "1/3", "b": "2/3"}}, "1/2", state="a")
    >>> f.visits, sum(f.visits)
    ((Fraction(6, 5), Fraction(4, 5)), Fraction(2, 1))
    """
    rate = discount(gamma)
    for name in policy:
        mdp.index(name)
    start = mdp.index(state)
    chain = _chain(mdp, policy, start)
    reached = sorted(chain)
    exact = all(isinstance(p, Fraction) for row in chain.values() for p in row.values())
    solve = _solve_exactly if exact else _solve_in_floats
    visits: dict[int, Fraction | float] = dict(
        zip(reached, solve(chain, reached, rate, start), strict=True)
    )
    zero = Fraction(0) if exact else 0.0
    return VisitDistribution(
        mdp.states, rate, tuple(visits.get(s, zero) for s in range(mdp.n_states))
    )


def value(f: VisitDistribution, reward: Reward) -> Fraction | float:
    r"""The value $V^\pi_R(s,\gamma) = f^{\pi,s}(\gamma) \cdot R$ of a policy.

    Args:
        f: its visit distribution from $s$.
        reward: one number for each state: a mapping by name (states left out count as
            0) or a sequence in the order of the states. Numbers are read as
            `powerseek.theory.exact_numbers.exact_number` reads them, so the value is
            exact whenever the visits are.

    Raises:
        InvalidInput: naming ``reward`` and the entry at fault.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
    >>> value(visit_distribution(mdp, {"a": "b"}, "9/10", state="a"), {"b": 1})
    Fraction(9, 1)
    """
    rewards = read_reward(f.states, reward)
    terms = [
        x * r if isinstance(x, Fraction) else x * float(r)
        for x, r in zip(f.visits, rewards, strict=True)
    ]
    return sum(terms, start=Fraction(0)) if f.is_exact else math.fsum(terms)


_Chain: TypeAlias = dict[int, dict[int, Probability]]
"""Transition probabilities under a policy, for the states it reaches."""


def _chain(mdp: MDP, policy: Policy, start: int) -> _Chain:
    chain: _Chain = {}
    frontier = [start]
    while frontier:
        s = frontier.pop()
        if s in chain:
            continue
        row: dict[int, Probability] = {}
        chain[s] = row
        for a, weight in _choice(mdp, policy, s):
            for t, p in mdp.rows[s][a]:
                row[t] = row.get(t, Fraction(0)) + weight * p
        frontier.extend(row)
    return chain


def _choice(mdp: MDP, policy: Policy, s: int) -> list[tuple[int, Probability]]:
    """The actions the policy takes in a state, with their probabilities."""
    state, available = mdp.states[s], mdp.actions[s]
    if state not in policy:
        if len(available) > 1:
            raise InvalidInput(
                f"policy: no action for state {state!r}, expected one of {list(available)}"
            )
        return [(0, Fraction(1))]
    choice = policy[state]
    if isinstance(choice, str):
        return [(mdp.action_index(state, choice), Fraction(1))]
    index = {name: a for a, name in enumerate(available)}
    return list(read_distribution(f"policy[{state!r}]", choice, index, "action"))


def _solve_exactly(
    chain: _Chain, reached: list[int], gamma: Fraction, start: int
) -> list[Fraction]:
    place = {s: i for i, s in enumerate(reached)}
    rows: list[dict[int, Fraction]] = [{i: Fraction(1)} for i in range(len(reached))]
    for s, row in chain.items():
        for t, p in row.items():
            equation = rows[place[t]]
            equation[place[s]] = equation.get(place[s], Fraction(0)) - gamma * Fraction(p)
    return solve_rational(rows, [Fraction(s == start) for s in reached])


def _solve_in_floats(chain: _Chain, reached: list[int], gamma: Fraction, start: int) -> list[float]:
    n, place, rate = len(reached), {s: i for i, s in enumerate(reached)}, float_discount(gamma)
    system = np.eye(n)
    for s, row in chain.items():
        for t, p in row.items():
            system[place[t], place[s]] -= rate * float(p)
    unit = np.zeros(n)
    unit[place[start]] = 1.0
    return [float(x) for x in np.linalg.solve(system, unit)]
