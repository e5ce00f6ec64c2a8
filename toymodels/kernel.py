r"""Theory against training: what the kernel of the untrained policy predicts.

To first order, $n$ gradient steps of size $\eta$ move the log-odds of power at a probe
$x_0$ by

$$ \Delta z(x_0) = \eta\, n \Bigl(\sum_{s,o,x} K\bigl(x_0; (x,s,o)\bigr)\,
   \frac{\partial J}{\partial z_{s,o,x}}
   - \nabla_\theta z(x_0) \cdot \nabla_\theta L_\lambda\Bigr), \qquad
   K(i; j) = \nabla_\theta z_i \cdot \nabla_\theta z_j , $$

with $K$ the tangent kernel of the policy: exact and constant for linear policies, the
empirical neural tangent kernel for networks (Jacot, Gabriel & Hongler, NeurIPS 2018),
where it holds while the kernel has not moved. $L_\lambda$ is the loss of the supervisor, if it
has one (`powerseek.toymodels.supervision`). The sum is one Jacobian-vector product, so no
kernel matrix is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import expit

from powerseek.theory.pytrees import pytree

from .algorithms import ExactGradient
from .learning import Agent, descent, loss_gradient
from .measurement import Values, probe_log_odds
from .recipe import Method, Recipe
from .tasks import masked_softmax
from .training import run_agents


@pytree
@dataclass(frozen=True)
class KernelPrediction:
    r"""What the tangent kernel of untrained agents says (arrays: [setting, seed]).

    Attributes:
        null_rate, told_rate: predicted $\Delta z$ per unit of $\eta n$, in null and told
            probes.
        null_log_odds, told_log_odds: log-odds there before training.
        transfer: mean of $K(x_0, x)/K(x, x)$ over training offers $x$ of power and null
            probes $x_0$, with $K$ the kernel of the log-odds of power against what else is
            on offer: the share of what is learnt in a training context that a new context
            gets.
    """

    null_rate: Values
    told_rate: Values
    null_log_odds: Values
    told_log_odds: Values
    transfer: Values

    def null_drive(self, amount: float) -> Float[np.ndarray, ...]:
        r"""Predicted P(power) minus untrained, in null probes, at $\eta n$ = amount."""
        return _gain(self.null_log_odds, self.null_rate, amount)

    def told_drive(self, amount: float) -> Float[np.ndarray, ...]:
        r"""Predicted P(power) minus untrained, in told probes, at $\eta n$ = amount."""
        return _gain(self.told_log_odds, self.told_rate, amount)


def _gain(before: Values, rate: Values, amount: float) -> Float[np.ndarray, ...]:
    z = np.asarray(before)
    change: Float[np.ndarray, ...] = expit(z + amount * np.asarray(rate)) - expit(z)
    return change


def _predict_one(method: Method, drawn: Agent, knobs: Any) -> KernelPrediction:
    policy = method.policy
    table, probes, params = drawn.table, drawn.probes, drawn.params

    def training_scores(params: Any) -> Float[Array, "S O X"]:
        return policy.scores(params, table.observation, knobs.sharing)

    def probe_scores(params: Any) -> Float[Array, " X"]:
        return probe_log_odds(policy, params, probes, knobs.sharing)

    raw, pull_back = jax.vjp(training_scores, params)
    choice = masked_softmax(raw + table.initial, table.available)
    taught = method.supervision.rewarded(table, knobs)
    credit = ExactGradient().credit(drawn.key, taught, choice, drawn.horizon, drawn.teaching)
    down = descent(pull_back, credit, loss_gradient(method, drawn, knobs, params))
    log_odds, falls = jax.jvp(probe_scores, (params,), (down,))

    # transfer: K(null probe, x) / K(x, x) of the log-odds of power, over training offers
    (null_gradient,) = jax.vjp(probe_scores, params)[1](probes.null)
    cross = jax.jvp(training_scores, (params,), (null_gradient,))[1]
    is_power = table.power > 0
    power, rest = table.available & is_power, table.available & ~is_power
    offers = power.any(1, keepdims=True) & rest.any(1, keepdims=True)
    scores = raw + table.initial
    odds = offers * (masked_softmax(scores, power) - masked_softmax(scores, rest))
    takes = jnp.eye(odds.shape[-1])[:, None, None, :] * odds

    def self_kernel(cotangent: Float[Array, "S O X"]) -> Float[Array, ""]:
        (gradient,) = pull_back(cotangent)
        return jnp.stack([(leaf**2).sum() for leaf in jax.tree.leaves(gradient)]).sum()

    own = jax.vmap(self_kernel)(takes)
    across = (cross * odds).sum((0, 1))
    offered = offers.any((0, 1)) * table.weight
    ratio = jnp.where(own > 0, across / jnp.where(own > 0, own, 1.0), 0.0)
    return KernelPrediction(
        null_rate=-(probes.null @ falls),
        told_rate=-(probes.told @ falls),
        null_log_odds=probes.null @ log_odds,
        told_log_odds=probes.told @ log_odds,
        transfer=(offered * ratio).sum() / offered.sum(),
    )


def predict(
    recipe: Recipe,
    knobs: Any,
    seeds: Sequence[int],
    *,
    seed: int = 0,
    chunk: int | None = None,
) -> KernelPrediction:
    """Predict the early drive of the very agents that `train` would train.

    Arguments as for `train`; the recipe's optimiser is taken to be gradient descent.

    >>> from powerseek.toymodels import HubKnobs, Recipe, predict, threshold
    >>> p_star = threshold(base_success=0.2, price=0.15)
    >>> below, above = HubKnobs(need=[p_star - 0.1, p_star + 0.1]), range(4)
    >>> predict(Recipe(), below, above).null_rate.mean(axis=1) > 0
    array([False,  True])
    """
    result: KernelPrediction = run_agents(_predict_one, recipe, knobs, seeds, seed, chunk)
    return result
