"""Reward for power against being led to it: what the groups share and where they differ."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import HubKnobs, Recipe
from powerseek.toymodels.algorithms import ExactGradient, Teaching
from powerseek.toymodels.learning import draw_agent
from powerseek.toymodels.studies.yoked import GROUPS, MASTER, YOKED, Lead, Yoked, paid, worth, yoke
from powerseek.toymodels.tasks import masked_softmax, optimal_return
from powerseek.toymodels.worlds import DETOUR_WORLDS

unit = st.floats(0.0, 1.0)
knobs = st.builds(
    HubKnobs,
    need=unit,
    sharing=unit,
    price=st.floats(0.0, 0.6),
    base_success=st.floats(0.0, 0.9),
    legibility=st.floats(0.0, 1.0),
    exploration=st.floats(0.05, 0.9),
)
STATE, BATCH, NONE = YOKED


@pytest.fixture(scope="module")
def run(hub):
    recipe = Recipe(world=hub, learning_rate=2.0, checkpoints=(0, 1, 16, 128))
    return lambda knobs: yoke(recipe, knobs, range(2))


@pytest.mark.slow
@given(knobs)
@settings(max_examples=12)
def test_what_every_run_must_show(run, knobs):
    found = run(knobs)
    reference = found.groups[MASTER]
    for name in YOKED:  # as often, context for context
        np.testing.assert_array_equal(found.visits[name], found.visits[MASTER])
    # Paid in each context what power is worth there: nothing can tell it from the means.
    for field in ("null", "told", "needed", "willingness_to_pay", "power_when_useful"):
        np.testing.assert_allclose(
            getattr(found.groups["contingent"], field), getattr(reference, field), atol=1e-9
        )
    # Nothing is learnt about power where the value of the state is what pay is compared with.
    still = found.groups[STATE]
    np.testing.assert_allclose(still.told, still.told[..., :1] * np.ones(4), atol=1e-12)
    # One step on, only average reward has reached a probe without cue or price.
    for name in ("contingent", "flat"):
        np.testing.assert_allclose(
            found.groups[name].null_log_odds[..., 1], reference.null_log_odds[..., 1], atol=1e-12
        )
    # All start alike.
    for name in GROUPS:
        np.testing.assert_array_equal(found.groups[name].told[..., 0], reference.told[..., 0])


def test_groups_differ_where_they_should(run):
    """Exact gradients: the only chance is in prices, so margins are wide."""
    found = run(HubKnobs())
    flat, master, led = (found.power(name).mean() for name in ("flat", MASTER, NONE))
    assert found.power(MASTER, checkpoint=0).mean() == pytest.approx(0.25)
    assert flat > 0.9
    assert led > 0.5  # superstition
    assert master > 0.5
    visits, contingency, superstition, _ = found.verdicts()
    assert visits.word == "not supported"
    assert visits.interval.mean == pytest.approx(0, abs=1e-12)
    assert contingency.interval.mean == pytest.approx(master - 0.25)
    assert superstition.interval.mean == pytest.approx(led - 0.25)
    assert str(found.drive("flat")) == str(found.drive("flat", "told", 0, 3))


@pytest.fixture(scope="module")
def table(random_table, double_precision):
    return random_table(seed=3, contexts=5)


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_credit_is_the_mean_over_the_masters_choices(table, seed):
    """Enumerated: every option drawn from mu, credited with pay minus baseline."""
    rng = np.random.default_rng(seed)
    own, lead = (
        masked_softmax(jnp.asarray(rng.normal(size=table.rewards.shape)), table.available)
        for _ in range(2)
    )
    pay = jnp.asarray(rng.normal(size=table.weight.shape))
    mean = float((table.weight * pay).sum() / table.weight.sum())
    key = jax.random.key(0)
    for baseline, b in (("state", pay), ("batch", mean), ("none", 0.0)):
        algorithm = Yoked(baseline=baseline)
        credit, _ = algorithm.step(key, table, own, 1, Teaching(), Lead(lead, pay))
        expected = np.array(0 * table.rewards)
        for o in range(expected.shape[1]):  # drawn with probability mu(o)
            push = np.eye(expected.shape[1])[o][None, :, None] - own
            expected += np.asarray(
                (table.weight * table.start * (pay - b) * lead[:, o])[:, None] * push
            )
        detour = np.asarray(table.detour) > 0
        np.testing.assert_allclose(credit[detour], expected[detour], atol=1e-12)
        exact = ExactGradient().credit(key, table, own, 1, Teaching())
        np.testing.assert_allclose(credit[~detour], exact[~detour], atol=1e-12)


def test_a_led_learner_rests_where_it_agrees_with_its_master(table):
    policy = masked_softmax(jnp.zeros(table.rewards.shape), table.available)
    lead = Lead(policy, jnp.ones(table.weight.shape))
    for baseline in YOKED.values():
        credit, _ = Yoked(baseline=baseline).step(
            jax.random.key(0), table, policy, 2, Teaching(), lead
        )
        assert np.abs(credit[np.asarray(table.detour) > 0]).max() == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hub", "reserve"])
def test_pay_is_what_power_would_have_been_worth(name, double_precision):
    world, kind = DETOUR_WORLDS[name]
    recipe = Recipe(world=world(n_tasks=4))
    knobs = replace(kind(), need=0.5, price_spread=0.5)
    drawn = draw_agent(recipe, jnp.uint32(0), jnp.uint32(1), knobs).table
    horizon = recipe.world.horizon
    value = np.asarray(worth(drawn, horizon))
    offered = np.asarray(drawn.power[0]) > 0
    assert (value[~offered] == 0).all()
    assert (value[offered] > 0).any()
    assert (value[offered] < 0).any()
    for flat in (False, True):
        now = paid(drawn, horizon, flat)
        again = np.asarray(worth(now, horizon))
        if flat:
            mean = np.array(
                [v[o].mean() if o.any() else 0 for v, o in zip(value, offered, strict=True)]
            )
            value_now = offered * mean[:, None]
        else:
            value_now = value
        np.testing.assert_allclose(again, value_now, atol=1e-12)
        # What is not power is as it was, and power leads where declining does.
        np.testing.assert_array_equal(now.rewards[1:], drawn.rewards[1:])
        o, x = np.argwhere(offered)[0]
        np.testing.assert_array_equal(
            now.moves.probability[0, o, :, x], drawn.moves.probability[0, 0, :, x]
        )
        bare = replace(drawn, available=drawn.available & ~(drawn.power > 0))
        if flat is False:
            best = np.asarray(optimal_return(bare, horizon)) + np.maximum(value.max(0), 0)
            np.testing.assert_allclose(optimal_return(now, horizon), best, atol=1e-12)


def test_the_untrained_agent_must_come_first(hub):
    with pytest.raises(InvalidInput, match="checkpoints"):
        yoke(Recipe(world=hub, checkpoints=(1, 2)), HubKnobs(), range(2))
