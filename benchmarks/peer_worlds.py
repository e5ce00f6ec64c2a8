"""One table of tasks as the environments that reinforcement-learning libraries expect.

An episode draws a context of the table and plays it. What is observed is all that a policy
of the library sees: the shared features of every option, the code of the context, and which
state it is. Options that are not on offer do what option 0 does.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import environment, spaces

from powerseek.toymodels.moves import probabilities
from powerseek.toymodels.tasks import TaskTable


def observations(table: TaskTable) -> np.ndarray:
    """What is observed, [state, context, number]."""
    features, states, options, contexts = table.observation.shared.shape
    shared = np.moveaxis(np.asarray(table.observation.shared), (1, 3), (0, 1))
    shared = shared.reshape(states, contexts, features * options)
    code = np.broadcast_to(np.asarray(table.observation.embedding).T, (states, contexts, 8))
    where = np.broadcast_to(np.eye(states)[:, None], (states, contexts, states))
    return np.concatenate([shared, code, where], -1).astype(np.float32)


def rows(table: TaskTable) -> tuple[np.ndarray, ...]:
    """Cumulative moves [s, o, x, s'], rewards besides success and success [s, o, x]."""
    moves, rewards, success = (
        np.asarray(a) for a in (probabilities(table.moves), table.rewards, table.success)
    )
    off = ~np.asarray(table.available)
    moves = np.moveaxis(moves, 2, -1)
    moves = np.where(off[..., None], moves[:, :1], moves)
    success = np.where(off, success[:, :1], success)
    rewards = np.where(off, rewards[:, :1], rewards)
    return moves.cumsum(-1), rewards - success, success


class TableEnv(gymnasium.Env):
    """For Stable-Baselines3."""

    def __init__(self, table: TaskTable, horizon: int) -> None:
        self.seen, (self.moves, self.extra, self.success) = observations(table), rows(table)
        self.horizon = horizon
        size = self.seen.shape[-1]
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(self.moves.shape[1])

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        """Start in state 0 of a random context."""
        super().reset(seed=seed, options=options)
        self.state, self.step_number = 0, 0
        self.context = int(self.np_random.integers(self.seen.shape[1]))
        return self.seen[0, self.context], {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        """One step."""
        at = (self.state, int(action), self.context)
        luck, where = self.np_random.random(2)
        reward = float(self.extra[at] + (luck < self.success[at]))
        then = int((where >= self.moves[at]).sum())
        self.step_number += 1
        done = then >= self.seen.shape[0] or self.step_number >= self.horizon
        self.state = min(then, self.seen.shape[0] - 1)
        return self.seen[self.state, self.context], reward, done, False, {}


@struct.dataclass
class PlayState:
    """Where an episode is."""

    state: Any
    context: Any
    time: Any


@struct.dataclass
class TableParams:
    """The table's arrays; gymnax asks for the length too."""

    seen: Any
    moves: Any
    extra: Any
    success: Any
    max_steps_in_episode: int


class TableGymnax(environment.Environment):
    """For rejax, with gymnax's interface; the table is in the parameters."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.n_options, self.size = shape

    def step_env(self, key: Any, state: Any, action: Any, params: TableParams) -> Any:
        """One step."""
        luck, where = jax.random.uniform(key, (2,))
        at = (state.state, action, state.context)
        reward = params.extra[at] + (luck < params.success[at])
        then = (where >= params.moves[at]).sum()
        time = state.time + 1
        done = (then >= params.seen.shape[0]) | (time >= params.max_steps_in_episode)
        moved = PlayState(jnp.minimum(then, params.seen.shape[0] - 1), state.context, time)
        return (
            params.seen[moved.state, moved.context],
            moved,
            reward,
            done,
            {"discount": 1.0 - done},
        )

    def reset_env(self, key: Any, params: TableParams) -> Any:
        """Start in state 0 of a random context."""
        context = jax.random.randint(key, (), 0, params.seen.shape[1])
        start = PlayState(jnp.int32(0), context, jnp.int32(0))
        return params.seen[0, context], start

    def action_space(self, params: Any = None) -> Any:
        """Options."""
        del params
        return spaces.Discrete(self.n_options)

    def observation_space(self, params: Any = None) -> Any:
        """Numbers."""
        del params
        return spaces.Box(-jnp.inf, jnp.inf, (self.size,), jnp.float32)


def gymnax_world(table: TaskTable, horizon: int) -> tuple[TableGymnax, TableParams]:
    """The environment and its parameters."""
    seen, (moves, extra, success) = observations(table), rows(table)
    arrays = (jnp.asarray(a, jnp.float32) for a in (seen, moves, extra, success))
    return TableGymnax((moves.shape[1], seen.shape[-1])), TableParams(*arrays, horizon)
