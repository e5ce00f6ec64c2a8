"""Traits of power-seeking, and the kinds they make."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.toymodels import HubKnobs, Recipe, train
from powerseek.toymodels.studies.taxonomy import MARGIN, Traits, kind_of, slope, traits, worth
from powerseek.toymodels.worlds import Preemption, PreemptionKnobs, Rater, RaterKnobs

pytestmark = pytest.mark.usefixtures("double_precision")


@given(
    st.floats(-5, 5),
    st.floats(-5, 5),
    st.lists(st.integers(0, 100), min_size=2, max_size=9, unique=True),
)
@settings(deadline=None)
def test_the_slope_of_a_line_is_its_slope(level, rate, prices):
    x = jnp.asarray(prices, float) / 50
    assert float(slope(x, level + rate * x)) == pytest.approx(rate, abs=1e-9)


def test_kinds():
    size, cheap, dear = np.full(5, 0.3), np.full(5, 0.2), np.full(5, 1.1)
    assert kind_of(size, cheap, 0.8) == "weak"
    assert kind_of(size, dear, 0.8) == "strong"
    assert kind_of(np.zeros(5), dear, 0.8) == "none"
    assert kind_of(size, np.array([0.0, 1.2, 0.1, 1.2, 1.0]), 0.8) == "undecided"


def test_a_drive_at_the_margin_is_seldom_given_a_kind():
    """Nominal rate 2.5%; of 400, more than 25 has p < 1e-4."""
    rng = np.random.default_rng(0)
    kinds = [kind_of(MARGIN + 0.02 * rng.normal(size=6), np.full(6, 0.2), 0.8) for _ in range(400)]
    assert sum(kind != "none" for kind in kinds) <= 25


@given(st.integers(0, 2**31 - 1), st.floats(0.0, 0.2), st.floats(0.0, 0.3))
@settings(max_examples=50, deadline=None)
def test_what_persists_is_a_drive(seed, mean, spread):
    """Nothing persists of what is of no kind, whatever its mean: both hang on the interval."""
    rng = np.random.default_rng(seed)
    p = mean + spread * rng.normal(size=(2, 5, 3))
    left = rng.random(p.shape)
    found = Traits(*[p] * 4, penalised=left, cost=p)
    share = found.persistence()
    for i, t in np.ndindex(share.shape):
        size = found.size()[i, :, t]
        assert np.isnan(share[i, t]) == (kind_of(size, np.zeros(5), 0.8) == "none")
        if not np.isnan(share[i, t]):
            rest = (left[i, :, t] - p[i, :, 0]).sum() / (p[i, :, t] - p[i, :, 0]).sum()
            assert share[i, t] == pytest.approx(rest)


def test_what_power_was_worth():
    assert worth(Preemption(), PreemptionKnobs(hazard=0.5)) == pytest.approx(1 - 0.5**3)
    assert worth(Rater(), RaterKnobs(base_success=0.2, truth=0.1)) == pytest.approx(0.7)


@pytest.mark.slow
def test_traits_of_trained_agents(hub):
    recipe = Recipe(world=hub, learning_rate=2.0, checkpoints=(0, 16, 256))
    knobs = HubKnobs(need=[0.0, 0.5, 1.0])
    found, run = traits(recipe, knobs, range(3)), train(recipe, knobs, range(3))
    np.testing.assert_allclose(found.probability, run.told, atol=1e-9)
    np.testing.assert_allclose(found.indifference, run.willingness_to_pay, atol=1e-9)
    # a penalty undoes, and undoes less where the habit is stronger
    assert (found.penalised < found.probability + 1e-9).all()
    assert found.persistence()[2, -1] > 0.5
    assert np.isnan(found.persistence()[0]).all()  # no drive, nothing to persist
    np.testing.assert_allclose(found.cost, found.amount * knobs.price, atol=1e-9)
