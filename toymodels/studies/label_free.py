r"""Agents in the graph world: trained on goals, read off where there is no goal.

No choice is labelled as power here, so what is kept of an agent is how it behaves: the table
of its policy under the null task, under novel goals and under held-out ones. What POWER has
to do with that is asked afterwards (`powerseek.toymodels.studies.power_climbing`), by those who
know the graph; the agent and its training never meet a POWER.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.algorithms import ExactGradient, Teaching
from powerseek.toymodels.algorithms.base import Memory
from powerseek.toymodels.compiler import Effort
from powerseek.toymodels.learning import segments
from powerseek.toymodels.measurement import Values
from powerseek.toymodels.moves import Successors
from powerseek.toymodels.policies.base import Params
from powerseek.toymodels.recipe import Method, Recipe
from powerseek.toymodels.streams import Stream, agent_key, stream_key
from powerseek.toymodels.supervision import Outcome
from powerseek.toymodels.tasks import (
    Observation,
    TaskTable,
    expected_return,
    masked_softmax,
    occupancies,
    optimal_choice,
    optimal_return,
)
from powerseek.toymodels.training import run_agents
from powerseek.toymodels.worlds import Graph, GraphKnobs
from powerseek.toymodels.worlds.graph import DrawnGraph, graph_key


@pytree
@dataclass(frozen=True)
class Setting:
    """The graph of an agent, and what can be said of it before training.

    Attributes:
        to: the state that each option leads to, [state, option].
        available: which options there are.
        goals: the training goals, [task].
        weight: how much each counts; 0 for those that are not used.
        bayes: the policy of the Bayes-optimal agent under the null task: its first choice if
            the goal is one of the training goals, it knows not which; ties are equal.
        goal_value: the largest expected number of landings, from each state, of an agent
            that knows the goal; averaged over the training goals.
        rate: what the tangent kernel of the untrained policy predicts for the scores under
            the null task, per unit of learning rate times updates.
    """

    to: Values
    available: Values
    goals: Values
    weight: Values
    bayes: Values
    goal_value: Values
    rate: Values


@pytree
@dataclass(frozen=True)
class Behaviour:
    """What an agent does, after some number of updates.

    Attributes:
        scores: its scores under the null task, [state, option].
        null: its policy under the null task.
        novel: the mean of its policies under novel goal codes.
        held_out: the mean of its policies under held-out goals.
        returns, best: its expected return on each training task, and the largest possible.
        held_out_returns, held_out_best: the same on each held-out task.
        visits: how often it is in each state, over the steps of the training tasks.
        after: number of updates made.
    """

    scores: Values
    null: Values
    novel: Values
    held_out: Values
    returns: Values
    best: Values
    held_out_returns: Values
    held_out_best: Values
    visits: Values
    after: Values


@pytree
@dataclass(frozen=True)
class GraphRun:
    """Agents in graphs of their own: arrays [knob setting, agent, ...].

    Attributes:
        setting: their graphs.
        behaviour: what they do; after the agent comes the checkpoint.
    """

    setting: Setting
    behaviour: Behaviour


@pytree
@dataclass(frozen=True)
class _Agent:
    """One agent before training: its graph, its tasks, what it is watched in, its weights."""

    graph: DrawnGraph
    table: TaskTable
    held_out: TaskTable
    null: Observation
    novel: Observation
    params: Params
    teaching: Teaching
    key: Key[Array, ...]
    horizon: int = field(metadata={"static": True})


def pooled(table: TaskTable) -> TaskTable:
    """The one task of an agent that cannot tell the tasks of a table apart.

    The return is linear in the rewards, so it is the task with their weighted mean.
    """
    mean = (table.weight * table.rewards).sum(-1, keepdims=True)
    return replace(
        table, available=table.available[..., :1], rewards=mean, start=table.start[:, :1]
    )


def optimal_values(table: TaskTable, horizon: int) -> Float[Array, "S X"]:
    """Largest expected return from each state, of an agent that knows the task."""
    everywhere = jnp.eye(table.start.shape[0])

    def from_state(start: Float[Array, " S"]) -> Float[Array, " X"]:
        return optimal_return(
            replace(table, start=jnp.broadcast_to(start[:, None], table.start.shape)), horizon
        )

    return jax.vmap(from_state)(everywhere)


def _draw(recipe: Recipe, seed: Array, agent: Array, knobs: GraphKnobs) -> _Agent:
    world = recipe.world
    assert isinstance(world, Graph)
    key = agent_key(seed, agent)
    graph = world.draw(graph_key(seed, agent))
    tasks = world.tasks(graph, knobs)
    k_novel = stream_key(key, Stream.NOVEL_GOALS)
    k_weights = stream_key(key, Stream.WEIGHTS, jnp.asarray(knobs.restart, jnp.uint32))
    codes = jax.random.normal(k_novel, (world.n_codes, world.novel))
    return _Agent(
        graph=graph,
        table=tasks,
        held_out=world.towards(graph, graph.states[world.n_goals :]),
        null=world.looks(graph, jnp.zeros((world.n_codes, 1))),
        novel=world.looks(graph, codes),
        params=recipe.policy.init(k_weights, tasks.observation),
        teaching=Teaching(signal=jnp.asarray(knobs.signal)),
        key=key,
        horizon=world.horizon,
    )


def _taught(agent: _Agent, knobs: GraphKnobs) -> TaskTable:
    """The tasks that credit is computed from: what comes later may count less."""
    moves = agent.table.moves
    assert isinstance(moves, Successors)
    return replace(agent.table, moves=replace(moves, lasting=jnp.asarray(knobs.credit)))


def _credit(
    method: Method, agent: _Agent, knobs: GraphKnobs, params: Params, step: Array, memory: Memory
) -> tuple[Params, Memory]:
    """Ascent direction in the parameters, and what the algorithm remembers."""

    def scores(params: Params) -> Float[Array, "S O X"]:
        return method.policy.scores(params, agent.table.observation, jnp.asarray(knobs.sharing))

    raw, pull_back = jax.vjp(scores, params)
    choice = masked_softmax(raw, agent.table.available)
    credit, memory = method.algorithm.step(
        stream_key(agent.key, Stream.TRAINING, step),
        _taught(agent, knobs),
        choice,
        agent.horizon,
        agent.teaching,
        memory,
    )
    return pull_back(credit)[0], memory


def _behave(
    method: Method, agent: _Agent, knobs: GraphKnobs, params: Params, after: Array
) -> Behaviour:
    horizon = agent.horizon

    def table_of(look: Observation) -> tuple[Float[Array, "S O X"], Float[Array, "S O X"]]:
        raw = method.policy.scores(params, look, jnp.asarray(knobs.sharing))
        assert look.available is not None
        return raw, masked_softmax(raw, look.available)

    raw, null = table_of(agent.null)
    _, novel = table_of(agent.novel)
    _, held_out = table_of(agent.held_out.observation)
    _, tasks = table_of(agent.table.observation)
    at = sum(occupancies(agent.table, tasks, horizon))
    return Behaviour(
        scores=raw[..., 0],
        null=null[..., 0],
        novel=novel.mean(-1),
        held_out=held_out.mean(-1),
        returns=expected_return(agent.table, tasks, horizon),
        best=optimal_return(agent.table, horizon),
        held_out_returns=expected_return(agent.held_out, held_out, horizon),
        held_out_best=optimal_return(agent.held_out, horizon),
        visits=(agent.table.weight * at).sum(-1) / horizon,
        after=after,
    )


def _setting(method: Method, agent: _Agent, knobs: GraphKnobs) -> Setting:
    horizon, tasks, graph = agent.horizon, agent.table, agent.graph

    def null_scores(params: Params) -> Float[Array, "S O X"]:
        return method.policy.scores(params, agent.null, jnp.asarray(knobs.sharing))

    exact = replace(method, algorithm=ExactGradient())
    ascent, _ = _credit(exact, agent, knobs, agent.params, jnp.zeros((), int), ())
    _, rate = jax.jvp(null_scores, (agent.params,), (ascent,))
    return Setting(
        to=graph.to,
        available=graph.available,
        goals=graph.states[: tasks.weight.shape[0]],
        weight=tasks.weight,
        bayes=optimal_choice(pooled(tasks), horizon)[..., 0],
        goal_value=(tasks.weight * optimal_values(tasks, horizon)).sum(-1),
        rate=rate[..., 0],
    )


_State: TypeAlias = tuple[Params, Any, Memory]
"""Weights, the optimiser's state and the algorithm's memory."""


def _train_one(method: Method, agent: _Agent, knobs: GraphKnobs) -> GraphRun:
    """Train one agent and read it at every checkpoint."""
    optimiser = method.build_optimiser()

    def update(step: Array, state: _State) -> _State:
        params, momentum, memory = state
        ascent, memory = _credit(method, agent, knobs, params, step, memory)
        descent = jax.tree.map(jnp.negative, ascent)
        change, momentum = optimiser.update(descent, momentum, params)
        return optax.apply_updates(params, change), momentum, memory

    def segment(state: _State, bounds: Array) -> tuple[_State, Behaviour]:
        state = jax.lax.fori_loop(bounds[0], bounds[1], update, state)
        return state, _behave(method, agent, knobs, state[0], bounds[1].astype(float))

    begin = (agent.params, optimiser.init(agent.params), method.algorithm.begin(agent.table))
    _, behaviour = jax.lax.scan(segment, begin, segments(method))
    return GraphRun(_setting(method, agent, knobs), behaviour)


def check_recipe(recipe: Recipe) -> None:
    """Refuse recipes that no agent can be trained by in graphs.

    Raises:
        InvalidInput: if the world is not a `Graph`, or power is to be supervised.
    """
    if not isinstance(recipe.world, Graph):
        raise InvalidInput.of("world", recipe.world.name, "the graph world")
    if not isinstance(recipe.supervision, Outcome):
        expected = "'outcome': nothing in a graph is labelled as power, to be supervised"
        raise InvalidInput.of("supervision", recipe.supervision.name, expected)


def train_in_graphs(
    recipe: Recipe,
    knobs: GraphKnobs,
    agents: Sequence[int],
    *,
    seed: int = 0,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GraphRun:
    """Train agents, each in a graph of its own, and read them at every checkpoint.

    Args:
        recipe: what is compiled; its world is a `Graph`.
        knobs: fields are numbers, or lists with one entry for each setting; settings share
            graphs, goals and codes, so they are paired.
        agents: their numbers. Agent ``i`` of experiment ``seed`` is always the same.
        seed: the experiment's seed.
        chunk: agents per compiled call, as for `powerseek.toymodels.training.train`.
        progress: called with (agents done, agents in all).

    Raises:
        InvalidInput: if the world is not a `Graph`, or power is to be supervised.

    >>> from powerseek.toymodels import Graph, GraphKnobs, Recipe, train_in_graphs
    >>> recipe = Recipe(world=Graph(n_states=6, n_goals=3), checkpoints=(0, 8))
    >>> run = train_in_graphs(recipe, GraphKnobs(goals=[1, 3]), range(2))
    >>> run.behaviour.null.shape  # settings, agents, checkpoints, states, options
    (2, 2, 2, 6, 4)
    """
    check_recipe(recipe)
    run: GraphRun = run_agents(
        _train_one, recipe, knobs, agents, seed, chunk, progress, _draw, Effort.THOROUGH
    )
    return run
