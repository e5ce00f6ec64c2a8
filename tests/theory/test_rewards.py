"""Reward distributions: moments, maps from the cube, and refusals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.discount import discount
from powerseek.theory.errors import InvalidInput
from powerseek.theory.rewards import (
    KNOWN,
    Exponential,
    FiniteSupport,
    FromUniform,
    Gaussian,
    Orbit,
    Sampler,
    Simplex,
    Uniform,
    reward_distribution,
)

FIVE = FiniteSupport([(0, 0, 0, 0, 1), (1, 2, 3, 4, 5)], ["1/4", "3/4"])
ALL = [*KNOWN.values(), FIVE, Orbit((1, 2, 3, 4, 9))]


@pytest.mark.parametrize("reward", ALL, ids=lambda r: r.name)
def test_means_are_those_of_samples(reward):
    """At z < 5.5 for 5 states a false alarm has probability below 2e-7."""
    drawn = reward.sample(np.random.default_rng(3), 5, 40_000)
    error = drawn.std(axis=1) / 200
    assert drawn.shape == (5, 40_000)
    assert drawn.dtype == np.float64
    assert (np.abs(drawn.mean(axis=1) - reward.mean(5)) < 5.5 * error + 1e-12).all()


@pytest.mark.parametrize("reward", ALL, ids=lambda r: r.name)
def test_corners_of_the_cube_stay_finite(reward):
    for u in (np.zeros((5, 3)), np.ones((5, 3))):
        assert np.isfinite(reward.from_uniform(u)).all()


@given(seed=st.integers(0, 99), n=st.integers(1, 8))
def test_simplex_rewards_are_distributions(seed, n):
    drawn = Simplex().sample(np.random.default_rng(seed), n, 10)
    assert (drawn >= 0).all()
    np.testing.assert_allclose(drawn.sum(axis=0), 1)


@given(vector=st.lists(st.integers(-9, 9), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_orbits_hold_permutations(vector, seed):
    drawn = Orbit(vector).sample(np.random.default_rng(seed), len(vector), 7)
    assert (np.sort(drawn, axis=0) == np.sort(vector)[:, None]).all()


def test_orbit_visits_all_permutations_equally():
    """Chi-squared with 5 degrees of freedom exceeds 33 with probability 4e-6."""
    drawn = Orbit((1, 2, 3)).sample(np.random.default_rng(0), 3, 6000)
    _, counts = np.unique(drawn.T, axis=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 33


@settings(max_examples=20)
@given(u=st.floats(0, 1, exclude_max=True))
def test_quantile_functions_invert_distribution_functions(u):
    from scipy.special import ndtr

    point = np.array([[u]])
    inner = min(max(u, 2.0**-54), 1 - 2.0**-53)
    assert Uniform().from_uniform(point)[0, 0] == u
    np.testing.assert_allclose(-np.expm1(-Exponential().from_uniform(point)), inner, 1e-12)
    np.testing.assert_allclose(ndtr(Gaussian().from_uniform(point)), inner, 1e-9)


def test_finite_support_keeps_fractions():
    assert FIVE.weights == (Fraction(1, 4), Fraction(3, 4))
    assert FiniteSupport([("1/3", 2)]).vectors == ((Fraction(1, 3), 2),)
    assert isinstance(FiniteSupport([(0.5, 1)]).vectors[0][0], float)


def test_samplers_are_checked():
    rng = np.random.default_rng(0)
    flat = Sampler(lambda rng, s, n: np.zeros(n), "flat")
    with pytest.raises(InvalidInput, match=r"reward 'flat': shape of a draw: got \(4,\)"):
        flat.sample(rng, 3, 4)
    holes = Sampler(lambda rng, s, n: np.full((s, n), np.nan), "holes")
    with pytest.raises(InvalidInput, match=r"reward 'holes': a draw: got .*nan"):
        holes.sample(rng, 3, 4)
    with pytest.raises(InvalidInput, match="reward 'flat': mean"):
        Sampler(flat.draw, "flat", [1.0, 2.0]).mean(3)
    assert flat.mean(3) is None
    assert Sampler(flat.draw, "flat", 2.0).mean(3).tolist() == [2, 2, 2]
    assert not isinstance(flat, FromUniform)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: FiniteSupport([]), "vectors"),
        (lambda: FiniteSupport([(1, 2), (1,)]), r"vectors\[1\]"),
        (lambda: FiniteSupport([(1, "x")]), r"vectors\[0\]\[1\]"),
        (lambda: FiniteSupport([(1,), (2,)], [0.5, 0.6]), "weights"),
        (lambda: FiniteSupport([(1,), (2,)], [-1, 2]), "weights"),
        (lambda: FiniteSupport([(1,)], [0.5, 0.5]), "weights"),
        (lambda: Orbit([]), "vector"),
        (lambda: Orbit([float("inf")]), r"vector\[0\]"),
        (lambda: Orbit([True]), r"vector\[0\]"),
        (lambda: Orbit(["1e300000000"]), r"vector\[0\]"),
        (lambda: Orbit([" 1_0 "]), r"vector\[0\]"),
        (lambda: FiniteSupport([(1,)], ["1e-300000000"]), r"weights\[0\]"),
        (lambda: Orbit([1, 2]).mean(3), "reward"),
        (lambda: FIVE.sample(np.random.default_rng(0), 3, 1), "reward"),
        (lambda: reward_distribution("normal"), "reward"),
        (lambda: reward_distribution(3), "reward"),
    ],
)
def test_refusals_name_the_field(make, field):
    with pytest.raises(InvalidInput, match=f"^{field}: got "):
        make()


def test_numbers_stay_as_exact_as_they_are_given():
    given = (1, np.int64(2), Fraction(1, 3), "1/3", " 0.1 ", 0.1, np.float32(0.5))
    read = (1, 2, Fraction(1, 3), Fraction(1, 3), Fraction(1, 10), 0.1, 0.5)
    found = Orbit(given).vector
    assert found == read
    assert [type(x) for x in found] == [Fraction] * 5 + [float] * 2


def test_known_names_are_listed():
    with pytest.raises(InvalidInput, match="uniform, exponential, simplex, gaussian"):
        reward_distribution("cauchy")
    assert all(reward_distribution(name) is known for name, known in KNOWN.items())


@given(p=st.integers(1, 999), q=st.integers(1, 999))
def test_discount_rates_are_exact(p, q):
    value = Fraction(p, p + q)
    assert discount(value) == discount(f"{p}/{p + q}") == value
    assert discount(p / 1000) == Fraction(p, 1000) == discount(np.float64(p / 1000))


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.5, "x", "1/0", None, True, float("nan"), [0.5]])
def test_other_discount_rates_are_refused(value):
    with pytest.raises(InvalidInput, match=r"^gamma: got .*strictly between 0 and 1"):
        discount(value)
