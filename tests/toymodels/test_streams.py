"""No two uses that a run makes of chance share a key."""

from collections import Counter
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.toymodels import MLP, Graph, GraphKnobs, Hub, HubKnobs, Recipe, train_in_graphs
from powerseek.toymodels.algorithms import Reinforce, Walks
from powerseek.toymodels.policies import Actor
from powerseek.toymodels.streams import Stream, agent_key, stream_key
from powerseek.toymodels.studies.coherence import act
from powerseek.toymodels.studies.steering import steerability
from powerseek.toymodels.studies.taxonomy import traits

numbers = st.integers(0, 2**32 - 1)
STEPS = 2000
INDEXED = {Stream.TRAINING, Stream.WEIGHTS, Stream.PENALISED}


def rows(data):
    return [tuple(row) for row in np.asarray(data).reshape(-1, 2).tolist()]


@jax.jit
def keys_of(seed, agent):
    """What the streams of one agent give: whole and split, with many indices, and within."""
    key, at = agent_key(seed, agent), jnp.arange(STEPS)

    def along(key, stream):
        return jax.vmap(lambda i: stream_key(key, stream, i))(at)

    apart = [stream_key(key, Stream.PENALISED, made) for made in (16, 17)]
    return [
        key,
        *(stream_key(key, stream) for stream in Stream),
        *(jax.random.split(stream_key(key, stream), 5) for stream in set(Stream) - INDEXED),
        *(along(key, stream) for stream in INDEXED),
        *(along(k, Stream.TRAINING) for k in apart),
    ]


@given(numbers, numbers)
@settings(max_examples=25, deadline=None)
def test_keys_of_streams_are_pairwise_different(seed, agent):
    """Of 10,000 keys, two that are independent coincide with probability below 1e-11."""
    found = [
        key
        for keys in keys_of(np.uint32(seed), np.uint32(agent))
        for key in rows(jax.random.key_data(keys))
    ]
    assert len(found) > 10_000
    assert len(set(found)) == len(found)


def test_agents_and_experiments_have_keys_of_their_own():
    each = jax.vmap(jax.vmap(agent_key, (None, 0)), (0, None))(jnp.arange(60), jnp.arange(60))
    assert len(set(rows(jax.random.key_data(each)))) == 3600


def test_the_keys_of_the_first_streams_are_those_of_a_split():
    """So agents trained before there were streams are drawn and trained as they were."""
    parts = jax.random.split(jax.random.fold_in(jax.random.key(5), 3), 4)
    first = [Stream.WORLD, Stream.PROBES, Stream.WEIGHTS, Stream.TRAINING]
    for part, stream in zip(parts, first, strict=True):
        assert part == stream_key(agent_key(5, 3), stream)


@pytest.fixture
def used(monkeypatch):
    """All keys that compiled code draws from, splits and folds, as it runs."""
    used = {name: Counter() for name in ("normal", "uniform", "split", "fold_in")}

    def watch(name):
        original = getattr(jax.random, name)

        def watched(key, *args, **options):
            jax.debug.callback(lambda data: used[name].update(rows(data)), jax.random.key_data(key))
            return original(key, *args, **options)

        monkeypatch.setattr(jax.random, name, watched)

    for name in used:
        watch(name)
    return used


# Worlds that no other test has, so that they are compiled here, with every key watched.
def networks(n_embedding):
    return Recipe(
        world=Hub(n_tasks=3, n_prices=3, probe_draws=2, n_embedding=n_embedding),
        policy=MLP(hidden=(4, 3)),
        algorithm=Reinforce(episodes=2),
        checkpoints=(0, 4),
    )


GRAPHS = Recipe(
    world=Graph(n_states=5, n_options=3, n_goals=2, horizon=2, n_codes=3, novel=2, known=False),
    policy=Actor(width=3),
    algorithm=Walks(),
    checkpoints=(0, 4),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "run",
    [
        partial(act, networks(5), HubKnobs()),
        partial(steerability, networks(6), HubKnobs()),
        partial(traits, networks(7), HubKnobs()),
        partial(train_in_graphs, GRAPHS, GraphKnobs()),
    ],
    ids=["coherence", "steering", "taxonomy", "label-free"],
)
def test_a_run_uses_no_key_twice(used, run):
    """What is drawn from a key hangs on it alone, so a key serves one draw or one split."""
    run(range(len(jax.devices())))  # as many agents as devices: none is run twice, as padding
    jax.effects_barrier()
    assert all(used.values())
    spent = used["normal"] + used["uniform"] + used["split"]
    assert set(spent.values()) == {1}
    assert not spent.keys() & used["fold_in"].keys()
