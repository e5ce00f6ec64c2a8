"""Training agents: how many in a second, against PPO of rejax and Stable-Baselines3?

The same world (hub, 16 tasks), the same size of network (two layers of 32), Adam, the same
number of environment steps per agent. powerseek trains a batch of agents by REINFORCE and by
exact gradients (as many updates; nothing is stepped); rejax trains a batch of agents by PPO,
vmapped; Stable-Baselines3 trains one at a time. Compilation is not timed.

Speed depends on how the steps are spent: few large batches or many small ones. So everyone
is tried both in the usual way and with larger batches and steps, and what is compared are the
fastest ways that reach `ENOUGH` of the attainable return: a fast agent that learns nothing is
none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("rejax", reason="needs the bench-agents extra")
pytest.importorskip("stable_baselines3", reason="needs the bench-agents extra")

from peer_worlds import TableEnv, gymnax_world, observations

from powerseek.toymodels import MLP, Hub, HubKnobs, Recipe, train
from powerseek.toymodels.algorithms import ExactGradient, Reinforce
from powerseek.toymodels.learning import draw_agent
from powerseek.toymodels.tasks import expected_return, optimal_return

WORLD = Hub(probe_draws=1, n_prices=2)
PER_EPISODE = 2 * WORLD.n_tasks * WORLD.horizon
"""Environment steps of one episode in every context."""

STEPS = 1024 * PER_EPISODE
"""Environment steps per agent."""

ENOUGH = 0.98
"""Share of the attainable return that an agent must have learnt to be compared."""


@dataclass(frozen=True)
class Speed:
    """Seconds per agent, and the share of the attainable return it has in the end."""

    library: str
    way: str
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


def ours(episodes: int, rate: float, exact: bool = False, agents: int = 256) -> Speed:
    """A batch of agents of the library, every context played so often per update."""
    algorithm = ExactGradient() if exact else Reinforce(episodes=episodes)
    updates = STEPS // PER_EPISODE // episodes
    recipe = Recipe(
        world=WORLD,
        policy=MLP(),
        algorithm=algorithm,
        optimiser="adam",
        learning_rate=rate,
        precision="float32",
        checkpoints=(0, updates),
    )
    train(recipe, HubKnobs(), range(agents), chunk=agents)
    began = time.perf_counter()
    run = train(recipe, HubKnobs(), range(agents), seed=1, chunk=agents)
    seconds = (time.perf_counter() - began) / agents
    learnt = float((run.returns / run.best)[0, :, -1].mean())
    return Speed(f"powerseek {algorithm.name}", f"{updates} updates", seconds, learnt)


def rejax_ppo(
    epochs: int, minibatches: int, rate: float, n_envs: int = 64, agents: int = 16
) -> Speed:
    """A batch of PPO agents, vmapped."""
    from rejax import PPO

    table = table_of(0)
    env, params = gymnax_world(table, WORLD.horizon)
    n_steps = 32
    ppo = PPO.create(
        env=env,
        env_params=params,
        total_timesteps=STEPS,
        eval_freq=STEPS,
        skip_initial_evaluation=True,
        learning_rate=rate,
        num_envs=n_envs,
        num_steps=n_steps,
        num_minibatches=minibatches,
        num_epochs=epochs,
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
    updates = STEPS // (n_envs * n_steps) * epochs * minibatches
    return Speed("rejax PPO, vmapped", f"{updates} updates", seconds, float(np.mean(scores)))


def stable_baselines_ppo(n_envs: int, epochs: int, batch: int, rate: float) -> Speed:
    """One PPO agent."""
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv

    table = table_of(0)
    torch.set_num_threads(1)
    rollout = 2048
    agent = PPO(
        "MlpPolicy",
        DummyVecEnv([lambda: TableEnv(table, WORLD.horizon)] * n_envs),
        learning_rate=rate,
        n_steps=rollout // n_envs,
        batch_size=batch,
        n_epochs=epochs,
        policy_kwargs={"net_arch": [32, 32]},
        device="cpu",
        seed=0,
    )
    began = time.perf_counter()
    agent.learn(STEPS)
    seconds = time.perf_counter() - began
    seen = observations(table)
    flat = torch.as_tensor(seen.reshape(-1, seen.shape[-1]))
    with torch.no_grad():
        policy = agent.policy.get_distribution(flat).distribution.probs.numpy()
    policy = policy.reshape(*seen.shape[:2], -1).swapaxes(1, 2)
    updates = STEPS // rollout * epochs * (rollout // batch)
    return Speed("Stable-Baselines3 PPO", f"{updates} updates", seconds, capability(table, policy))


WAYS: tuple[Callable[[], Speed], ...] = (
    lambda: ours(4, 3e-3, exact=True),
    lambda: ours(32, 2e-2, exact=True),
    lambda: ours(64, 4e-2, exact=True),
    lambda: ours(128, 8e-2, exact=True),
    lambda: ours(4, 3e-3),
    lambda: ours(32, 2e-2),
    lambda: ours(64, 4e-2),
    lambda: ours(128, 8e-2),
    lambda: rejax_ppo(epochs=4, minibatches=4, rate=3e-3),
    lambda: rejax_ppo(epochs=1, minibatches=4, rate=1e-2),
    lambda: rejax_ppo(epochs=1, minibatches=1, rate=2e-2),
    lambda: rejax_ppo(epochs=1, minibatches=1, rate=4e-2, n_envs=128),
    lambda: rejax_ppo(epochs=1, minibatches=1, rate=6e-2, n_envs=256),
    lambda: stable_baselines_ppo(1, 4, 512, 3e-3),
    lambda: stable_baselines_ppo(64, 4, 512, 3e-3),
    lambda: stable_baselines_ppo(64, 1, 512, 1e-2),
)
"""Everyone in the usual way, and with fewer and larger steps."""


def fastest(rows: Iterable[Speed]) -> dict[str, Speed]:
    """Of each library, the fastest of those that learnt enough."""
    best: dict[str, Speed] = {}
    for row in sorted(rows, key=lambda row: row.seconds):
        if row.capability >= ENOUGH:
            best.setdefault(row.library, row)
    return best


@pytest.mark.benchmark(group="agents")
def test_agents_per_second(benchmark, capsys):
    """The table of speeds, for one size of task and network."""
    rows = benchmark.pedantic(lambda: [way() for way in WAYS], rounds=1)
    best = fastest(rows)
    with capsys.disabled():
        print(f"\nhub, {WORLD.n_tasks} tasks, MLP 32-32, {STEPS:,} environment steps per agent")
        print(f"{'':25}{'':>14}{'agents/s':>10}{'steps/s':>14}{'capability':>12}")
        for row in rows:
            mark = "*" if row is best.get(row.library) else ""
            print(
                f"{row.library:25}{row.way:>14}{1 / row.seconds:10.3g}"
                f"{STEPS / row.seconds:14,.0f}{row.capability:12.3f} {mark}"
            )
        sampled = best["powerseek reinforce"]
        print(f"fastest with capability {ENOUGH} (*), times slower than powerseek reinforce:")
        for library, row in best.items():
            print(f"{library:25}{row.seconds / sampled.seconds:10,.1f}")
    assert all(0 < row.capability <= 1 + 1e-6 for row in rows)
