"""The credit ledger: classes of action do not overlap, and entries add up to the credit."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.toymodels import HubKnobs
from powerseek.toymodels.ledger import Ledger, action_classes
from powerseek.toymodels.worlds import DETOUR_WORLDS

pytestmark = pytest.mark.usefixtures("double_precision")

seeds = st.integers(0, 2**31 - 1)


@pytest.mark.parametrize("name", DETOUR_WORLDS)
def test_every_option_on_offer_at_a_detour_is_in_one_class(name):
    world, knobs = DETOUR_WORLDS[name]
    table = jax.jit(world(n_tasks=3).training)(jax.random.key(0), knobs())
    classes = {k: np.asarray(v) for k, v in action_classes(table).items()}
    together = sum(classes.values())
    at_detour = np.asarray(table.detour)[:, None, None] * np.asarray(table.available)
    assert (together[at_detour > 0] == 1).all()
    assert together.max() == 1
    for members in classes.values():
        assert (members * np.asarray(table.available)).any()


@partial(jax.jit, static_argnums=0)
def training(world, seed):
    return world.training(jax.random.key(seed), HubKnobs())


@partial(jax.jit, static_argnums=2)
def entered(table, credit, updates):
    ledger = Ledger.empty(table)
    for _ in range(updates):
        ledger = ledger.after(table, credit, 0.5)
    return ledger.entries(table)


@given(seeds, st.sampled_from([1, 3]))
@settings(max_examples=15)
def test_entries_are_sums_of_credit(hub, seed, updates):
    table = training(hub, seed)
    credit = jnp.asarray(np.random.default_rng(seed).normal(size=table.power.shape))
    entries = entered(table, credit, updates)
    credit, power = np.asarray(credit), np.asarray(table.power)
    scale = 0.5 * updates
    np.testing.assert_allclose(entries["credit_power"], scale * credit[power > 0].sum(), rtol=1e-9)
    np.testing.assert_allclose(
        entries["push"], scale * np.maximum(credit[power > 0], 0).sum(), rtol=1e-9
    )
    np.testing.assert_allclose(entries["credit_decline"], scale * credit[0, 0].sum(), rtol=1e-9)
    np.testing.assert_allclose(entries["credit_work"], scale * credit[1:, 0].sum(), rtol=1e-9)
    n = hub.n_tasks
    np.testing.assert_allclose(entries["credit_decoy"], scale * credit[0, 2, n:].sum(), rtol=1e-9)
    assert entries["pushes"] == updates * bool((credit[power > 0] > 0).any())


def test_training_enters_what_moves_the_agent(run):
    # Gradient ascent on a policy without sharing moves each score by the credit it got, so
    # the ledger is the mean log-odds gained; what power gains, declining loses.
    measured = run(HubKnobs(need=np.array([0.0, 1.0])), range(3))
    for name in ("push", "pushes", "credit_power", "credit_decoy", "credit_decline", "credit_work"):
        assert (getattr(measured, name)[..., 0] == 0).all()
    power = measured.credit_power[..., -1]
    assert (power[1] > 0).all()
    assert (power[0] < 0).all()
    assert (measured.credit_decoy[..., -1] < 0).all()  # it costs and helps with nothing
    np.testing.assert_allclose(
        measured.credit_power + measured.credit_decoy + measured.credit_decline, 0, atol=1e-12
    )
    assert (measured.push >= measured.credit_power - 1e-12).all()
