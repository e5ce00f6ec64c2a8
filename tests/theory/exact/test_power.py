"""Exact POWER: laws, published values, and other routes to the same numbers."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, NotExact, TooLarge
from powerseek.theory.exact import array_sums, cost
from powerseek.theory.exact.cost import estimate_cost
from powerseek.theory.exact.expectation import Law, expected_maximum
from powerseek.theory.exact.optimality import optimal_visits
from powerseek.theory.exact.policies import distinct_choices
from powerseek.theory.exact.power import exact_power
from powerseek.theory.exact.rational import to_flint, to_fraction
from powerseek.theory.exact.structure import nondominated_rows
from powerseek.theory.exact.trees import expected_best_branch, tree_from
from powerseek.theory.gallery import (
    complete,
    grid,
    load,
    random_deterministic,
    random_stochastic,
    star,
    tree,
)
from powerseek.theory.mdp import MDP
from powerseek.theory.rewards import FiniteSupport, Gaussian, Orbit, Sampler, Uniform

rewards = st.sampled_from(["uniform", "exponential", "simplex"])


def powers(mdp, gamma, reward="uniform", states=None):
    return [p.exact for p in exact_power(mdp, gamma, reward, states)]


# Laws


@given(st.data(), rewards)
@settings(max_examples=40)
def test_as_the_cone_route_without_reductions(oracles, worlds, data, reward):
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    law = "uniform" if reward == "uniform" else "exponential"
    scale = mdp.n_states if reward == "simplex" else 1
    for s, power in enumerate(powers(mdp, gamma, reward)):
        rows = nondominated_rows(distinct_choices(mdp), s, to_flint(gamma))
        best = to_fraction(oracles.expected_maximum(rows, law))
        assert power == best * (1 - gamma) / gamma / scale


@given(st.data())
@settings(max_examples=40)
def test_between_the_mean_and_the_expected_maximum(worlds, data):
    """E[R] <= POWER <= E[max R] (Turner et al. 2021, lemma 5.4)."""
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    n = mdp.n_states
    harmonic = sum((Fraction(1, i) for i in range(1, n + 1)), start=Fraction(0))
    for reward, low, high in (
        ("uniform", Fraction(1, 2), Fraction(n, n + 1)),
        ("exponential", Fraction(1), harmonic),
        ("simplex", Fraction(1, n), harmonic / n),
    ):
        assert all(low <= p <= high for p in powers(mdp, gamma, reward))


@given(st.data(), rewards)
@settings(max_examples=30)
def test_renaming_states_changes_nothing(worlds, data, reward):
    mdp, gamma = data.draw(worlds.mdps()), data.draw(worlds.gammas)
    order = data.draw(st.permutations(mdp.states))
    renamed = MDP.from_transitions(mdp.to_transitions(), order)
    assert powers(mdp, gamma, reward) == powers(renamed, gamma, reward, mdp.states)


@given(st.data(), rewards)
@settings(max_examples=30)
def test_mixed_actions_add_nothing_and_new_ones_never_hurt(worlds, data, reward):
    """V* is a maximum of linear functions: mixtures are never strictly best."""
    mdp, gamma = data.draw(worlds.mdps(max_states=3)), data.draw(worlds.gammas)
    before = powers(mdp, gamma, reward)
    transitions = mdp.to_transitions()
    available = transitions["s0"]
    first, last = next(iter(available.values())), list(available.values())[-1]
    mixed = {
        t: (first.get(t, Fraction(0)) + 2 * last.get(t, Fraction(0))) / 3 for t in {*first, *last}
    }
    available["mixed"] = mixed
    assert powers(MDP.from_transitions(transitions), gamma, reward) == before
    available["new"] = {data.draw(st.sampled_from(mdp.states)): Fraction(1)}
    after = powers(MDP.from_transitions(transitions), gamma, reward)
    assert all(p <= q for p, q in zip(before, after, strict=True))


@given(st.data(), rewards)
@settings(max_examples=30)
def test_splitting_an_edge(worlds, data, reward):
    """A new state with one action: POWER (1 - gamma) E[R] + gamma POWER(next)."""
    mdp, gamma = data.draw(worlds.mdps(max_states=3)), data.draw(worlds.gammas)
    transitions = {"before": {"go": {"s0": Fraction(1)}}, **mdp.to_transitions()}
    longer = MDP.from_transitions(transitions)
    mean = {"uniform": Fraction(1, 2), "exponential": Fraction(1)}.get(
        reward, Fraction(1, longer.n_states)
    )
    before, after = powers(longer, gamma, reward, ["before", "s0"])
    assert before == (1 - gamma) * mean + gamma * after


@given(st.data())
@settings(max_examples=30)
def test_states_that_reach_each_other_in_a_step_have_similar_power(worlds, data):
    """|POWER(s) - POWER(s')| <= (1 - gamma)(1 - 0) (1912.01683, proposition 5.5)."""
    mdp = data.draw(worlds.mdps(deterministic=True, max_actions=3))
    gamma = data.draw(worlds.gammas)
    power = powers(mdp, gamma)
    for s in range(mdp.n_states):
        for t in mdp.successors(s):
            if s in mdp.successors(t):
                assert abs(power[s] - power[t]) <= 1 - gamma


@pytest.mark.parametrize("reward", ["uniform", "exponential", "simplex"])
@pytest.mark.parametrize("mdp", [grid(1, 4), load("grid-2x2-slippery"), grid(2, 3, stay=False)])
def test_symmetry_of_the_world_is_only_a_shortcut(mdp, reward):
    alone = [powers(mdp, "2/3", reward, [s])[0] for s in mdp.states]
    assert powers(mdp, "2/3", reward) == alone


# Published values


@pytest.mark.parametrize("k", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("gamma", ["1/10", "99/100"])
def test_absorbing_children(k, gamma):
    """k/(k+1) for every gamma (Turner et al. 2021)."""
    assert powers(star(k), gamma, states=["centre"]) == [Fraction(k, k + 1)]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_complete_digraph(n):
    """n/(n+1) (1912.01683, proposition 5.4)."""
    assert set(powers(complete(n), "3/4")) == {Fraction(n, n + 1)}


@pytest.mark.parametrize("gamma", [Fraction(1, 3), Fraction(9, 10)])
def test_wait_world(gamma):
    start, candy, wait, *_ = powers(load("wait"), gamma)
    assert (start, candy, wait) == (Fraction(2, 3) + gamma**2 / 12, Fraction(1, 2), Fraction(2, 3))


@pytest.mark.parametrize("gamma", [Fraction(1, 3), Fraction(9, 10)])
def test_figure_1(gamma):
    """1912.01683, figure 1."""
    expected = {
        "0": Fraction(1, 2),
        "ld": (4 + 3 * gamma) / (6 * (1 + gamma)),
        "L": (4 + 3 * gamma) / (6 * (1 + gamma)),
        "lu": (3 + 4 * gamma) / (6 * (1 + gamma)),
        "R": Fraction(2, 3),
        "ru": Fraction(2, 3),
        "rd": Fraction(2, 3),
    }
    assert powers(load("figure-1"), gamma, states=list(expected)) == list(expected.values())


def test_corridor():
    gamma = Fraction(2, 3)
    end, centre, other = powers(grid(1, 3), gamma)
    assert centre == Fraction(3, 4)
    assert end == other == Fraction(2, 3) + (gamma + gamma**2) / 24


def test_gamma_near_one():
    """Two outcomes left, three right: 2/3, 3/4 and 5/6 in the limit."""
    near = powers(load("two-or-three"), "9999/10000", states=["left", "right", "start"])
    for power, limit in zip(near, (2 / 3, 3 / 4, 5 / 6), strict=True):
        assert float(power) == pytest.approx(limit, abs=1e-4)


@pytest.mark.parametrize(
    ("gamma", "corner", "edge", "centre"),
    [
        ("3/5", 0.8052, 0.8356, 0.8616),
        ("9/10", 0.8671, 0.8774, 0.8878),
        ("99/100", 0.8964, 0.8976, 0.8988),
    ],
)
def test_three_by_three_grid(gamma, corner, edge, centre):
    """POWERplay, experiment 0001 (Monte Carlo, last digit +-1)."""
    found = powers(load("grid-3x3"), gamma, states=["r0c0", "r0c1", "r1c1"])
    assert [float(p) for p in found] == pytest.approx([corner, edge, centre], abs=1.5e-4)


@pytest.mark.slow
def test_textbook_grid_near_one():
    """11/12, and 1/11 for ending in a given terminal (Turner et al. 2021, AIMA grid)."""
    mdp, gamma = load("aima-4x3"), "999999/1000000"
    (power,) = exact_power(mdp, gamma, states=["r2c0"])
    assert power.value == pytest.approx(11 / 12, abs=1e-5)
    ends = {"r0c3": 0.0, "r1c3": 0.0}
    for f in optimal_visits(mdp, "r2c0", gamma):
        last = max(range(mdp.n_states), key=lambda s: f.visits[s])
        if mdp.states[last] in ends:
            ends[mdp.states[last]] += f.probability.value
    assert list(ends.values()) == pytest.approx([1 / 11, 1 / 11], abs=1e-5)


# Other routes


@pytest.mark.parametrize("reward", ["uniform", "exponential", "simplex"])
@pytest.mark.parametrize(
    "mdp", [random_deterministic(3, n_states=6), random_stochastic(2, n_states=5), load("shutdown")]
)
def test_against_samples(oracles, mdp, reward):
    """20,000 rewards; 5 standard errors in each of fewer than 60 comparisons."""
    mean, error = oracles.power(mdp, 0.9, reward, samples=20_000, seed=7)
    assert np.all(np.abs(mean - [float(p) for p in powers(mdp, "9/10", reward)]) < 5 * error)


@pytest.mark.parametrize("law", list(Law))
@pytest.mark.parametrize(
    "mdp",
    [
        tree(2, 2),
        load("wait"),
        MDP.from_successors(
            {"a": "bc", "b": "d", "c": "efg", "d": "h", "h": "d", "e": "e", "f": "f", "g": "g"}
        ),
    ],
)
def test_trees_and_cells_agree(law, mdp):
    choices, gamma = distinct_choices(mdp), fmpq(3, 4)
    by_cells = expected_maximum(nondominated_rows(choices, 0, gamma), law) / gamma
    found = tree_from(choices, 0, gamma)
    assert found is not None
    assert expected_best_branch(found, law, gamma) == by_cells


def test_overlapping_branches_are_no_tree():
    for successors in (
        {"a": "bc", "b": "de", "c": "e", "d": "d", "e": "e"},
        {"a": "bc", "b": "ad", "c": "c", "d": "d"},
        {"a": "ab", "b": "b"},
    ):
        choices = distinct_choices(MDP.from_successors(successors))
        assert tree_from(choices, 0, fmpq(1, 2)) is None


def test_middling_trees(oracles):
    """40 states; 2,000 rewards, 5 standard errors."""
    for reward in ("uniform", "exponential"):
        mean, error = oracles.power(tree(3, 3), 0.8, reward, samples=2_000, seed=5)
        (power,) = powers(tree(3, 3), "4/5", reward, ["root"])
        assert abs(mean[0] - float(power)) < 5 * error[0]


def test_large_trees():
    """One more level of branches, with later choices, is worth more near gamma = 1."""
    values = [powers(tree(depth, 3), "99/100", states=["root"])[0] for depth in (3, 4, 5)]
    assert values == sorted(set(values))
    assert values[-1] < Fraction(363, 364)


@pytest.mark.parametrize("gamma", [0.6, 0.95])
def test_gaussian_against_samples(oracles, gamma):
    for mdp in (random_deterministic(0, n_states=4), random_stochastic(4, n_states=3)):
        mean, error = oracles.power(mdp, gamma, "gaussian", samples=40_000, seed=3)
        exact = [p.value for p in exact_power(mdp, gamma, Gaussian())]
        assert np.all(np.abs(mean - exact) < 5 * error)


def test_gaussian_order_statistics():
    """E max of 2 and 3 standard normals: 1/sqrt(pi), 3/(2 sqrt(pi)) (Jones 1948)."""
    two, three = [exact_power(star(k), "1/2", "gaussian")[0] for k in (2, 3)]
    assert two.expression == 1 / sympy.sqrt(sympy.pi)
    assert sympy.simplify(three.expression - 3 / (2 * sympy.sqrt(sympy.pi))) == 0
    four = exact_power(star(4), "1/2", "gaussian")[0]
    known = (
        3
        / sympy.sqrt(sympy.pi)
        * (sympy.Rational(1, 2) + sympy.asin(sympy.Rational(1, 3)) / sympy.pi)
    )
    assert four.value == pytest.approx(float(known), abs=1e-12)
    assert four.stderr == 0


def test_gaussian_cube():
    """Three independent choices of two: conv F is a cube, whose faces have diagonals."""
    fork = {"go": {f"choose{i}": "1/3" for i in range(3)}}
    transitions = {"fork": fork}
    for i in range(3):
        ends = [f"end{i}{j}" for j in range(2)]
        transitions[f"choose{i}"] = {end: {end: 1} for end in ends}
        transitions |= {end: {"stay": {end: 1}} for end in ends}
    mdp = MDP.from_transitions(transitions)
    (power,) = exact_power(mdp, "1/2", "gaussian", ["fork"])
    assert power.value == pytest.approx(0.5 / np.pi**0.5, abs=1e-12)


def test_finitely_many_rewards():
    coin = FiniteSupport([(5, 0, 1), (5, 1, 0), (0, 0, 0)], ["1/2", "1/4", "1/4"])
    assert powers(star(2), "1/2", coin) == [Fraction(3, 4), Fraction(1, 4), Fraction(1, 2)]


# Refusals


def test_reward_distributions_without_exact_results():
    sampler = Sampler(lambda rng, s, n: rng.random((s, n)), "mine")
    for reward in (sampler, Orbit((1, 0, 0))):
        with pytest.raises(InvalidInput, match=r"reward.*uniform, exponential, simplex"):
            exact_power(star(2), "1/2", reward)
    with pytest.raises(InvalidInput, match=r"reward.*nonsense"):
        exact_power(star(2), "1/2", "nonsense")


def test_floats_are_not_exact():
    mdp = MDP.from_transitions({"a": {"x": {"a": 0.3, "b": 0.7}}, "b": {"y": {"b": 1}}})
    with pytest.raises(NotExact, match="--rationalize"):
        exact_power(mdp, "1/2")
    with pytest.raises(NotExact, match=r"0\.5"):
        exact_power(star(2), "1/2", FiniteSupport([(0, 0.5, 1)]))
    with pytest.raises(NotExact, match="dimension 4"):
        exact_power(star(5), "1/2", Gaussian())


def test_wrong_arguments():
    with pytest.raises(InvalidInput, match="gamma"):
        exact_power(star(2), 1)
    with pytest.raises(InvalidInput, match="'nowhere'"):
        exact_power(star(2), "1/2", states=["nowhere"])
    with pytest.raises(InvalidInput, match="3 rewards"):
        exact_power(star(2), "1/2", FiniteSupport([(0, 1)]))


def test_too_large_says_how_large():
    with pytest.raises(TooLarge, match=r"hours? for one state.*policies.*dimension") as error:
        exact_power(grid(4, 4), "9/10", states=["r0c0"])
    assert "\n" not in str(error.value)


def test_what_would_be_faster_is_said_where_it_would_be(monkeypatch):
    """Not for faces of cells, and not if it is there."""
    monkeypatch.setattr(cost, "WORTH_SAYING", -1.0)
    monkeypatch.setattr(cost, "MAX_SECONDS", -1.0)
    mdp = random_deterministic(1, 6)

    def refusal(reward):
        with pytest.raises(TooLarge) as error:
            exact_power(mdp, "9/10", reward)
        return str(error.value)

    assert "numba" not in refusal("uniform")
    monkeypatch.setattr(cost, "add_terms_of_many", lambda: array_sums.add_terms)
    assert "[fast]" in refusal("uniform")
    assert "numba" not in refusal("exponential")


def test_compiled_sums_are_predicted_to_take_less(monkeypatch):
    mdp = random_deterministic(1, 10)
    compiled = estimate_cost(mdp, "9/10", states=["s0"]).seconds
    monkeypatch.setattr(cost, "add_terms_of_many", lambda: array_sums.add_terms)
    assert estimate_cost(mdp, "9/10", states=["s0"]).seconds > compiled


def test_cost_estimate_counts():
    estimate = estimate_cost(load("wait"), "1/2", states=["start", "candy"])
    (start,) = estimate.states
    assert (start.n_policies, start.n_nondominated, start.dimension) == (3, 3, 4)
    assert start.complete
    assert start.is_tree
    assert "start" in str(estimate)
    assert str(estimate_cost(star(2), "1/2", states=["child1"])) == "no state needs an integral"


def test_a_function_of_gamma_is_predicted_to_take_longer_whatever_the_way():
    """By one factor: for trees, for the counting of policies, and for integrals."""
    for mdp, reward in ((tree(2, 3), "uniform"), (random_deterministic(1, 6), "exponential")):
        at_one, symbolic = [
            estimate_cost(mdp, "1/2", reward, symbolic=s).seconds for s in (False, True)
        ]
        assert symbolic == pytest.approx(cost.SLOWDOWN * at_one)


def test_counting_policies_ends(monkeypatch):
    monkeypatch.setattr(cost, "ENUMERATED", 5)
    estimate = cost.estimate_cost(grid(2, 3), "1/2", states=["r0c0"])
    assert (estimate.states[0].n_policies, estimate.states[0].complete) == (5, False)
    assert "at least 5 policies" in str(estimate)


def test_results_are_in_the_order_asked():
    names = ["hug", "start"]
    assert powers(load("wait"), "1/2", Uniform(), names) == [Fraction(1, 2), Fraction(11, 16)]
