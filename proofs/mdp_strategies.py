"""Hypothesis strategies for MDPs, goals and policies, made to shrink.

Each strategy builds its values from small choices (a number of states, the state an action
leads to, a numerator), never from a seed, so a counterexample shrinks to few states, few
actions and sure outcomes. All MDPs are exact, with states ``s0``, ``s1``, ... and actions
``a0``, ``a1``, ... unless said otherwise. Public names are in `powerseek.testing`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from powerseek.theory.mdp import MDP
from powerseek.theory.rewards import (
    Exponential,
    FiniteSupport,
    RewardDistribution,
    Simplex,
    Uniform,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from powerseek.theory.visits import Policy

Distribution = dict[str, Fraction]

QUARTERS = 4
"""Denominator of drawn transition probabilities."""


@st.composite
def _rows(draw: DrawFn, states: list[str], chance: bool | None) -> Distribution:
    """A distribution over next states; at most two of them.

    Args:
        draw: given by Hypothesis.
        states: the states.
        chance: True: two outcomes (if there are two states); False: one; None: either.
    """
    surely = len(states) < 2 or chance is False or (chance is None and draw(st.booleans()))
    if surely:
        return {draw(st.sampled_from(states)): Fraction(1)}
    first, second = draw(st.lists(st.sampled_from(states), min_size=2, max_size=2, unique=True))
    p = Fraction(draw(st.integers(1, QUARTERS - 1)), QUARTERS)
    return {first: p, second: 1 - p}


@st.composite
def mdps(
    draw: DrawFn,
    max_states: int = 4,
    max_actions: int = 2,
    deterministic: bool = False,
    min_states: int = 2,
) -> MDP:
    """Any exact MDP with small denominators.

    Args:
        draw: given by Hypothesis.
        max_states: most states.
        max_actions: most actions in a state.
        deterministic: whether every action leads to one state for sure.
        min_states: fewest states.

    >>> from hypothesis import find
    >>> find(mdps(), lambda mdp: not mdp.is_deterministic).is_deterministic
    False
    """
    states = _names(draw(st.integers(min_states, max_states)))
    chance = False if deterministic else None
    return MDP.from_transitions(
        {
            s: {
                f"a{k}": draw(_rows(states, chance))
                for k in range(draw(st.integers(1, max_actions)))
            }
            for s in states
        }
    )


def deterministic_mdps(
    max_states: int = 5, max_actions: int = 3, min_states: int = 1
) -> SearchStrategy[MDP]:
    """MDPs in which every action leads to one state for sure."""
    return mdps(max_states, max_actions, deterministic=True, min_states=min_states)


@st.composite
def stochastic_mdps(draw: DrawFn, max_states: int = 4, max_actions: int = 2) -> MDP:
    """MDPs in which every action has two possible outcomes."""
    states = _names(draw(st.integers(2, max_states)))
    return MDP.from_transitions(
        {
            s: {
                f"a{k}": draw(_rows(states, True)) for k in range(draw(st.integers(1, max_actions)))
            }
            for s in states
        }
    )


@st.composite
def communicating_mdps(draw: DrawFn, max_states: int = 4, max_actions: int = 2) -> MDP:
    """MDPs in which every state can be reached from every other.

    A cycle through all states (action ``next``), and any further actions.
    """
    states = _names(draw(st.integers(1, max_states)))
    ways = {s: {"next": {states[(i + 1) % len(states)]: Fraction(1)}} for i, s in enumerate(states)}
    for s in states:
        for k in range(draw(st.integers(0, max_actions - 1))):
            ways[s][f"a{k}"] = draw(_rows(states, None))
    return MDP.from_transitions(ways)


@st.composite
def tree_mdps(draw: DrawFn, max_depth: int = 3, max_children: int = 3) -> MDP:
    """Deterministic trees with absorbing leaves; states are called by their path."""
    successors: dict[str, list[str]] = {}

    def grow(name: str, depth: int) -> None:
        children = draw(st.integers(0, max_children)) if depth < max_depth else 0
        successors[name] = [f"{name}.{i}" for i in range(children)] or [name]
        for i in range(children):
            grow(f"{name}.{i}", depth + 1)

    grow("root", 0)
    return MDP.from_successors(successors)


@st.composite
def hub_mdps(draw: DrawFn, max_goals: int = 4) -> MDP:
    """A start that leads to a hub and to a decoy, ahead of absorbing goals.

    From ``hub`` every goal can be reached, from ``decoy`` only some, but at least one; so
    the POWER of ``hub`` is larger.
    """
    goals = [f"goal{i}" for i in range(draw(st.integers(2, max_goals)))]
    kept = draw(st.integers(1, len(goals) - 1))
    return MDP.from_successors(
        {
            "start": ["hub", "decoy"],
            "hub": goals,
            "decoy": goals[:kept],
            **{goal: [goal] for goal in goals},
        }
    )


gammas = st.sampled_from([Fraction(1, 2), Fraction(1, 10), Fraction(7, 9), Fraction(19, 20)])
"""Rational discount rates, small and large."""


@st.composite
def goals(draw: DrawFn, n_states: int, largest: int = 3) -> tuple[Fraction, ...]:
    """One reward function: a small whole number for each state."""
    numbers = st.integers(0, largest).map(Fraction)
    return tuple(draw(st.lists(numbers, min_size=n_states, max_size=n_states)))


@st.composite
def finite_rewards(draw: DrawFn, n_states: int, max_goals: int = 3) -> FiniteSupport:
    """Finitely many reward functions, each with its probability."""
    k = draw(st.integers(1, max_goals))
    vectors = [draw(goals(n_states)) for _ in range(k)]
    weights = draw(st.lists(st.integers(1, 3), min_size=k, max_size=k))
    return FiniteSupport(vectors, [Fraction(w, sum(weights)) for w in weights])


def reward_distributions(n_states: int) -> SearchStrategy[RewardDistribution]:
    """Distributions of rewards that all exact methods know."""
    named = st.sampled_from([Uniform(), Exponential(), Simplex()])
    return st.one_of(named, finite_rewards(n_states))


@st.composite
def policies(draw: DrawFn, mdp: MDP) -> Policy:
    """A policy of an MDP: in each state an action, or a mixture of actions."""
    policy: dict[str, str | dict[str, object]] = {}
    for state, actions in zip(mdp.states, mdp.actions, strict=True):
        weights = draw(st.lists(st.integers(0, 5), min_size=len(actions), max_size=len(actions)))
        if sum(weights) == 0:
            policy[state] = draw(st.sampled_from(actions))
        else:
            policy[state] = {
                a: Fraction(w, sum(weights)) for a, w in zip(actions, weights, strict=True)
            }
    return policy


def _names(n: int) -> list[str]:
    return [f"s{i}" for i in range(n)]
