"""Where curves cross zero: of lines it is known, with Student's interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.studies.crossing import crossing

X = np.array([0.0, 0.5, 2.0, 3.0, 7.0])
roots = st.lists(st.floats(0.1, 6.9), min_size=2, max_size=8)


@given(roots, st.floats(0.1, 10))
def test_lines_of_one_slope_cross_where_their_roots_are_on_average(roots, slope):
    """The jackknife of a mean is its standard error."""
    found = crossing(X, slope * (X[:, None] - np.array(roots)))
    expected = over_seeds(roots)
    for name in ("mean", "low", "high", "stderr"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-9)
    assert found.seeds == len(roots)


@given(st.lists(st.integers(-3, 3), min_size=5, max_size=5).map(np.array))
def test_the_first_crossing_upwards_counts(values):
    found = crossing(X, np.stack([values, values], axis=1).astype(float)).mean
    up = [i for i in range(4) if values[i] < 0 <= values[i + 1]]
    if not up:
        assert np.isnan(found)
    else:
        assert X[up[0]] < found <= X[up[0] + 1]
        assert np.interp(found, X, values) == pytest.approx(0, abs=1e-12)


def test_lines_of_different_slopes():
    """Two lines of slopes 1 and 3 with the same root: however they are weighted, it is there."""
    found = crossing(X, (X[:, None] - 1.25) * np.array([1.0, 3.0]))
    assert found.mean == pytest.approx(1.25)
    assert found.stderr == pytest.approx(0, abs=1e-12)
