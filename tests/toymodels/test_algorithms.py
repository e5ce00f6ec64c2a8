"""Credit: the exact gradient against autodiff, REINFORCE against the exact gradient."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.toymodels import HubKnobs
from powerseek.toymodels.algorithms import ExactGradient, Reinforce, Teaching
from powerseek.toymodels.tasks import expected_return, masked_softmax

pytestmark = pytest.mark.usefixtures("double_precision")

seeds = st.integers(0, 2**32 - 1)
shares = st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])
horizons = st.sampled_from([1, 3])  # each compiles anew


def draw_scores(seed, table):
    rng = np.random.default_rng(seed)
    return jnp.asarray(rng.normal(size=table.available.shape))


@partial(jax.jit, static_argnames="horizon")
def exact_credit(table, scores, horizon, teaching):
    policy = masked_softmax(scores, table.available)
    return ExactGradient().credit(jax.random.key(0), table, policy, horizon, teaching)


@partial(jax.jit, static_argnames="horizon")
def autodiff(table, scores, horizon, autonomy):
    """Gradient of the return of the mixture of agent and person, in the agent's scores."""
    own = jnp.where(table.detour > 0, autonomy, 1.0)[:, None, None]

    def mixture_return(scores):
        policy = masked_softmax(scores, table.available)
        acts = own * policy + (1 - own) * table.adviser
        return (table.weight * expected_return(table, acts, horizon)).sum()

    return jax.grad(mixture_return)(scores)


@given(seeds, horizons, shares, shares, shares)
@settings(max_examples=40)
def test_exact_credit_is_the_gradient_of_the_return(
    random_table, seed, horizon, autonomy, signal, credit
):
    table = random_table(seed)
    scores = draw_scores(seed, table)
    got = exact_credit(table, scores, horizon, Teaching(autonomy, signal, credit))
    scale = np.where(np.asarray(table.detour) > 0, credit, 1.0)[:, None, None]
    expected = signal * scale * np.asarray(autodiff(table, scores, horizon, autonomy))
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@given(seeds, st.permutations(range(4)))
@settings(max_examples=15)
def test_credit_does_not_depend_on_the_order_of_contexts(random_table, seed, order):
    table, order = random_table(seed), np.array(order)
    scores, teaching = draw_scores(seed, table), Teaching(0.7, 0.9, 0.6)
    shuffled = jax.tree.map(
        lambda leaf: leaf[..., order] if leaf.shape[-1:] == (4,) else leaf, table
    )
    credit = exact_credit(table, scores, 3, teaching)
    again = exact_credit(shuffled, scores[..., order], 3, teaching)
    np.testing.assert_allclose(again, credit[..., order], rtol=0, atol=1e-13)


@given(seeds, st.floats(0.1, 10.0))
@settings(max_examples=15)
def test_credit_scales_with_rewards(random_table, seed, factor):
    table = random_table(seed)
    scores, teaching = draw_scores(seed, table), Teaching()
    more = replace(table, rewards=factor * table.rewards)
    np.testing.assert_allclose(
        exact_credit(more, scores, 3, teaching),
        factor * exact_credit(table, scores, 3, teaching),
        atol=1e-12,
    )


KEYS = 8_000


@partial(jax.jit, static_argnames="horizon")
def sampled_credit(key, table, scores, horizon, teaching):
    """Mean and standard error of the sampled credit over many updates."""
    policy = masked_softmax(scores, table.available)

    def one(key):
        return Reinforce(episodes=2).credit(key, table, policy, horizon, teaching)

    samples = jax.lax.map(one, jax.random.split(key, KEYS), batch_size=1000)
    return samples.mean(0), samples.std(0) / KEYS**0.5


def greatest_z(mean, stderr, expected):
    """Greatest |z| over all entries that vary; the others must agree exactly."""
    varies = stderr > 1e-12
    np.testing.assert_allclose(mean[~varies], expected[~varies], rtol=0, atol=1e-12)
    return float(np.max(np.abs(mean - expected)[varies] / stderr[varies], initial=0.0))


# |z| > 5 happens by chance with probability 6e-7 per entry. At most 72 entries, 5 runs:
# a false alarm in 1 of 4,000 choices of the seeds, which are fixed.
Z_LIMIT = 5.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("autonomy", "signal", "credit"),
    [(1.0, 1.0, 1.0), (0.4, 1.0, 1.0), (0.4, 0.6, 0.3), (1.0, 0.0, 1.0)],
)
def test_reinforce_is_unbiased_on_a_random_table(random_table, autonomy, signal, credit):
    table = random_table(7)
    scores, teaching = draw_scores(7, table), Teaching(autonomy, signal, credit)
    mean, stderr = map(np.asarray, sampled_credit(jax.random.key(1), table, scores, 3, teaching))
    expected = np.asarray(exact_credit(table, scores, 3, teaching))
    assert (signal > 0) == (np.abs(expected) > 1e-3).any()
    assert greatest_z(mean, stderr, expected) < Z_LIMIT


@pytest.mark.slow
def test_reinforce_is_unbiased_in_the_hub(hub):
    table = jax.jit(hub.training)(jax.random.key(3), HubKnobs(competence=0.7))
    scores, teaching = draw_scores(3, table), Teaching(0.5, 0.7, 0.5)
    mean, stderr = map(
        np.asarray,
        sampled_credit(jax.random.key(2), table, scores, hub.horizon, teaching),
    )
    expected = np.asarray(exact_credit(table, scores, hub.horizon, teaching))
    assert greatest_z(mean, stderr, expected) < Z_LIMIT


@jax.jit
def one_batch(key, table, scores, teaching):
    policy = masked_softmax(scores, table.available)
    return Reinforce(episodes=2).credit(key, table, policy, 3, teaching)


@given(seeds)
@settings(max_examples=20)
def test_a_batch_moves_probability_only_between_available_options(random_table, seed):
    table = random_table(seed)
    scores = draw_scores(seed, table)
    credit = one_batch(jax.random.key(seed), table, scores, Teaching(0.5, 0.5, 0.5))
    assert (np.asarray(credit)[~np.asarray(table.available)] == 0).all()
    np.testing.assert_allclose(credit.sum(1), 0.0, atol=1e-12)


@given(seeds, st.sampled_from(["autonomy", "credit"]))
@settings(max_examples=20)
def test_no_credit_for_detours_that_are_not_the_agents_choice(random_table, seed, knob):
    table = random_table(seed)
    scores, teaching = draw_scores(seed, table), replace(Teaching(), **{knob: 0.0})
    detour = np.asarray(table.detour) > 0
    by_playing = partial(one_batch, jax.random.key(seed))
    for rule in (by_playing, lambda *tasks: exact_credit(*tasks[:2], 3, tasks[2])):
        credit = np.asarray(rule(table, scores, teaching))
        assert (credit[detour] == 0).all()
        if knob == "credit":  # the agent acts as ever, so elsewhere it gets the same credit
            as_ever = np.asarray(rule(table, scores, Teaching()))
            np.testing.assert_allclose(credit[~detour], as_ever[~detour], atol=1e-15)
