from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, NotExact
from powerseek.theory.exact.policies import count_restricted_policies, distinct_choices
from powerseek.theory.exact.rational_functions import RationalFunction
from powerseek.theory.exact.visits import visit_distributions, visits
from powerseek.theory.gallery import star
from powerseek.theory.mdp import MDP
from powerseek.theory.visits import visit_distribution


@given(st.data())
@settings(max_examples=60)
def test_as_all_policies_one_by_one(oracles, worlds, data):
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    found = visit_distributions(mdp, "s0", gamma)
    assert {f.visits for f in found} == oracles.visits(mdp, 0, gamma)
    assert len({f.visits for f in found}) == len(found)


@given(st.data())
@settings(max_examples=40)
def test_sum_and_policies(worlds, data):
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    for f in visit_distributions(mdp, "s1", gamma):
        assert sum(f.visits) == 1 / (1 - gamma)
        for policy in f.policies:
            assert visit_distribution(mdp, policy, gamma, "s1").visits == f.visits


@given(st.data())
@settings(max_examples=30)
def test_symbolic_visits_at_a_rational_gamma(worlds, data):
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    from powerseek.theory.exact.policies import restricted_policies
    from powerseek.theory.exact.rational import to_flint

    choices = distinct_choices(mdp)
    for policy in restricted_policies(choices, 0):
        symbolic = visits(choices, policy, RationalFunction.gamma())
        rational = visits(choices, policy, to_flint(gamma))
        at_gamma = [x(to_flint(gamma)) if isinstance(x, RationalFunction) else x for x in symbolic]
        assert at_gamma == rational


def test_equal_actions_count_once():
    mdp = MDP.from_transitions({"a": {"x": {"a": 1}, "y": {"a": 1}}})
    assert count_restricted_policies(distinct_choices(mdp), 0, limit=10) == 1
    (f,) = visit_distributions(mdp, "a", "1/2")
    assert f.visits == (Fraction(2),)


def test_counting_stops_at_the_limit():
    assert count_restricted_policies(distinct_choices(star(9)), 0, limit=5) == 5


def test_floats_are_refused_with_a_way_out():
    mdp = MDP.from_transitions({"a": {"x": {"a": 0.5, "b": 0.5}}, "b": {"y": {"b": 1}}})
    with pytest.raises(NotExact, match=r"'a'.*'x'.*0\.5.*rationalize"):
        visit_distributions(mdp, "a", "1/2")
    assert len(visit_distributions(mdp.rationalize(), "a", "1/2")) == 1


def test_unknown_state():
    with pytest.raises(InvalidInput, match="'nowhere'"):
        visit_distributions(star(2), "nowhere", "1/2")
