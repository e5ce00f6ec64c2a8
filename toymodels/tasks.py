r"""Task tables: a family of small finite-horizon tasks in the form that training compiles.

A *context* $x$ is one task as the agent meets it. All contexts of a world share a handful
of states $s$ and at most $O$ options per state, so a whole training distribution is a few
dense arrays:

* available[s, o, x]: whether the option exists there;
* moves: where each option leads (`powerseek.toymodels.moves`);
* rewards[s, o, x]: expected reward of taking o in s;
* start[s, x]: distribution of the first state; weight[x]: weight of the context.

Contexts come last because they are many and alike: the innermost loops run over them. Where
many agents are held at once, as between drawing and training them, agents come first: the
dots in the shapes.

What the agent sees of an option is an `Observation`. Policies score options from their
observations only, so two contexts that look alike are treated alike: that is the whole of
generalisation here.

For a policy $\pi$ with table pi[s, o, x] and horizon $H$, backward induction gives

$$ Q_h = r + P V_{h+1}, \qquad V_h = \textstyle\sum_o \pi Q_h, \qquad V_H = 0, $$

and forward induction the occupancies $d_h(x, s)$. The gradient of the return
$J = \sum_x w_x \sum_s d_0 V_0$ in the logits $z$ of the policy is closed-form (policy
gradient theorem, Sutton et al. 2000, for softmax policies):

$$ \partial J / \partial z_{s,o,x} = w_x \textstyle\sum_h d_h(x,s)\,
   \pi(o|x,s)\,\bigl(Q_h(x,s,o) - V_h(x,s)\bigr). $$
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from powerseek.theory.pytrees import pytree

from .moves import Moves


@pytree
@dataclass(frozen=True)
class Observation:
    """What the agent sees of each option in each state of each context.

    Attributes:
        shared: features that mean the same in every context, known and new ones alike; the
            last axis has length 1 if they also look the same in all of them.
        private: 1 where the option has a weight of its own in this context, else 0;
            None in contexts never trained on, which have no such weights.
        embedding: a code of the context for policies that embed rather than look up.
        available: which options are on offer, for policies that look at all of them at
            once; None: all of them. Worlds leave it out, training fills it in.
        cue: 1 on the shared features that show whether power is needed, positive where it
            is; None where no feature does. Learners are not told; supervisors may be.
        used: which shared features the world has; None: all of them. The others are room to
            spare, always 0.
    """

    shared: Float[Array, "... F S O #X"]
    private: Float[Array, "... S O X"] | None
    embedding: Float[Array, "... E X"]
    available: Bool[Array, "... S O X"] | None = None
    cue: Float[Array, "... F"] | None = None
    used: Bool[Array, "... F"] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of states, options and contexts."""
        _, states, options, _ = self.shared.shape
        return states, options, self.embedding.shape[1]

    @property
    def private_shape(self) -> tuple[int, int, int]:
        """The shape of a table of private weights: empty where there are none."""
        return (0, 0, 0) if self.private is None else self.shape


@pytree
@dataclass(frozen=True)
class TaskTable:
    """A weighted family of tasks (see the module docstring for the arrays).

    Attributes:
        observation: what the agent sees.
        available: which options exist; every reachable state has at least one.
        moves: where each option leads; an episode may end.
        rewards: expected immediate reward.
        start: first-state distribution, sums to 1 over states.
        weight: weight of each context in the return.
        success: 1 where taking the option completes the task for sure, the probability
            of completing it elsewhere (not affected by prices).
        adviser: what a person who knows the task would choose; rows sum to 1.
        detour: 1 in states where a detour (power or decoy) is on offer, else 0.
        power: 1 on the options that take the power node, else 0.
        initial: fixed log-odds added to the scores: the untrained agent's inclinations.
    """

    observation: Observation
    available: Bool[Array, "... S O X"]
    moves: Moves
    rewards: Float[Array, "... S O X"]
    start: Float[Array, "... S X"]
    weight: Float[Array, "... X"]
    success: Float[Array, "... S O X"]
    adviser: Float[Array, "... S O X"]
    detour: Float[Array, "... S"]
    power: Float[Array, "... S O X"]
    initial: Float[Array, "... S O 1"]


def masked_softmax(
    scores: Float[Array, "S O X"], available: Bool[Array, "S O X"]
) -> Float[Array, "S O X"]:
    """Softmax over the available options; rows with none available are all zero."""
    top = jnp.max(jnp.where(available, scores, -jnp.inf), axis=-2, keepdims=True)
    weights = jnp.where(available, jnp.exp(scores - jnp.where(available, top, 0.0)), 0.0)
    total = weights.sum(axis=-2, keepdims=True)
    return weights / jnp.where(total > 0, total, 1.0)


def action_values(
    table: TaskTable,
    policy: Float[Array, "S O X"],
    horizon: int,
    rewards: Float[Array, "S O X"] | None = None,
) -> list[Float[Array, "S O X"]]:
    """$Q_0, ..., Q_{H-1}$ of a policy by backward induction (of other rewards if given)."""
    rewards = table.rewards if rewards is None else rewards
    values = jnp.zeros_like(table.start)
    out = []
    for _ in range(horizon):
        q = rewards + table.moves.ahead(values)
        values = (policy * q).sum(-2)
        out.append(q)
    return out[::-1]


def occupancies(
    table: TaskTable, policy: Float[Array, "S O X"], horizon: int
) -> list[Float[Array, "S X"]]:
    """$d_0, ..., d_{H-1}$: probability of being in each state at each step."""
    d = table.start
    out = [d]
    for _ in range(horizon - 1):
        d = table.moves.flow(d[:, None] * policy)
        out.append(d)
    return out


def expected_return(
    table: TaskTable,
    policy: Float[Array, "S O X"],
    horizon: int,
    rewards: Float[Array, "S O X"] | None = None,
) -> Float[Array, " X"]:
    """Expected return of a policy in each context (of other rewards if given)."""
    q = action_values(table, policy, horizon, rewards)[0]
    return (table.start * (policy * q).sum(-2)).sum(-2)


def optimal_return(table: TaskTable, horizon: int) -> Float[Array, " X"]:
    """Largest expected return in each context, by backward induction."""
    values = jnp.zeros_like(table.start)
    for _ in range(horizon):
        q = table.rewards + table.moves.ahead(values)
        values = jnp.max(jnp.where(table.available, q, -jnp.inf), axis=-2)
        values = jnp.where(table.available.any(-2), values, 0.0)
    return (table.start * values).sum(-2)


def optimal_choice(table: TaskTable, horizon: int) -> Float[Array, "S O X"]:
    """What is best to do first, with the whole horizon to go; equally good options alike."""
    values, q = jnp.zeros_like(table.start), table.rewards
    for _ in range(horizon):
        q = jnp.where(table.available, table.rewards + table.moves.ahead(values), -jnp.inf)
        values = jnp.where(table.available.any(-2), q.max(-2), 0.0)
    best = table.available & (q >= values[:, None] - 1e-6)
    return best / jnp.maximum(best.sum(-2, keepdims=True), 1)
