"""Times of which some are censored: first passages, medians and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.studies.survival import MedianTime, first_passage

numbers = st.floats(-5, 5)
curves = st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=5).map(np.array)
TIMES = np.array([0.0, 1.0, 3.0, 10.0])


@given(curves, numbers)
def test_a_passage_lies_where_the_curve_meets_the_level(curves, level):
    for curve, at in zip(curves, first_passage(TIMES, curves, level), strict=True):
        if np.isinf(at):
            assert (curve > level).all()
        else:
            assert (curve[at > TIMES] > level).all()
            if at > 0:
                assert np.interp(at, TIMES, curve) == pytest.approx(level, abs=1e-6)
            else:
                assert curve[0] <= level


@given(curves, numbers)
def test_rising_is_falling_upside_down(curves, level):
    up = first_passage(TIMES, -curves, -level)
    reached = (curves >= level).any(axis=1)
    np.testing.assert_array_equal(np.isfinite(up), reached)


@given(curves, numbers, st.floats(0, 2))
def test_a_lower_level_is_reached_later(curves, level, by):
    later = first_passage(TIMES, curves, level - by)
    assert (later >= first_passage(TIMES, curves, level) - 1e-9).all()


times = st.lists(st.floats(0, 100) | st.just(np.inf), min_size=1, max_size=40)


@given(times)
def test_the_median_is_that_of_all_times(times):
    found = MedianTime.of(times)
    assert found.seeds == len(times)
    if sum(map(np.isinf, times)) < len(times) / 2:
        assert found.median == pytest.approx(np.median(times))
    else:
        assert found.median == np.inf


@given(times, st.floats(0, 1))
def test_looking_less_long_never_moves_what_was_seen(times, share):
    """Censoring later times leaves a median below the end of the run as it was."""
    whole = MedianTime.of(times)
    end = share * 100
    cut = MedianTime.of([t if t <= end else np.inf for t in times])
    assert cut.censored == sum(t > end for t in times)
    ordered = sorted(times)
    if ordered[len(times) // 2] <= end:
        assert cut.median == whole.median
    else:
        assert cut.median >= whole.median
    assert cut.low <= cut.median <= cut.high
    if np.isfinite(cut.high):
        assert cut.high == whole.high


@pytest.mark.slow
@pytest.mark.parametrize("n", [6, 9, 16, 25, 64])
def test_the_interval_covers_the_median(n):
    """20,000 samples: at least 95% of intervals cover, up to 4 standard errors (3e-5)."""
    rng = np.random.default_rng(n)
    draws = rng.exponential(size=(20_000, n))
    draws[draws > 1.5] = np.inf  # censored
    found = [MedianTime.of(row) for row in draws]
    covered = np.mean([m.low <= np.log(2) <= m.high for m in found])
    assert covered >= 0.95 - 4 * (0.05 * 0.95 / 20_000) ** 0.5
    # and it is not everything: the next pair of order statistics covers less often
    assert covered < (1.0 if n > 6 else 0.99)


def test_few_seeds_have_no_finite_interval():
    found = MedianTime.of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.low, found.high) == (0.0, np.inf)
    six = MedianTime.of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert (six.low, six.high) == (1.0, 6.0)


@pytest.mark.parametrize("bad", [[], [1.0, float("nan")]])
def test_times_must_be_times(bad):
    with pytest.raises(InvalidInput, match="times"):
        MedianTime.of(bad)


def test_curves_must_fit_the_times():
    with pytest.raises(InvalidInput, match="4 times"):
        first_passage(TIMES, np.zeros((2, 3)), 0.5)
