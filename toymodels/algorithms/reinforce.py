r"""REINFORCE with a leave-one-out baseline (Williams 1992).

Each update plays every context a few times with the current policy and credits each choice
of the agent with return minus baseline,

$$ \hat g = \frac1n\sum_i w_x\,(R_i - b_i)
\sum_h\bigl(\mathbf 1[o_h] - \pi(\cdot|x,s_h)\bigr),
\qquad b_i = \frac{1}{n-1}\sum_{j\ne i} R_j , $$

an unbiased estimate of the exact gradient. Successes are sampled, so learning is noisy, as
it is in practice. Permuted reward (P2 off) is permuted for real.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.tasks import TaskTable

from .base import Algorithm, Teaching


@dataclass(frozen=True)
class Reinforce(Algorithm):
    """Sampled policy gradient.

    Attributes:
        episodes: how often each context is played per update.
    """

    name: str = "reinforce"
    episodes: int = 4

    def __post_init__(self) -> None:
        if self.episodes < 1:
            raise InvalidInput.of("episodes", self.episodes, "a whole number >= 1")

    def credit(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
    ) -> Float[Array, "S O X"]:
        """One batch of episodes in every context."""
        n_states, n_options, n_contexts = policy.shape
        shape = (self.episodes, n_contexts)
        x = jnp.broadcast_to(jnp.arange(n_contexts), shape)
        k_draws, k_permute = jax.random.split(key)
        draws = jax.random.uniform(k_draws, (1 + 5 * horizon, *shape))

        own_choice, credit_scale = teaching.own_choice(table), teaching.credit_scale(table)
        by_agent, by_person = policy.cumsum(1), table.adviser.cumsum(1)
        moves = table.moves.cumsum(2)

        state = jnp.minimum(_pick(table.start.cumsum(0)[:, x], draws[0]), n_states - 1)
        alive, returns, steps = jnp.ones(shape, bool), jnp.zeros(shape), []
        for who, agent, person, luck, where in draws[1:].reshape(horizon, 5, *shape):
            own = who < own_choice[state]
            option = jnp.where(
                own,
                _pick(_at(by_agent, state, x), agent),
                _pick(_at(by_person, state, x), person),
            )
            option = jnp.minimum(option, n_options - 1)
            taken = (state, option, x)
            success = luck < table.success[taken]
            reward = table.rewards[taken] - table.success[taken] + success
            returns = returns + jnp.where(alive, reward, 0.0)
            steps.append((state, option, alive & own))
            moved = _pick(jnp.moveaxis(moves[state, option, :, x], -1, 0), where)
            alive = alive & (moved < n_states)
            state = jnp.minimum(moved, n_states - 1)

        flat = returns.ravel()
        k_truthful, k_order = jax.random.split(k_permute)
        truthful = jax.random.bernoulli(k_truthful, teaching.signal, flat.shape)
        flat = jnp.where(truthful, flat, jax.random.permutation(k_order, flat))
        baseline = (flat.sum() - flat) / (flat.size - 1)
        advantage = (flat - baseline).reshape(shape) * table.weight / self.episodes

        gradient = jnp.zeros_like(policy)
        for state, option, counts in steps:
            amount = jnp.where(counts, advantage * credit_scale[state], 0.0)
            gradient = gradient.at[state, option, x].add(amount)
            visited = jnp.zeros((n_states, n_contexts)).at[state, x].add(amount)
            gradient = gradient - visited[:, None] * policy
        return gradient


def _at(
    cumulative: Float[Array, "S O X"], state: Int[Array, "n X"], x: Int[Array, "n X"]
) -> Float[Array, "O n X"]:
    return jnp.moveaxis(cumulative[state, :, x], -1, 0)


def _pick(cumulative: Float[Array, "k n X"], uniform: Float[Array, "n X"]) -> Int[Array, "n X"]:
    """Inverse-CDF draw; one past the last where the probabilities sum to less than 1."""
    return (uniform >= cumulative).sum(0)
