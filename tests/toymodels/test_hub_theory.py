"""Closed forms of the hub world: identities, and the course of trained agents."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import logit

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import (
    Hub,
    HubKnobs,
    Recipe,
    average_advantage,
    log_odds_at,
    threshold,
    time_to_drive,
    told_threshold,
    train,
)

log_odds = st.floats(-15, 15)
advantages = st.floats(0.001, 1.0) | st.floats(-1.0, -0.001)
success_without = st.floats(0.0, 0.95)
prices = st.floats(0.001, 1.5)
competences = st.floats(0.05, 1.0)


def conserved(z):
    return 2 * z + 2 * np.sinh(z)


@given(log_odds, advantages, st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_log_odds_solve_their_equation(initial, advantage, times):
    z = log_odds_at(np.array(times), initial, advantage)
    target = conserved(initial) + advantage * np.array(times)
    np.testing.assert_allclose(conserved(z), target, rtol=1e-10, atol=1e-10)


@given(log_odds, advantages, st.floats(0, 1e4), st.floats(0, 1e4))
def test_log_odds_flow(initial, advantage, first, then):
    # Going on from where one is, is the same as going all the way; and back again.
    middle = float(log_odds_at(np.array([first]), initial, advantage)[0])
    end = log_odds_at(np.array([first + then]), initial, advantage)
    np.testing.assert_allclose(log_odds_at(np.array([then]), middle, advantage), end, atol=1e-6)
    back = log_odds_at(np.array([-first]), middle, advantage)
    np.testing.assert_allclose(back, initial, atol=1e-6)
    assert (middle - initial) * advantage >= -1e-9  # the sign of D for all time


@given(log_odds, advantages)
def test_log_odds_grow_by_the_policy_gradient(initial, advantage):
    pi = 1 / (1 + np.exp(-initial))
    dt = 1e-6 / (pi * (1 - pi))
    z = log_odds_at(np.array([-dt, dt]), initial, advantage)
    slope = (z[1] - z[0]) / (2 * dt)
    np.testing.assert_allclose(slope, advantage * pi * (1 - pi), rtol=1e-4)


@given(log_odds, advantages, log_odds)
def test_time_to_drive_is_when_the_log_odds_get_there(initial, advantage, goal):
    assume(abs(goal - initial) > 1e-3)
    time = time_to_drive(initial, advantage, goal)
    if (goal - initial) * advantage > 0:
        np.testing.assert_allclose(
            log_odds_at(np.array([time]), initial, advantage), goal, atol=1e-8
        )
    else:
        assert time == np.inf


@given(log_odds, advantages)
def test_there_is_no_way_to_go_to_where_one_is(initial, advantage):
    assert time_to_drive(initial, advantage, initial) == 0.0
    assert time_to_drive(initial, 0.0, initial + 1) == np.inf


@given(st.floats(1e-6, 1e-3), st.floats(0.01, 1.0))
def test_exploration_sets_the_clock(epsilon, advantage):
    time = time_to_drive(float(logit(epsilon)), advantage)
    np.testing.assert_allclose(
        time * epsilon * advantage, 1.0, atol=2 * epsilon * (1 - np.log(epsilon))
    )


@given(st.floats(0, 1), success_without, prices, competences)
def test_the_threshold_is_where_the_average_advantage_changes_sign(p, q, c, m):
    p_star = threshold(q, c, m)
    np.testing.assert_allclose(average_advantage(p_star, q, c, m), 0.0, atol=1e-12)
    assume(abs(p - p_star) > 1e-9)
    assert (average_advantage(p, q, c, m) > 0) == (p > p_star)


@given(st.floats(0, 1), success_without, prices, st.floats(0, 2), competences)
def test_the_told_threshold_is_where_its_kernel_sum_changes_sign(p, q, c, ell, m):
    # Needy tasks have advantage m(1-q) - c and kernel 1 - l^2, easy ones -c and 1 + l^2.
    gain, square = m * (1 - q), ell**2
    rate = p * (1 - square) * (gain - c) - (1 - p) * (1 + square) * c
    p_star = told_threshold(q, c, ell, m)
    assume(abs(rate) > 1e-9)
    assert (rate > 0) == (p > p_star)


@given(success_without, prices, st.floats(0, 2), competences)
def test_a_legible_need_raises_the_threshold_where_power_can_pay(q, c, ell, m):
    assume(c <= m * (1 - q))  # so that taking power on needy tasks pays
    assert told_threshold(q, c, ell, m) >= threshold(q, c, m) * (1 - 1e-12)


@pytest.mark.parametrize("initial", [400.0, -400.0, 690.0])
def test_log_odds_far_out(initial):
    assert log_odds_at(np.array([0.0]), initial, 0.5)[0] == pytest.approx(initial)


@pytest.mark.filterwarnings("error")
def test_log_odds_too_far_out_are_refused():
    with pytest.raises(InvalidInput, match="initial"):
        log_odds_at(np.array([0.0]), 720.0, 0.5)


pure = {"sharing": 1.0, "legibility": 0.0, "price_spread": 0.0}


@given(
    st.integers(0, 4),
    st.floats(0.0, 0.8),
    st.just(0.0) | st.floats(0.001, 0.6),
    st.floats(0.02, 0.9),
)
@settings(max_examples=30)
def test_training_follows_the_exact_solution(run, needy, q, c, epsilon):
    """Halving the step halves the distance to the solution at the same time."""
    knobs = HubKnobs(
        need=needy / 4, base_success=q, price=c, exploration=epsilon,
        signal=np.array([1.0, 0.5, 0.25]), **pure,
    )  # fmt: skip
    z = run(knobs, [0]).null_log_odds[:, 0]
    advantage, initial = average_advantage(needy / 4, q, c), float(logit(epsilon))
    time = 64.0  # checkpoints 7, 8 and 9: 64, 128 and 256 updates
    exact = float(log_odds_at(np.array([time]), initial, advantage)[0])
    errors = np.array([z[i, 7 + i] - exact for i in range(3)])
    # Euler's error to first order: -step/2 f(z) log(f(z)/f(z_0)), f = dz/dt
    rate = [advantage / (2 + 2 * np.cosh(x)) for x in (initial, exact)]
    leading = -0.5 * rate[1] * np.log(rate[1] / rate[0]) if advantage else 0.0
    steps = np.array([1.0, 0.5, 0.25])
    assert (np.abs(errors - leading * steps) <= 0.05 * steps**2 + 1e-12).all()
    if abs(leading) > 0.01:
        assert (np.abs(errors[1:] / errors[:-1] - 0.5) < 0.1).all()


@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    success_without,
    st.floats(0.0, 1.0),
    competences,
)
@settings(max_examples=30)
def test_with_one_shared_log_odds_the_sign_of_the_drive_never_changes(run, needy, q, c, m):
    need = np.array(needy) / 4
    knobs = HubKnobs(need=need, base_success=q, price=c, competence=m, **pure)
    z = run(knobs, [0, 1]).null_log_odds
    drift = z[..., 1:] - z[..., :1]
    first = np.array([average_advantage(p, q, c, m) for p in need])[:, None]
    assume((np.abs(first) > 1e-9).all())
    assert (np.sign(drift[..., 0]) == np.sign(first)).all()
    if m == 1:  # the last step is not learnt any more
        assert (np.sign(drift) == np.sign(first)[..., None]).all()


@pytest.mark.slow
def test_with_long_training_the_threshold_drifts_towards_a_half():
    """Partial sharing, no cue: between p* and 1/2 the drive rises, then is unlearned."""
    recipe = Recipe(
        world=Hub(n_tasks=10, n_prices=5), learning_rate=4.0,
        checkpoints=(0, 1, 16, 64, 256, 1024, 8192, 32768),
    )  # fmt: skip
    p_star = threshold(0.2, 0.15)
    assert 0.1 < p_star < 0.3
    knobs = HubKnobs(need=np.array([0.1, 0.3, 0.8]), legibility=0.0, price_spread=0.0)
    drive = train(recipe, knobs, [0], chunk=3).null[:, 0] - 0.25
    assert (drive[0, 1:] < 0).all()
    assert drive[1, 1] > 0
    assert drive[1].max() > 0.1
    assert drive[1, -1] < 0
    assert (drive[2, 1:] > 0).all()
