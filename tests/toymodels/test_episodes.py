"""Sampled episodes: what is drawn from one uniform number."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.toymodels.algorithms import Teaching
from powerseek.toymodels.algorithms.episodes import Episodes, _decide, _pick, spread_credit

GRID = (np.arange(4096) + 0.5) / 4096


@given(st.floats(0, 1))
def test_an_event_and_what_is_left_are_independent(probability):
    """Over an even grid both have their distributions, up to the spacing of the grid."""
    happens, rest = (np.asarray(v) for v in _decide(jnp.asarray(GRID), jnp.asarray(probability)))
    assert abs(happens.mean() - probability) <= 1 / len(GRID)
    assert np.all((rest >= 0) & (rest < 1))
    for part in (rest[happens], rest[~happens]):
        even = (np.arange(len(part)) + 0.5) / max(len(part), 1)
        np.testing.assert_allclose(part, even, atol=1.0 / max(len(part), 1))


@given(
    st.lists(st.integers(0, 10), min_size=2, max_size=6).filter(any),
    st.floats(0, 1, exclude_max=True, width=32),
)
def test_what_has_no_probability_is_never_picked(weights, uniform):
    """Whatever the rounded sum of single-precision probabilities is."""
    share = np.asarray(weights, np.float32) / np.float32(sum(weights))
    cumulative = jnp.asarray(share).cumsum()[None, None]
    picked = int(_pick(cumulative, jnp.full((1, 1), uniform, jnp.float32))[0, 0])
    assert weights[picked] > 0


def test_the_largest_number_picks_what_is_on_offer():
    """Here single-precision shares sum to less than 1, and the last is not on offer."""
    share = np.full(11, 0.1, np.float32)
    share[-1] = 0
    cumulative = np.minimum(share.cumsum(), np.float32(1 - 2**-23))[None, None]
    assert int(_pick(jnp.asarray(cumulative), jnp.full((1, 1), 1 - 2**-24, jnp.float32))[0, 0]) == 9


def test_where_there_is_nothing_to_pick_the_last_option_stands_for_it():
    """So that no index is ever beyond the end."""
    assert int(_pick(jnp.zeros((1, 1, 3)), jnp.full((1, 1), 0.5))[0, 0]) == 2


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_credit_is_spread_as_its_sum_says(seed):
    """Choice by choice: advantage times weight, to what was taken, from all by their odds."""
    rng = np.random.default_rng(seed)
    n_states, n_options, n_contexts, horizon, episodes = 3, 2, 4, 2, 5
    policy = rng.dirichlet(np.ones(n_options), size=(n_states, n_contexts)).transpose(0, 2, 1)
    table = SimpleNamespace(weight=rng.random(n_contexts), detour=np.array([0.0, 1.0, 0.0]))
    steps = (horizon, episodes, n_contexts)
    played = Episodes(
        state=rng.integers(n_states + 1, size=(horizon + 1, *steps[1:])),
        option=rng.integers(n_options, size=steps),
        reward=np.zeros(steps),
        counts=rng.random(steps) < 0.7,
    )
    advantage, bonus = rng.normal(size=steps), rng.normal(size=(n_states, n_options, n_contexts))
    teaching = Teaching(credit=0.4)

    expected, visits = np.zeros(policy.shape), np.zeros((n_states, n_contexts))
    for h, i, x in np.argwhere(played.counts):
        s = min(played.state[h, i, x], n_states - 1)
        weight = table.weight[x] / episodes * (0.4 if table.detour[s] else 1.0)
        visits[s, x] += weight
        for o in range(n_options):
            push = (o == played.option[h, i, x]) - policy[s, o, x]
            expected[s, o, x] += weight * advantage[h, i, x] * push
    found = spread_credit(table, jnp.asarray(policy), teaching, played, advantage)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    found = spread_credit(
        table, jnp.asarray(policy), teaching, played, advantage, lambda v: v[:, None] * bonus
    )
    np.testing.assert_allclose(found, expected + visits[:, None] * bonus, atol=1e-5)
