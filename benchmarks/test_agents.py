"""Training agents: how many in a second, against PPO of rejax and Stable-Baselines3?

The same world (hub, 16 tasks), the same size of network (two layers of 32), the same number
of environment steps per agent. powerseek trains a batch of agents by REINFORCE and by exact
gradients; rejax trains a batch of agents by PPO, vmapped; Stable-Baselines3 trains one at a
time. The peers are given a part of the steps and the time is scaled up, which is fair since
their time is proportional to the steps; compilation is not timed. What each has learnt of
the attainable return is printed beside the speeds: a fast agent that learns nothing is none.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("rejax", reason="needs the bench extra")
pytest.importorskip("stable_baselines3", reason="needs the bench extra")

from peer_worlds import TableEnv, gymnax_world, observations

from powerseek.toymodels import MLP, Hub, HubKnobs, Recipe, train
from powerseek.toymodels.algorithms import ExactGradient, Reinforce
from powerseek.toymodels.learning import draw_agent
from powerseek.toymodels.tasks import expected_return, optimal_return

UPDATES, EPISODES, AGENTS = 256, 4, 256
WORLD = Hub(probe_draws=1, n_prices=2)
CONTEXTS = 2 * WORLD.n_tasks
STEPS = UPDATES * EPISODES * CONTEXTS * WORLD.horizon
"""Environment steps per agent."""

PEER_STEPS = int(os.environ.get("BENCH_PEER_STEPS", "16384"))


@dataclass(frozen=True)
class Speed:
    """Seconds per agent, and the share of the attainable return it has in the end."""

    name: str
    seconds: float
    capability: float


def table_of(agent: int):
    """The training table of one agent of ours, and the returns of a policy on it."""
    recipe = Recipe(world=WORLD)
    return draw_agent(recipe, jnp.uint32(0), jnp.uint32(agent), HubKnobs()).table


def capability(table, policy) -> float:
    """Return of a policy table over the best return."""
    on_offer = np.asarray(table.available)
    moved_to_first = np.array(policy)  # what is not on offer does what option 0 does
    moved_to_first[:, 0] += np.where(on_offer, 0, policy).sum(1)
    moved_to_first = np.where(on_offer, moved_to_first, 0)
    got = expected_return(table, jnp.asarray(moved_to_first), WORLD.horizon)
    best = optimal_return(table, WORLD.horizon)
    return float((table.weight * got).sum() / (table.weight * best).sum())


def ours(algorithm) -> Speed:
    """A batch of agents of the library."""
    recipe = Recipe(
        world=WORLD,
        policy=MLP(),
        algorithm=algorithm,
        optimiser="adam",
        learning_rate=3e-3,
        precision="float32",
        checkpoints=(0, UPDATES),
    )
    train(recipe, HubKnobs(), range(AGENTS), chunk=AGENTS)
    began = time.perf_counter()
    run = train(recipe, HubKnobs(), range(AGENTS), seed=1, chunk=AGENTS)
    seconds = (time.perf_counter() - began) / AGENTS
    return Speed(
        f"powerseek, {algorithm.name}", seconds, float((run.returns / run.best)[0, :, -1].mean())
    )


def rejax_ppo(agents: int = 16) -> Speed:
    """A batch of PPO agents, vmapped."""
    from rejax import PPO

    table = table_of(0)
    env, params = gymnax_world(table, WORLD.horizon)
    ppo = PPO.create(
        env=env,
        env_params=params,
        total_timesteps=PEER_STEPS,
        eval_freq=PEER_STEPS,
        skip_initial_evaluation=True,
        learning_rate=3e-3,
        num_envs=64,
        num_steps=32,
        num_minibatches=4,
        num_epochs=4,
        agent_kwargs={"hidden_layer_sizes": (32, 32)},
    ).replace(eval_callback=lambda *_: jnp.zeros(()))
    run = jax.jit(jax.vmap(lambda key: ppo.train(key)[0]))
    keys = jax.random.split(jax.random.key(0), agents)
    jax.block_until_ready(run(keys))
    began = time.perf_counter()
    state = jax.block_until_ready(run(jax.random.split(jax.random.key(1), agents)))
    seconds = (time.perf_counter() - began) / agents
    seen = jnp.asarray(observations(table))
    scores = []
    for i in range(agents):
        weights = jax.tree.map(lambda leaf, i=i: leaf[i], state.actor_ts.params)
        flat = seen.reshape(-1, seen.shape[-1])
        logits = [
            ppo.actor.apply(weights, flat, jnp.full(len(flat), o), method="log_prob_entropy")[0]
            for o in range(env.n_options)
        ]
        policy = np.exp(np.stack(logits, -1)).reshape(*seen.shape[:2], -1).swapaxes(1, 2)
        scores.append(capability(table, policy))
    return Speed("rejax PPO, vmapped", seconds * STEPS / PEER_STEPS, float(np.mean(scores)))


def stable_baselines_ppo() -> Speed:
    """One PPO agent."""
    import torch
    from stable_baselines3 import PPO

    table = table_of(0)
    torch.set_num_threads(1)
    agent = PPO(
        "MlpPolicy",
        TableEnv(table, WORLD.horizon),
        learning_rate=3e-3,
        n_steps=2048,
        batch_size=512,
        n_epochs=4,
        policy_kwargs={"net_arch": [32, 32]},
        device="cpu",
        seed=0,
    )
    agent.learn(2048)
    began = time.perf_counter()
    agent.learn(PEER_STEPS, reset_num_timesteps=False)
    seconds = time.perf_counter() - began
    seen = observations(table)
    flat = torch.as_tensor(seen.reshape(-1, seen.shape[-1]))
    with torch.no_grad():
        policy = agent.policy.get_distribution(flat).distribution.probs.numpy()
    policy = policy.reshape(*seen.shape[:2], -1).swapaxes(1, 2)
    return Speed("Stable-Baselines3 PPO", seconds * STEPS / PEER_STEPS, capability(table, policy))


def test_agents_per_second(benchmark, capsys):
    """The table of speeds, for one size of task and network."""
    rows = benchmark.pedantic(
        lambda: [
            ours(ExactGradient()),
            ours(replace(Reinforce(), episodes=EPISODES)),
            rejax_ppo(),
            stable_baselines_ppo(),
        ],
        rounds=1,
    )
    sampled = rows[1]
    with capsys.disabled():
        print(f"\nhub, {WORLD.n_tasks} tasks, MLP 32-32, {STEPS:,} environment steps per agent")
        print(f"{'':28}{'agents/s':>10}{'steps/s':>14}{'x REINFORCE':>14}{'capability':>12}")
        for row in rows:
            print(
                f"{row.name:28}{1 / row.seconds:10.3g}{STEPS / row.seconds:14,.0f}"
                f"{row.seconds / sampled.seconds:14,.1f}{row.capability:12.3f}"
            )
    assert all(0 < row.capability <= 1 + 1e-6 for row in rows)
