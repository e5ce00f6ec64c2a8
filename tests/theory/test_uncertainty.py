"""Sums, differences and signs of results keep their uncertainty."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.results import Certified, Estimate, Exact
from powerseek.theory.uncertainty import difference, sign, weighted_sum

rationals = st.integers(-300, 300).map(lambda i: Fraction(i, 30))
pairs = st.lists(st.tuples(rationals, rationals), min_size=1, max_size=6)


@given(pairs)
def test_exact_numbers_add_exactly(terms):
    weights, numbers = zip(*terms, strict=True)
    total = weighted_sum(weights, [Exact(x) for x in numbers])
    assert total == Exact(sum((w * x for w, x in terms), Fraction(0)))


@given(pairs, st.lists(st.floats(0, 1), min_size=6, max_size=6), st.data())
def test_certified_sums_hold_the_true_sum(terms, bounds, data):
    """Move each number within its bound: the true sum stays within the sum's bound."""
    weights, numbers = zip(*terms, strict=True)
    given_results = [Certified(float(x), b + 1e-12) for x, b in zip(numbers, bounds, strict=False)]
    truth = Fraction(0)
    for w, x, b in zip(weights, numbers, bounds, strict=False):
        truth += w * (x + Fraction(b) * data.draw(st.sampled_from([-1, 0, 1])))
    total = weighted_sum([*weights, 1], [*given_results, Certified(0.0, 0.0)])
    assert isinstance(total, Certified)
    assert abs(Fraction(total.value) - truth) <= Fraction(total.bound)


@given(
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    st.lists(st.floats(-2, 2), min_size=9, max_size=9),
)
def test_without_covariance_the_error_is_never_smaller(weights, factor):
    """Whatever the dependence, the standard error is at most the sum of the parts."""
    root = np.array(factor).reshape(3, 3)
    covariance = root @ root.T
    run = [Estimate(0.0, float(np.sqrt(covariance[i, i])), 10, 0) for i in range(3)]
    paired = weighted_sum(weights, run, covariance)
    careful = weighted_sum(weights, run)
    assert paired.stderr <= careful.stderr + 1e-9
    w = np.array(weights)
    assert paired.stderr == pytest.approx(np.sqrt(max(w @ covariance @ w, 0)), abs=1e-9)


def test_paired_estimates_of_one_run_against_the_spread_of_many_runs():
    """x and y share noise; the paired error predicts the spread of x - y.

    With 4000 runs the spread is known to 1.1 % (one standard error); 5 % is 4.5 of
    them, a false alarm of about 1 in 100,000.
    """
    rng = np.random.default_rng(7)
    shared, own = rng.normal(size=4000), 0.1 * rng.normal(size=4000)
    covariance = np.array([[1.01, 1.0], [1.0, 1.0]])
    run = [Estimate(0.0, 1.01**0.5, 1, 7), Estimate(0.0, 1.0, 1, 7)]
    spread = np.std((shared + own) - shared)
    assert weighted_sum([1, -1], run, covariance).stderr == pytest.approx(spread, rel=0.05)


def test_kinds_mix_upwards():
    exact, certified = Exact(Fraction(1, 3)), Certified(0.5, 0.25)
    estimate = Estimate(0.75, 0.1, 100, 3, bound=0.5)
    assert isinstance(weighted_sum([1, 1], [exact, certified]), Certified)
    assert isinstance(weighted_sum([1.0, 1.0], [exact, exact]), Certified)
    total = weighted_sum([1, 2, -1], [exact, certified, estimate])
    assert isinstance(total, Estimate)
    assert total.bound == pytest.approx(1.0)
    assert (total.stderr, total.samples, total.seed) == (0.1, 100, 3)


def test_terms_of_weight_zero_leave_no_trace():
    estimate = Estimate(0.75, 0.1, 100, 3)
    assert weighted_sum([Fraction(0), Fraction(1)], [estimate, Exact(Fraction(2))]) == (
        Exact(Fraction(2))
    )


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Exact(Fraction(-1, 10**40)), -1),
        (Exact(Fraction(0)), 0),
        (Certified(1.0, 0.5), 1),
        (Certified(-1.0, 0.5), -1),
        (Certified(1.0, 1.0), None),
        (Certified(0.0, 0.0), 0),
        (Estimate(1.0, 0.5, 10, 0), 1),
        (Estimate(1.0, 0.52, 10, 0), None),
        (Estimate(1.0, 0.0, 10, 0, bound=2.0), None),
    ],
)
def test_signs(result, expected):
    assert sign(result) == expected


def test_confidence_decides_how_far_from_zero():
    estimate = Estimate(2.0, 1.0, 10, 0)
    assert sign(estimate, confidence=0.95) == 1
    assert sign(estimate, confidence=0.99) is None


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="weights"):
        weighted_sum([1], [])
    with pytest.raises(InvalidInput, match="one run"):
        difference(Estimate(0, 1, 10, 0), Estimate(0, 1, 10, 1))
    with pytest.raises(InvalidInput, match="covariance"):
        weighted_sum([1], [Estimate(0, 1, 10, 0)], np.eye(2))


@given(st.lists(st.tuples(st.floats(-5, 5), rationals), min_size=1, max_size=6))
def test_rounding_is_within_the_bound(terms):
    """Float weights stand for the binary fractions they are."""
    weights, numbers = zip(*terms, strict=True)
    total = weighted_sum([*weights, 0.5], [Exact(x) for x in (*numbers, Fraction(0))])
    truth = sum((Fraction(w) * x for w, x in terms), Fraction(0))
    assert abs(Fraction(total.value) - truth) <= Fraction(total.bound)


def test_underflow_is_within_the_bound():
    total = weighted_sum([5e-324], [Exact(Fraction(1, 30))])
    assert total.value == 0 < total.bound < 1e-300
