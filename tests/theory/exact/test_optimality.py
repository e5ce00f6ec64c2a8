from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, TooLarge
from powerseek.theory.exact.nondominated import nondominated
from powerseek.theory.exact.optimality import (
    action_probabilities,
    optimal_visits,
    optimality_probability,
)
from powerseek.theory.exact.visits import visit_distributions
from powerseek.theory.gallery import grid, load, star
from powerseek.theory.mdp import MDP

rewards = st.sampled_from(["uniform", "exponential", "simplex"])


@given(st.data(), rewards)
@settings(max_examples=40)
def test_probabilities(worlds, data, reward):
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    optimal = optimal_visits(mdp, "s0", gamma, reward)
    assert {f.visits for f in optimal} == {f.visits for f in nondominated(mdp, "s0", gamma).kept}
    assert sum(f.probability.exact for f in optimal) == 1
    everything = [f.visits for f in visit_distributions(mdp, "s0", gamma)]
    assert optimality_probability(mdp, "s0", gamma, everything, reward).exact == 1
    one = optimality_probability(mdp, "s0", gamma, [optimal[0].visits], reward)
    assert one == optimal[0].probability


@pytest.mark.parametrize("gamma", [Fraction(1, 4), Fraction(9, 10)])
def test_wait_world(gamma):
    """P(waiting is optimal) = 1/2 + gamma/6."""
    shares = action_probabilities(load("wait"), "start", gamma)
    assert shares["wait"].exact == Fraction(1, 2) + gamma / 6
    assert shares["candy"].exact == Fraction(1, 2) - gamma / 6


def test_equal_actions_share_their_probability():
    mdp = MDP.from_transitions(
        {
            "a": {"x": {"b": 1}, "y": {"b": 1}, "z": {"c": 1}},
            "b": {"stay": {"b": 1}},
            "c": {"stay": {"c": 1}},
        }
    )
    shares = action_probabilities(mdp, "a", "1/2")
    assert {a: str(p) for a, p in shares.items()} == {"x": "1/2", "y": "1/2", "z": "1/2"}


def test_dominated_actions_have_probability_zero():
    mdp = MDP.from_transitions(
        {
            "a": {"b": {"b": 1}, "mixed": {"b": "1/2", "c": "1/2"}, "c": {"c": 1}},
            "b": {"stay": {"b": 1}},
            "c": {"stay": {"c": 1}},
        }
    )
    shares = action_probabilities(mdp, "a", "1/2", "exponential")
    assert {a: str(p) for a, p in shares.items()} == {"b": "1/2", "mixed": "0", "c": "1/2"}


def test_one_action():
    (share,) = action_probabilities(star(2), "child1", "1/2").values()
    assert share.exact == 1


def test_refusals():
    with pytest.raises(InvalidInput, match=r"elements of F\('centre'\)"):
        optimality_probability(star(2), "centre", "1/2", [(1, 0, 0)])
    with pytest.raises(InvalidInput, match="gaussian"):
        optimal_visits(star(2), "centre", "1/2", "gaussian")
    with pytest.raises(TooLarge):
        optimal_visits(grid(4, 4), "r0c0", "1/2")
