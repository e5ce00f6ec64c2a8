r"""One agent: how it is drawn, what an update does to it, what is read off it.

Its seed draws its world (which tasks are needy, prices, codes), its initial weights and its
sampled episodes. One update is

$$ \theta \leftarrow \theta + \mathrm{optimiser}\Bigl(\sum_{s,o,x}
   \widehat{\frac{\partial J}{\partial z_{s,o,x}}}\,\nabla_\theta z_{s,o,x}
   - \nabla_\theta L_\lambda(\theta)\Bigr), $$

with the credit of the recipe's algorithm, computed from what the supervisor rewards, and the
supervisor's own loss $L_\lambda$, if it has one. These functions are traced into larger
ones: `powerseek.toymodels.training` runs them for thousands of agents at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from powerseek.theory.pytrees import pytree

from .algorithms import ExactGradient, Teaching
from .algorithms.base import Memory
from .ledger import Ledger
from .measurement import Measurement, measure
from .policies.base import Params
from .recipe import Method, Recipe
from .streams import Stream, agent_key, stream_key
from .supervision.base import Supervised
from .tasks import TaskTable, expected_return, masked_softmax
from .worlds import ProbeTable


@pytree
@dataclass(frozen=True)
class Agent:
    """One agent before training: its world, its probes, its weights, its randomness.

    Attributes:
        table: the tasks it trains on.
        probes: the contexts in which it is watched.
        params: its weights.
        teaching: what is credited.
        key: its own; all chance in its run is from the `streams` of it.
        horizon: steps in an episode, at most.
    """

    table: TaskTable
    probes: ProbeTable
    params: Params
    teaching: Teaching
    key: Key[Array, ...]
    horizon: int = field(metadata={"static": True})


@pytree
@dataclass(frozen=True)
class Learner:
    """What training changes: weights, the optimiser's and the algorithm's state, the ledger."""

    params: Params
    optimiser: Any
    memory: Memory
    ledger: Ledger


Shown = TypeVar("Shown", TaskTable, ProbeTable)
Seen = TypeVar("Seen")


def _shown(table: Shown) -> Shown:
    """The same table, where what is on offer is part of what is seen."""
    return replace(table, observation=replace(table.observation, available=table.available))


def draw_agent(recipe: Recipe, seed: Array, agent: Array, knobs: Any) -> Agent:
    """Draw agent number ``agent`` of experiment ``seed``.

    Raises:
        InvalidInput: if the world does not say which choice is power.
    """
    world = recipe.labelled_world
    key = agent_key(seed, agent)
    table = _shown(world.training(stream_key(key, Stream.WORLD), knobs))
    return Agent(
        table=table,
        probes=_shown(world.probes(stream_key(key, Stream.PROBES), knobs)),
        params=recipe.policy.init(stream_key(key, Stream.WEIGHTS), table.observation),
        teaching=Teaching(knobs.autonomy, knobs.signal, knobs.credit),
        key=key,
        horizon=world.horizon,
    )


def begin(method: Method, agent: Agent, params: Params | None = None) -> Learner:
    """Before the first update; from given weights, if any, else from the agent's own."""
    params = agent.params if params is None else params
    return Learner(
        params=params,
        optimiser=method.build_optimiser().init(params),
        memory=method.algorithm.begin(agent.table),
        ledger=Ledger.empty(agent.table),
    )


def loss_gradient(method: Method, agent: Agent, knobs: Any, params: Params) -> Params | None:
    r"""$\nabla_\theta L_\lambda$ at these weights; None if the supervisor has no loss."""
    supervised = Supervised(method.policy, params, agent.table, knobs, agent.params)
    return method.supervision.descent(supervised)


def descent(
    pull_back: Callable[[Float[Array, "S O X"]], tuple[Params]],
    credit: Float[Array, "S O X"],
    loss: Params | None,
) -> Params:
    """What an optimiser is given: credit pulled back to the weights, and `loss_gradient`."""
    (down,) = pull_back(-credit)
    return down if loss is None else jax.tree.map(jnp.add, down, loss)


def update(method: Method, agent: Agent, knobs: Any, step: Array, learner: Learner) -> Learner:
    """The learner after one more update; the same if it has reached its target."""
    horizon, policy, table = agent.horizon, method.policy, agent.table
    taught = method.supervision.rewarded(table, knobs)

    def scores(params: Params) -> Float[Array, "S O X"]:
        return policy.scores(params, table.observation, knobs.sharing)

    raw, pull_back = jax.vjp(scores, learner.params)
    choice = masked_softmax(raw + table.initial, table.available)
    key = stream_key(agent.key, Stream.TRAINING, step)
    credit, memory = method.algorithm.step(
        key, taught, choice, horizon, agent.teaching, learner.memory
    )
    down = descent(pull_back, credit, loss_gradient(method, agent, knobs, learner.params))
    change, optimiser = method.build_optimiser().update(down, learner.optimiser, learner.params)
    exact = ExactGradient()
    expected = (
        credit
        if method.algorithm == exact
        else exact.credit(key, taught, choice, horizon, agent.teaching)
    )
    moved = Learner(
        params=optax.apply_updates(learner.params, change),
        optimiser=optimiser,
        memory=memory,
        ledger=learner.ledger.after(table, expected, method.learning_rate),
    )
    # Momentum would go on moving the weights, so the whole learner is held.
    success = expected_return(table, choice, horizon, table.success)
    reached = (table.weight * success).sum() / table.weight.sum() >= knobs.reliability
    stopped = reached & (knobs.reliability < 1)
    held: Learner = jax.tree.map(lambda old, new: jnp.where(stopped, old, new), learner, moved)
    return held


def advance(
    method: Method, agent: Agent, knobs: Any, learner: Learner, start: Array, end: Array
) -> Learner:
    """The learner after updates ``start`` to ``end - 1``."""

    def body(step: Array, learner: Learner) -> Learner:
        return update(method, agent, knobs, step, learner)

    advanced: Learner = jax.lax.fori_loop(start, end, body, learner)
    return advanced


def read(method: Method, agent: Agent, knobs: Any, learner: Learner, after: Array) -> Measurement:
    """Everything measured of the learner after so many updates."""
    return measure(
        method.policy,
        learner.params,
        agent.table,
        agent.probes,
        knobs.sharing,
        agent.horizon,
        learner.ledger,
        after.astype(float),
    )


def segments(method: Method, begun: int = 0) -> Int[Array, "checkpoint 2"]:
    """From which update to which, on the way to each checkpoint after ``begun`` updates."""
    ends = jnp.asarray(method.checkpoints)
    starts = jnp.concatenate([jnp.full(1, begun, ends.dtype), ends[:-1]])
    return jnp.stack([starts, ends], -1)


def at_checkpoints(
    method: Method,
    agent: Agent,
    knobs: Any,
    learner: Learner,
    look: Callable[[Learner, Array], Seen],
    begun: int = 0,
) -> tuple[Learner, Seen]:
    """Go on through the method's checkpoints; ``look(learner, updates made)`` at each.

    A learner that has made ``begun`` updates already goes on from there. What is seen has a
    leading axis of checkpoints.
    """

    def segment(learner: Learner, bounds: Array) -> tuple[Learner, Seen]:
        learner = advance(method, agent, knobs, learner, bounds[0], bounds[1])
        return learner, look(learner, bounds[1])

    out: tuple[Learner, Seen] = jax.lax.scan(segment, learner, segments(method, begun))
    return out


def measured_at(
    method: Method, agent: Agent, knobs: Any, learner: Learner, begun: int = 0
) -> tuple[Learner, Measurement]:
    """`at_checkpoints`, measuring."""

    def measure_it(learner: Learner, after: Array) -> Measurement:
        return read(method, agent, knobs, learner, after)

    return at_checkpoints(method, agent, knobs, learner, measure_it, begun)


def train_one(method: Method, drawn: Agent, knobs: Any) -> Measurement:
    """Train and measure one agent; every leaf of the result is [checkpoint]."""
    return train_and_keep(method, drawn, knobs)[1]


def train_and_keep(method: Method, drawn: Agent, knobs: Any) -> tuple[Params, Measurement]:
    """As `train_one`, and the trained weights."""
    learner, measured = measured_at(method, drawn, knobs, begin(method, drawn))
    return learner.params, measured
