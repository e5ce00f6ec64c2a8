"""The hub for all time: the flow is what training does, and where it ends."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import HubKnobs, Recipe, average_advantage, log_odds_at, train
from powerseek.toymodels.hub_flow import (
    EASY,
    NEEDY,
    NULL,
    TOLD,
    flow,
    late_threshold,
    slopes,
    threshold_at,
)
from powerseek.toymodels.hub_theory import threshold, told_threshold

knobs = st.builds(
    HubKnobs,
    need=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
    sharing=st.floats(0.0, 1.0),
    price=st.floats(0.05, 0.6),
    base_success=st.floats(0.0, 0.8),
    legibility=st.floats(0.0, 1.0),
    exploration=st.floats(0.05, 0.9),
    price_spread=st.just(0.0),
)


@pytest.fixture(scope="module")
def trained(hub):
    recipe = Recipe(world=hub, learning_rate=0.1, checkpoints=(0, 1, 30, 300, 1000))
    times = 0.1 * np.array(recipe.checkpoints)
    return times, lambda knobs: train(recipe, knobs, range(2), chunk=2)


@given(knobs)
@settings(max_examples=15)
def test_training_in_small_steps_follows_the_flow(trained, knobs):
    times, run = trained
    z, measured = flow(knobs, times, n_tasks=4), run(knobs)
    for row, name in ((NULL, "null_log_odds"), (TOLD, "told_log_odds")):
        found = getattr(measured, name)[0]
        np.testing.assert_allclose(found, np.tile(z[row], (2, 1)), atol=0.02)


def test_the_error_of_the_flow_is_of_the_order_of_the_step(trained):
    """Half the step (by half the truthful reward), half the error: the flow is the limit."""
    times, run = trained
    found = run(HubKnobs(need=0.75, price_spread=0.0, signal=np.array([1.0, 0.5, 0.25])))
    z = [flow(HubKnobs(need=0.75), times * s, n_tasks=4)[TOLD] for s in (1.0, 0.5, 0.25)]
    # 30 steps of one size, and as long a time in steps of half: 300 of a tenth and so on.
    error = np.abs(found.told_log_odds[:, 0] - np.array(z))[:, 2]
    assert error[0] > 1e-5
    assert (error[1:] / error[:-1] < 0.35).all()  # steps halved at a fixed number of them


@given(knobs)
def test_with_all_shared_and_no_cue_it_is_the_closed_form(knobs):
    one = HubKnobs(**{**vars(knobs), "sharing": 1.0, "legibility": 0.0})
    times = np.array([0.0, 1.0, 30.0, 1000.0])
    advantage = average_advantage(one.need, one.base_success, one.price)
    start = np.log(one.exploration / (1 - one.exploration))
    expected = log_odds_at(times, start, advantage)
    np.testing.assert_allclose(flow(one, times), np.tile(expected, (4, 1)), atol=1e-6)


@given(st.floats(0.0, 0.8), st.floats(0.05, 0.3), st.floats(0.0, 0.9), st.floats(0.01, 0.99))
@settings(max_examples=15)
def test_early_boundaries_are_the_closed_thresholds(q, c, ell, alpha):
    knobs = HubKnobs(base_success=q, price=c, legibility=ell, sharing=alpha)
    for probe, p in (("null", threshold(q, c)), ("told", told_threshold(q, c, ell))):
        assume(p < 0.99)
        assert threshold_at(probe, knobs, 1e-3) == pytest.approx(p, abs=1e-3)


@given(st.floats(0.0, 1.0), st.floats(0.05, 0.95), st.integers(1, 40))
def test_late_thresholds_solve_the_margin_problem(ell, alpha, n):
    p = late_threshold("told", ell, alpha, n)
    assert 0.5 <= p <= 1
    assert late_threshold("null", ell, alpha, n) == 0.5
    for more in (min(1.0, ell + 0.1), ell):
        assert late_threshold("told", more, min(0.99, alpha + 0.05), n + 1) >= p - 1e-9


@pytest.mark.parametrize("ell", [0.0, 0.2, 0.5])
def test_late_thresholds_are_those_of_the_widest_margin(ell):
    """Against a numerical solution with one weight for each of n tasks."""
    alpha, n = 0.4, 8

    def told_and_null(needy: int) -> tuple[float, float]:
        sign = np.where(np.arange(n) < needy, 1.0, -1.0)
        features = np.concatenate(
            [
                np.sqrt(alpha) * np.stack([np.ones(n), ell * sign], axis=1),
                np.sqrt(1 - alpha) * np.eye(n),
            ],
            axis=1,
        )
        fitted = minimize(
            lambda w: w @ w,
            np.concatenate([[0.0, 0.0], sign]),
            jac=lambda w: 2 * w,
            constraints={
                "type": "ineq",
                "fun": lambda w: sign * (features @ w) - 1,
                "jac": lambda _: sign[:, None] * features,
            },
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        assert fitted.success
        return float(fitted.x[0] - ell * fitted.x[1]), float(fitted.x[0])

    for needy in range(1, n):
        told, null = told_and_null(needy)
        p = needy / n
        for value, at in (
            (told, late_threshold("told", ell, alpha, n)),
            (null, late_threshold("null", ell, alpha, n)),
        ):
            if abs(p - at) > 0.01:
                assert np.sign(value) == np.sign(p - at)
            else:
                assert value == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("need", [0.3, 0.45, 0.55, 0.8, 0.93])
def test_the_flow_ends_on_the_side_of_the_late_threshold(need):
    knobs = HubKnobs(need=need, sharing=0.2, legibility=0.2)
    z = flow(knobs, np.array([0.0, 1e60]), n_tasks=16)
    assert z[NEEDY, 1] > 40  # fitted
    assert z[EASY, 1] < -40
    for row, probe in ((NULL, "null"), (TOLD, "told")):
        side = np.sign(need - late_threshold(probe, 0.2, 0.2, 16))
        assert np.sign(z[row, 1]) == side


def test_thresholds_that_do_not_exist_are_not_numbers():
    assert np.isnan(threshold_at("null", HubKnobs(price=0.9), 1.0))


def test_bad_input_is_refused():
    with pytest.raises(InvalidInput, match="times"):
        flow(HubKnobs(), np.array([1.0, 1.0]))
    with pytest.raises(InvalidInput, match="sharing"):
        late_threshold("told", 0.3, 1.0)
    with pytest.raises(InvalidInput, match="legibility"):
        late_threshold("told", 2.0, 0.5)


def test_nothing_shared_moves_no_probe():
    moved = slopes(np.zeros(4), HubKnobs(sharing=0.0), 16)
    assert (moved[[NULL, TOLD]] == 0).all()
    assert moved[NEEDY] > 0 > moved[EASY]
