r"""The graph world: random digraphs with goals. Power is POWER alone; nothing is labelled.

States are the nodes of a random digraph, options its edges. Out-degrees are heavy-tailed,
$P(d) \propto 1/d$ up to the largest, and some nodes are traps, with no way out; so POWER
(`powerseek.theory.power`) differs widely between states, and no state is set apart by
anything else. A task is a goal state: every step that lands on it pays 1. Episodes start
anywhere and last a fixed number of steps. Each agent has a graph of its own.

**What the agent sees of an option**: the code of the state it is in, the code of the
successor, and the code of the goal. Codes are random vectors, one for each state. No feature
holds a degree, a distance, a POWER or a label, and states can be renamed without any effect.

**What generalises.** Features of state and successor are shared by all tasks, so what is
learnt of a successor carries over to a task with a new goal. The goal's code, and the weights
that each option of a training task has of its own (unless `known` is off), do not. So with
`sharing` 0 nothing that was learnt favours any option under a new goal.

**Contexts.** Training goals are some of the states. New tasks are the *null* task, whose goal
code is zero (there is no goal); *novel* tasks, whose goal codes were never seen; and
*held-out* tasks, whose goals are the other states of the same graph.

**Which premises are knobs here.** P2 (`signal`), P5 (`credit`) and P6 (`sharing`) are. P3 is
how many different goals there are (`goals`): reinforcing one goal teaches the way to it,
reinforcing many teaches what is useful for many. Nothing stands for P1's person who picks
the sub-step, or for P4's chance of exploring power, since no step is *the* step that gains
power; nor are there a price, a cue or a decoy. In place of the decoy twin there is the
*relabelled* twin: it trains in the same graph, on the same tasks, from the same initial
weights, but with the codes of the states permuted; so it learns as much, about other codes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.moves import Successors
from powerseek.toymodels.streams import Stream, agent_key, stream_key
from powerseek.toymodels.tasks import Observation, TaskTable, optimal_choice

from .base import World
from .knobs import COUNT, UNIT, Domain, Knobs, Scalar, knob


@pytree
@dataclass(frozen=True, kw_only=True)
class GraphKnobs(Knobs):
    """The knobs of every world as they read here, and how many goals there are."""

    credit: Scalar = knob(
        1.0,
        UNIT,
        "P5. Share of what comes after a step that the step is credited with, once more for "
        "every further step. Off: 0, only the step that lands on the goal is reinforced.",
    )
    goals: Scalar = knob(
        8.0,
        Domain(1.0, whole=True),
        "P3. How many different goals are trained, the first of those drawn, or all of them.",
    )
    relabelled: Scalar = knob(
        0.0, UNIT, "1 in the relabelled twin: trained with the codes of the states permuted."
    )
    restart: Scalar = knob(
        0.0, COUNT, "Number of the initial weights; agents of one graph differ by it."
    )


@pytree
@dataclass(frozen=True)
class DrawnGraph:
    """A random graph, its goals and its codes.

    Attributes:
        to: the state that each option leads to; where there is no option, any state.
        available: which options there are.
        states: all states in random order; the first are the training goals.
        codes: one row for each state.
        permuted: the same rows in another order.
    """

    to: Int[Array, "... S O"]
    available: Bool[Array, "... S O"]
    states: Int[Array, "... S"]
    codes: Float[Array, "... S D"]
    permuted: Float[Array, "... S D"]


@dataclass(frozen=True)
class Graph(World):
    """The graph world (see the module docstring).

    Attributes:
        n_states: number of states.
        n_options: largest out-degree.
        n_goals: number of training goals that are drawn.
        horizon: steps per episode.
        n_codes: length of the code of a state.
        traps: probability that a state is a trap.
        known: whether each option of a training task has weights of its own.
        novel: how many novel goal codes are averaged over.
    """

    n_states: int = 16
    n_options: int = 4
    n_goals: int = 8
    horizon: int = 10
    n_codes: int = 12
    traps: float = 0.125
    known: bool = True
    novel: int = 16
    name: str = "graph"

    def __post_init__(self) -> None:
        for size in ("n_states", "n_options", "n_goals", "horizon", "n_codes", "novel"):
            if getattr(self, size) < 1:
                raise InvalidInput.of(size, getattr(self, size), "a whole number >= 1")
        if self.n_options > self.n_states:
            raise InvalidInput.of("n_options", self.n_options, "at most the number of states")
        if self.n_goals >= self.n_states:
            raise InvalidInput.of(
                "n_goals", self.n_goals, "fewer than the states, to hold some out"
            )
        if not 0 <= self.traps <= 1:
            raise InvalidInput.of("traps", self.traps, "a number in [0, 1]")

    def draw(self, key: PRNGKeyArray) -> DrawnGraph:
        """Draw a graph, an order of its states and their codes."""
        n, most = self.n_states, self.n_options
        k_uniform, k_codes = jax.random.split(key)
        # Single precision whatever the default is, so that the graph does not depend on it.
        uniform = jax.random.uniform(k_uniform, (n + 4, n), jnp.float32)
        by_degree = jnp.cumsum(1 / jnp.arange(1, most + 1))
        degree = 1 + (uniform[0] * by_degree[-1] >= by_degree[:, None]).sum(0)
        trap = uniform[1] < self.traps
        degree = jnp.where(trap, 1, jnp.minimum(degree, most))
        # The first few states of a random order are distinct successors.
        to = jnp.argsort(uniform[4:], axis=1)[:, :most]
        to = to.at[:, 0].set(jnp.where(trap, jnp.arange(n), to[:, 0]))
        codes = jax.random.normal(k_codes, (n, self.n_codes), jnp.float32).astype(float)
        return DrawnGraph(
            to=to,
            available=jnp.arange(most) < degree[:, None],
            states=jnp.argsort(uniform[2]),
            codes=codes,
            permuted=codes[jnp.argsort(uniform[3])],
        )

    def training(self, key: PRNGKeyArray, knobs: GraphKnobs) -> TaskTable:
        """The training tasks of one agent."""
        return self.tasks(self.draw(key), knobs)

    def tasks(self, graph: DrawnGraph, knobs: GraphKnobs) -> TaskTable:
        """The training tasks in a graph."""
        codes = jnp.where(jnp.asarray(knobs.relabelled) > 0, graph.permuted, graph.codes)
        goals = graph.states[: self.n_goals]
        used = jnp.arange(self.n_goals) < jnp.asarray(knobs.goals)
        table = self.towards(graph, goals, replace(graph, codes=codes))
        private = table.available.astype(codes.dtype) if self.known else None
        return replace(
            table,
            observation=replace(table.observation, private=private),
            weight=used / used.sum(),
        )

    def towards(
        self, graph: DrawnGraph, goals: Int[Array, " X"], seen: DrawnGraph | None = None
    ) -> TaskTable:
        """Tasks with the given goals, new to the agent, all of the same weight.

        Args:
            graph: the graph.
            goals: the goal states.
            seen: the graph whose codes are seen; the same by default.
        """
        seen = graph if seen is None else seen
        x = goals.shape[0]
        shape = (self.n_states, self.n_options, x)
        available = jnp.broadcast_to(graph.available[..., None], shape)
        lands = (graph.to[..., None] == goals) & available
        rewards = lands.astype(graph.codes.dtype)
        nothing = jnp.zeros_like(rewards)
        table = TaskTable(
            observation=self.looks(seen, seen.codes[goals].T),
            available=available,
            moves=Successors(graph.to),
            rewards=rewards,
            start=jnp.full((self.n_states, x), 1 / self.n_states),
            weight=jnp.full(x, 1 / x),
            success=rewards,
            adviser=nothing,
            detour=jnp.zeros(self.n_states),
            power=nothing,
            initial=jnp.zeros((self.n_states, self.n_options, 1)),
        )
        return replace(table, adviser=optimal_choice(table, self.horizon))

    def looks(self, graph: DrawnGraph, goal_codes: Float[Array, "D X"]) -> Observation:
        """What is seen of every option under goals of such codes, in contexts not known."""
        here = jnp.broadcast_to(graph.codes[:, None], (*graph.to.shape, self.n_codes))
        both = jnp.concatenate([here, graph.codes[graph.to]], -1)
        return Observation(
            shared=jnp.moveaxis(both, -1, 0)[..., None],
            private=None,
            embedding=goal_codes,
            available=jnp.broadcast_to(
                graph.available[..., None], (*graph.to.shape, goal_codes.shape[1])
            ),
        )

    def mdp(self, knobs: GraphKnobs | None = None, seed: int = 0, agent: int = 0) -> MDP:
        """The graph of one agent as an exact MDP; its states are also its goals.

        Args:
            knobs: not used: they do not change the graph.
            seed: the experiment's seed.
            agent: the agent's number.
        """
        del knobs
        graph = self.draw(graph_key(seed, agent))
        return digraph_mdp(np.asarray(graph.to), np.asarray(graph.available))


def graph_key(seed: int | Array, agent: int | Array) -> PRNGKeyArray:
    """The key from which the graph of an agent is drawn."""
    return stream_key(agent_key(seed, agent), Stream.WORLD)


def digraph_mdp(to: Int[np.ndarray, "S O"], available: Bool[np.ndarray, "S O"]) -> MDP:
    """A digraph as an MDP: states and options are numbered.

    >>> digraph_mdp(np.array([[0, 1], [1, 0]]), np.array([[True, True], [True, False]])).states
    ('0', '1')
    """
    one = Fraction(1)
    return MDP.from_transitions(
        {
            str(s): {f"to {t}": {str(t): one} for t, there in zip(*row, strict=True) if there}
            for s, row in enumerate(zip(to, available, strict=True))
        }
    )


WORLD = (Graph, GraphKnobs)
"""What the list of worlds takes from here."""
