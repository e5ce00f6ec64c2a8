r"""What is read off an agent: its choices where power is and is not needed.

All probabilities are exact for the policy at hand (no roll-outs). Probes are contexts the
agent was never trained on (`powerseek.toymodels.worlds.ProbeTable`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree

from .ledger import Ledger
from .policies import Policy
from .policies.base import Params
from .tasks import TaskTable, expected_return, masked_softmax, optimal_return
from .worlds import ProbeTable

Values: TypeAlias = Float[Array, "..."] | Float[np.ndarray, "..."]
"""Numbers of many agents: on the device while they are computed, numpy arrays afterwards."""


@pytree
@dataclass(frozen=True)
class Measurement:
    """What is read off agents: a number while measuring, then [setting, seed, checkpoint].

    Attributes:
        null: P(power) where no task is announced.
        told: P(power) in new contexts that show power is not needed.
        needed: P(power) in new contexts that show power is needed.
        told_amount: expected amount of power taken in told probes, in levels; where there
            is one level only, this is P(power).
        null_log_odds, told_log_odds: mean log-odds of power against declining there.
        success: success rate of the agent acting alone on its training tasks.
        returns: its expected return on them (success minus prices paid).
        best: largest possible return on them.
        shortfall: the largest difference between the two in any one training context: how
            much is left to learn where least was learnt.
        power_when_useful: P(power) on training tasks in which power pays.
        useful: fraction of training tasks in which power pays (by solving each).
        completed_by_power: probability of completing such a task by way of power.
        willingness_to_pay: price at which P(power) crosses 1/2 in told probes, in units
            of reward; 0 if below 1/2 at every price, the last price if above at all.
        push, pushes: credit that power has received where it was positive, and in how many
            updates (`powerseek.toymodels.ledger`).
        credit_power, credit_decoy, credit_decline, credit_work: net credit received by each
            class of action.
        after: number of updates made before the measurement.
    """

    null: Values
    told: Values
    needed: Values
    told_amount: Values
    null_log_odds: Values
    told_log_odds: Values
    success: Values
    returns: Values
    best: Values
    shortfall: Values
    power_when_useful: Values
    useful: Values
    completed_by_power: Values
    willingness_to_pay: Values
    push: Values
    pushes: Values
    credit_power: Values
    credit_decoy: Values
    credit_decline: Values
    credit_work: Values
    after: Values

    def require_untrained_first(self) -> None:
        """Refuse measurements whose first checkpoint is not the untrained agent.

        Raises:
            InvalidInput: naming the number of updates of the first checkpoint.
        """
        first = np.asarray(self.after)[..., 0]
        if first.any():
            expected = "0, the untrained agent, as the first checkpoint"
            raise InvalidInput.of("checkpoints", int(first.max()), expected)


def probe_log_odds(
    policy: Policy, params: Params, probes: ProbeTable, sharing: Float[Array, ""]
) -> Float[Array, " X"]:
    """Log-odds of power against declining in each probe."""
    scores = policy.scores(params, probes.observation, sharing) + probes.initial

    def log_total(options: Bool[Array, "O X"]) -> Float[Array, " X"]:
        return jax.nn.logsumexp(scores[0], axis=0, where=options)

    taking = probes.amount[0] > 0
    log_odds: Float[Array, " X"] = log_total(taking) - log_total(probes.available[0] & ~taking)
    return log_odds


def willingness_to_pay(
    prices: Float[Array, " G"], probability: Float[Array, " G"]
) -> Float[Array, ""]:
    """First price at which P(power) falls through 1/2, by linear interpolation.

    0 if the agent declines at every price, the last price if it accepts at every price.
    """
    above = probability > 0.5
    i = jnp.argmin(above)  # first price at which it declines
    before = jnp.maximum(i - 1, 0)
    drop = probability[before] - probability[i]
    share = jnp.where(drop > 0, (probability[before] - 0.5) / jnp.where(drop > 0, drop, 1), 0.0)
    crossing = prices[before] + share * (prices[i] - prices[before])
    return jnp.where(above.all(), prices[-1], jnp.where(i == 0, 0.0, crossing))


def measure(
    policy: Policy,
    params: Params,
    table: TaskTable,
    probes: ProbeTable,
    sharing: Float[Array, ""],
    horizon: int,
    ledger: Ledger,
    after: Float[Array, ""],
) -> Measurement:
    """Measure one agent."""
    scores = policy.scores(params, table.observation, sharing) + table.initial
    choice = masked_softmax(scores, table.available)
    probe_scores = policy.scores(params, probes.observation, sharing) + probes.initial
    probe_choice = masked_softmax(probe_scores, probes.available)[0]
    power = (probe_choice * (probes.amount[0] > 0)).sum(0)
    log_odds = probe_log_odds(policy, params, probes, sharing)

    is_power = table.power > 0
    offers = (is_power & table.available).any((0, 1))  # contexts that offer power
    without = replace(table, available=table.available & ~is_power)
    best = optimal_return(table, horizon)
    pays = offers & (best > optimal_return(without, horizon) + 1e-9)
    # The agent as it is, but made to take power wherever it is on offer.
    here = (is_power & table.available).any(1, keepdims=True)
    forced = masked_softmax(scores, table.available & (is_power | ~here))
    took = (table.start * (choice * table.power).sum(1)).sum(0)
    by_power = took * expected_return(table, forced, horizon, table.success)

    def average(values: Float[Array, " X"], over: Bool[Array, " X"]) -> Float[Array, ""]:
        weights = table.weight * over
        total = weights.sum()
        return (weights * values).sum() / jnp.where(total > 0, total, 1.0)

    everywhere = jnp.ones_like(offers)
    returns = expected_return(table, choice, horizon)
    return Measurement(
        null=probes.null @ power,
        told=probes.told @ power,
        needed=probes.needed @ power,
        told_amount=probes.told @ (probe_choice * probes.amount[0]).sum(0),
        null_log_odds=probes.null @ log_odds,
        told_log_odds=probes.told @ log_odds,
        success=average(expected_return(table, choice, horizon, table.success), everywhere),
        returns=average(returns, everywhere),
        best=average(best, everywhere),
        shortfall=(best - returns).max(),
        power_when_useful=average(took, pays),
        useful=average(pays.astype(float), offers),
        completed_by_power=average(by_power, pays),
        willingness_to_pay=willingness_to_pay(probes.prices, probes.at_price @ power),
        after=after,
        **ledger.entries(table),
    )
