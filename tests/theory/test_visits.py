"""Visit distributions of given policies."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.gallery import load, random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.visits import value, visit_distribution

gammas = st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100)
mdps = st.builds(
    random_stochastic,
    seed=st.integers(0, 10**6),
    n_states=st.integers(3, 5),
    n_actions=st.integers(1, 3),
    n_next=st.integers(1, 3),
)


@st.composite
def mdps_with_policies(draw):
    """An exact MDP and a policy, deterministic in some states, mixed in others."""
    mdp = draw(mdps)
    policy = {}
    for state, actions in zip(mdp.states, mdp.actions, strict=True):
        weights = draw(st.lists(st.integers(0, 5), min_size=len(actions), max_size=len(actions)))
        if sum(weights) == 0:
            policy[state] = draw(st.sampled_from(actions))
        else:
            policy[state] = {
                a: Fraction(w, sum(weights)) for a, w in zip(actions, weights, strict=True)
            }
    return mdp, policy


def as_floats(policy):
    return {
        s: c if isinstance(c, str) else {a: float(p) for a, p in c.items()}
        for s, c in policy.items()
    }


@given(mdps_with_policies(), gammas)
def test_visits_sum_to_one_over_one_minus_gamma(made, gamma):
    mdp, policy = made
    for state in mdp.states:
        f = visit_distribution(mdp, policy, gamma, state)
        assert f.is_exact
        assert sum(f.visits) == 1 / (1 - gamma)
        assert min(f.visits) >= 0
        assert f[state] >= 1


@given(mdps_with_policies(), gammas)
def test_visits_solve_the_flow_equations(made, gamma):
    """f(t) = [t = s] + gamma * sum_u f(u) P(t | u), the definition of the sum."""
    mdp, policy = made
    f = visit_distribution(mdp, policy, gamma, mdp.states[0])
    inflow = [Fraction(int(t == 0)) for t in range(mdp.n_states)]
    for s, state in enumerate(mdp.states):
        choice = policy[state]
        weights = {choice: Fraction(1)} if isinstance(choice, str) else choice
        for action, weight in weights.items():
            for t, p in mdp.rows[s][mdp.action_index(state, action)]:
                inflow[t] += gamma * f.visits[s] * weight * p
    assert f.visits == tuple(inflow)


@given(mdps_with_policies(), gammas)
def test_floats_agree_with_fractions(made, gamma):
    mdp, policy = made
    exact = visit_distribution(mdp, policy, gamma, mdp.states[0])
    floats = visit_distribution(mdp, as_floats(policy), gamma, mdp.states[0])
    np.testing.assert_allclose(
        [float(x) for x in floats.visits], [float(x) for x in exact.visits], atol=1e-9
    )


@given(mdps_with_policies(), gammas, st.lists(st.integers(-5, 5), min_size=5, max_size=5))
def test_value_satisfies_the_bellman_equation(made, gamma, rewards):
    mdp, policy = made
    reward = dict(zip(mdp.states, rewards, strict=False))
    v = {s: value(visit_distribution(mdp, policy, gamma, s), reward) for s in mdp.states}
    for s, state in enumerate(mdp.states):
        choice = policy[state]
        weights = {choice: Fraction(1)} if isinstance(choice, str) else choice
        future = sum(
            weight * p * v[mdp.states[t]]
            for action, weight in weights.items()
            for t, p in mdp.rows[s][mdp.action_index(state, action)]
        )
        assert v[state] == reward[state] + gamma * future


def test_a_cycle_by_hand():
    """a -> b -> a -> ...: f(a) = 1/(1-g^2), f(b) = g/(1-g^2)."""
    cycle = MDP.from_successors({"a": ["b"], "b": ["a"], "c": ["a"]})
    f = visit_distribution(cycle, {}, "1/3", "a")
    assert f.visits == (Fraction(9, 8), Fraction(3, 8), Fraction(0))
    assert value(f, ["1/2", 2, 7]) == Fraction(21, 16)
    assert value(f, {"b": 0.5}) == Fraction(3, 16)


def test_states_the_policy_never_reaches_need_no_action():
    f = visit_distribution(load("wait"), {"start": "candy"}, "1/2", "start")
    assert f["candy"] == 1
    with pytest.raises(InvalidInput, match="policy: no action for state 'wait', expected"):
        visit_distribution(load("wait"), {"start": "wait"}, "1/2", "start")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"start": "run"}, "action in state 'start': got 'run', expected one of 'candy'"),
        ({"nowhere": "run"}, "state: got 'nowhere', expected one of 'start'"),
        ({"start": {"run": 1}}, r"policy\['start'\]: got 'run', expected a known action"),
        ({"start": {"candy": "1/2"}}, r"policy\['start'\]: probabilities sum to 1/2"),
        ({"start": {"candy": 2}}, r"policy\['start'\]\['candy'\]: got 2, expected a prob"),
        ({"start": 0}, r"policy\['start'\]: got 0, expected an object {action: probabil"),
        ({}, "policy: no action for state 'start'"),
    ],
)
def test_bad_policies_are_named(policy, message):
    with pytest.raises(InvalidInput, match=message):
        visit_distribution(load("wait"), policy, "1/2", "start")


def test_bad_rewards_states_and_discounts_are_named():
    f = visit_distribution(load("wait"), {"start": "candy"}, "1/2", "start")
    with pytest.raises(InvalidInput, match=r"reward: got \[1\], expected 5 numbers"):
        value(f, [1])
    with pytest.raises(InvalidInput, match="reward: got 'tea', expected only names"):
        value(f, {"tea": 1})
    with pytest.raises(InvalidInput, match=r"reward\['candy'\]: got nan"):
        value(f, {"candy": float("nan")})
    with pytest.raises(InvalidInput, match="state: got 'tea', expected the name of a state"):
        f["tea"]
    with pytest.raises(InvalidInput, match="gamma: got 1"):
        visit_distribution(load("wait"), {"start": "candy"}, 1, "start")
    with pytest.raises(InvalidInput, match="state: got 'tea'"):
        visit_distribution(load("wait"), {"start": "candy"}, "1/2", "tea")
    mixed = MDP.from_transitions({"a": {"x": {"a": 0.5, "b": 0.5}}, "b": {"x": {"b": 1}}})
    with pytest.raises(InvalidInput, match=r"^gamma: got .* float64 tells from 0 and 1"):
        visit_distribution(mixed, {}, 1 - Fraction(1, 10**20), "a")
