import dataclasses
from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.exact.linear_program import gordan
from powerseek.theory.exact.nondominated import (
    CertificateError,
    check_certificates,
    nondominated,
)
from powerseek.theory.exact.policies import distinct_choices
from powerseek.theory.exact.rational import to_fraction
from powerseek.theory.exact.rational_functions import RationalFunction
from powerseek.theory.exact.structure import nondominated_rows
from powerseek.theory.exact.symbolic_visits import (
    check_symbolic_certificates,
    symbolic_nondominated,
)
from powerseek.theory.gallery import load, random_stochastic
from powerseek.theory.mdp import MDP


@given(st.data())
@settings(max_examples=80)
def test_certificates_hold(worlds, data):
    mdp = data.draw(worlds.mdps(max_actions=3))
    check_certificates(nondominated(mdp, "s0", data.draw(worlds.gammas)))


@given(st.data())
@settings(max_examples=30)
def test_the_fast_test_agrees_with_the_certificates(worlds, data):
    mdp, gamma = data.draw(worlds.mdps(max_actions=3)), Fraction(2, 3)
    rows = nondominated_rows(distinct_choices(mdp), 0, fmpq(2, 3))
    for row in rows:
        row[0] += 1
    fast = {tuple(to_fraction(x) for x in row) for row in rows}
    assert fast == {f.visits for f in nondominated(mdp, "s0", gamma).kept}


@given(st.data())
@settings(max_examples=20)
def test_gamma_does_not_matter(worlds, data):
    mdp = data.draw(worlds.mdps(max_actions=3))
    small, large = [nondominated(mdp, "s0", g).kept for g in ("1/100", "99/100")]
    assert [f.policy for f in small] == [f.policy for f in large]


@given(st.data())
@settings(max_examples=30)
def test_optimal_value_is_the_best_of_the_kept(oracles, worlds, data):
    """V* = max over F_nd (Turner et al. 2021, section 3)."""
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    rewards = st.lists(st.integers(-9, 9), min_size=mdp.n_states, max_size=mdp.n_states)
    reward = data.draw(rewards)

    def best(vectors):
        return max(sum(x * r for x, r in zip(f, reward, strict=True)) for f in vectors)

    kept = [f.visits for f in nondominated(mdp, "s0", gamma).kept]
    assert best(kept) == best(oracles.visits(mdp, 0, gamma))


@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=5))
def test_gordan_alternatives(matrix):
    rows = [[fmpq(x) for x in row] for row in matrix]
    solution = gordan(rows)
    if isinstance(solution, list):
        assert all(sum([a * b for a, b in zip(row, solution, strict=True)]) > 0 for row in rows)
    else:
        assert sum(solution.values()) == 1
        assert all(weight > 0 for weight in solution.values())
        for column in zip(*rows, strict=True):
            assert sum([weight * column[j] for j, weight in solution.items()]) == 0


@pytest.fixture
def mixed():
    """A world in which something is dropped."""
    result = nondominated(
        load("figure-1"),
        "*" if "*" in load("figure-1").states else load("figure-1").states[0],
        "1/2",
    )
    assert result.kept
    assert result.dropped
    return result


def test_wrong_reward_is_caught(mixed):
    forged = dataclasses.replace(mixed.kept[0], reward=(Fraction(0),) * 8)
    with pytest.raises(CertificateError, match="not strictly best"):
        check_certificates(dataclasses.replace(mixed, kept=(forged, *mixed.kept[1:])))


def test_wrong_mixture_is_caught(mixed):
    (weight, other), *rest = mixed.dropped[0].mixture
    forged = dataclasses.replace(mixed.dropped[0], mixture=((weight / 2, other), *rest))
    with pytest.raises(CertificateError, match="not its visits"):
        check_certificates(dataclasses.replace(mixed, dropped=(forged, *mixed.dropped[1:])))


def test_missing_element_is_caught(mixed):
    with pytest.raises(CertificateError, match="each element"):
        check_certificates(dataclasses.replace(mixed, kept=mixed.kept[1:]))


def test_coinciding_random_policies_are_dropped():
    """Two policies with equal visits: neither is strictly best for any reward."""
    mdp = MDP.from_transitions(
        {
            "a": {"go": {"b": "1/2", "c": "1/2"}},
            "b": {"l": {"d": 1}, "r": {"e": 1}},
            "c": {"l": {"d": 1}, "r": {"e": 1}},
            "d": {"stay": {"d": 1}},
            "e": {"stay": {"e": 1}},
        }
    )
    result = nondominated(mdp, "a", "1/2")
    assert (len(result.kept), len(result.dropped)) == (2, 1)
    check_certificates(result)


def test_certificates_of_a_larger_world():
    check_certificates(nondominated(random_stochastic(3, n_states=5), "s0", "9/10"))


# As functions of gamma


@given(st.data())
@settings(max_examples=40)
def test_symbolic_certificates_hold(worlds, data):
    check_symbolic_certificates(symbolic_nondominated(data.draw(worlds.mdps(max_actions=3)), "s0"))


@given(st.data())
@settings(max_examples=30)
def test_symbolic_ones_are_those_at_any_gamma(worlds, data):
    mdp, gamma = data.draw(worlds.mdps(max_actions=3)), data.draw(worlds.gammas)
    at = fmpq(gamma.numerator, gamma.denominator)

    def numbers(vector):
        return tuple(to_fraction(x(at)) for x in vector)

    symbolic, right = symbolic_nondominated(mdp, "s0"), nondominated(mdp, "s0", gamma)
    for f, g in zip(symbolic.kept, right.kept, strict=True):
        assert (numbers(f.visits), f.policy, numbers(f.reward)) == (g.visits, g.policy, g.reward)
    assert {numbers(f.visits) for f in symbolic.dropped} == {g.visits for g in right.dropped}


def test_a_reward_that_fails_at_some_gamma_only_is_caught():
    """Going on is best for 4 to 1 when gamma > 1/4, so that this reward proves nothing."""
    result = symbolic_nondominated(MDP.from_successors({"a": "ab", "b": "c", "c": "c"}), "a")
    (later,) = [f for f in result.kept if f.policy["a"] == "b"]
    wrong = dataclasses.replace(later, reward=tuple(RationalFunction.of(x) for x in (1, 0, 4)))
    kept = tuple(wrong if f is later else f for f in result.kept)
    check_symbolic_certificates(result)
    with pytest.raises(CertificateError, match="not strictly best"):
        check_symbolic_certificates(dataclasses.replace(result, kept=kept))


def test_a_symbolic_mixture_that_fails_is_caught():
    result = symbolic_nondominated(load("figure-1"), "*")
    dropped = [
        dataclasses.replace(f, mixture=tuple((2 * w, other) for w, other in f.mixture))
        for f in result.dropped
    ]
    assert dropped
    check_symbolic_certificates(result)
    with pytest.raises(CertificateError, match="not its visits"):
        check_symbolic_certificates(dataclasses.replace(result, dropped=tuple(dropped)))
