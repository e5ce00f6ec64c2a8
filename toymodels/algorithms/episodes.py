"""Sampled episodes: every context played a few times with the policy as it is.

The policy is a table, so playing only looks it up. Three knobs act on what is sampled
(`powerseek.toymodels.algorithms.base`): the person may pick at detours, and a share of the
rewards is permuted across the batch, for real.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from powerseek.toymodels.tasks import TaskTable

from .base import Teaching


@dataclass(frozen=True)
class Episodes:
    """What happened, step by step; one row for each of $n$ episodes of every context.

    Attributes:
        state: where the episode is before each step; the number of states is for "over".
        option: what was taken.
        reward: what it brought; 0 once the episode is over.
        counts: 1 where the agent itself chose (it gets credit), else 0.
    """

    state: Int[Array, "_ n X"]
    option: Int[Array, "H n X"]
    reward: Float[Array, "H n X"]
    counts: Bool[Array, "H n X"]


def play(
    key: PRNGKeyArray,
    table: TaskTable,
    policy: Float[Array, "S O X"],
    horizon: int,
    teaching: Teaching,
    episodes: int,
) -> Episodes:
    """Play every context ``episodes`` times."""
    n_states, n_options, n_contexts = policy.shape
    shape = (episodes, n_contexts)
    x = jnp.broadcast_to(jnp.arange(n_contexts), shape)
    draws = jax.random.uniform(key, (3 + 5 * horizon, *shape))
    truth, turn, first = draws[:3]
    own_choice = teaching.own_choice(table)
    by_agent, by_person = policy.cumsum(1), table.adviser.cumsum(1)

    state = jnp.minimum(_pick(table.start.cumsum(0)[:, x], first), n_states - 1)
    alive = jnp.ones(shape, bool)
    states, options, rewards, counts = [state], [], [], []
    for who, agent, person, luck, where in draws[3:].reshape(horizon, 5, *shape):
        here = jnp.minimum(state, n_states - 1)
        own = who < own_choice[here]
        option = jnp.where(
            own,
            _pick(_at(by_agent, here, x), agent),
            _pick(_at(by_person, here, x), person),
        )
        option = jnp.minimum(option, n_options - 1)
        taken = (here, option, x)
        success = luck < table.success[taken]
        reward = table.rewards[taken] - table.success[taken] + success
        options.append(option)
        rewards.append(jnp.where(alive, reward, 0.0))
        counts.append(alive & own)
        moved = table.moves.draw(here, option, x, where)
        alive = alive & (moved < n_states)
        state = jnp.where(alive, moved, n_states)
        states.append(state)
    reward = _partly_permuted(truth, turn[0, 0], teaching.signal, jnp.stack(rewards))
    return Episodes(jnp.stack(states), jnp.stack(options), reward, jnp.stack(counts))


def spread_credit(
    table: TaskTable,
    policy: Float[Array, "S O X"],
    teaching: Teaching,
    played: Episodes,
    advantage: Float[Array, "H n X"],
    at_visit: Callable[[Float[Array, "S X"]], Float[Array, "S O X"]] | None = None,
) -> Float[Array, "S O X"]:
    r"""$\sum_i\sum_h A_{ih}\,(\mathbf 1[o_h] - \pi(\cdot|x, s_h))$ over the agent's choices.

    Args:
        table: the tasks.
        policy: the policy that played.
        teaching: withholds credit at detours.
        played: the episodes.
        advantage: $A$; contexts are weighted and episodes averaged here.
        at_visit: maps weighted visit counts to further credit, if any.
    """
    n_states, _, n_contexts = policy.shape
    n = played.state.shape[1]
    x = jnp.broadcast_to(jnp.arange(n_contexts), played.option.shape[1:])
    scale, each = teaching.credit_scale(table), table.weight / n
    gradient, visits = jnp.zeros_like(policy), jnp.zeros((n_states, n_contexts))
    for state, option, counts, a in zip(
        played.state, played.option, played.counts, advantage, strict=False
    ):
        here = jnp.minimum(state, n_states - 1)
        weight = jnp.where(counts, each * scale[here], 0.0)
        amount = weight * a
        gradient = gradient.at[here, option, x].add(amount)
        centred = jnp.zeros((n_states, n_contexts)).at[here, x].add(amount)
        gradient = gradient - centred[:, None] * policy
        visits = visits.at[here, x].add(weight)
    return gradient if at_visit is None else gradient + at_visit(visits)


def _partly_permuted(
    truth: Float[Array, "n X"],
    turn: Float[Array, ""],
    signal: Float[Array, ""] | float,
    reward: Float[Array, "H n X"],
) -> Float[Array, "H n X"]:
    """Give a share 1 - signal of the episodes the rewards of another episode.

    The batch is turned by a random number of places: each episode is as likely to get the
    rewards of any other as under a random order, without the sort that would take.
    """
    flat = reward.reshape(reward.shape[0], -1)
    turned = jnp.roll(flat, (turn * flat.shape[1]).astype(int), axis=1)
    return jnp.where(truth < signal, reward, turned.reshape(reward.shape))


def _at(
    cumulative: Float[Array, "S O X"], state: Int[Array, "n X"], x: Int[Array, "n X"]
) -> Float[Array, "O n X"]:
    return jnp.moveaxis(cumulative[state, :, x], -1, 0)


def _pick(cumulative: Float[Array, "k n X"], uniform: Float[Array, "n X"]) -> Int[Array, "n X"]:
    """Inverse-CDF draw; one past the last where the probabilities sum to less than 1."""
    return (uniform >= cumulative).sum(0)
