"""Uniform numbers: two single-precision ones from each block of the cipher."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from powerseek.toymodels.algorithms.uniforms import uniform
from powerseek.toymodels.streams import agent_key


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 7), min_size=1, max_size=3))
@settings(max_examples=25)
def test_numbers_lie_on_the_grid_of_single_precision(seed, shape):
    """Multiples of 2**-23 in [0, 1), in the shape asked for, odd or even in size."""
    numbers = np.asarray(uniform(agent_key(seed, 0), tuple(shape), jnp.float32), float)
    assert numbers.shape == tuple(shape)
    assert np.all((numbers >= 0) & (numbers < 1))
    np.testing.assert_array_equal(numbers * 2**23, np.floor(numbers * 2**23))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_are_uniform_and_independent(dtype):
    """Of one number, and of neighbours, and of those half an array apart (one block).

    Kolmogorov-Smirnov, and chi squared over 8 x 8 cells for two pairings, each false in one
    run of a thousand; the seeds are fixed.
    """
    n = 2**16
    with jax.enable_x64(dtype == "float64"):
        numbers = np.asarray(uniform(agent_key(5, 3), (n,), dtype))
    assert numbers.dtype == dtype
    assert len(np.unique(numbers)) > 0.99 * n
    assert stats.kstest(numbers, "uniform").pvalue > 1e-3
    for other in (np.roll(numbers, 1), np.roll(numbers, n // 2)):
        half = n // 2  # each pair once
        cells, *_ = np.histogram2d(numbers[:half], other[:half], bins=8, range=[(0, 1), (0, 1)])
        assert stats.chisquare(cells.ravel()).pvalue > 1e-3


def test_the_bits_are_those_of_the_published_cipher():
    """Threefry-2x32-20 of key 0 and counter (0, 1), from another implementation of it."""
    rotations = ((13, 15, 26, 6), (17, 29, 16, 24))
    keys = (0, 0, 0x1BD11BDA)
    a, b, mask = 0, 1, 2**32 - 1
    for group in range(5):
        for turn in rotations[group % 2]:
            a = (a + b) & mask
            b = ((b << turn | b >> (32 - turn)) & mask) ^ a
        a = (a + keys[(group + 1) % 3]) & mask
        b = (b + keys[(group + 2) % 3] + group + 1) & mask
    key = jax.random.wrap_key_data(jnp.zeros(2, jnp.uint32), impl="threefry2x32")
    found = np.asarray(uniform(key, (2,), jnp.float32), float) * 2**23
    np.testing.assert_array_equal(found, [a >> 9, b >> 9])


def test_the_cipher_is_that_of_the_agent_whatever_jax_is_set_to():
    """Numbers would change with a setting, and other generators have keys of other shapes."""
    with jax.default_prng_impl("rbg"):
        other = uniform(agent_key(1, 2), (3,), jnp.float32)
    np.testing.assert_array_equal(other, uniform(agent_key(1, 2), (3,), jnp.float32))
