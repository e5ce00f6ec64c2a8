r"""Training: one compiled function for thousands of agents.

Every agent is a point (knobs, seed). Its seed draws its world (which tasks are needy,
prices, codes), its initial weights and its sampled episodes; agents that share a seed share
all of these, so runs with different knobs are paired. One update is

$$ \theta \leftarrow \theta + \mathrm{optimiser}\Bigl(\sum_{s,o,x}
   \widehat{\frac{\partial J}{\partial z_{s,o,x}}}\,\nabla_\theta z_{s,o,x}\Bigr). $$

Measurements are taken inside the compiled function at given numbers of updates, so agents
need not be stored. Agents run in blocks (`lax.map` over `vmap`) that fit the cache, split
over the devices there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, PRNGKeyArray, UInt32

from powerseek.theory.errors import InvalidInput

from .algorithms import Algorithm, ExactGradient, Teaching
from .measurement import Measurement, measure
from .policies import Linear, Policy
from .policies.base import Params
from .tasks import TaskTable, expected_return, masked_softmax
from .worlds import Hub, ProbeTable, World


@dataclass(frozen=True)
class Recipe:
    """Everything about training that is fixed when it is compiled.

    Attributes:
        world: the world.
        policy: the policy class.
        algorithm: how credit is assigned.
        optimiser: ``"sgd"`` (gradient flow as the step goes to 0) or ``"adam"``.
        learning_rate: its step size.
        precision: ``"float64"`` or, twice as fast for networks, ``"float32"``.
        checkpoints: numbers of updates after which the agent is measured, increasing;
            0 is the untrained agent.
    """

    world: World = field(default_factory=Hub)
    policy: Policy = field(default_factory=Linear)
    algorithm: Algorithm = field(default_factory=ExactGradient)
    optimiser: str = "sgd"
    learning_rate: float = 1.0
    precision: str = "float64"
    checkpoints: tuple[int, ...] = (0, 1, 4, 16, 64, 256)

    def __post_init__(self) -> None:
        if self.optimiser not in ("sgd", "adam"):
            raise InvalidInput.of("optimiser", self.optimiser, "'sgd' or 'adam'")
        if self.precision not in ("float64", "float32"):
            raise InvalidInput.of("precision", self.precision, "'float64' or 'float32'")
        if not 0 < self.learning_rate < float("inf"):
            raise InvalidInput.of("learning_rate", self.learning_rate, "a finite number > 0")
        counts = self.checkpoints
        whole = isinstance(counts, tuple) and all(isinstance(n, int) for n in counts)
        if not whole or not counts or counts[0] < 0 or (np.diff(counts) <= 0).any():
            raise InvalidInput.of("checkpoints", counts, "a tuple of increasing whole numbers >= 0")

    def build_optimiser(self) -> Any:
        """The optax optimiser (minimising, so it is given minus the ascent direction)."""
        build = {"sgd": optax.sgd, "adam": optax.adam}[self.optimiser]
        return build(self.learning_rate)


@dataclass(frozen=True)
class Agent:
    """One agent before training: its world, its probes, its weights, its randomness."""

    table: TaskTable
    probes: ProbeTable
    params: Params
    teaching: Teaching
    key: PRNGKeyArray


Shown = TypeVar("Shown", TaskTable, ProbeTable)


def _shown(table: Shown) -> Shown:
    """The same table, where what is on offer is part of what is seen."""
    return replace(table, observation=replace(table.observation, available=table.available))


def draw_agent(recipe: Recipe, seed: Array, agent: Array, knobs: Any) -> Agent:
    """Draw agent number ``agent`` of experiment ``seed``."""
    world = recipe.world
    key = jax.random.fold_in(jax.random.key(seed), agent)
    k_world, k_probe, k_init, k_train = jax.random.split(key, 4)
    table = _shown(world.training(k_world, knobs))
    return Agent(
        table=table,
        probes=_shown(world.probes(k_probe, knobs)),
        params=recipe.policy.init(k_init, table.observation),
        teaching=Teaching(knobs.autonomy, knobs.signal, knobs.credit),
        key=k_train,
    )


def train_one(recipe: Recipe, seed: Array, agent: Array, knobs: Any) -> Measurement:
    """Train and measure one agent; every leaf of the result is [checkpoint]."""
    world, policy = recipe.world, recipe.policy
    drawn = draw_agent(recipe, seed, agent, knobs)
    table, probes = drawn.table, drawn.probes
    optimiser = recipe.build_optimiser()

    def update(step: Array, state: Any) -> Any:
        params, optimiser_state, push, pushes = state

        def scores(params: Any) -> Float[Array, "S O X"]:
            return policy.scores(params, table.observation, knobs.sharing)

        raw, pull_back = jax.vjp(scores, params)
        choice = masked_softmax(raw + table.initial, table.available)
        credit = recipe.algorithm.credit(
            jax.random.fold_in(drawn.key, step),
            table,
            choice,
            world.horizon,
            drawn.teaching,
        )
        success = expected_return(table, choice, world.horizon, table.success)
        reached = (table.weight * success).sum() / table.weight.sum() >= knobs.reliability
        stopped = reached & (knobs.reliability < 1)
        credit = jnp.where(stopped, 0.0, credit)
        (descent,) = pull_back(-credit)
        change, moved_state = optimiser.update(descent, optimiser_state, params)
        moved = (optax.apply_updates(params, change), moved_state)
        # Momentum would go on moving the weights, so they are held, not only the credit.
        params, optimiser_state = jax.tree.map(
            lambda old, new: jnp.where(stopped, old, new), (params, optimiser_state), moved
        )
        # What is expected of an update, so that sampling noise is no reinforcement.
        expected = ExactGradient().credit(drawn.key, table, choice, world.horizon, drawn.teaching)
        to_power = jnp.where(stopped, 0.0, jnp.maximum(expected * table.power, 0.0).sum())
        return (
            params,
            optimiser_state,
            push + recipe.learning_rate * to_power,
            pushes + (to_power > 0),
        )

    def segment(state: Any, bounds: Array) -> tuple[Any, Measurement]:
        state = jax.lax.fori_loop(bounds[0], bounds[1], update, state)
        params, _, push, pushes = state
        after = bounds[1].astype(float)
        measured = measure(
            policy, params, table, probes, knobs.sharing, world.horizon, push, pushes, after
        )
        return state, measured

    ends = jnp.asarray(recipe.checkpoints)
    starts = jnp.concatenate([jnp.zeros(1, ends.dtype), ends[:-1]])
    state = (drawn.params, optimiser.init(drawn.params), jnp.zeros(()), jnp.zeros(()))
    return jax.lax.scan(segment, state, jnp.stack([starts, ends], -1))[1]


BLOCK = 64
"""Agents per block: their tables should fit the cache together."""


@partial(jax.jit, static_argnames=("function", "recipe"))
def _over_agents(
    function: Callable[..., Any], recipe: Recipe, seed: Array, agents: Array, knobs: Any
) -> Any:
    """Apply ``function(recipe, seed, agent, knobs)`` to many agents.

    Agents are split over devices and, on each, into blocks.
    """

    def on_device(agents: Array, knobs: Any) -> Any:
        def one(agent: Any) -> Any:
            return function(recipe, seed, *agent)

        return jax.lax.map(one, (agents, knobs), batch_size=min(BLOCK, agents.shape[0]))

    mesh = Mesh(np.array(jax.devices()), ("devices",))
    split = PartitionSpec("devices")  # type: ignore[no-untyped-call]
    run = jax.shard_map(
        on_device, mesh=mesh, in_specs=(split, split), out_specs=split, check_vma=False
    )
    return run(agents, knobs)


def _is_seed(value: Any) -> bool:
    return isinstance(value, int | np.integer) and 0 <= int(value) < 2**32


def per_agent(
    knobs: Any, seeds: Sequence[int]
) -> tuple[Any, UInt32[np.ndarray, " agents"], tuple[int, int]]:
    """Lay settings and seeds out as one agent a row.

    Returns:
        The knobs with every field [setting * seed], the agent numbers, and the shape
        (settings, seeds) to fold results back into.

    Raises:
        InvalidInput: if a knob is outside its domain, fields differ in length, or there
            are no seeds.
    """
    knobs.check()
    if len(seeds) == 0 or not all(_is_seed(s) for s in seeds):
        raise InvalidInput.of("seeds", list(seeds), "agent numbers: whole, from 0 to 2**32 - 1")
    for f in fields(knobs):
        value = np.asarray(getattr(knobs, f.name))
        if value.ndim > 1 or value.size == 0:
            raise InvalidInput.of(f.name, value.tolist(), "a number or a list of numbers")
    columns = {
        f.name: np.atleast_1d(np.asarray(getattr(knobs, f.name), float)) for f in fields(knobs)
    }
    lengths = {v.shape[0] for v in columns.values()} - {1}
    if len(lengths) > 1:
        raise InvalidInput.of("knobs", sorted(lengths), "fields of one common length")
    settings, n_seeds = max(lengths, default=1), len(seeds)
    rows = {n: np.repeat(np.broadcast_to(v, (settings,)), n_seeds) for n, v in columns.items()}
    return type(knobs)(**rows), np.tile(np.asarray(seeds, np.uint32), settings), (settings, n_seeds)


def run_agents(
    function: Callable[..., Any],
    recipe: Recipe,
    knobs: Any,
    seeds: Sequence[int],
    seed: int,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Any:
    """Run ``function`` on every (setting, seed), a chunk of agents per compiled call.

    Returns:
        Its result with numpy leaves [setting, seed, ...]; other arguments as for `train`.
    """
    if not _is_seed(seed):
        raise InvalidInput.of("seed", seed, "a whole number from 0 to 2**32 - 1")
    if chunk is not None and chunk < 1:
        raise InvalidInput.of("chunk", chunk, "a whole number >= 1")
    flat, agents, shape = per_agent(knobs, seeds)
    total, devices = agents.size, len(jax.devices())
    size = -(-(chunk or min(1024, total)) // devices) * devices
    parts = []
    for begin in range(0, total, size):
        index = np.minimum(np.arange(begin, begin + size), total - 1)  # pad the last
        here = jax.tree.map(lambda v, i=index: v[i], flat)
        with jax.enable_x64(recipe.precision == "float64"):
            part = _over_agents(function, recipe, np.uint32(seed), agents[index], here)
        kept = min(size, total - begin)
        parts.append(jax.tree.map(lambda v, n=kept: np.asarray(v, np.float64)[:n], part))
        if progress is not None:
            progress(begin + kept, total)

    def fold(*pieces: np.ndarray) -> np.ndarray:
        joined = np.concatenate(pieces)
        return joined.reshape(*shape, *joined.shape[1:])

    return jax.tree.map(fold, *parts)


def train(
    recipe: Recipe,
    knobs: Any,
    seeds: Sequence[int],
    *,
    seed: int = 0,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Measurement:
    """Train every (setting, seed) pair and measure each at every checkpoint.

    Args:
        recipe: what is compiled.
        knobs: the world's knobs; each field a scalar or a 1-d array of the same length
            (one entry per setting).
        seeds: agent numbers; settings share them, so runs are paired.
        seed: experiment seed; agent ``i`` of experiment ``seed`` is always the same.
        chunk: agents per compiled call; the last call is padded to the same size, so
            calls of ``train`` with one chunk share one compilation. By default all
            agents, but at most 1024.
        progress: called with (agents done, agents in all) after each chunk.

    Returns:
        A `Measurement` of float64 numpy arrays [setting, seed, checkpoint].

    >>> from powerseek.toymodels import HubKnobs, Recipe, train
    >>> run = train(Recipe(checkpoints=(0, 50)), HubKnobs(need=[0.0, 0.9]), range(4))
    >>> run.told.shape
    (2, 4, 2)
    >>> bool((run.told[1, :, 1] > run.told[0, :, 1]).all())
    True
    """
    result: Measurement = run_agents(train_one, recipe, knobs, seeds, seed, chunk, progress)
    return result
