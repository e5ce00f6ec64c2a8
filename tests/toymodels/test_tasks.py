"""Dynamic programming on task tables, against enumeration of every trajectory."""

from dataclasses import replace
from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from powerseek.toymodels.tasks import (
    action_values,
    expected_return,
    masked_softmax,
    occupancies,
    optimal_return,
)

pytestmark = pytest.mark.usefixtures("double_precision")

seeds = st.integers(0, 2**32 - 1)
horizons = st.sampled_from([1, 3])  # each compiles anew


def enumerate_trajectories(table, policies, rewards):
    """Return per context and visits [h, s, x], summed over all trajectories.

    ``policies`` has one table per step, so they need not be stationary.
    """
    start, moves = np.asarray(table.start), np.asarray(table.moves.probability)
    horizon, n_states = len(policies), len(start)
    returns = np.zeros(start.shape[1])
    visits = np.zeros((horizon, *start.shape))
    paths = [(start[s], s, 0, 0.0) for s in range(n_states)]
    while paths:
        probability, s, h, so_far = paths.pop()
        visits[h, s] += probability
        for option in range(moves.shape[1]):
            here = probability * policies[h][s, option]
            total = so_far + rewards[s, option]
            going_on = 1.0 if h + 1 < horizon else 0.0
            ends = 1 - going_on * moves[s, option].sum(0)
            returns += here * ends * total
            if going_on:
                paths += [
                    (here * moves[s, option, then], then, h + 1, total) for then in range(n_states)
                ]
    return returns, visits


@partial(jax.jit, static_argnames="horizon")
def evaluate(table, scores, horizon):
    policy = masked_softmax(scores, table.available)
    return (
        policy,
        expected_return(table, policy, horizon),
        expected_return(table, policy, horizon, table.success),
        jnp.stack(occupancies(table, policy, horizon)),
        jnp.stack(action_values(table, policy, horizon)),
        optimal_return(table, horizon),
    )


def draw_scores(seed, shape):
    return jnp.asarray(np.random.default_rng(seed).normal(scale=2.0, size=shape))


@given(seeds, horizons)
@settings(max_examples=15)
def test_returns_and_visits_are_sums_over_all_trajectories(random_table, seed, horizon):
    table = random_table(seed)
    scores = draw_scores(seed, table.available.shape)
    policy, returns, successes, visits, _, _ = evaluate(table, scores, horizon)
    policies = [np.asarray(policy)] * horizon
    for got, rewards in ((returns, table.rewards), (successes, table.success)):
        expected, at = enumerate_trajectories(table, policies, np.asarray(rewards))
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(visits, at, rtol=0, atol=1e-12)


@given(seeds, horizons)
@settings(max_examples=25)
def test_an_agent_is_in_at_most_one_state_at_a_time(random_table, seed, horizon):
    table = random_table(seed)
    scores = draw_scores(seed, table.available.shape)
    visits = np.asarray(evaluate(table, scores, horizon)[3]).sum(1)
    np.testing.assert_allclose(visits[0], 1.0, atol=1e-12)
    assert (np.diff(visits, axis=0) <= 1e-12).all()
    assert (visits >= 0).all()


@given(seeds, horizons)
@settings(max_examples=25)
def test_no_policy_returns_more_than_the_optimal_return(random_table, seed, horizon):
    table = random_table(seed)
    scores = draw_scores(seed, table.available.shape)
    _, returns, _, _, values, best = evaluate(table, scores, horizon)
    assert (np.asarray(returns) <= np.asarray(best) + 1e-12).all()
    greedy = jnp.where(table.available, values[0], -jnp.inf).argmax(1)
    sharp = 1e3 * jax.nn.one_hot(greedy, table.available.shape[1], axis=1)
    assert (np.asarray(evaluate(table, sharp, horizon)[1]) <= best + 1e-9).all()


@given(seeds)
@settings(max_examples=10)
def test_the_optimal_return_is_the_best_over_all_plans(random_table, seed):
    table = random_table(seed, states=2, options=2, contexts=3)
    available = np.asarray(table.available)
    rules = list(product(range(2), repeat=2))  # an option for each state
    best = np.full(3, -np.inf)
    for plan in product(rules, repeat=2):  # a rule for each step
        tables = [np.eye(2)[list(rule)][..., None] * np.ones(3) for rule in plan]
        allowed = np.all([available[s, rule[s]] for rule in plan for s in range(2)], axis=0)
        returns, _ = enumerate_trajectories(table, tables, np.asarray(table.rewards))
        best = np.where(allowed, np.maximum(best, returns), best)
    np.testing.assert_allclose(optimal_return(table, 2), best, atol=1e-12)


@given(seeds, horizons, st.floats(0.1, 10.0))
@settings(max_examples=15)
def test_values_scale_with_rewards(random_table, seed, horizon, factor):
    table = random_table(seed)
    scores = draw_scores(seed, table.available.shape)
    once = evaluate(table, scores, horizon)
    more = evaluate(replace(table, rewards=factor * table.rewards), scores, horizon)
    for i in (1, 4, 5):
        np.testing.assert_allclose(more[i], factor * np.asarray(once[i]), atol=1e-10)


softmax = jax.jit(masked_softmax)


@given(
    nps.arrays(float, (2, 3, 4), elements=st.floats(-1e5, 1e5)),
    nps.arrays(bool, (2, 3, 4)),
    st.floats(-1e3, 1e3),
)
def test_masked_softmax_is_a_distribution_over_what_is_available(scores, mask, shift):
    policy = np.asarray(softmax(scores, mask))
    assert (policy[~mask] == 0).all()
    np.testing.assert_allclose(policy.sum(1), mask.any(1), atol=1e-12)
    # Shifting by whole numbers of this size costs up to 1e-11 of each score.
    np.testing.assert_allclose(softmax(scores + shift, mask), policy, atol=1e-9)


@given(nps.arrays(float, (2, 3, 4), elements=st.floats(-20, 20)))
def test_log_odds_of_available_options_are_score_differences(scores):
    mask = np.ones(scores.shape, bool)
    policy = np.asarray(softmax(scores, mask))
    np.testing.assert_allclose(
        np.log(policy[:, 0] / policy[:, 1]), scores[:, 0] - scores[:, 1], atol=1e-9
    )
