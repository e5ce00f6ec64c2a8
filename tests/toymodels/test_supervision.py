"""Supervision acts where it says, as strongly as its knob says, and is off at strength 0."""

from dataclasses import fields, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import MLP, HubKnobs, Linear, train
from powerseek.toymodels.studies.frontier import watch
from powerseek.toymodels.supervision import (
    AblatedNeed,
    Blanket,
    DecoyParity,
    NeedAware,
    Panel,
    Probe,
    Supervised,
)
from powerseek.toymodels.supervision.ablated import without_need
from powerseek.toymodels.tasks import Observation

MEMBERS = (
    Blanket(),
    NeedAware(),
    NeedAware(false_alarm=0.3, miss=0.4),
    AblatedNeed(),
    DecoyParity(),
)
unit = st.floats(0.0, 1.0)
seeds = st.integers(0, 2**31 - 1)


@pytest.fixture(scope="module")
def panel(learner):
    return replace(learner, supervision=Panel(members=MEMBERS), checkpoints=(0, 1, 32, 256))


@pytest.fixture(scope="module")
def watched(panel):
    """Every member at strengths 0, 1 and 2."""
    strength = np.tile([0.0, 1.0, 2.0], len(MEMBERS))
    knobs = HubKnobs(oversight=strength, overseer=np.repeat(np.arange(5.0), 3))
    run, reading = watch(panel, knobs, range(3))
    folded = jax.tree.map(lambda v: np.asarray(v).reshape(len(MEMBERS), 3, *v.shape[1:]), run)
    return folded, np.asarray(reading).reshape(len(MEMBERS), 3, 3, -1)


def test_strength_zero_is_no_supervision(run, watched):
    plain = run(HubKnobs(), range(3))
    for f in fields(plain):
        without = getattr(watched[0], f.name)[:, 0]
        expected = getattr(plain, f.name)[0][..., [0, 1, 6, 9]]
        np.testing.assert_allclose(without, np.broadcast_to(expected, without.shape), atol=1e-9)


def test_a_panel_acts_as_its_member(learner, watched):
    alone = replace(learner, supervision=Blanket(), checkpoints=(0, 1, 32, 256))
    measured = train(alone, HubKnobs(oversight=[1.0, 2.0]), range(3), chunk=32)
    np.testing.assert_allclose(watched[0].told[0, 1:], measured.told, atol=1e-9)
    np.testing.assert_allclose(watched[0].returns[0, 1:], measured.returns, atol=1e-9)


def test_blanket_penalties_unlearn_power_and_forgo_its_use(watched):
    run, reading = watched
    assert (run.told[0, 0, :, -1] > run.told[0, 0, :, 0]).all()
    assert (run.told[0, 2, :, -1] < run.told[0, 2, :, 0]).all()
    assert (run.returns[0, 2, :, -1] < run.returns[0, 0, :, -1] - 0.1).all()
    assert (run.best[0, 0] == run.best[0, 2]).all()
    assert (reading[0, 2, :, -1] < reading[0, 2, :, 0]).all()


def test_reading_ablated_need_unlearns_the_drive_at_half_the_cost_or_less(watched):
    """Of what the same strength on behaviour costs, which takes the task with it."""
    run, reading = watched
    ablated = MEMBERS.index(AblatedNeed())
    assert (run.told[ablated, 1, :, -1] < run.told[ablated, 1, :, 0]).all()
    lost = run.returns[:, 0, :, -1] - run.returns[:, 1, :, -1]
    assert (lost[ablated] < lost[0] / 2).all()
    assert (reading[ablated, 1, :, -1] < 0.1).all()


def test_readings_are_shares(watched):
    reading = watched[1]
    assert (reading >= 0).all()
    assert (reading <= 1 + 1e-12).all()


@given(seeds, unit, st.floats(0.0, 5.0))
@settings(max_examples=25)
def test_a_blind_rater_is_a_weaker_blanket(random_table, seed, rate, strength):
    with jax.enable_x64(True):
        table, knobs = random_table(seed), HubKnobs(oversight=strength)
        blind = NeedAware(false_alarm=rate, miss=1 - rate).rewarded(table, knobs)
        weak = Blanket().rewarded(table, HubKnobs(oversight=strength * rate))
        np.testing.assert_allclose(blind.rewards, weak.rewards, atol=1e-12)


@pytest.mark.slow
@given(seeds, unit)
@settings(max_examples=25)
def test_a_rater_who_knows_the_need_never_objects_to_what_a_person_would_do(hub, seed, need):
    with jax.enable_x64(True):
        table = hub.training(jax.random.key(seed), HubKnobs(need=need))
        assert float((NeedAware().objection(table) * table.adviser).max()) == 0
        assert (NeedAware().objection(table) <= table.power).all()


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_error_rates_are_probabilities(rate):
    with pytest.raises(InvalidInput, match="miss"):
        NeedAware(miss=rate)


@given(seeds, unit, st.floats(0.1, 2.0))
@settings(max_examples=15)
def test_ablation_sets_every_cue_to_not_needed_and_nothing_else(hub, seed, need, legibility):
    with jax.enable_x64(True):
        seen = hub.training(jax.random.key(seed), HubKnobs(need=need, legibility=legibility))
        seen = seen.observation
        ablated = without_need(seen)
        cue = np.asarray(seen.cue) > 0
        assert (ablated.shared[cue] <= 0).all()
        assert set(np.unique(np.abs(seen.shared[cue]))) <= {0.0, legibility}
        np.testing.assert_array_equal(ablated.shared[~cue], seen.shared[~cue])
        np.testing.assert_array_equal(without_need(ablated).shared, ablated.shared)


def test_what_shows_no_need_cannot_be_ablated(random_table):
    with pytest.raises(InvalidInput, match="no cue"):
        without_need(random_table(0).observation)
    assert isinstance(random_table(0).observation, Observation)


@given(seeds, st.floats(0.0, 5.0))
@settings(max_examples=10, deadline=None)
def test_a_loss_is_descended_in_proportion_to_its_strength(hub, seed, strength):
    with jax.enable_x64(True):
        policy, key = Linear(), jax.random.key(seed)
        table = hub.training(key, HubKnobs())
        shared = jax.random.normal(key, (table.observation.shared.shape[0],))
        params = replace(policy.init(key, table.observation), shared=shared)

        def descent(strength):
            knobs = HubKnobs(oversight=strength)
            return AblatedNeed().descent(Supervised(policy, params, table, knobs, params)).shared

        np.testing.assert_allclose(descent(strength), strength * descent(1.0), atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("refitted", [False, True])
@pytest.mark.parametrize("layer", [0, -1])
def test_a_probe_reads_one_in_the_untrained_network(hub, refitted, layer):
    policy, key = MLP(hidden=(6, 5)), jax.random.key(0)
    table = hub.training(key, HubKnobs())
    params = policy.init(key, table.observation)
    probe = Probe(layer=layer, refitted=refitted)
    reading = probe.reading(Supervised(policy, params, table, HubKnobs(), params))
    assert float(reading) == pytest.approx(1.0, abs=1e-5)
    gone = jax.tree.map(jnp.zeros_like, params)  # all options alike: nothing to read
    assert float(probe.reading(Supervised(policy, gone, table, HubKnobs(), params))) == 0
    gradient = probe.descent(Supervised(policy, gone, table, HubKnobs(oversight=1.0), params))
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(gradient))


@pytest.mark.slow
def test_a_probe_needs_hidden_layers(hub):
    table = hub.training(jax.random.key(0), HubKnobs())
    params = Linear().init(jax.random.key(0), table.observation)
    with pytest.raises(InvalidInput, match="hidden layers"):
        Probe().reading(Supervised(Linear(), params, table, HubKnobs(), params))


def test_a_panel_has_members():
    with pytest.raises(InvalidInput, match="members"):
        Panel()
