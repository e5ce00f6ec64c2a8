r"""Training: one compiled function for thousands of agents.

Every agent is a point (knobs, seed); agents that share a seed share their world, initial
weights and sampled episodes, so runs with different knobs are paired. What happens to one
agent is in `powerseek.toymodels.learning`.

Measurements are taken inside the compiled function at given numbers of updates, so agents
need not be stored. Agents run in blocks (`lax.map` over `vmap`) that fit the cache, split
over the devices there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, UInt32

from powerseek.theory.errors import InvalidInput

from .learning import train_and_keep, train_one
from .measurement import Measurement
from .policies.base import Params
from .recipe import Recipe

MOST_TOGETHER = 64
"""Agents per block, at most."""

CACHE = 2**19
"""Bytes of weights, gradients and optimiser state that a block may hold: they are read and
written in every update, so a block that does not fit the cache waits for memory."""


def block_size(recipe: Recipe, knobs: Any) -> int:
    """How many agents are trained together in one block.

    Args:
        recipe: the recipe.
        knobs: knobs of one agent, or their shapes.
    """

    def weights(knobs: Any) -> Params:
        key = jax.random.key(0)
        return recipe.policy.init(key, recipe.world.training(key, knobs).observation)

    leaves = jax.tree.leaves(jax.eval_shape(weights, knobs))
    copies = 4  # weights, their gradient, two moments
    size = copies * sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)
    return max(1, min(MOST_TOGETHER, CACHE // int(size)))


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

        first = knobs[0] if isinstance(knobs, tuple) else knobs
        scalars = jax.tree.map(lambda leaf: leaf[0], first)
        together = min(block_size(recipe, scalars), agents.shape[0])
        return jax.lax.map(one, (agents, knobs), batch_size=together)

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

    Args:
        knobs: the knobs, or a tuple of several (of agents whose tasks change, say), each
            with fields of the same number of settings.
        seeds: agent numbers.

    Returns:
        The knobs with every field [setting * seed], the agent numbers, and the shape
        (settings, seeds) to fold results back into.

    Raises:
        InvalidInput: if a knob is outside its domain, fields differ in length, or there
            are no seeds.
    """
    parts = knobs if isinstance(knobs, tuple) else (knobs,)
    for part in parts:
        part.check()
    if len(seeds) == 0 or not all(_is_seed(s) for s in seeds):
        raise InvalidInput.of("seeds", list(seeds), "agent numbers: whole, from 0 to 2**32 - 1")
    columns = [
        {f.name: _column(f.name, getattr(part, f.name)) for f in fields(part)} for part in parts
    ]
    lengths = {v.shape[0] for part in columns for v in part.values()} - {1}
    if len(lengths) > 1:
        raise InvalidInput.of("knobs", sorted(lengths), "fields of one common length")
    settings, n_seeds = max(lengths, default=1), len(seeds)
    laid_out = tuple(
        type(part)(
            **{n: np.repeat(np.broadcast_to(v, (settings,)), n_seeds) for n, v in own.items()}
        )
        for part, own in zip(parts, columns, strict=True)
    )
    agents = np.tile(np.asarray(seeds, np.uint32), settings)
    return laid_out if isinstance(knobs, tuple) else laid_out[0], agents, (settings, n_seeds)


def _column(name: str, value: Any) -> Float[np.ndarray, " settings"]:
    array = np.asarray(value)
    if array.ndim > 1 or array.size == 0:
        raise InvalidInput.of(name, array.tolist(), "a number or a list of numbers")
    return np.atleast_1d(np.asarray(value, float))


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


def fit(
    recipe: Recipe,
    knobs: Any,
    seeds: Sequence[int],
    *,
    seed: int = 0,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Params, Measurement]:
    """As `train`, and the trained weights with it, for those who look inside.

    Returns:
        The weights after the last checkpoint, numpy leaves [setting, seed, ...], and the
        `Measurement`.

    >>> from powerseek.toymodels import HubKnobs, Recipe, fit
    >>> weights, run = fit(Recipe(checkpoints=(0, 50)), HubKnobs(), range(3))
    >>> weights.shared.shape[:2], run.told.shape
    ((1, 3), (1, 3, 2))
    """
    kept: tuple[Params, Measurement] = run_agents(
        train_and_keep, recipe, knobs, seeds, seed, chunk, progress
    )
    return kept
