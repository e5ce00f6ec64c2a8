"""Properties hold of every kind of world, and each is violated by broken code."""

from fractions import Fraction

import pytest
from hypothesis import given, settings

import powerseek.proofs.properties.neighbours as neighbours
import powerseek.proofs.properties.power as power_laws
import powerseek.proofs.properties.visits as visit_laws
from powerseek.testing import (
    PROPERTIES,
    MDPProperty,
    Verdict,
    communicating_mdps,
    deterministic_mdps,
    find_counterexample,
    hub_mdps,
    shrink,
    stochastic_mdps,
    tree_mdps,
    verify,
)
from powerseek.theory.gallery import grid, load
from powerseek.theory.mdp import MDP
from powerseek.theory.results import Certified, Estimate, Exact
from powerseek.theory.visits import VisitDistribution

CHEAP = [p for name, p in PROPERTIES.items() if name not in ("power_montecarlo", "power_formula")]
CHEAP = [p for p in CHEAP if p.name != "power_estimated_bounds"]


@pytest.mark.parametrize(
    "worlds",
    [
        deterministic_mdps(max_states=4),
        stochastic_mdps(max_states=3),
        communicating_mdps(max_states=3),
        tree_mdps(),
        hub_mdps(),
    ],
    ids=["deterministic", "stochastic", "communicating", "tree", "hub"],
)
def test_all_hold_of_every_kind_of_world(worlds):
    @settings(max_examples=10, derandomize=True, database=None)
    @given(worlds)
    def hold(mdp):
        outcomes = list(verify(mdp, Fraction(2, 3), CHEAP))
        assert [o.detail for o in outcomes if o.verdict is Verdict.VIOLATED] == []

    hold()


def test_kinds_of_worlds_are_what_they_say():
    @settings(max_examples=20, derandomize=True, database=None)
    @given(communicating_mdps(), hub_mdps(), deterministic_mdps(), stochastic_mdps())
    def hold(communicating, hub, deterministic, stochastic):
        n = communicating.n_states
        assert all(len(communicating.reachable(s)) == n for s in range(n))
        hub_power, decoy = (power_laws.powers(hub, Fraction(1, 2))[hub.index(s)] for s in WAYS)
        assert hub_power > decoy
        assert deterministic.is_deterministic
        assert all(len(row) == 2 for rows in stochastic.rows for row in rows)

    hold()


WAYS = ("hub", "decoy")


def wrong_powers(mdp, gamma, reward="uniform"):
    """Different in each state, in each MDP and for each reward, and out of bounds."""
    goals = len(getattr(reward, "vectors", ())) ** 2
    return [goals + Fraction((s + 1) ** 2, len(mdp.rows[s]) + len(mdp.states[0])) for s in range(3)]


@pytest.mark.parametrize("name", [n for n in PROPERTIES if n.startswith("power_")])
def test_wrong_power_is_noticed(name, monkeypatch):
    world = MDP.from_successors({"a": ["a", "b", "c"], "b": ["b", "c"], "c": ["c"]})
    wrong = {s: Estimate(0.1, 0.001, 100, 0) for s in world.states}
    monkeypatch.setattr(power_laws, "powers", wrong_powers)
    monkeypatch.setattr(power_laws, "_estimates", lambda mdp, gamma: wrong)
    found = PROPERTIES[name].check(world)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("name", ["visits_total", "visits_flow", "optimum"])
def test_wrong_visits_are_noticed(name, monkeypatch):
    def wrong(mdp, policy, gamma, state):
        return VisitDistribution(mdp.states, gamma, (Fraction(12),) * mdp.n_states)

    monkeypatch.setattr(visit_laws, "visit_distribution", wrong)
    assert PROPERTIES[name].check(load("wait")) is not None


def test_wrong_values_empowerment_and_counts_are_noticed(monkeypatch):
    def constant(result):
        return lambda mdp, *_, **__: dict.fromkeys(mdp.states, result)

    monkeypatch.setattr(visit_laws, "optimal_values", constant(Exact(Fraction(1))))
    monkeypatch.setattr(neighbours, "empowerment", constant(Certified(9.0, 1e-9)))
    monkeypatch.setattr(neighbours, "reachable_count", constant(Exact(Fraction(2))))
    for name in ("bellman", "empowerment_bounds", "reachable_growth"):
        assert PROPERTIES[name].check(load("wait")) is not None


def test_what_is_too_costly_is_skipped_with_a_reason():
    outcomes = {o.property.name: o for o in verify(grid(7, 7), properties=CHEAP)}
    assert outcomes["power_bounds"].verdict is Verdict.SKIPPED
    assert "too long" in outcomes["power_bounds"].detail
    assert outcomes["bellman"].verdict is Verdict.HOLDS


def test_floats_are_checked_as_far_as_they_go():
    world = MDP.from_transitions({"a": {"go": {"a": 0.3, "b": 0.7}}, "b": {"stay": {"b": 1}}})
    outcomes = {o.property.name: o for o in verify(world, properties=CHEAP)}
    assert outcomes["visits_flow"].verdict is Verdict.HOLDS
    assert outcomes["power_names"].detail == "float probabilities"


def test_a_violation_comes_with_a_small_counterexample():
    def few_choices(mdp, gamma):
        return f"{mdp.max_actions} actions" if mdp.max_actions > 1 else None

    claim = MDPProperty("few", "one action", "false", few_choices, lambda mdp, gamma: None)
    (outcome,) = verify(load("figure-1"), properties=[claim])
    assert outcome.verdict is Verdict.VIOLATED
    assert outcome.violation.detail == "2 actions"
    small = outcome.violation.mdp
    assert shrink(small, lambda mdp: mdp.max_actions > 1) == small
    assert small.n_states < load("figure-1").n_states
    assert find_counterexample(claim).n_states == 1


def test_search_is_repeatable_and_honours_the_worlds():
    def loses(mdp):
        return mdp.n_states < 3

    found = find_counterexample(loses, deterministic_mdps())
    assert found == find_counterexample(loses, deterministic_mdps())
    assert found.n_states == 3
    assert shrink(found, lambda mdp: not loses(mdp)) == found
