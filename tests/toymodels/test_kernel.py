"""Theory against training: the tangent kernel's prediction of the first updates."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree

from powerseek.toymodels import (
    MLP,
    HubKnobs,
    Recipe,
    Tabular,
    predict,
    threshold,
    told_threshold,
    train,
)
from powerseek.toymodels.learning import draw_agent
from powerseek.toymodels.measurement import probe_log_odds
from powerseek.toymodels.supervision import SUPERVISORS, Panel

CHUNK = 32
unit = st.floats(0.0, 1.0)
any_knobs = st.builds(
    HubKnobs,
    autonomy=unit,
    signal=unit,
    credit=unit,
    need=st.lists(unit, min_size=3, max_size=3).map(np.array),
    exploration=st.floats(0.001, 0.99),
    sharing=unit,
    price=st.floats(0.0, 1.0),
    base_success=st.floats(0.0, 0.99),
    legibility=st.floats(0.0, 2.0),
    competence=st.floats(0.1, 1.0),
    price_spread=unit,
    swapped=st.sampled_from([0.0, 1.0]),
)


@pytest.mark.slow
@given(any_knobs)
@settings(max_examples=25)
def test_the_first_update_of_a_linear_policy_is_predicted_exactly(run, learner, knobs):
    measured = run(knobs)
    kernel = predict(learner, knobs, range(2), chunk=CHUNK)
    for name in ("null", "told"):
        z = getattr(measured, f"{name}_log_odds")
        np.testing.assert_allclose(getattr(kernel, f"{name}_log_odds"), z[..., 0])
        step = learner.learning_rate * getattr(kernel, f"{name}_rate")
        np.testing.assert_allclose(z[..., 1] - z[..., 0], step, rtol=0, atol=1e-12)
        drive = getattr(measured, name)[..., 1] - getattr(measured, name)[..., 0]
        predicted = getattr(kernel, f"{name}_drive")(learner.learning_rate)
        np.testing.assert_allclose(predicted, drive, rtol=0, atol=1e-12)


EVERYONE = Panel(members=tuple(supervisor() for supervisor in SUPERVISORS.values()))
NO_PROBE = Panel(members=tuple(s for s in EVERYONE.members if s.name != "probe"))


def in_turn(panel: Panel, knobs: HubKnobs) -> HubKnobs:
    """Every supervisor of the panel at work, one setting each."""
    return replace(knobs, overseer=np.arange(float(len(panel.members))))


@pytest.mark.slow
@given(any_knobs, st.floats(0.1, 5.0))
@settings(max_examples=10)
def test_the_first_update_is_predicted_whoever_supervises(learner, knobs, strength):
    recipe = replace(learner, supervision=NO_PROBE, checkpoints=(0, 1))
    knobs = in_turn(NO_PROBE, replace(knobs, need=0.5, oversight=strength))
    measured, kernel = (do(recipe, knobs, range(2), chunk=CHUNK) for do in (train, predict))
    for name in ("null", "told"):
        z = getattr(measured, f"{name}_log_odds")
        step = recipe.learning_rate * getattr(kernel, f"{name}_rate")
        np.testing.assert_allclose(z[..., 1] - z[..., 0], step, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_a_small_update_of_a_network_is_predicted_whoever_supervises(network):
    recipe = replace(network, supervision=EVERYONE, learning_rate=1e-5, checkpoints=(0, 1))
    knobs = in_turn(EVERYONE, HubKnobs(need=0.9, oversight=5.0))
    measured, kernel = (do(recipe, knobs, range(2), chunk=CHUNK) for do in (train, predict))
    for name in ("null", "told"):
        z = getattr(measured, f"{name}_log_odds")
        step = recipe.learning_rate * getattr(kernel, f"{name}_rate")
        assert np.abs(step).min() > 0
        np.testing.assert_allclose(z[..., 1] - z[..., 0], step, rtol=1e-2)


@given(st.floats(0.1, 0.9), unit, st.floats(0.0, 1.0))
@settings(max_examples=15)
def test_the_error_of_the_prediction_vanishes_faster_than_the_drive(
    run, learner, need, sharing, legibility
):
    # The truthful share of reward scales the step: 8 updates of size s.
    sizes = np.array([0.2, 0.1, 0.05])
    knobs = HubKnobs(need=need, sharing=sharing, legibility=legibility, signal=sizes)
    z = run(knobs).told_log_odds
    rate = predict(learner, knobs, range(2), chunk=CHUNK).told_rate
    error = np.abs(z[..., 4] - z[..., 0] - 8 * rate)
    assert (error <= sizes[:, None] ** 2).all()  # second order, with room
    assert (error[2] <= 0.3 * error[0] + 1e-12).all()  # 4 times smaller steps


@given(
    st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
    st.floats(0.05, 0.9),
    st.floats(0.01, 0.8),
    st.floats(0.0, 1.2),
    st.floats(0.05, 1.0),
)
@settings(max_examples=40)
def test_predicted_drives_change_sign_at_the_thresholds(learner, p, q, c, ell, m):
    knobs = HubKnobs(
        need=np.full(3, p), base_success=q, price=c, legibility=ell, competence=m,
        price_spread=0.0,
    )  # fmt: skip
    kernel = predict(learner, knobs, range(2), chunk=CHUNK)
    for rate, p_star in (
        (kernel.null_rate, threshold(q, c, m)),
        (kernel.told_rate, told_threshold(q, c, ell, m)),
    ):
        if abs(p - p_star) > 1e-9:
            assert ((rate > 0) == (p > p_star)).all()


@partial(jax.jit, static_argnums=0)
def training_table(recipe, knobs, agent):
    return draw_agent(recipe, jnp.uint32(0), agent, knobs).table


def offer_features(recipe, knobs, agent):
    """Shared features of the training offers of power: [context, feature]."""
    with jax.enable_x64(True):
        table = training_table(recipe, knobs, jnp.uint32(agent))
    offers = (np.asarray(table.power) * np.asarray(table.available)).any((0, 1))
    return np.asarray(table.observation.shared)[:, 0, 1, offers].T


def test_transfer_is_the_share_of_the_kernel(learner):
    alpha = np.array([0.0, 0.3, 1.0])
    knobs = HubKnobs(sharing=alpha, legibility=0.7, price_spread=0.8)
    got = predict(learner, knobs, range(2), chunk=CHUNK).transfer
    for agent in range(2):
        phi = offer_features(learner, HubKnobs(legibility=0.7, price_spread=0.8), agent)
        own = (phi**2).sum(1)
        for i, a in enumerate(alpha):
            expected = (a * phi[:, 0] / (a * own + 1 - a)).mean()
            np.testing.assert_allclose(got[i, agent], expected, atol=1e-12)
    # without cues or prices to see, it is the knob itself
    plain = replace(knobs, legibility=0.0, price_spread=0.0)
    got = predict(learner, plain, range(2), chunk=CHUNK).transfer
    np.testing.assert_allclose(got, alpha[:, None] * np.ones(2), atol=1e-12)


@pytest.mark.slow
def test_a_table_transfers_nothing_however_long_it_is_trained(learner):
    recipe = replace(learner, policy=Tabular())
    knobs = HubKnobs(sharing=np.array([0.0, 0.5, 1.0]), need=0.9)
    kernel = predict(recipe, knobs, range(2), chunk=CHUNK)
    for values in (kernel.transfer, kernel.null_rate, kernel.told_rate):
        assert (values == 0).all()
    measured = train(recipe, knobs, range(2), chunk=CHUNK)
    for values in (measured.null, measured.told, measured.needed):
        assert (values == values[..., :1]).all()
    assert (measured.returns[..., -1] > measured.returns[..., 0] + 0.1).all()


@pytest.fixture(scope="module")
def network(hub):
    return Recipe(world=hub, policy=MLP(hidden=(8,)), learning_rate=0.02, checkpoints=(0, 1, 8))


@pytest.mark.slow
def test_the_prediction_for_networks_holds_while_steps_are_small(network):
    recipe = network
    sizes = np.array([1.0, 0.5, 0.25])
    knobs = HubKnobs(signal=sizes, need=0.9)
    measured = train(recipe, knobs, range(8), chunk=CHUNK)
    kernel = predict(recipe, knobs, range(8), chunk=CHUNK)
    for name in ("null", "told"):
        z = getattr(measured, f"{name}_log_odds")
        change = z - z[..., :1]
        rate = recipe.learning_rate * getattr(kernel, f"{name}_rate")
        for at, updates in ((1, 1), (2, 8)):
            error = np.abs(change[..., at] - updates * rate).mean(axis=1)
            assert (error < 0.3 * updates * np.abs(rate).mean(axis=1) * sizes).all()
            # The error is of second order: half the step, a quarter of the error.
            assert (np.abs(error[1:] / error[:-1] - 0.25) < 0.1).all()


@partial(jax.jit, static_argnums=0)
def learnt_here_and_there(recipe, knobs, agent):
    """Push power against attempting in one training context at a time, by autodiff.

    Returns the mean ratio of the changes in log-odds: null probe over that context.
    """
    drawn = draw_agent(recipe, jnp.uint32(0), agent, knobs)
    flat, unravel = ravel_pytree(drawn.params)
    offers = (drawn.table.power * drawn.table.available).sum((0, 1))

    def known(flat):
        z = recipe.policy.scores(unravel(flat), drawn.table.observation, knobs.sharing)
        return z[0, 1] - z[0, 0]

    def new(flat):
        z = probe_log_odds(recipe.policy, unravel(flat), drawn.probes, knobs.sharing)
        return drawn.probes.null @ z

    here, there = jax.jacobian(known)(flat), jax.grad(new)(flat)
    return (offers * (here @ there) / (here**2).sum(1)).sum() / offers.sum()


def assert_transfer_is_what_is_learnt(recipe):
    knobs = HubKnobs(sharing=0.5)
    got = predict(recipe, knobs, range(2), chunk=CHUNK).transfer[0]
    with jax.enable_x64(True):
        expected = [learnt_here_and_there(recipe, knobs, jnp.uint32(i)) for i in range(2)]
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_transfer_is_what_a_new_context_gets_of_what_one_context_learns(learner):
    assert_transfer_is_what_is_learnt(learner)


@pytest.mark.slow
def test_transfer_of_networks_is_what_a_new_context_gets(network):
    assert_transfer_is_what_is_learnt(network)
