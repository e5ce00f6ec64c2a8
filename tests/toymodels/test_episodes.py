"""Sampled episodes: what is drawn from one uniform number."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from powerseek.toymodels.algorithms.episodes import _decide, _pick

GRID = (np.arange(4096) + 0.5) / 4096


@given(st.floats(0, 1))
def test_an_event_and_what_is_left_are_independent(probability):
    """Over an even grid both have their distributions, up to the spacing of the grid."""
    happens, rest = (np.asarray(v) for v in _decide(jnp.asarray(GRID), jnp.asarray(probability)))
    assert abs(happens.mean() - probability) <= 1 / len(GRID)
    assert np.all((rest >= 0) & (rest < 1))
    for part in (rest[happens], rest[~happens]):
        even = (np.arange(len(part)) + 0.5) / max(len(part), 1)
        np.testing.assert_allclose(part, even, atol=1.0 / max(len(part), 1))


@given(
    st.lists(st.integers(0, 10), min_size=2, max_size=6).filter(any),
    st.floats(0, 1, exclude_max=True, width=32),
)
def test_what_has_no_probability_is_never_picked(weights, uniform):
    """Whatever the rounded sum of single-precision probabilities is."""
    share = np.asarray(weights, np.float32) / np.float32(sum(weights))
    cumulative = jnp.asarray(share).cumsum()[None, None]
    picked = int(_pick(cumulative, jnp.full((1, 1), uniform, jnp.float32))[0, 0])
    assert weights[picked] > 0


def test_the_largest_number_picks_what_is_on_offer():
    """Here single-precision shares sum to less than 1, and the last is not on offer."""
    share = np.full(11, 0.1, np.float32)
    share[-1] = 0
    cumulative = np.minimum(share.cumsum(), np.float32(1 - 2**-23))[None, None]
    assert int(_pick(jnp.asarray(cumulative), jnp.full((1, 1), 1 - 2**-24, jnp.float32))[0, 0]) == 9
