"""Optimal values of given rewards, exactly and with a bound."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.exact.visits import visit_distributions
from powerseek.theory.gallery import random_deterministic, random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.optimal_values import optimal_value_batch, optimal_values
from powerseek.theory.results import Certified

seeds = st.integers(0, 10**6)
mdps = st.one_of(
    st.builds(random_deterministic, seed=seeds, n_states=st.just(4)),
    st.builds(random_stochastic, seed=seeds, n_states=st.just(4)),
)
rewards = st.lists(st.integers(-3, 3), min_size=4, max_size=4)
gammas = st.sampled_from(["1/10", "1/2", "9/10", "99/100"])


@settings(max_examples=50)
@given(mdps, rewards, gammas)
def test_value_is_the_best_of_all_policies(mdp, reward, gamma):
    """V* = max over F(s) of f.R, by enumeration of all deterministic policies."""
    values = optimal_values(mdp, reward, gamma)
    for state in mdp.states:
        best = max(
            sum(x * r for x, r in zip(f.visits, reward, strict=True))
            for f in visit_distributions(mdp, state, gamma)
        )
        assert values[state].exact == best


def as_floats(mdp):
    return MDP.from_transitions(
        {
            s: {a: {t: float(p) for t, p in row.items()} for a, row in actions.items()}
            for s, actions in mdp.to_transitions().items()
        }
    )


@settings(max_examples=50)
@given(mdps, rewards, gammas)
def test_floats_come_with_a_true_and_small_bound(mdp, reward, gamma):
    exact, floats = (optimal_values(m, reward, gamma) for m in (mdp, as_floats(mdp)))
    for state in mdp.states:
        found = floats[state]
        assert isinstance(found, Certified)
        assert abs(Fraction(found.value) - exact[state].exact) <= found.bound
        assert found.bound < 1e-6


def test_batches_solve_columns_apart():
    mdp = random_stochastic(3, n_states=5)
    rewards = np.random.default_rng(0).normal(size=(5, 20))
    together, _ = optimal_value_batch(mdp, rewards, 0.95)
    for i in range(20):
        apart, _ = optimal_value_batch(mdp, rewards[:, [i]], 0.95)
        assert together[:, [i]] == pytest.approx(apart, abs=1e-12)


def test_a_named_reward_leaves_the_rest_at_zero():
    mdp = MDP.from_successors({"a": ["b"], "b": ["b"]})
    values = optimal_values(mdp, {"b": "1/3"}, "1/2")
    assert (values["a"].exact, values["b"].exact) == (Fraction(1, 3), Fraction(2, 3))


def test_errors():
    mdp = MDP.from_successors({"a": ["a"]})
    with pytest.raises(InvalidInput, match=r"^reward: got 'x'"):
        optimal_values(mdp, {"x": 1}, "1/2")
    with pytest.raises(InvalidInput, match=r"^reward: got \[1, 2\], expected 1 numbers"):
        optimal_values(mdp, [1, 2], "1/2")
    with pytest.raises(InvalidInput, match=r"^reward\['a'\]: got 'much'"):
        optimal_values(mdp, ["much"], "1/2")
    with pytest.raises(InvalidInput, match=r"^gamma"):
        optimal_values(mdp, [1], 1)


NEARLY_ONE = 1 - Fraction(1, 10**20)


def test_only_floats_need_a_discount_rate_below_one_in_floats():
    mdp = MDP.from_successors({"a": ["b"], "b": ["b"]})
    assert optimal_values(mdp, {"b": 1}, NEARLY_ONE)["b"].exact == 10**20
    mixed = MDP.from_transitions({"a": {"x": {"a": 0.5, "b": 0.5}}, "b": {"x": {"b": 1}}})
    with pytest.raises(InvalidInput, match=r"^gamma: got .* float64 tells from 0 and 1"):
        optimal_values(mixed, {"b": 1}, NEARLY_ONE)
