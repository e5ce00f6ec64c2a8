"""Attainable utility: how actions change what other goals could attain."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.attainable_utility import (
    attainable_utility_change,
    attainable_utility_deviation,
)
from powerseek.theory.errors import InvalidInput
from powerseek.theory.gallery import load, random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.optimal_values import optimal_values
from powerseek.theory.results import Certified, Estimate
from powerseek.theory.rewards import FiniteSupport

GAMMA = Fraction(3, 4)
mdps = st.builds(
    random_stochastic,
    seed=st.integers(0, 10**6),
    n_states=st.just(4),
    n_actions=st.just(3),
)
goals = st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=3)


@settings(max_examples=40)
@given(mdps, goals)
def test_changes_follow_the_definition(mdp, rewards):
    noop = {state: names[0] for state, names in zip(mdp.states, mdp.actions, strict=True)}
    changes = attainable_utility_change(mdp, GAMMA, noop, rewards)
    tables = [[v.exact for v in optimal_values(mdp, r, GAMMA).values()] for r in rewards]
    for s, state in enumerate(mdp.states):
        for a, action in enumerate(mdp.actions[s]):
            q = [[sum(p * v[t] for t, p in mdp.rows[s][i]) * GAMMA for i in (a, 0)] for v in tables]
            deltas = [act - idle for act, idle in q]
            change = changes[state][action]
            assert change.total.exact == sum(map(abs, deltas), Fraction(0)) / len(deltas)
            assert change.net.exact == sum(deltas, Fraction(0)) / len(deltas)
            assert change.gain.exact - change.loss.exact == change.net.exact
            assert change.gain.exact + change.loss.exact == change.total.exact
            assert min(change.gain.exact, change.loss.exact) >= 0


def test_sampling_agrees_with_the_listed_rewards():
    """Draws of the same three rewards; 5 standard errors fail 1 run in 1.7 million."""
    mdp = MDP.from_successors({"s": ["s", "shop", "cell"], "shop": ["s", "shop"], "cell": ["cell"]})
    noop = {name: name for name in mdp.states}
    goals = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    listed = attainable_utility_change(mdp, GAMMA, noop, goals)["s"]
    drawn = attainable_utility_change(mdp, GAMMA, noop, FiniteSupport(goals), samples=4000, seed=1)[
        "s"
    ]
    for action in ("shop", "cell"):
        for part in ("gain", "loss", "total", "net"):
            exact, estimate = getattr(listed[action], part), getattr(drawn[action], part)
            assert isinstance(estimate, Estimate)
            assert abs(estimate.value - exact.value) <= 5 * estimate.stderr
    again = attainable_utility_change(mdp, GAMMA, noop, FiniteSupport(goals), samples=4000, seed=1)[
        "s"
    ]
    assert drawn == again


def test_doing_nothing_changes_nothing():
    mdp = MDP.from_successors({"s": ["s", "t"], "t": ["s", "t"]})
    changes = attainable_utility_change(mdp, "1/2", {"s": "s"}, samples=10)
    assert list(changes) == ["s"]
    assert changes["s"]["s"].total.value == 0
    assert changes["s"]["t"].total.value > 0


def test_one_name_for_all_states_skips_states_without_it():
    mdp = MDP.from_transitions(
        {
            "s": {"wait": {"s": 1}, "go": {"t": 1}},
            "t": {"rest": {"t": 1}},
        }
    )
    assert list(attainable_utility_change(mdp, "1/2", "wait", [[1, 0]])) == ["s"]
    with pytest.raises(InvalidInput, match=r"^noop: got 'sleep'"):
        attainable_utility_change(mdp, "1/2", "sleep", [[1, 0]])


def test_float_transitions_give_certified_changes():
    mdp = MDP.from_transitions(
        {
            "s": {"stay": {"s": 1}, "go": {"s": 0.5, "t": 0.5}},
            "t": {"stay": {"t": 1}},
        }
    )
    change = attainable_utility_change(mdp, "1/2", "stay", [[0, 1], [1, 0]])["s"]["go"]
    assert isinstance(change.total, Certified)
    assert abs(change.gain.value - 1 / 6) <= change.gain.bound < 1e-10
    assert abs(change.loss.value - 1 / 4) <= change.loss.bound < 1e-10


@given(mdps, goals)
@settings(max_examples=30, deadline=None)
def test_deviations_follow_the_definition(mdp, rewards):
    """Exactly, from the optimal values of each reward."""
    tables = [optimal_values(mdp, reward, GAMMA) for reward in rewards]
    gaps = {s: [t[s].exact - t[mdp.states[-1]].exact for t in tables] for s in mdp.states}
    parts = {
        "gain": lambda x: max(x, 0),
        "loss": lambda x: max(-x, 0),
        "total": abs,
        "net": lambda x: x,
    }
    for direction, part in parts.items():
        found = attainable_utility_deviation(
            mdp, GAMMA, mdp.states[-1], rewards, direction=direction
        )
        for s in mdp.states:
            assert found[s].exact == Fraction(sum(map(part, gaps[s]))) / len(rewards)


def test_deviations_from_the_start_of_the_wait_world():
    """The start has more POWER than the candy, and more goals lose there than gain."""
    found = {
        direction: attainable_utility_deviation(load("wait"), "9/10", direction=direction, seed=1)
        for direction in ("total", "gain", "loss", "net")
    }
    assert found["total"]["start"].value == 0
    total, gain, loss, net = [found[d]["candy"] for d in ("total", "gain", "loss", "net")]
    assert total.value == pytest.approx(gain.value + loss.value)
    assert net.value == pytest.approx(gain.value - loss.value)
    assert loss.value > gain.value + 5 * loss.stderr


def test_errors():
    mdp = MDP.from_successors({"s": ["s"]})
    with pytest.raises(InvalidInput, match=r"^rewards: got"):
        attainable_utility_change(mdp, "1/2", "s", [])
    with pytest.raises(InvalidInput, match=r"^samples: got 1"):
        attainable_utility_change(mdp, "1/2", "s", "uniform", samples=1)
    with pytest.raises(InvalidInput, match=r"^reward"):
        attainable_utility_change(mdp, "1/2", "s", "cauchy")
    with pytest.raises(InvalidInput, match=r"^gamma: got .* float64 tells from 0 and 1"):
        attainable_utility_change(mdp, "0." + "9" * 20, "s", "uniform")
    with pytest.raises(InvalidInput, match=r"^direction: got 'up'"):
        attainable_utility_deviation(mdp, "1/2", direction="up")
    with pytest.raises(InvalidInput, match=r"state.*'t'"):
        attainable_utility_deviation(mdp, "1/2", "t")
    assert np.isfinite(attainable_utility_change(mdp, "1/2", "s", "gaussian")["s"]["s"].net.value)
