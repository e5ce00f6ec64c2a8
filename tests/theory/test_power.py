"""The facade `power`: facts from papers, which method is used and why, and its tables.

Where Monte Carlo is compared with exact values the seed is fixed; a test may then only
fail after a change of the sampler, with the probability stated.
"""

import importlib
import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, NotExact, TooLarge
from powerseek.theory.gallery import (
    complete,
    gallery,
    grid,
    load,
    random_deterministic,
    random_stochastic,
    star,
    tree,
)
from powerseek.theory.mdp import MDP
from powerseek.theory.power import METHODS, power
from powerseek.theory.power_table import PowerTable, SymbolicPowerTable
from powerseek.theory.results import Certified, Estimate, Exact
from powerseek.theory.rewards import FiniteSupport, Orbit

gammas = st.fractions(Fraction(1, 20), Fraction(19, 20), max_denominator=20)
small = st.builds(
    random_stochastic,
    seed=st.integers(0, 10**6),
    n_states=st.integers(2, 4),
    n_actions=st.integers(1, 2),
    n_next=st.integers(2, 2),
)
quick = settings(max_examples=25, deadline=None)


def exact(mdp, gamma, reward="uniform"):
    table = power(mdp, gamma, reward, "exact")
    return {state: result.exact for state, result in table.items()}


# Facts with their sources.


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("gamma", ["1/10", "9/10"])
def test_k_absorbing_children_have_power_k_over_k_plus_1(k, gamma):
    assert exact(star(k), gamma)["centre"] == Fraction(k, k + 1)


@pytest.mark.parametrize("n", range(1, 6))
def test_complete_digraph(n):
    """1912.01683, proposition 5.4: no state has more than E[max R], n/(n+1)."""
    assert set(exact(complete(n), "2/3").values()) == {Fraction(n, n + 1)}


@given(gammas)
@quick
def test_wait_world(g):
    """By hand: 2/3 + g^2/12 at the start."""
    assert exact(load("wait"), g) == {
        "start": Fraction(2, 3) + g**2 / 12,
        "candy": Fraction(1, 2),
        "wait": Fraction(2, 3),
        "chocolate": Fraction(1, 2),
        "hug": Fraction(1, 2),
    }


@given(gammas)
@quick
def test_figure_1_of_turner_et_al(g):
    table = exact(load("figure-1"), g)
    assert table["0"] == Fraction(1, 2)
    assert table["L"] == table["ld"] == (4 + 3 * g) / (6 * (1 + g))
    assert table["lu"] == (3 + 4 * g) / (6 * (1 + g))
    assert table["R"] == table["ru"] == table["rd"] == Fraction(2, 3)


@given(gammas)
@quick
def test_corridor_of_three(g):
    ends = Fraction(2, 3) + (g + g**2) / 24
    assert exact(load("grid-1x3"), g) == {"r0c0": ends, "r0c1": Fraction(3, 4), "r0c2": ends}


def test_two_or_three_outcomes_as_gamma_tends_to_one():
    table = power(load("two-or-three"), method="symbolic")
    limits = {state: table[state].limit_at_one for state in ("start", "left", "right")}
    assert limits == {
        "start": Fraction(5, 6),
        "left": Fraction(2, 3),
        "right": Fraction(3, 4),
    }


def test_textbook_grid_as_gamma_tends_to_one():
    """Eleven cells, each a place to end up in: 11/12 at gamma -> 1.

    At gamma = 1 - 10^-4 POWER is below the limit by at most the cost of walking, 7 steps
    of rewards between 0 and 1. |z| < 4 fails with probability 6e-5.
    """
    start = power(
        load("aima-4x3"), Fraction(9999, 10000), method="montecarlo", samples=20_000, seed=1
    )["r2c0"]
    slack = 7e-4 + start.bound
    assert Fraction(11, 12) - slack - 4 * start.stderr < start.value
    assert start.value < Fraction(11, 12) + start.bound + 4 * start.stderr


@pytest.mark.parametrize(
    ("gamma", "corner", "edge", "centre"),
    [
        ("0.6", 0.8052, 0.8356, 0.8616),
        ("0.9", 0.8671, 0.8774, 0.8878),
        ("0.99", 0.8964, 0.8976, 0.8988),
    ],
)
def test_powerplay_grid(gamma, corner, edge, centre):
    """gladstoneai/POWERplay, experiment 0001: 3x3 grid with stay, last digit +-1.

    |z| < 4 for nine states and three discount rates fails with probability 0.002.
    """
    table = power(load("grid-3x3"), gamma, method="montecarlo", samples=50_000, seed=7)
    for state, result in table.items():
        on_border = (state[1] != "1") + (state[3] != "1")
        expected = {2: corner, 1: edge, 0: centre}[on_border]
        assert abs(result.value - expected) < 1.5e-4 + result.bound + 4 * result.stderr


# Laws.


@given(small, gammas)
@quick
def test_power_lies_between_mean_and_expected_maximum(mdp, g):
    n = mdp.n_states
    for value in exact(mdp, g).values():
        assert Fraction(1, 2) <= value <= Fraction(n, n + 1)


@given(st.builds(random_stochastic, st.integers(0, 10**6), n_states=st.integers(2, 3)), gammas)
@settings(max_examples=10, deadline=None)
def test_formulas_and_numbers_agree(mdp, g):
    formulas = power(mdp, method="symbolic")
    assert isinstance(formulas, SymbolicPowerTable)
    numbers = power(mdp, g, method="symbolic")
    assert numbers == formulas.at(g)
    assert numbers.results == power(mdp, g, method="exact").results
    assert numbers.expressions == tuple(str(f.expr) for f in formulas.values())


@pytest.mark.parametrize("reward", ["uniform", "exponential", "simplex", "gaussian"])
@pytest.mark.parametrize("name", ["wait", "shutdown", "gamble", "grid-2x2-slippery"])
def test_monte_carlo_agrees_with_exact(name, reward):
    """|z| < 4.5 for 18 states and 4 rewards fails with probability 5e-4."""
    right = power(load(name), "4/5", reward, "exact")
    guess = power(load(name), "4/5", reward, "montecarlo", samples=4_000, seed=3)
    assert guess.states == right.states
    for state in right:
        error = abs(guess[state].value - right[state].value)
        assert error <= 4.5 * guess[state].stderr + guess[state].bound + 1e-12


def test_seeds_repeat_and_matter():
    def values(seed):
        table = power(grid(2, 2), "1/2", method="montecarlo", samples=100, seed=seed)
        return [result.value for result in table.results]

    assert values(1) == values(1) != values(2)


# Which method, and why.


def test_auto_is_exact_where_that_is_quick():
    for name in ("wait", "figure-1", "gamble", "star-10", "tree-2x3", "grid-2x2-slippery"):
        table = power(load(name), "9/10")
        assert (table.method, table.note) == ("exact", "")
        assert all(isinstance(result, Exact) for result in table.results)


@pytest.mark.parametrize(
    ("mdp", "reward", "note"),
    [
        (grid(5, 5), "uniform", "would have to look at more than 5,000 policies"),
        (load("aima-4x3-slippery"), "uniform", "more than 500 policies"),
        (random_deterministic(1, 10), "uniform", "the exact method is predicted to take"),
        (load("grid-3x3"), "gaussian", "dimension"),
        (MDP.from_transitions({"a": {"x": {"a": 1.0}}}), "uniform", "--rationalize"),
        (star(2), Orbit((1, 0, 0)), "does not know the rewards 'orbit of (1, 0, 0)'"),
    ],
)
def test_auto_says_why_it_estimates(mdp, reward, note):
    table = power(mdp, "9/10", reward, samples=100)
    assert table.method == "montecarlo"
    assert table.note.startswith("estimated by Monte Carlo: ")
    assert note in table.note
    assert table.to_json()["note"] == table.note
    assert all(isinstance(result, Estimate) for result in table.results)


def test_auto_can_be_forced_to_be_exact(monkeypatch):
    module = importlib.import_module("powerseek.theory.power")
    monkeypatch.setattr(module, "AUTO_SECONDS", 0.0)
    assert power(load("shutdown"), "1/2", samples=10).method == "montecarlo"
    assert power(load("shutdown"), "1/2", force=True).method == "exact"


@pytest.mark.parametrize("method", ["exact", "symbolic"])
def test_what_is_not_exact_is_refused(method):
    with pytest.raises(NotExact, match="float"):
        power(MDP.from_transitions({"a": {"x": {"a": 1.0}}}), "1/2", method=method)


@pytest.mark.parametrize("method", ["exact", "symbolic"])
def test_what_is_too_large_is_refused_at_once(method):
    for mdp in (grid(10, 10), load("aima-4x3-slippery")):
        with pytest.raises(TooLarge, match=r"more than (100|10),000 policies"):
            power(mdp, "1/2", method=method)


def test_large_trees_are_exact():
    table = power(tree(3, 6), "1/2")
    assert (len(table), table.method) == (259, "exact")
    assert table["root.1.1"].exact == Fraction(6, 7)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"gamma": None}, "gamma: got None"),
        ({"gamma": 1}, "gamma: got 1"),
        ({"gamma": "0"}, "gamma: got '0'"),
        ({"gamma": "-1/2"}, "gamma: got '-1/2'"),
        ({"gamma": "much"}, "gamma: got 'much'"),
        ({"gamma": float("nan")}, "gamma: got nan"),
        ({"gamma": None, "method": "exact"}, "gamma: got None"),
        ({"method": "guess"}, "method: got 'guess', expected one of: auto, exact, symbolic"),
        ({"reward": "money"}, "reward: got 'money', expected one of: uniform"),
        ({"samples": 1}, "samples: got 1, expected an integer, at least 2"),
        ({"samples": 2.5}, "samples: got 2.5"),
        ({"sampling": "dice"}, "sampling: got 'dice', expected one of: iid, antithetic, sobol"),
        ({"samples": True}, "samples: got True"),
        ({"method": "montecarlo", "seed": -1}, "seed: got -1"),
        ({"method": "montecarlo", "sampling": "dice"}, "sampling: got 'dice'"),
        ({"method": "montecarlo", "target_stderr": 0}, "target_stderr: got 0"),
        ({"method": "symbolic", "gamma": 2}, "gamma: got 2"),
        ({"method": "symbolic", "reward": "gaussian"}, "reward: got 'gaussian'"),
    ],
)
def test_bad_arguments_are_named(kwargs, message):
    with pytest.raises(InvalidInput) as caught:
        power(load("wait"), **{"gamma": "1/2", **kwargs})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_methods_are_listed():
    assert METHODS == ("auto", "exact", "symbolic", "montecarlo")


# Tables.


def test_tables_are_mappings_in_the_order_of_the_mdp():
    table = power(load("wait"), 0.5)
    assert isinstance(table, PowerTable)
    assert tuple(table) == tuple(table.keys()) == load("wait").states
    assert len(table) == 5
    assert table["start"] == Exact(Fraction(11, 16))
    assert table.gamma == Fraction(1, 2)
    assert hash(table) == hash(power(load("wait"), "1/2"))
    with pytest.raises(KeyError):
        table["tea"]
    formulas = power(load("wait"), method="symbolic")
    assert tuple(formulas) == table.states
    assert len(formulas) == 5
    with pytest.raises(KeyError):
        formulas["tea"]


def test_ranking_is_stable():
    names = [state for state, _ in power(load("wait"), "1/2").ranking()]
    assert names == ["start", "wait", "candy", "chocolate", "hug"]


def test_json_of_exact_power():
    document = power(star(3), "9/10").to_json()
    assert document == {
        "gamma": "9/10",
        "reward": "uniform",
        "method": "exact",
        "states": {
            "centre": {"exact": "3/4", "value": 0.75, "stderr": 0.0},
            "child1": {"exact": "1/2", "value": 0.5, "stderr": 0.0},
            "child2": {"exact": "1/2", "value": 0.5, "stderr": 0.0},
            "child3": {"exact": "1/2", "value": 0.5, "stderr": 0.0},
        },
    }


def test_json_of_estimates():
    document = power(star(3), 0.9, method="montecarlo", samples=1000, seed=5).to_json()
    assert {key: document[key] for key in document if key != "states"} == {
        "gamma": "9/10",
        "reward": "uniform",
        "method": "montecarlo",
    }
    entry = document["states"]["centre"]
    assert list(entry) == ["exact", "value", "stderr", "samples", "seed", "bound"]
    assert (entry["exact"], entry["samples"], entry["seed"]) == (None, 1000, 5)
    assert abs(entry["value"] - 0.75) < 5 * entry["stderr"] < 0.1
    json.dumps(document, allow_nan=False)


def test_json_of_formulas():
    document = power(load("wait"), method="symbolic").to_json()
    assert (document["gamma"], document["method"]) == (None, "symbolic")
    start = document["states"]["start"]
    assert (start["exact"], start["value"], start["stderr"]) == (None, None, 0.0)
    assert (start["limit_at_zero"], start["limit_at_one"]) == ("2/3", "3/4")
    at_half = power(load("wait"), "1/2", method="symbolic").to_json()
    assert at_half["states"]["start"] == {
        "exact": "11/16",
        "value": 0.6875,
        "stderr": 0.0,
        "expr": start["expr"],
    }


@pytest.mark.parametrize("name", ["wait", "shutdown", "gamble", "figure-1"])
def test_formulas_round_trip_through_json(name):
    table = power(load(name), method="symbolic")
    assert SymbolicPowerTable.from_json(json.loads(json.dumps(table.to_json()))) == table


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "method: got None"),
        ({"method": "exact"}, "method: got"),
        ({"method": "symbolic", "gamma": "1/2"}, "gamma: got '1/2', expected null"),
        ({"method": "symbolic", "states": []}, r"states: got \[\]"),
        ({"method": "symbolic", "reward": "uniform", "states": {"a": 1}}, "pieces: got None"),
        ({"method": "symbolic", "states": {"a": {}}}, "reward: got None"),
    ],
)
def test_other_documents_are_no_formulas(document, message):
    with pytest.raises(InvalidInput, match=message):
        SymbolicPowerTable.from_json(document)


def test_gaussian_rewards_have_closed_forms():
    table = power(star(2), "1/2", "gaussian")
    assert isinstance(table["centre"], Certified)
    assert table["centre"].value == pytest.approx(0.5641895835477563, abs=1e-15)
    assert table.to_json()["states"]["centre"]["expr"] == "1/sqrt(pi)"


def test_rewards_may_be_distributions():
    coin = FiniteSupport([(0, 1, 0), (0, 0, 1)])
    table = power(star(2), "1/2", coin)
    assert (table["centre"].exact, table["child1"].exact) == (1, Fraction(1, 2))
    assert table.reward == "finite support of 2"


@pytest.mark.slow
@pytest.mark.parametrize("name", gallery())
def test_every_world_of_the_gallery_has_power(name):
    table = power(load(name), "9/10")
    assert all(0.49 < result.value < 0.97 for result in table.results)
