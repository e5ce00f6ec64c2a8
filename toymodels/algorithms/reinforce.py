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

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.tasks import TaskTable

from .base import Memoryless, Teaching
from .episodes import play, spread_credit


@dataclass(frozen=True)
class Reinforce(Memoryless):
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
        played = play(key, table, policy, horizon, teaching, self.episodes)
        returns = played.reward.sum(0)
        baseline = (returns.sum() - returns) / (returns.size - 1)
        advantage = jnp.broadcast_to(returns - baseline, played.reward.shape)
        return spread_credit(table, policy, teaching, played, advantage)
