"""Policy classes: the kernel of the linear policy, locality, and the network."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import MLP, Attention, HubKnobs, Linear, Tabular
from powerseek.toymodels.policies.linear import LinearParams

pytestmark = pytest.mark.usefixtures("double_precision")

seeds = st.integers(0, 2**31 - 1)
sharings = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
looks = st.builds(
    HubKnobs,
    legibility=st.floats(0.0, 3.0),
    price_spread=st.floats(0.0, 1.0),
    need=st.floats(0.0, 1.0),
    swapped=st.sampled_from([0.0, 1.0]),
)


@partial(jax.jit, static_argnums=0)
def observations(hub, seed, knobs):
    k_world, k_probe = jax.random.split(jax.random.key(seed))
    return hub.training(k_world, knobs).observation, hub.probes(k_probe, knobs).observation


@partial(jax.jit, static_argnums=0)
def jacobian(policy, params, observation, sharing):
    """d score / d parameter, [option, parameter], by autodiff."""
    flat, unravel = ravel_pytree(params)

    def scores(flat):
        return policy.scores(unravel(flat), observation, sharing).ravel()

    return jax.jacobian(scores)(flat)


@given(seeds, looks, sharings)
@settings(max_examples=20)
def test_the_kernel_is_that_of_the_formula(hub, seed, knobs, alpha):
    known, new = observations(hub, seed, knobs)
    params = Linear().init(jax.random.key(0), known)
    j_known = np.asarray(jacobian(Linear(), params, known, alpha))
    j_new = np.asarray(jacobian(Linear(), params, new, alpha))
    phi_known = np.asarray(known.shared).reshape(known.shared.shape[0], -1)
    phi_new = np.asarray(new.shared).reshape(new.shared.shape[0], -1)
    same = np.diag(np.asarray(known.private).ravel())
    np.testing.assert_allclose(
        j_known @ j_known.T,
        alpha * phi_known.T @ phi_known + (1 - alpha) * same,
        atol=1e-12,
    )
    np.testing.assert_allclose(j_new @ j_known.T, alpha * phi_new.T @ phi_known, atol=1e-12)


@given(seeds, looks, sharings)
@settings(max_examples=20)
def test_a_table_shares_nothing_whatever_the_knob(hub, seed, knobs, alpha):
    known, new = observations(hub, seed, knobs)
    params = Tabular().init(jax.random.key(0), known)
    j_known = np.asarray(jacobian(Tabular(), params, known, alpha))
    kernel = j_known @ j_known.T
    np.testing.assert_array_equal(kernel, np.diag(np.asarray(known.private).ravel()))
    np.testing.assert_array_equal(jacobian(Tabular(), params, new, alpha), 0.0)


@given(seeds, looks, sharings)
@settings(max_examples=10)
def test_linear_policies_start_at_zero_and_are_linear(hub, seed, knobs, alpha):
    known, _ = observations(hub, seed, knobs)
    start = Linear().init(jax.random.key(seed), known)
    assert all((np.asarray(leaf) == 0).all() for leaf in jax.tree.leaves(start))
    rng = np.random.default_rng(seed)
    a, b = (
        LinearParams(
            jnp.asarray(rng.normal(size=start.shared.shape)),
            jnp.asarray(rng.normal(size=start.private.shape)),
        )
        for _ in range(2)
    )
    both = jax.tree.map(lambda x, y: 2 * x - y, a, b)
    z_a, z_b, z = (Linear().scores(p, known, alpha) for p in (a, b, both))
    np.testing.assert_allclose(z, 2 * z_a - z_b, atol=1e-12)


NETWORK = MLP(hidden=(5, 4))
ATTENTION = Attention(width=6)
NETWORKS = pytest.mark.parametrize("network", [NETWORK, ATTENTION], ids=lambda p: p.name)
scores_of = jax.jit(
    lambda policy, params, seen, alpha: policy.scores(params, seen, alpha), static_argnums=0
)
init_of = jax.jit(lambda policy, key, seen: policy.init(key, seen), static_argnums=0)


def random_params(network, seed, seen):
    """Parameters as training might leave them, private vectors included."""
    params = init_of(network, jax.random.key(seed), seen)
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: leaf + 0.3 * rng.normal(size=leaf.shape), params)


def first_input(first, seen, alpha):
    """u of the first layer, [state, option, context, unit], written out."""
    shape = seen.shared.shape[1:]
    code = np.asarray(seen.embedding)[:, None, None] * np.ones(shape)
    looks = np.concatenate([alpha**0.5 * np.asarray(seen.shared), (1 - alpha) ** 0.5 * code])
    u = np.moveaxis(looks, 0, -1) @ np.asarray(first.weights) + np.asarray(first.bias)
    if seen.private is not None:
        private = np.asarray(seen.private)[..., None] * np.moveaxis(first.private, 0, -1)
        u = u + (1 - alpha) ** 0.5 * private
    return u


@given(seeds, looks, sharings)
@settings(max_examples=20)
def test_the_network_is_tanh_layers_on_all_that_is_seen(hub, seed, knobs, alpha):
    known, new = observations(hub, seed, knobs)
    params = random_params(NETWORK, seed, known)
    assert [w.shape[1] for w, _ in params.rest] == [4, 1]
    for seen in (known, new):
        h = first_input(params.first, seen, alpha)
        for w, b in params.rest:
            h = np.tanh(h) @ np.asarray(w) + np.asarray(b)
        got = scores_of(NETWORK, params, seen, alpha)
        np.testing.assert_allclose(got, h[..., 0], rtol=0, atol=1e-12)


@given(seeds, looks, sharings, st.booleans())
@settings(max_examples=20)
def test_attention_is_that_of_the_formula(hub, seed, knobs, alpha, all_on_offer):
    known, _ = observations(hub, seed, knobs)
    rng = np.random.default_rng(seed)
    on_offer = np.ones(known.shared.shape[1:], bool)
    if not all_on_offer:
        on_offer = rng.random(on_offer.shape) < 0.5
        on_offer[:, 1] = True
        known = replace(known, available=jnp.asarray(on_offer))
    p = random_params(ATTENTION, seed, known)
    h = np.tanh(first_input(p.first, known, alpha))
    q, k, v = (h @ np.asarray(w) for w in (p.query, p.key, p.value))
    match = np.einsum("soxh,spxh->sopx", q, k) / 6**0.5
    weights = np.exp(match) * on_offer[:, None]
    weights = weights / weights.sum(2, keepdims=True)
    g = np.tanh((h + np.einsum("sopx,spxh->soxh", weights, v)) @ p.mix + p.bias)
    got = scores_of(ATTENTION, p, known, alpha)
    np.testing.assert_allclose(got, g @ np.asarray(p.score), rtol=0, atol=1e-12)


@given(seeds, looks, sharings, st.permutations(range(3)))
@settings(max_examples=20)
def test_attention_is_equivariant_to_the_order_of_options(hub, seed, knobs, alpha, order):
    known, _ = observations(hub, seed, knobs)
    order = np.array(order)
    on_offer = np.random.default_rng(seed).random(known.shared.shape[1:]) < 0.7
    known = replace(known, available=jnp.asarray(on_offer))
    params = random_params(ATTENTION, seed, known)
    moved = replace(
        known,
        shared=known.shared[:, :, order],
        private=known.private[:, order],
        available=known.available[:, order],
    )
    first = replace(params.first, private=params.first.private[:, :, order])
    here = scores_of(ATTENTION, params, known, alpha)
    there = scores_of(ATTENTION, replace(params, first=first), moved, alpha)
    np.testing.assert_allclose(there, here[:, order], rtol=0, atol=1e-12)


def test_attention_looks_at_the_other_options_on_offer_and_at_no_others(hub):
    known, _ = observations(hub, 0, HubKnobs())
    looks = jnp.ones_like(known.shared[:, :, 2])
    other = replace(known, shared=known.shared.at[:, :, 2].add(looks))
    params = random_params(ATTENTION, 0, known)
    here, there = (scores_of(ATTENTION, params, seen, 0.5) for seen in (known, other))
    assert (np.asarray(here != there)[:, :2]).all()
    off = jnp.ones(known.shared.shape[1:], bool).at[:, 2].set(False)
    here, there = (
        scores_of(ATTENTION, params, replace(seen, available=off), 0.5) for seen in (known, other)
    )
    np.testing.assert_array_equal(here[:, :2], there[:, :2])
    nothing = replace(known, available=jnp.zeros_like(off))
    assert np.isfinite(scores_of(ATTENTION, params, nothing, 0.5)).all()


@NETWORKS
def test_the_networks_weights_come_from_its_key(hub, network):
    known, _ = observations(hub, 0, HubKnobs())
    once, again, other = (init_of(network, jax.random.key(k), known) for k in (1, 1, 2))
    jax.tree.map(np.testing.assert_array_equal, once, again)
    pairs = zip(jax.tree.leaves(once), jax.tree.leaves(other), strict=True)
    # Biases and private vectors start at zero, all else is random.
    assert all((a != b).all() or ((a == 0).all() and (b == 0).all()) for a, b in pairs)
    assert (once.first.weights != other.first.weights).all()
    assert (once.first.private == 0).all()


def test_the_networks_weights_have_the_scale_of_their_layer(hub):
    known, _ = observations(hub, 0, HubKnobs())
    n_in = known.shared.shape[0] + known.embedding.shape[0]
    wide = MLP(hidden=(200, 100)).init(jax.random.key(0), known)
    layers = [(wide.first.weights, wide.first.bias), *wide.rest]
    # Sample standard deviations of n normal numbers are off by 1/sqrt(2n): |z| < 5 in each
    # of three, a false alarm in 1 of 600,000 choices of the key.
    for (w, b), fan_in, scale in zip(layers, (n_in, 200, 100), (1, 1, 0.1), strict=True):
        assert w.shape[0] == fan_in
        assert abs(w.std() * fan_in**0.5 / scale - 1) < 5 / (2 * w.size) ** 0.5
        assert (np.asarray(b) == 0).all()


@NETWORKS
@given(seed=seeds, knobs=looks)
@settings(max_examples=10)
def test_a_network_that_shares_nothing_tells_options_apart_in_known_contexts_only(
    hub, network, seed, knobs
):
    known, new = observations(hub, seed, knobs)
    params = random_params(network, seed, known)
    z = np.asarray(scores_of(network, params, new, 0.0))
    np.testing.assert_allclose(z, z[:, :1] + 0 * z, rtol=0, atol=1e-12)
    z = np.asarray(scores_of(network, params, known, 0.0))
    assert (z[0, 0] != z[0, 1]).all()
    # So nothing that is learnt moves the odds in a new context, whatever it is.
    j_new = np.asarray(jacobian(network, params, new, 0.0)).reshape(*new.shared.shape[1:], -1)
    np.testing.assert_allclose(j_new[:, 1] - j_new[:, 0], 0.0, atol=1e-12)


@pytest.mark.parametrize("width", [0, -1])
def test_attention_without_width_is_refused(width):
    with pytest.raises(InvalidInput, match=f"width.*{width}"):
        Attention(width=width)


@pytest.mark.slow
@given(seeds, looks, sharings, st.sampled_from([MLP(hidden=(5, 4)), Attention(width=5)]))
@settings(max_examples=10, deadline=None)
def test_scores_can_be_resumed_from_every_layer(hub, seed, knobs, alpha, policy):
    known, new = observations(hub, seed, knobs)
    params = policy.init(jax.random.key(seed), known)
    for observation in (known, new):
        whole = policy.scores(params, observation, jnp.asarray(alpha))
        layers = policy.activations(params, observation, jnp.asarray(alpha))
        assert len(layers) == policy.depth
        for layer, inner in enumerate(layers):
            again = policy.resume(params, inner, layer, observation)
            np.testing.assert_allclose(again, whole, atol=1e-12)
