"""Training in random graphs: how many agents in a second, against plain formulations?

Run ``pytest benchmarks/test_training.py --benchmark-enable -s``. The task is that of the graph
world with 20 states, 4 options, 8 goals and 10 steps, a graph of its own for each agent, Adam,
float32; one update is one gradient step (sampled: on 32 episodes). An agent is 625 updates,
20,000 episodes where they are sampled; fewer are run (`BENCH_UPDATES`), or more where those take
less than a second, and scaled.
Compilation is not counted. Time is that of all processors together (CPU seconds), which other
work on the machine disturbs less than the clock on the wall. Nothing is asserted about time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest

from powerseek.toymodels import MLP, Graph, GraphKnobs, Recipe, Tabular, train_in_graphs
from powerseek.toymodels.algorithms import ExactGradient, Walks
from powerseek.toymodels.policies import Actor
from powerseek.toymodels.worlds.graph import graph_key

AGENTS, EPISODES = 64, 4
UPDATES = int(os.environ.get("BENCH_UPDATES", "250"))
FULL = 625
WORLD = Graph(n_states=20, traps=0.0, known=False)


def library(policy: Any, algorithm: Any, known: bool = False, rate: float = 3e-3) -> float:
    """CPU seconds per update of `train_in_graphs`."""
    world = replace(WORLD, known=known)

    def seconds(updates: int) -> float:
        recipe = Recipe(
            world=world,
            policy=policy,
            algorithm=algorithm,
            optimiser="adam",
            learning_rate=rate,
            precision="float32",
            checkpoints=(0, updates),
        )
        return cpu_seconds(lambda: train_in_graphs(recipe, GraphKnobs(), range(AGENTS)))

    # The difference of two lengths: reading agents off is not training.
    short, updates = seconds(20), UPDATES
    while (spent := seconds(updates + 20) - short) < 1:  # less is lost in noise
        updates *= 4
    return spent / AGENTS / updates


def cpu_seconds(run: Callable[[], Any]) -> float:
    """The least of three runs, after one that compiles."""
    run()
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        run()
        best = min(best, time.process_time() - begin)
    return best


def plain(gradient: Callable[..., Any]) -> float:
    """CPU seconds per update of a formulation written straight down, vmapped over agents."""
    policy, horizon = Actor(), WORLD.horizon

    def one(number: jax.Array) -> Any:
        table = WORLD.training(graph_key(0, number), GraphKnobs())
        params = policy.init(jax.random.key(number), table.observation)
        optimiser = optax.adam(3e-3)

        def update(step: jax.Array, state: Any) -> Any:
            params, momentum = state
            descent = gradient(policy, params, table, horizon, jax.random.key(step))
            change, momentum = optimiser.update(descent, momentum, params)
            return optax.apply_updates(params, change), momentum

        return jax.lax.fori_loop(0, UPDATES, update, (params, optimiser.init(params)))[0]

    many = jax.jit(jax.vmap(one))
    numbers = jnp.arange(AGENTS)
    return cpu_seconds(lambda: jax.block_until_ready(many(numbers))) / AGENTS / UPDATES


def autodiff(policy: Any, params: Any, table: Any, horizon: int, key: Any) -> Any:
    """Differentiate minus the return through the dynamic programme."""
    del key

    def loss(params: Any) -> Any:
        scores = policy.scores(params, table.observation, 1.0)
        choice = jax.nn.softmax(jnp.where(table.available, scores, -1e9), axis=1)
        values = jnp.zeros_like(table.start)
        for _ in range(horizon):
            values = (choice * (table.rewards + values[table.moves.to])).sum(1)
        return -(table.weight * table.start * values).sum()

    return jax.grad(loss)(params)


def in_the_rollout(policy: Any, params: Any, table: Any, horizon: int, key: Any) -> Any:
    """REINFORCE with the network evaluated at every step of every episode, and in the loss."""
    del policy
    x = jnp.tile(jnp.arange(WORLD.n_goals), EPISODES)
    k_start, k_steps = jax.random.split(key)
    state = jax.random.randint(k_start, x.shape, 0, WORLD.n_states)

    def logits(params: Any, state: jax.Array) -> jax.Array:
        b1, b2, b3 = params.biases
        h = jnp.tanh(params.states[state] + (table.observation.embedding.T @ params.codes)[x] + b1)
        out = jnp.tanh(h @ params.second + b2) @ params.last + b3
        return jnp.where(table.available[state, :, 0], out, -1e9)

    def step(state: jax.Array, key: jax.Array) -> Any:
        option = jax.random.categorical(key, logits(params, state))
        reward = table.rewards[state, option, x]
        return table.moves.to[state, option], (state, option, reward)

    _, (states, options, rewards) = jax.lax.scan(step, state, jax.random.split(k_steps, horizon))
    to_go = rewards[::-1].cumsum(0)[::-1]
    advantage = to_go - to_go.mean(1, keepdims=True)

    def loss(params: Any) -> Any:
        logs = jax.nn.log_softmax(jax.vmap(lambda s: logits(params, s))(states))
        taken = jnp.take_along_axis(logs, options[..., None], -1)[..., 0]
        return -(taken * advantage).sum(0).mean()

    return jax.grad(loss)(params)


WAYS: dict[str, Callable[[], float]] = {
    "plain: REINFORCE, network in the rollout": lambda: plain(in_the_rollout),
    "plain: autodiff through the programme": lambda: plain(autodiff),
    "powerseek: sampled walks, actor 32-32": lambda: library(Actor(), Walks(EPISODES)),
    "powerseek: exact gradient, actor 32-32": lambda: library(Actor(), ExactGradient()),
    "powerseek: exact gradient, table": lambda: library(Tabular(), ExactGradient(), True, 0.05),
    "powerseek: exact gradient, MLP on options": lambda: library(MLP(), ExactGradient()),
}


@pytest.mark.benchmark(group="training")
def test_agents_per_second(benchmark):
    """All in one run, so that the ratios mean something."""
    found = benchmark.pedantic(lambda: {n: way() for n, way in WAYS.items()}, rounds=1)
    slowest = found["plain: REINFORCE, network in the rollout"]
    print("\n| formulation | agents per CPU second | times the first |\n|---|---|---|")
    for name, seconds in found.items():
        rate, ratio = 1 / (seconds * FULL), slowest / seconds
        benchmark.extra_info[name] = round(ratio, 2)
        print(f"| {name} | {rate:.1f} | {ratio:.1f} |")
