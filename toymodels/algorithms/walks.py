r"""REINFORCE with reward to go, by walks on a graph: fast, because next to nothing is drawn.

Where moves are deterministic and rewards sure (`powerseek.toymodels.moves.Successors`), an
episode needs one random number to start and one for each choice. Each choice is credited with
the reward that followed it less the batch's mean of the same (reward to go, leave-one-out;
Williams 1992),

$$ \hat g = \sum_i \frac{w_x}{n} \sum_h \lambda^h (G_{ih} - b_{ih})
   \bigl(\mathbf 1[o_h] - \pi(\cdot|x,s_h)\bigr), \qquad
   G_{ih} = \sum_{k \ge h} \lambda^{k-h} r_{ik}, $$

with $\lambda$ the probability that an episode goes on after a step, which is averaged over
and not drawn. With part of the reward permuted (P2) an episode has the share $1 - \sigma$ of
another episode's rewards in place of that of its own, in $G$ but not in the baseline $b$: the
estimate is unbiased for $\sigma$ times the exact gradient at full signal.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.moves import Successors
from powerseek.toymodels.tasks import TaskTable

from .base import Memoryless, Teaching
from .uniforms import uniform


@dataclass(frozen=True)
class Walks(Memoryless):
    """Sampled policy gradient in deterministic graphs.

    Attributes:
        episodes: how often each context is played per update.
    """

    name: str = "reward-to-go"
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
        """One batch of walks in every context.

        Raises:
            InvalidInput: if moves are not deterministic, or there is only one walk.
        """
        if not isinstance(table.moves, Successors):
            raise InvalidInput.of("algorithm", self.name, "another one: moves here are random")
        n_states, n_options, n_contexts = policy.shape
        shape = (self.episodes, n_contexts)
        if self.episodes * n_contexts < 2:
            raise InvalidInput.of("episodes", self.episodes, "2 or more, to have a baseline")
        lasting = jnp.asarray(table.moves.lasting, policy.dtype)
        draws = uniform(key, (horizon + 1, *shape), policy.dtype)
        # Flat tables, one row for each state of each context, are looked up fastest.
        rows = jnp.swapaxes(policy, 1, 2).reshape(-1, n_options)
        cumulative = rows.cumsum(1)
        paid = jnp.swapaxes(table.rewards, 1, 2).reshape(-1)
        to = table.moves.to.reshape(-1)
        x = jnp.broadcast_to(jnp.arange(n_contexts), shape)

        state = (draws[0] >= table.start.cumsum(0)[:, None]).sum(0)
        state = jnp.minimum(state, n_states - 1)
        taken, rewards = [], []
        for u in draws[1:]:
            here = state * n_contexts + x
            up_to = cumulative[here]
            # Less than the last entry, so what is not on offer is never picked.
            option = ((u * up_to[..., -1])[..., None] >= up_to).sum(-1)
            taken.append(here * n_options + option)
            rewards.append(paid[taken[-1]])
            state = to[state * n_options + option]
        to_go = [rewards[-1]]
        for r in rewards[-2::-1]:
            to_go.append(r + lasting * to_go[-1])
        own = jnp.stack(to_go[::-1])
        flat = own.reshape(horizon, -1)
        gain = own + (1 - teaching.signal) * (jnp.roll(flat, 1, 1) - flat).reshape(own.shape)
        # Of what each was paid itself: else its own reward comes back through another's.
        others = (own.sum((1, 2), keepdims=True) - own) / (own[0].size - 1)
        fading = lasting ** jnp.arange(horizon)[:, None, None]
        amount = (table.weight / self.episodes) * fading * (gain - others)
        pushed = jnp.zeros(rows.size, policy.dtype).at[jnp.stack(taken)].add(amount)
        pushed = pushed.reshape(rows.shape)
        credit = pushed - rows * pushed.sum(1, keepdims=True)
        credit = jnp.swapaxes(credit.reshape(n_states, n_contexts, n_options), 1, 2)
        scaled: Float[Array, "S O X"] = teaching.credit_scale(table)[:, None, None] * credit
        return scaled
