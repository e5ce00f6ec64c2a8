r"""Training: a few compiled functions for thousands of agents.

Every agent is a point (knobs, seed); agents that share a seed share their world, initial
weights and sampled episodes, so runs with different knobs are paired. What happens to one
agent is in `powerseek.toymodels.learning`.

One function draws agents, another trains them, so learners that share a world share the
first and worlds of one shape share the second. Measurements are taken inside, at given
numbers of updates, so agents need not be stored. Agents run in blocks (`lax.map` over `vmap`)
that fit the cache, split over the devices there are
(`powerseek.cores.use_all_cores`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Float, UInt32

from powerseek.theory.errors import InvalidInput

from .compiler import Effort, compiled
from .learning import draw_agent, train_and_keep, train_one
from .measurement import Measurement
from .policies.base import Params
from .recipe import Recipe

MOST_TOGETHER = 64
"""Agents per block, at most."""

CACHE = 2**18
"""Bytes of tasks, weights, gradients and optimiser state that a block may hold: they are read
in every update, so a block that does not fit the cache waits for memory."""

SHORT = 1024
"""Updates; agents that train for longer are worth a longer compilation."""


def _apply(function: Callable[..., Any], fixed: Any, rows: Any, together: int) -> Any:
    """Apply ``function(fixed, *row)`` to every row: every leaf of ``rows`` is [agent, ...].

    Agents are split over devices and, on each, into equal blocks of so many at most: blocks
    of two sizes would be compiled twice.
    """

    def on_device(rows: Any) -> Any:
        agents = jax.tree.leaves(rows)[0].shape[0]
        size = max(n for n in range(1, min(together, agents) + 1) if agents % n == 0)
        blocks = jax.tree.map(lambda v: v.reshape(agents // size, size, *v.shape[1:]), rows)
        done = jax.lax.map(jax.vmap(lambda row: function(fixed, *row)), blocks)
        return jax.tree.map(lambda v: v.reshape(agents, *v.shape[2:]), done)

    mesh = Mesh(np.array(jax.devices()), ("devices",))
    split = PartitionSpec("devices")  # type: ignore[no-untyped-call]
    run = jax.shard_map(on_device, mesh=mesh, in_specs=split, out_specs=split, check_vma=False)
    return run(rows)


@functools.cache
def _over_agents(effort: Effort, long_sums: bool = False) -> Callable[..., Any]:
    """`_apply`, compiled."""
    return compiled(_apply, effort, ("function", "fixed", "together"), long_sums=long_sums)


def block_size(drawn: Any) -> int:
    """How many agents are trained together in one block.

    Args:
        drawn: many agents, or a tuple of such (of agents whose tasks change).
    """
    first = drawn[0] if isinstance(drawn, tuple) else drawn
    copies = 4  # weights, their gradient, two moments
    size = _bytes_each(first.table) + copies * _bytes_each(first.params)
    return max(1, min(MOST_TOGETHER, CACHE // size))


def _bytes_each(rows: Any) -> int:
    return sum(leaf.nbytes // leaf.shape[0] for leaf in jax.tree.leaves(rows))


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


def _in_chunks(
    apply: Callable[[Any, UInt32[np.ndarray, " agents"], Any], Any],
    recipe: Recipe,
    knobs: Any,
    seeds: Sequence[int],
    seed: int,
    chunk: int | None,
    progress: Callable[[int, int], None] | None,
) -> Any:
    """Call ``apply(seed, agents, knobs)`` on a chunk of agents at a time; put it together."""
    if not _is_seed(seed):
        raise InvalidInput.of("seed", seed, "a whole number from 0 to 2**32 - 1")
    if chunk is not None and chunk < 1:
        raise InvalidInput.of("chunk", chunk, "a whole number >= 1")
    flat, agents, shape = per_agent(knobs, seeds)
    total, devices = agents.size, len(jax.devices())
    size = -(-(chunk or min(1024, total)) // devices) * devices
    same_seed = np.full(size, seed, np.uint32)
    parts = []
    for begin in range(0, total, size):
        index = np.minimum(np.arange(begin, begin + size), total - 1)  # pad the last
        here = jax.tree.map(lambda v, i=index: v[i], flat)
        with jax.enable_x64(recipe.precision == "float64"):
            part = apply(same_seed, agents[index], here)
        kept = min(size, total - begin)
        parts.append(jax.tree.map(lambda v, n=kept: np.asarray(v, np.float64)[:n], part))
        if progress is not None:
            progress(begin + kept, total)

    def fold(*pieces: np.ndarray) -> np.ndarray:
        joined = np.concatenate(pieces)
        return joined.reshape(*shape, *joined.shape[1:])

    return jax.tree.map(fold, *parts)


def run_agents(
    function: Callable[..., Any],
    recipe: Recipe,
    knobs: Any,
    seeds: Sequence[int],
    seed: int,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    draw: Callable[..., Any] = draw_agent,
    effort: Effort | None = None,
) -> Any:
    """Draw every (setting, seed) and run ``function(method, drawn, knobs)`` on each.

    Drawing is compiled apart from what is done with the agents drawn. It is the same for
    every method, and what is done with them is the same for all worlds of one shape.

    Args:
        function: hashable; ``method`` is that of the recipe, ``drawn`` an
            `powerseek.toymodels.learning.Agent` and ``knobs`` its `Knobs.plain`, or tuples
            of these where ``knobs`` is a tuple.
        recipe: the recipe.
        knobs: the knobs of all settings, or a tuple of several.
        seeds: agent numbers.
        seed: the experiment's seed.
        chunk: agents per compiled call, as for `train`.
        progress: called with (agents done, agents in all) after each chunk.
        draw: how an agent is drawn; what it draws has a `table` and `params`.
        effort: how long ``function`` may take to compile; by default what suits the number of
            updates. The number of agents has no say: their numbers may not depend on it.

    Returns:
        Its result with numpy leaves [setting, seed, ...].
    """
    drawing = Recipe(world=recipe.world, policy=recipe.policy)
    if effort is None:
        effort = Effort.QUICK if recipe.checkpoints[-1] <= SHORT else Effort.THOROUGH
    drawn_agents = _over_agents(Effort.QUICKEST)
    trained = _over_agents(effort, recipe.policy.long_sums)

    def drawn_with(seed: Any, agents: Any, knobs: Any) -> Any:
        return drawn_agents(draw, drawing, (seed, agents, knobs), MOST_TOGETHER)

    def apply(seed: Any, agents: Any, knobs: Any) -> Any:
        if isinstance(knobs, tuple):
            drawn: Any = tuple(drawn_with(seed, agents, part) for part in knobs)
            plain: Any = tuple(part.plain() for part in knobs)
        else:
            drawn, plain = drawn_with(seed, agents, knobs), knobs.plain()
        return trained(function, recipe.method, (drawn, plain), block_size(drawn))

    return _in_chunks(apply, recipe, knobs, seeds, seed, chunk, progress)


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
