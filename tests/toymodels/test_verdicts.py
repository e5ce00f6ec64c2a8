"""Intervals over seeds and the rules that turn them into words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy import stats

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.argument import POWER, Claim
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.verdicts import (
    CAPABLE,
    exists_above,
    judge,
    judge_against_all,
    of_the_capable,
    word_for,
)

numbers = st.floats(-10, 10)
samples = nps.arrays(float, st.integers(2, 20), elements=numbers)
intervals = st.lists(numbers, min_size=2, max_size=9).map(over_seeds)
CLAIM = Claim("X", "x", "X holds.", "amount of x", "x", margin=0.05)


@given(samples)
def test_intervals_are_students(values):
    got = over_seeds(values)
    n = len(values)
    assert got.seeds == n
    assert got.mean == pytest.approx(np.mean(values))
    assert got.stderr == pytest.approx(stats.sem(values), abs=1e-12)
    half = stats.t.ppf(0.975, n - 1) * stats.sem(values)
    assert got.high - got.low == pytest.approx(2 * half, abs=1e-9)
    assert got.low <= got.mean <= got.high


@given(samples, st.floats(0.1, 10), numbers)
def test_intervals_follow_changes_of_unit(values, scale, shift):
    once, again = over_seeds(values), over_seeds(scale * values + shift)
    for end in ("low", "mean", "high"):
        expected = scale * getattr(once, end) + shift
        assert getattr(again, end) == pytest.approx(expected, abs=1e-8)


@given(nps.arrays(float, st.integers(2, 20), elements=st.floats(-1e307, 1e307)))
def test_numbers_too_large_to_square_have_intervals_without_end(values):
    """Without a warning, which would be a failure here, and stand in the way on a terminal."""
    got = over_seeds(values)
    largest = abs(values).max()
    if largest > 1e160 and np.ptp(values) > largest / 2:
        assert not np.isfinite([got.low, got.high, got.stderr]).any()


def test_intervals_cover_the_mean_in_95_percent_of_experiments():
    """8 normal seeds, 4,000 experiments, each side separately: a false alarm (5 standard
    errors) in 1 of 1,700,000 choices of the seed."""
    draws = np.random.default_rng(0).normal(1.0, 2.0, size=(4000, 8))
    got = [over_seeds(row) for row in draws]
    tolerance = 5 * (0.025 * 0.975 / len(draws)) ** 0.5
    assert abs(np.mean([i.low > 1.0 for i in got]) - 0.025) < tolerance
    assert abs(np.mean([i.high < 1.0 for i in got]) - 0.025) < tolerance


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_seed_has_no_interval(values):
    with pytest.raises(InvalidInput, match=f"seeds.*{len(values)}"):
        over_seeds(values)


@given(intervals, numbers)
def test_words_follow_the_interval(interval, margin):
    word = word_for(interval, margin)
    assert (word == "supported") == (interval.low > margin)
    assert (word == "not supported") == (interval.high < margin)


@pytest.mark.parametrize(("low", "high"), [(0.05, 0.2), (-0.1, 0.05), (0.05, 0.05)])
def test_an_interval_that_touches_the_margin_is_inconclusive(low, high):
    assert word_for(Interval((low + high) / 2, low, high, 0.1, 8), 0.05) == "inconclusive"


@given(intervals, st.floats(0.001, 5))
def test_a_larger_quantity_is_judged_no_worse(interval, more):
    order = ["not supported", "inconclusive", "supported"]
    up = (interval.mean + more, interval.low + more, interval.high + more)
    higher = Interval(*up, interval.stderr, interval.seeds)
    assert order.index(word_for(higher, 0.05)) >= order.index(word_for(interval, 0.05))


@given(intervals)
def test_a_verdict_states_its_rule(interval):
    verdict = judge(CLAIM, interval)
    assert verdict.word == word_for(interval, CLAIM.margin)
    assert verdict.claim is CLAIM
    assert verdict.interval is interval
    relation = {
        "supported": "above", "not supported": "below", "inconclusive": "straddles",
    }  # fmt: skip
    assert relation[verdict.word] in verdict.rule
    assert f"{interval.low:.3g}" in verdict.rule
    assert "0.05" in verdict.rule


CONTROLS: tuple[str, ...] = ("untrained", "decoy twin", "Bayes-optimal")


@given(st.lists(intervals, min_size=3, max_size=3))
def test_the_conclusion_must_hold_against_every_control(excesses):
    over = dict(zip(CONTROLS, excesses, strict=True))
    verdict = judge_against_all(CLAIM, over)
    # 0.025 / 3 on either side of each, all from Student's t
    reach = [stats.t.ppf(1 - 0.025 / 3, i.seeds - 1) * i.stderr for i in excesses]
    uppers = [i.mean + half for i, half in zip(excesses, reach, strict=True)]
    if all(i.low > CLAIM.margin for i in excesses):
        assert verdict.word == "supported"
    elif min(uppers) < CLAIM.margin - 1e-9:
        assert verdict.word == "not supported"
    elif min(uppers) > CLAIM.margin + 1e-9:
        assert verdict.word == "inconclusive"
    # What is reported is an interval that agrees with the verdict, of the control named.
    if verdict.word != "inconclusive":
        assert word_for(verdict.interval, CLAIM.margin) == verdict.word
    named = [name for name in CONTROLS if f"({name})" in verdict.rule]
    shown = 3 if verdict.word == "not supported" else 1
    assert [over[name].corrected(shown) for name in named] == [verdict.interval]


def test_a_conclusion_that_touches_the_margin_is_inconclusive():
    """On either side: no spread, so that intervals are points and correction changes none."""
    at, above = (Interval(m, m, m, 0.0, 8) for m in (CLAIM.margin, CLAIM.margin + 1))
    for touching in ({"one": at, "other": above}, {"one": at, "other": at}):
        assert judge_against_all(CLAIM, touching).word == "inconclusive"
    assert judge_against_all(CLAIM, {"one": above}).word == "supported"


@given(intervals, st.integers(1, 40))
def test_corrected_intervals_are_students_at_the_corrected_level(interval, looks):
    got = interval.corrected(looks)
    half = stats.t.ppf(1 - 0.025 / looks, interval.seeds - 1) * interval.stderr
    assert (got.mean, got.stderr, got.seeds) == (interval.mean, interval.stderr, interval.seeds)
    assert got.high - got.low == pytest.approx(2 * half, abs=1e-9)
    assert interval.corrected(1) == interval


def test_no_looks_are_refused():
    with pytest.raises(InvalidInput, match=r"looks.*0"):
        over_seeds([1.0, 2.0]).corrected(0)


@given(st.lists(intervals, min_size=1, max_size=5), numbers)
def test_something_lies_above_or_everything_below(some, margin):
    word = exists_above(some, margin)
    assert (word == "supported") == any(i.corrected(len(some)).low > margin for i in some)
    assert (word == "not supported") == all(i.high < margin for i in some)


@given(st.lists(intervals, min_size=3, max_size=3), st.permutations(range(3)))
def test_the_order_of_controls_does_not_matter(excesses, order):
    over = list(zip(CONTROLS, excesses, strict=True))
    one = judge_against_all(CLAIM, dict(over))
    other = judge_against_all(CLAIM, dict(over[i] for i in order))
    assert one.word == other.word


def test_margins_of_the_argument_are_what_verdicts_use():
    for claim in (*POWER.premises, POWER.conclusion):
        at = claim.margin
        assert judge(claim, Interval(at + 1, at + 0.01, at + 2, 0.1, 8)).word == "supported"
        assert judge(claim, Interval(at, at - 1, at - 0.01, 0.1, 8)).word == "not supported"


def wrong_words(true_excess, experiments, seed):
    """Share of experiments that end in each word; three controls, 8 normal seeds each."""
    draws = np.random.default_rng(seed).normal(
        np.array(true_excess)[:, None], 1.0, size=(experiments, 3, 8)
    )
    words = [
        judge_against_all(CLAIM, dict(zip(CONTROLS, map(over_seeds, rows), strict=True))).word
        for rows in draws
    ]
    return {word: words.count(word) / experiments for word in set(words)}


def test_a_conclusion_on_the_margin_is_rarely_supported():
    """One control on the margin, the others far below: supported in 2.5% of runs, here at
    most that plus 5 standard errors (a false alarm in 1 of 3,500,000 choices of the seed)."""
    got = wrong_words([0.05, 9.0, 9.0], 2000, seed=1)
    assert got["supported"] < 0.025 + 5 * (0.025 * 0.975 / 2000) ** 0.5


@pytest.mark.parametrize("excess", [[0.05, 0.05, 0.05], [0.05, 0.05, 9.0]])
def test_a_conclusion_on_the_margin_is_rarely_rejected(excess):
    """Every control on the margin: not supported in at most 2.5% of runs plus 4 standard
    errors (a false alarm in 1 of 31,000 choices of the seed); uncorrected it is 7.3%."""
    got = wrong_words(excess, 2000, seed=2)
    assert got["not supported"] < 0.025 + 4 * (0.025 * 0.975 / 2000) ** 0.5


def test_a_conclusion_that_fails_is_rejected():
    """One control out of reach by 9 standard deviations: seen in every run."""
    got = wrong_words([-9.0, 9.0, 9.0], 200, seed=3)
    assert got == {"not supported": 1.0}


@given(st.floats(0, 1), st.floats(0, 0.5))
def test_no_verdict_on_agents_that_have_not_learnt(mean, half):
    drive = judge(POWER.conclusion, Interval(0.5, 0.4, 0.6, 0.05, 16))
    capability = Interval(mean, mean - half, mean + half, half / 2, 16)
    judged = of_the_capable(drive, capability)
    assert (judged == drive) == (mean - half > CAPABLE)
    assert judged.word in ("supported", "inconclusive")
    assert judged.interval == drive.interval
