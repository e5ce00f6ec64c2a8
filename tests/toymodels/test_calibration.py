"""Predicted against measured early drives: where they must agree, and why they part."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import MLP, HubKnobs, Recipe, predict, train
from powerseek.toymodels.studies.calibration import Calibration, Fit, Rates, calibrate
from powerseek.toymodels.supervision import AblatedNeed

NEED = np.array([0.25, 0.75])
unit = st.floats(0.0, 1.0)
numbers = st.lists(st.floats(-1, 1), min_size=3, max_size=9).map(np.array)


@given(numbers, st.floats(0.1, 3.0))
def test_fits_find_the_slope_there_is(predicted, slope):
    fit = Fit.of(predicted, slope * predicted)
    if np.abs(predicted).max() > 1e-6:
        assert fit.slope == pytest.approx(slope)
    if np.ptp(predicted) > 1e-6:
        assert fit.correlation == pytest.approx(1)
    size = np.sqrt((predicted**2).mean())
    assert fit.error == pytest.approx(abs(slope - 1) * size)
    assert fit.scale == pytest.approx(slope * size)


@given(numbers)
def test_predicting_nothing_has_the_error_of_the_scale(measured):
    fit = Fit.of(np.zeros_like(measured), measured)
    assert fit.error == pytest.approx(fit.scale)
    assert np.isnan(fit.slope)
    assert np.isnan(fit.correlation)


@pytest.fixture(scope="module")
def linear(hub) -> Recipe:
    return Recipe(world=hub, checkpoints=(0, 1, 4, 16))


@given(unit, st.floats(0.01, 0.6), st.floats(0.0, 1.0), st.floats(0.05, 0.9))
@settings(max_examples=15)
def test_linear_policies_are_predicted_exactly_and_their_kernel_stays(linear, alpha, c, ell, eps):
    knobs = HubKnobs(need=NEED, sharing=alpha, price=c, legibility=ell, exploration=eps)
    found = calibrate(linear, knobs, range(2))
    for probe in ("null", "told"):
        np.testing.assert_allclose(
            found.predicted(probe, 1), found.measured(probe, 1), rtol=0, atol=1e-12
        )
        # gradient ascent's first step is the gradient
        for checkpoint in (1, 3):
            np.testing.assert_allclose(
                found.predicted(probe, checkpoint, "first step"),
                found.predicted(probe, checkpoint),
                atol=1e-12,
            )
        drift = found.drift(probe, 3)
        assert drift["kernel"] == pytest.approx(0, abs=1e-9)
        assert drift["credit"] == pytest.approx(drift["rate"], abs=1e-9)


@pytest.mark.slow
def test_it_is_the_same_prediction_and_the_same_agents(linear):
    """One call here does what `predict` and `train` do."""
    knobs = HubKnobs(need=NEED)
    found = calibrate(linear, knobs, range(2))
    kernel, measured = predict(linear, knobs, range(2)), train(linear, knobs, range(2))
    for probe in ("null", "told"):
        for checkpoint, n in enumerate(linear.checkpoints):
            np.testing.assert_allclose(
                found.predicted(probe, checkpoint),
                getattr(kernel, f"{probe}_drive")(n * linear.learning_rate),
                atol=1e-12,
            )
            drive = getattr(measured, probe)[..., checkpoint] - getattr(measured, probe)[..., 0]
            np.testing.assert_allclose(found.measured(probe, checkpoint), drive, atol=1e-12)


def test_what_the_supervisor_adds_is_predicted_and_its_part_told_apart(linear):
    recipe = replace(linear, supervision=AblatedNeed())
    found = calibrate(recipe, HubKnobs(need=NEED, oversight=5.0), range(2))
    for probe in ("null", "told"):
        for by in ("kernel", "first step"):
            np.testing.assert_allclose(
                found.predicted(probe, 1, by), found.measured(probe, 1), rtol=0, atol=1e-12
            )
        drift = found.drift(probe, 3)
        assert drift["kernel"] == pytest.approx(0, abs=1e-9)
        assert drift["credit"] == pytest.approx(drift["rate"], abs=1e-9)
        assert drift["rate"] > 0.01


@pytest.mark.slow
def test_adam_is_not_gradient_ascent_but_its_first_step_is_its_own(hub):
    recipe = Recipe(
        world=hub,
        policy=MLP(hidden=(8,)),
        optimiser="adam",
        learning_rate=1e-4,
        checkpoints=(0, 1, 4),
    )
    found = calibrate(recipe, HubKnobs(need=NEED), range(4))
    own, kernel = (found.fit("told", 1, by) for by in ("first step", "kernel"))
    assert own.slope == pytest.approx(1, abs=0.02)
    assert own.error < 0.05 * own.scale
    assert kernel.slope > 2  # steps of the sign are far longer than the gradient
    # and in gradient ascent, the kernel of the same network serves
    ascent = calibrate(replace(recipe, optimiser="sgd"), HubKnobs(need=NEED), range(4))
    assert ascent.fit("told", 1).slope == pytest.approx(1, abs=0.01)


def test_drift_is_measured_in_units_of_the_first_rate():
    z = np.zeros((1, 2, 2, 2))
    rate = np.stack([np.full((1, 2, 2), 2.0), np.full((1, 2, 2), 3.0)], axis=2)
    kept = np.full((1, 2, 2, 2), 2.0)
    found = Calibration((0, 1), 1.0, Rates(z, rate, kept, kept, rate))
    assert found.drift("told", 1) == {"credit": 0.0, "kernel": 0.5, "rate": 0.5}


def test_the_untrained_agent_must_come_first(hub):
    with pytest.raises(InvalidInput, match="checkpoints"):
        calibrate(Recipe(world=hub, checkpoints=(1, 2)), HubKnobs(), range(2))
