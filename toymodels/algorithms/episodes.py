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
from .uniforms import uniform


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
    k_turn, k_draws = jax.random.split(key)
    draws = uniform(k_draws, (2 + 2 * horizon, *shape))
    truth, first = draws[:2]
    own = teaching.own_choice(table)[:, None, None]
    by_either = jnp.concatenate([own * policy, (1 - own) * table.adviser], 1)
    up_to = _rows(by_either).cumsum(1)
    success = _rows(table.success).reshape(-1)
    besides = _rows(table.rewards - table.success).reshape(-1)

    state = _pick(table.start.cumsum(0).T[x], first)
    alive = jnp.ones(shape, bool)
    states, options, rewards, counts = [state], [], [], []
    for choice, outcome in draws[2:].reshape(horizon, 2, *shape):
        here = jnp.minimum(state, n_states - 1)
        row = here * n_contexts + x
        option = _pick(up_to[row], choice)
        by_agent = option < n_options
        option = jnp.where(by_agent, option, option - n_options)
        taken = row * n_options + option
        succeeded, where = _decide(outcome, success[taken])
        reward = besides[taken] + succeeded
        options.append(option)
        rewards.append(jnp.where(alive, reward, 0.0))
        counts.append(alive & by_agent)
        moved = table.moves.draw(here, option, x, where)
        alive = alive & (moved < n_states)
        state = jnp.where(alive, moved, n_states)
        states.append(state)
    reward = _partly_permuted(
        truth, jax.random.uniform(k_turn), teaching.signal, jnp.stack(rewards)
    )
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
    n_states, n_options, n_contexts = policy.shape
    x = jnp.arange(n_contexts)
    here = jnp.minimum(played.state[:-1], n_states - 1)
    weight = table.weight / played.option.shape[1] * teaching.credit_scale(table)[here]
    weight = jnp.where(played.counts, weight, 0.0)
    row = here * n_contexts + x
    taken = row * n_options + played.option
    pushed = jnp.zeros(policy.size, policy.dtype).at[taken].add(weight * advantage)
    pushed = jnp.moveaxis(pushed.reshape(n_states, n_contexts, n_options), 2, 1)
    credit = pushed - policy * pushed.sum(1, keepdims=True)
    if at_visit is None:
        return credit
    visits = jnp.zeros(n_states * n_contexts, policy.dtype).at[row].add(weight)
    return credit + at_visit(visits.reshape(n_states, n_contexts))


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


def _rows(table: Float[Array, "S O X"]) -> Float[Array, "SX O"]:
    """One row for each state of each context: flat tables are looked up fastest."""
    return jnp.moveaxis(table, 1, 2).reshape(-1, table.shape[1])


def _pick(cumulative: Float[Array, "n X k"], uniform: Float[Array, "n X"]) -> Int[Array, "n X"]:
    """Inverse-CDF draw; never what has probability 0, however the sum was rounded."""
    scaled = (uniform * cumulative[..., -1])[..., None]
    return jnp.minimum((scaled >= cumulative).sum(-1), cumulative.shape[-1] - 1)


def _decide(
    uniform: Float[Array, "n X"], probability: Float[Array, "n X"]
) -> tuple[Bool[Array, "n X"], Float[Array, "n X"]]:
    """An event, and a uniform number independent of it, from one uniform number.

    Drawing another would take longer.
    """
    happens = uniform < probability
    left = jnp.where(happens, 0.0, probability)
    width = jnp.where(happens, probability, 1 - probability)
    rest = (uniform - left) / width
    return happens, jnp.minimum(rest, jnp.nextafter(jnp.ones_like(rest), 0.0))
