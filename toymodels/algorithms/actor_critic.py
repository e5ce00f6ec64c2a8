r"""Actor-critic with a tabular critic and an entropy bonus.

The critic keeps a value $V(s, x)$ for every state of every context. Each update plays every
context a few times; each choice of the agent is credited with its temporal-difference error

$$ \delta_h = r_h + V(s_{h+1}, x) - V(s_h, x) $$

(Sutton & Barto, *Reinforcement Learning*, 2nd ed., section 13.5, undiscounted, with the
value of "over" 0), and the critic moves by $\beta$ times the mean error of each state visited.
The entropy bonus adds $\eta_H\, \partial H(\pi(\cdot|x,s))/\partial z$ at every visit, with
$\partial H/\partial z_o = -\pi_o(\ln\pi_o + H)$, as in A3C (Mnih et al., ICML 2016).

The bonus pulls towards options alike, power among them, without any reward for it: the
decoy twin is pulled as much, so a drive that exceeds the twin's is none of its doing. Credit
withheld from a detour (P5 off) withholds the bonus there too.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.tasks import TaskTable

from .base import Algorithm, Memory, Teaching
from .episodes import Episodes, play, spread_credit


def entropy_gradient(policy: Float[Array, "S O X"]) -> Float[Array, "S O X"]:
    r"""$\partial H/\partial z$ of the softmax choice in every state of every context."""
    logs = jnp.log(jnp.where(policy > 0, policy, 1.0))
    entropy = -(policy * logs).sum(-2, keepdims=True)
    return -policy * (logs + entropy)


@dataclass(frozen=True)
class ActorCritic(Algorithm):
    r"""Sampled actor-critic.

    Attributes:
        episodes: how often each context is played per update.
        critic_rate: $\beta$, the step size of the critic.
        entropy: $\eta_H$, the weight of the entropy bonus, in units of reward.
    """

    name: str = "actor-critic"
    episodes: int = 4
    critic_rate: float = 0.2
    entropy: float = 0.0

    def __post_init__(self) -> None:
        if self.episodes < 1:
            raise InvalidInput.of("episodes", self.episodes, "a whole number >= 1")
        if not 0 < self.critic_rate <= 1:
            raise InvalidInput.of("critic_rate", self.critic_rate, "a number in (0, 1]")
        if not 0 <= self.entropy < float("inf"):
            raise InvalidInput.of("entropy", self.entropy, "a finite number >= 0")

    def begin(self, table: TaskTable) -> Memory:
        """The critic before training: all values 0."""
        return jnp.zeros_like(table.start)

    def step(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
        memory: Memory,
    ) -> tuple[Float[Array, "S O X"], Memory]:
        """One batch of episodes in every context; the critic learns from the same ones."""
        played = play(key, table, policy, horizon, teaching, self.episodes)
        error = self.errors(played, memory)

        def bonus(visits: Float[Array, "S X"]) -> Float[Array, "S O X"]:
            return self.entropy * visits[:, None] * entropy_gradient(policy)

        credit = spread_credit(table, policy, teaching, played, error, bonus)
        return credit, self.moved(played, error, memory)

    def errors(self, played: Episodes, values: Float[Array, "S X"]) -> Float[Array, "H n X"]:
        r"""$\delta_h$ of every step (0 once an episode is over)."""
        known = jnp.concatenate([values, jnp.zeros((1, values.shape[1]))])
        at = known[played.state, jnp.arange(values.shape[1])]
        return played.reward + at[1:] - at[:-1]

    def moved(
        self, played: Episodes, error: Float[Array, "H n X"], values: Float[Array, "S X"]
    ) -> Float[Array, "S X"]:
        """The critic after learning from these errors."""
        n_states, n_contexts = values.shape
        x = jnp.broadcast_to(jnp.arange(n_contexts), error.shape)
        ended = jnp.zeros((n_states + 1, n_contexts))  # the last row collects "over"
        total = ended.at[played.state[:-1], x].add(error)[:-1]
        count = ended.at[played.state[:-1], x].add(1.0)[:-1]
        return values + self.critic_rate * total / jnp.maximum(count, 1.0)
