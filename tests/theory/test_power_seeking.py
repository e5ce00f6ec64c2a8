"""Which actions seek more POWER, exactly or with the uncertainty of a run."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, InvalidMDP
from powerseek.theory.gallery import random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.power_seeking import rank_actions
from powerseek.theory.results import Certified, Estimate, Exact

mdps = st.builds(random_stochastic, seed=st.integers(0, 10**6), n_states=st.just(5))
values = st.lists(st.integers(0, 60).map(lambda i: Fraction(i, 60)), min_size=5, max_size=5)


def expected(mdp, s, a, power):
    return sum((p * power[t] for t, p in mdp.rows[s][a]), Fraction(0))


@given(mdps, values)
def test_ranking_is_by_exact_expected_power(mdp, power):
    rankings = rank_actions(mdp, [Exact(x) for x in power])
    for s, state in enumerate(mdp.states):
        if len(mdp.rows[s]) == 1:
            assert state not in rankings
            continue
        ranking = rankings[state]
        truth = {a: expected(mdp, s, i, power) for i, a in enumerate(mdp.actions[s])}
        assert {a: x.exact for a, x in ranking.expected.items()} == truth
        ordered = [truth[a] for a in ranking.expected]
        assert ordered == sorted(ordered, reverse=True)
        for a, b in combinations(truth, 2):
            assert ranking.gap(a, b) == Exact(truth[a] - truth[b])
            assert ranking.gap(b, a) == Exact(truth[b] - truth[a])
            assert ranking.seeks_more(a, b) == (truth[a] >= truth[b])


@given(mdps, values, st.floats(0.001, 0.1))
def test_verdicts_within_bounds_are_right(mdp, power, bound):
    """Certified values may leave a verdict open, but never get one wrong."""
    rankings = rank_actions(mdp, [Certified(float(x), bound) for x in power])
    for state, ranking in rankings.items():
        s = mdp.index(state)
        names = mdp.actions[s]
        for a, b in combinations(range(len(names)), 2):
            verdict = ranking.seeks_more(names[a], names[b])
            truth = expected(mdp, s, a, power) - expected(mdp, s, b, power)
            if verdict is not None:
                assert verdict == (truth >= 0)
            assert abs(Fraction(ranking.gap(names[a], names[b]).value) - truth) < 1e-12


def test_shared_next_states_cancel():
    """Half of both actions leads to the noisy state: its noise must not count."""
    mdp = MDP.from_transitions(
        {
            "s": {
                "a": {"noisy": "1/2", "good": "1/2"},
                "b": {"noisy": "1/2", "bad": "1/2"},
            },
            "noisy": {"stay": {"noisy": 1}},
            "good": {"stay": {"good": 1}},
            "bad": {"stay": {"bad": 1}},
        }
    )

    def run(value, stderr):
        return Estimate(value, stderr, samples=100, seed=4)

    power = {
        "s": run(0.5, 0.1),
        "noisy": run(0.5, 9.0),
        "good": run(0.7, 0.01),
        "bad": run(0.6, 0.01),
    }
    ranking = rank_actions(mdp, power)["s"]
    gap = ranking.gap("a", "b")
    assert gap.value == pytest.approx(0.05)
    assert gap.stderr == pytest.approx(0.01)
    assert ranking.expected["a"].stderr == pytest.approx(4.505)
    assert ranking.seeks_more("a", "b") is True
    assert ranking.seeks_more("b", "a") is False


def test_covariance_pairs_the_samples():
    """Almost the same noise in both states: paired, the gap is sure; unpaired, open."""
    mdp = MDP.from_successors({"s": ["a", "b"], "a": ["a"], "b": ["b"]})
    run = {s: Estimate(x, 0.1, 100, 0) for s, x in {"s": 0, "a": 0.52, "b": 0.5}.items()}
    covariance = np.full((3, 3), 0.00999) + np.diag([4.0, 0.00001, 0.00001])
    unpaired = rank_actions(mdp, run)["s"]
    paired = rank_actions(mdp, run, covariance=covariance)["s"]
    assert unpaired.seeks_more("a", "b") is None
    assert paired.seeks_more("a", "b") is True
    assert paired.gap("a", "b").stderr == pytest.approx(2e-5**0.5)


def test_ties_seek_both_ways():
    mdp = MDP.from_successors({"s": ["a", "b"], "a": ["a"], "b": ["b"]})
    ranking = rank_actions(mdp, [Exact(Fraction(1, 2))] * 3)["s"]
    assert list(ranking.expected) == ["a", "b"]
    assert ranking.seeks_more("a", "b") is ranking.seeks_more("b", "a") is True
    assert ranking.gap("a", "a") == Exact(Fraction(0))


def test_float_transitions_are_certified_not_exact():
    mdp = MDP.from_transitions(
        {
            "s": {"a": {"s": 0.1, "t": 0.9}, "b": {"t": 1}},
            "t": {"stay": {"t": 1}},
        }
    )
    ranking = rank_actions(mdp, [Exact(Fraction(1, 2)), Exact(Fraction(1, 3))])["s"]
    assert isinstance(ranking.gap("a", "b"), Certified)
    assert ranking.seeks_more("a", "b") is True


def test_errors_name_what_is_wrong():
    mdp = MDP.from_successors({"s": ["s", "t"], "t": ["t"]})
    half = Exact(Fraction(1, 2))
    with pytest.raises(InvalidInput, match=r"^power: got 't'"):
        rank_actions(mdp, {"s": half})
    with pytest.raises(InvalidInput, match=r"^power: got 1, expected 2 values"):
        rank_actions(mdp, [half])
    with pytest.raises(InvalidMDP, match="'elsewhere'"):
        rank_actions(mdp, [half, half], states=["elsewhere"])
    with pytest.raises(InvalidInput, match="action in state 's': got 'fly'"):
        rank_actions(mdp, [half, half])["s"].gap("s", "fly")
    assert list(rank_actions(mdp, [half, half], states=["t"])) == ["t"]
