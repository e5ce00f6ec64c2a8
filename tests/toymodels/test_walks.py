"""Walks: REINFORCE where moves are deterministic, against the exact gradient."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import Graph, GraphKnobs
from powerseek.toymodels.algorithms import ExactGradient, Teaching, Walks
from powerseek.toymodels.moves import Successors
from powerseek.toymodels.tasks import masked_softmax
from powerseek.toymodels.worlds.graph import graph_key

pytestmark = pytest.mark.usefixtures("double_precision")

SMALL = Graph(n_states=5, n_options=3, n_goals=3, horizon=3, n_codes=4, novel=3)


@partial(jax.jit, static_argnums=0)
def drawn(world, seed, knobs):
    """A graph, its tasks and a random policy."""
    graph = world.draw(graph_key(seed, 0))
    table = world.tasks(graph, knobs)
    scores = jax.random.normal(jax.random.key(seed), table.rewards.shape)
    return graph, table, masked_softmax(scores, table.available)


@partial(jax.jit, static_argnums=0)
def walked(n, seed, policy, table, signal):
    keys = jax.random.split(jax.random.key(seed), n)
    one = partial(Walks(episodes=2).credit, horizon=3, teaching=Teaching(signal=signal))
    return jax.vmap(lambda k: one(k, table, policy))(keys)


@pytest.mark.slow
@pytest.mark.parametrize("signal", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("lasting", [1.0, 0.6])
def test_walks_estimate_the_exact_gradient_of_what_is_signalled(lasting, signal):
    # 20,000 batches, 45 entries: at 5 standard errors, false alarms below 3e-5 of each case.
    graph, table, policy = drawn(SMALL, 4, GraphKnobs())
    tasks = replace(table, moves=Successors(graph.to, lasting))
    batches = np.asarray(walked(20_000, 0, policy, tasks, signal))
    exact = ExactGradient().credit(jax.random.key(0), tasks, policy, 3, Teaching())
    assert np.abs(exact).sum() > 0.1  # a graph in which there is something to learn
    stderr = batches.std(0) / len(batches) ** 0.5
    assert (np.abs(batches.mean(0) - signal * exact) <= 5 * stderr + 1e-9).all()
    # All entries together, on the gradient: 4 standard errors, false alarms 6e-5.
    shares = (batches * exact).sum((1, 2, 3)) / (np.asarray(exact) ** 2).sum()
    assert abs(shares.mean() - signal) <= 4 * shares.std() / len(shares) ** 0.5
    assert (batches[:, ~np.asarray(table.available)] == 0).all()


def test_one_walk_has_nothing_to_be_compared_with():
    graph, table, policy = drawn(SMALL, 3, GraphKnobs())
    alone = jax.tree.map(lambda leaf: leaf[..., :1], replace(table, moves=None))
    alone = replace(alone, moves=Successors(graph.to, 1.0))
    with pytest.raises(InvalidInput, match=r"^episodes: got 1, expected 2 or more"):
        Walks(episodes=1).credit(jax.random.key(0), alone, policy[..., :1], 3, Teaching())
    with pytest.raises(InvalidInput, match=r"^episodes: got 0"):
        Walks(episodes=0)


@pytest.mark.slow
def test_moves_must_be_deterministic(hub):
    from powerseek.toymodels import HubKnobs

    table = hub.training(jax.random.key(3), HubKnobs())
    policy = masked_softmax(np.zeros(table.available.shape), table.available)
    with pytest.raises(InvalidInput, match=r"^algorithm: got 'reward-to-go'"):
        Walks().credit(jax.random.key(0), table, policy, hub.horizon, Teaching())
