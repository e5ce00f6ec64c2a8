"""Measures side by side: ranks, Kendall's tau, and disagreements."""

import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy.stats import kendalltau

from powerseek.theory.errors import InvalidInput
from powerseek.theory.gallery import load
from powerseek.theory.mdp import MDP
from powerseek.theory.measures import (
    MeasureTable,
    StateMeasure,
    compare_measures,
    standard_measures,
)
from powerseek.theory.power import power
from powerseek.theory.results import Certified, Estimate, Exact

columns = st.integers(2, 6).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 3), min_size=n, max_size=n) for _ in range(2)])
)


def table(*numbers, kind=lambda x: Exact(Fraction(x))):
    names = ("reference", "other", "third")[: len(numbers)]
    states = tuple(f"s{i}" for i in range(len(numbers[0])))
    return MeasureTable(states, names, tuple(tuple(map(kind, x)) for x in numbers))


@given(columns)
def test_tau_and_counts_against_scipy(drawn):
    reference, other = drawn
    agreement = table(reference, other).agreement("other")
    expected = kendalltau(reference, other, variant="b").statistic
    assert agreement.tau == pytest.approx(expected, nan_ok=True)
    n = len(reference)
    assert n * (n - 1) // 2 == (
        agreement.concordant
        + len(agreement.opposed)
        + agreement.tied_reference
        + agreement.tied_measure
        + agreement.tied_both
    )


@given(columns)
def test_opposed_pairs_are_those_ordered_the_other_way(drawn):
    reference, other = drawn
    found = table(reference, other).agreement("other").opposed
    n = range(len(reference))
    expected = {
        (f"s{i}", f"s{j}")
        for i in n
        for j in n
        if reference[i] > reference[j] and other[i] < other[j]
    }
    assert set(found) == expected
    assert len(found) == len(expected)


@given(columns)
def test_ranks_count_the_states_above(drawn):
    numbers, _ = drawn
    ranks = table(numbers).ranks("reference")
    assert [ranks[f"s{i}"] for i in range(len(numbers))] == [
        1 + sum(y > x for y in numbers) for x in numbers
    ]


def test_a_measure_agrees_with_itself_and_opposes_its_negative():
    both = table([1, 2, 3], [1, 2, 3], [3, 2, 1])
    assert both.agreement("other").tau == 1
    assert both.agreement("third").tau == -1
    assert both.agreement("third").opposed == (("s1", "s0"), ("s2", "s0"), ("s2", "s1"))


def test_what_uncertainty_leaves_open_is_a_tie():
    close = table([1, 2], [2, 1], kind=lambda x: Certified(x, 0.6))
    assert close.ranks("reference") == {"s0": 1, "s1": 1}
    assert close.agreement("other").opposed == ()
    sure = table([1, 2], [2, 1], kind=lambda x: Estimate(x, 0.2, samples=9, seed=0))
    assert sure.agreement("other").opposed == (("s1", "s0"),)
    unsure = table([1, 2], [2, 1], kind=lambda x: Estimate(x, 0.3, samples=9, seed=0))
    assert unsure.agreement("other").opposed == ()


def test_standard_measures_on_the_wait_world():
    """Wait world at gamma 1/2: POWER(start) 11/16 > POWER(wait) 2/3 (1912.01683)."""
    mdp = load("wait")
    found = compare_measures(mdp, "1/2")
    assert found.names[0] == "POWER"
    assert found["POWER"] == dict(power(mdp, "1/2"))
    assert len(found.names) == len(standard_measures(mdp, "1/2")) == 7
    assert found.agreement("POWER").tau == 1
    assert found.agreement("states ever").opposed == ()


def test_stochastic_worlds_leave_out_recurrent_distributions():
    names = [m.name for m in standard_measures(load("gamble"), "1/2")]
    assert "ways to go on" not in names
    assert "ways to go on" in [m.name for m in standard_measures(load("wait"), "1/2")]


def test_a_measure_that_disagrees_with_power():
    """Many states behind a corridor: reached in the end, of little use when myopic."""
    mdp = MDP.from_successors(
        {
            "corridor": ["door"],
            "door": ["hall"],
            "hall": ["x", "y", "z"],
            "x": ["x"],
            "y": ["y"],
            "z": ["z"],
            "fork": ["x", "y"],
        }
    )
    found = compare_measures(mdp, "1/10")
    assert ("fork", "corridor") in found.agreement("states ever").opposed


def test_rendering_names_every_state_and_measure():
    found = table([1, 2], [2, 1])
    markdown = found.to_markdown().splitlines()
    assert markdown[0] == "| state | reference | other |"
    assert markdown[1] == "| --- | ---: | ---: |"
    assert markdown[2] == "| s0 | 1 (2) | 2 (1) |"
    assert markdown[-1] == "| tau with reference | 1.000 | -1.000 |"
    console = Console(width=80, file=io.StringIO())
    console.print(found)
    text = console.file.getvalue()
    for word in ("reference", "other", "s0", "s1", "value (rank)", "-1.000"):
        assert word in text


def test_errors():
    mdp = load("wait")
    one = StateMeasure("one", lambda mdp: {s: Exact(Fraction(1)) for s in mdp.states})
    with pytest.raises(InvalidInput, match=r"^measures: got \[\]"):
        compare_measures(mdp, "1/2", [])
    with pytest.raises(InvalidInput, match=r"^measures: got"):
        compare_measures(mdp, "1/2", [one, one])
    half = StateMeasure("half", lambda mdp: {})
    with pytest.raises(InvalidInput, match=r"^measure 'half': got 'start'"):
        compare_measures(mdp, "1/2", [one, half])
    with pytest.raises(InvalidInput, match=r"^name: got 'two'"):
        compare_measures(mdp, "1/2", [one]).ranks("two")
