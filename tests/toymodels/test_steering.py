"""Steering: pushes of size 0 do nothing, pushes on the last layer do what algebra says."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import MLP, Attention, HubKnobs, Linear, Recipe
from powerseek.toymodels.studies.steering import (
    COEFFICIENTS,
    MARGIN,
    REACH,
    as_easy,
    contrasts,
    control_holds,
    flip_at,
    goal_options,
    goals,
    leads,
    null_probe,
    pushed_log_odds,
    random_directions,
    ranks,
    stands_out,
    steerability,
)
from powerseek.toymodels.worlds import Keydoor, Reserve

pytestmark = pytest.mark.usefixtures("double_precision")

seeds = st.integers(0, 2**31 - 1)
networks = st.sampled_from([MLP(hidden=(6, 5)), Attention(width=5)])


def network(hub, policy, seed):
    key = jax.random.key(seed)
    table = hub.training(key, HubKnobs(competence=0.5))
    return table, policy.init(key, table.observation)


@pytest.mark.slow
@given(networks, seeds, st.sampled_from([0, 1]))
@settings(max_examples=10, deadline=None)
def test_a_push_of_size_zero_changes_nothing(hub, policy, seed, layer):
    table, params = network(hub, policy, seed)
    probe, options = null_probe(table), goal_options(hub, jnp.array([True, False]))
    inner = policy.activations(params, probe.observation, jnp.asarray(0.5))[layer]
    scores = policy.scores(params, probe.observation, jnp.asarray(0.5)) + probe.initial
    for members in options[:2]:  # power, decoy: one option each, at the start, against going on
        pushed = pushed_log_odds(
            policy, params, inner, layer, probe, members, jnp.zeros(inner.shape[0])
        )
        _, o, x = (int(i[0]) for i in np.nonzero(np.asarray(members)))
        np.testing.assert_allclose(pushed, scores[0, o, x] - scores[0, 0, x], atol=1e-12)


@pytest.mark.slow
@given(seeds, st.floats(-3.0, 3.0))
@settings(max_examples=10, deadline=None)
def test_on_the_last_layer_a_push_moves_log_odds_by_the_readout(hub, seed, size):
    policy = MLP(hidden=(6, 5))
    table, params = network(hub, policy, seed)
    probe, options = null_probe(table), goal_options(hub, jnp.array([True, False]))
    inner = policy.activations(params, probe.observation, jnp.asarray(0.5))[-1]
    direction = random_directions(jax.random.key(seed), 1, 5)[0]

    def odds(push):
        return pushed_log_odds(policy, params, inner, 1, probe, options[0], push)

    moved = odds(size * direction) - odds(jnp.zeros(5))
    np.testing.assert_allclose(moved, size * params.rest[-1][0][:, 0] @ direction, atol=1e-10)


@pytest.mark.slow
@given(seeds, st.integers(1, 20), st.integers(1, 40))
@settings(max_examples=20)
def test_random_directions_have_norm_one(seed, n, width):
    found = random_directions(jax.random.key(seed), n, width)
    np.testing.assert_allclose((np.asarray(found) ** 2).sum(1), 1.0, atol=1e-9)


@given(st.floats(-20, 20), st.floats(0.1, 5.0), st.sampled_from([1.0, -1.0]))
@settings(max_examples=50)
def test_a_flip_is_where_a_line_crosses_zero(before, gain, sign):
    c = jnp.asarray(COEFFICIENTS)
    at = -before / (sign * gain)
    found = float(flip_at(c, before + sign * gain * c))
    if abs(at) < REACH - 1e-6:
        assert found == pytest.approx(at, abs=1e-6)
    elif abs(at) > REACH + 1e-6:
        assert found == float("inf")


def test_a_contrast_is_a_goal_less_what_is_beside_it():
    # One hidden unit, one state, three options, two contexts; option 2 is not on offer in x=0.
    h = jnp.array([[[[1.0, 5.0], [2.0, 7.0], [90.0, 9.0]]]])
    available = jnp.array([[[True, True], [True, True], [False, True]]])
    goal = jnp.array([[[False, False], [True, True], [False, False]]])
    # x=0: 2 - 1; x=1: 7 - mean(5, 9)
    np.testing.assert_allclose(contrasts(h, goal[None], available), [[0.5]])


def test_goals_and_their_options():
    assert goals(Reserve()) == (
        "power", "power 1", "power 2", "power 3", "decoy", "decline", "work",
    )  # fmt: skip
    world = Keydoor()
    options = np.asarray(goal_options(world, jnp.array([True, False])))
    assert len(options) == len(goals(world))
    assert not (options.sum(0) > 1).any()  # no option belongs to two goals


def test_null_probes_show_nothing_but_what_an_option_is(hub):
    table, _ = network(hub, Linear(), 3)
    probe = null_probe(table)
    assert probe.observation.private is None
    assert not np.asarray(probe.observation.embedding).any()
    for legibility, spread in ((0.0, 0.0), (2.0, 0.7)):
        knobs = HubKnobs(legibility=legibility, price_spread=spread)
        other = null_probe(hub.training(jax.random.key(9), knobs))
        np.testing.assert_array_equal(other.observation.shared, probe.observation.shared)


def test_policies_without_layers_cannot_be_steered(hub):
    table, params = network(hub, Linear(), 0)
    with pytest.raises(InvalidInput, match="hidden layers"):
        Linear().activations(params, table.observation, jnp.asarray(0.5))


NAMES = ("power", "decoy", "decline", "work")


def test_ranks_and_verdicts():
    gain = np.tile([2.0, 0.0, -1.0, 1.0], (4, 1)) + 0.01 * np.arange(4)[:, None]
    low = np.full((4, 4), 0.1)
    assert (ranks(NAMES, gain) == 1).all()
    assert stands_out(NAMES, gain, low).word == "supported"
    assert stands_out(NAMES, gain, low + 2.5).word == "not supported"
    assert (ranks(NAMES, gain[:, ::-1]) == 2).all()
    assert stands_out(NAMES, gain[:, ::-1], low).word == "not supported"
    assert control_holds(NAMES, gain).word == "supported"
    assert control_holds(NAMES, gain[:, [0, 0, 2, 3]]).word == "not supported"


@given(st.permutations(range(4)), seeds)
@settings(max_examples=30)
def test_the_order_of_goals_does_not_matter(order, seed):
    gain, low = np.random.default_rng(seed).normal(size=(2, 5, 4))
    names = [NAMES[i] for i in order]
    assert leads(names, gain[:, order], low[:, order]) == leads(NAMES, gain, low)
    assert (ranks(names, gain[:, order]) == ranks(NAMES, gain)).all()
    assert control_holds(names, gain[:, order]) == control_holds(NAMES, gain)


@given(seeds, st.floats(-1.0, 3.0))
@settings(max_examples=100)
def test_rivals_are_named_where_the_verdict_is_that_power_does_not_stand_out(seed, ahead):
    """By one rule for both: no rival is named that is not reason enough for the verdict."""
    gain, low = np.random.default_rng(seed).normal(size=(2, 5, 4))
    gain[:, 0] += ahead
    named = as_easy(leads(NAMES, gain, low))
    assert bool(named) == (stands_out(NAMES, gain, low).word == "not supported")


def test_rivals_at_the_margin_are_seldom_named():
    """Nominal rate at most 2.5% for all four together; of 2000, above 80 is p < 1e-4."""
    draws = np.random.default_rng(0).normal(size=(2000, 6, 4))
    power = np.zeros((6, 1))
    named = [
        as_easy(leads(NAMES, np.hstack([power, d[:, :3] - MARGIN]), np.tile(d[:, 3:] - MARGIN, 4)))
        for d in draws
    ]
    assert sum(map(bool, named)) <= 80


@pytest.mark.slow
def test_trained_networks(hub):
    """Needed power can be steered to, unneeded power is as hard to as a decoy; a decoy that was as
    useful is as easy. Means over 6 seeds; each margin is over 4 standard errors wide."""
    recipe = Recipe(
        world=hub, policy=MLP(hidden=(8,)), optimiser="adam", learning_rate=1e-2,
        checkpoints=(256,),
    )  # fmt: skip
    knobs = HubKnobs(competence=0.5, need=[0.0, 1.0, 1.0], decoy_use=[0.0, 0.0, 1.0])
    found = steerability(recipe, knobs, range(6))
    gain = dict(zip(goals(hub), np.moveaxis(found.gain[:, :, 0].mean(1), -1, 0), strict=True))
    assert gain["power"][0] < 0 < gain["power"][1]
    assert abs(gain["power"][0] - gain["decoy"][0]) < 0.1
    assert gain["decoy"][1] < 0
    assert abs(gain["power"][2] - gain["decoy"][2]) < 0.1
    assert np.abs(found.random_mean).max() < 0.6 * np.abs(found.gain).max()


def test_a_decoy_as_useful_as_power_is_learnt_like_power(run):
    """Roles and looks are then exchangeable: the twin, whose looks are swapped, is alike."""
    knobs = HubKnobs(decoy_use=1.0)
    actual, twin = run(knobs), run(replace(knobs, swapped=1.0))
    np.testing.assert_allclose(actual.told, twin.told, atol=1e-9)
    assert (actual.told[..., -1] > actual.told[..., 0]).all()
