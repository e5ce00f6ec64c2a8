r"""The yoked control: is it reward for power, or being led to it, that makes a drive?

Agents in one world, from the same seed, seeing the same options and cues. What differs is
why power is rewarded, if it is:

* **instrumental**: as ever, power helps with needy tasks and costs its price;
* **contingent**: power helps with nothing, but taking it is paid for, in each context what
  it would have been worth there: $A(x) = V^*(\text{power}) - V^*(\text{decline})$;
* **flat**: power helps with nothing, but taking it is paid for, the same everywhere, and
  on average as much: $\bar A$;
* **yoked**: power is taken as often as the instrumental agent takes it, context by context
  and update by update, because the choice is made for the agent; and it is paid what the
  instrumental agent earns there, *whatever* is taken. Visits and pay are those of the
  instrumental agent, and only their contingency is gone.

(The design is that of yoked controls in animal learning: Church, *Psychological Review* 71,
1964.) What a yoked learner makes of choices that were made for it depends on the baseline
it compares its pay with. Credited as if they were its own, choices drawn from $\mu$ and
paid $R(x)$ move the scores, in expectation, by

$$ \frac{\partial}{\partial z_{o,x}} = w_x\,d(x)\,\bigl(\mu(o|x) - \pi(o|x)\bigr)\,
   \bigl(R(x) - b\bigr) , $$

so there are three yoked groups: with $b = R(x)$, the value of the state, nothing is learnt
at all; with $b = \bar R$, the mean over the batch, visits are reinforced in contexts that
go well and undone in others; with $b = 0$, whatever was done is reinforced if it was
followed by reward: **superstition**. For choices of its own ($\mu = \pi$) the three
baselines have the same expected gradient.

Two facts are exact and tested. The contingent agent is the instrumental agent: the gradient
at the choice of power is the same, so no probe can tell them apart. And the flat agent has
the same *first* step in null probes, where only the average counts.

The credit ledger of a yoked agent is of no use here: it enters what its own choices would
have earned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.algorithms import Algorithm, ExactGradient, Teaching
from powerseek.toymodels.algorithms.base import Memory
from powerseek.toymodels.argument import Claim
from powerseek.toymodels.learning import Agent, Learner, begin, read, segments, update
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.moves import Dense, probabilities
from powerseek.toymodels.recipe import Method, Recipe
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.tasks import (
    TaskTable,
    action_values,
    expected_return,
    masked_softmax,
    occupancies,
    optimal_return,
)
from powerseek.toymodels.training import run_agents
from powerseek.toymodels.verdicts import Verdict, judge
from powerseek.toymodels.worlds import Knobs

Baseline = Literal["state", "batch", "none"]

MASTER = "instrumental"
PAID = ("contingent", "flat")
YOKED: dict[str, Baseline] = {
    "yoked, state baseline": "state",
    "yoked, batch baseline": "batch",
    "yoked, no baseline": "none",
}
GROUPS = (MASTER, *PAID, *YOKED)


@pytree
@dataclass(frozen=True)
class Lead:
    r"""What a yoked learner is told by its master, before every update.

    Attributes:
        choice: the master's policy, $\mu$.
        pay: what the master earns in each context, $R$.
    """

    choice: Float[Array, "S O X"]
    pay: Float[Array, " X"]


@dataclass(frozen=True)
class Yoked(Algorithm):
    """Expected credit of a learner whose detours are chosen and paid for it.

    Its memory is the `Lead` of this update. Choices elsewhere are its own, and credited as
    ever.

    Attributes:
        baseline: what pay is compared with.
    """

    name: str = "yoked"
    baseline: Baseline = "state"

    def begin(self, table: TaskTable) -> Memory:
        """No lead yet."""
        return Lead(jnp.zeros_like(table.rewards), jnp.zeros_like(table.weight))

    def behaviour(
        self, table: TaskTable, policy: Float[Array, "S O X"], lead: Lead
    ) -> Float[Array, "S O X"]:
        """The master's choice at detours, its own elsewhere."""
        detour = table.detour[:, None, None]
        return detour * lead.choice + (1 - detour) * policy

    def step(
        self,
        key: PRNGKeyArray,
        table: TaskTable,
        policy: Float[Array, "S O X"],
        horizon: int,
        teaching: Teaching,
        memory: Memory,
    ) -> tuple[Float[Array, "S O X"], Memory]:
        """The formula of the module docstring at detours, the exact gradient elsewhere."""
        del key
        behaviour = self.behaviour(table, policy, memory)
        visits = occupancies(table, behaviour, horizon)
        values = action_values(table, behaviour, horizon)
        own = sum(
            d[:, None] * policy * (q - (policy * q).sum(-2, keepdims=True))
            for d, q in zip(visits, values, strict=True)
        )
        mean = (table.weight * memory.pay).sum() / table.weight.sum()
        beyond = {"state": 0.0 * memory.pay, "batch": memory.pay - mean, "none": memory.pay}
        led = jnp.stack(visits).sum(0)[:, None] * (memory.choice - policy) * beyond[self.baseline]
        detour = table.detour[:, None, None]
        state = teaching.own_choice(table) * teaching.credit_scale(table)
        scale = teaching.signal * table.weight * state[:, None, None]
        credit: Float[Array, "S O X"] = scale * (detour * led + (1 - detour) * own)
        return credit, memory


def worth(table: TaskTable, horizon: int) -> Float[Array, "O X"]:
    """$A(x)$: what each option of power adds to the best return of its context; else 0.

    Of the first state, as in `paid`.
    """
    start = table.start[:, None] > 0
    offered = (table.power * table.start[:, None]).sum(0) > 0

    def best(allowed: Array) -> Float[Array, " X"]:
        only = replace(table, available=table.available & (allowed | ~start))
        return optimal_return(only, horizon)

    n_options = table.power.shape[1]
    options = jnp.arange(n_options)[None, :, None]
    declined = best(options == 0)
    taken = jnp.stack([best(options == o) for o in range(n_options)])
    return jnp.where(offered, taken - declined, 0.0)


def paid(table: TaskTable, horizon: int, flat: bool) -> TaskTable:
    """The same tasks where power leads to nothing and taking it is paid what it was worth.

    Args:
        table: tasks whose episodes start at the detour.
        horizon: their length.
        flat: pay the mean over contexts everywhere, rather than each context its own.
    """
    value = worth(table, horizon)
    if flat:
        offered = ((table.power * table.start[:, None]).sum(0) > 0) * table.weight
        total = offered.sum(-1, keepdims=True)
        mean = (offered * value).sum(-1, keepdims=True) / jnp.where(total > 0, total, 1.0)
        value = jnp.where(offered > 0, mean, 0.0)
    power = table.power * (table.start[:, None] > 0)
    decline = slice(0, 1)  # the first option goes on without a detour

    def as_declining(entries: Array, taken: Array) -> Array:
        return jnp.where(taken > 0, entries[:, decline], entries)

    rewards = as_declining(table.rewards, power) + power * value
    return replace(
        table,
        rewards=rewards,
        success=as_declining(table.success, power),
        moves=Dense(as_declining(probabilities(table.moves), power[:, :, None])),
    )


@dataclass(frozen=True)
class InLockstep:
    """Train one agent of every group side by side: a function for `run_agents`."""

    def __call__(
        self, method: Method, drawn: Agent, knobs: Knobs
    ) -> dict[str, tuple[Measurement, Array]]:
        """Per group, measurements and the visits to power, each [checkpoint]."""
        horizon, policy, table = drawn.horizon, method.policy, drawn.table
        tables = dict.fromkeys(GROUPS, table) | {
            name: paid(table, horizon, name == "flat") for name in PAID
        }
        agents = {name: replace(drawn, table=tables[name]) for name in GROUPS}
        methods = dict.fromkeys(GROUPS, replace(method, algorithm=ExactGradient())) | {
            name: replace(method, algorithm=Yoked(baseline=baseline))
            for name, baseline in YOKED.items()
        }

        def choice(learner: Learner) -> Float[Array, "S O X"]:
            sharing = jnp.asarray(knobs.sharing)
            raw = policy.scores(learner.params, table.observation, sharing)
            return masked_softmax(raw + table.initial, table.available)

        def led(learners: dict[str, Learner]) -> dict[str, Learner]:
            lead = choice(learners[MASTER])
            pay = expected_return(table, drawn.teaching.behaviour(table, lead), horizon)
            return learners | {
                name: replace(learners[name], memory=Lead(lead, pay)) for name in YOKED
            }

        def body(step: Array, learners: dict[str, Learner]) -> dict[str, Learner]:
            return {
                name: update(methods[name], agents[name], knobs, step, learner)
                for name, learner in led(learners).items()
            }

        def visits(name: str, learner: Learner) -> Array:
            acting = choice(learner)
            if name in YOKED:
                acting = Yoked().behaviour(table, acting, learner.memory)
            took = (table.start[:, None] * acting * table.power).sum((0, 1))
            offered = (table.power * table.start[:, None]).any((0, 1)) * table.weight
            return (offered * took).sum() / offered.sum()

        def segment(learners: dict[str, Learner], bounds: Array) -> tuple[Any, Any]:
            learners = led(jax.lax.fori_loop(bounds[0], bounds[1], body, learners))
            # Success and returns are those of the world's own tasks, for every group.
            out = {
                name: (
                    read(methods[name], drawn, knobs, learner, bounds[1]),
                    visits(name, learner),
                )
                for name, learner in learners.items()
            }
            return learners, out

        start: dict[str, Agent] = agents
        learners = {name: begin(methods[name], start[name]) for name in GROUPS}
        out: dict[str, tuple[Measurement, Array]] = jax.lax.scan(
            segment, learners, segments(method)
        )[1]
        return out


VISITS = Claim(
    id="visits",
    name="visits",
    claim="Being led to power as often, for the same pay, makes a drive.",
    quantity="P(power) where it is useless, yoked agents (state baseline) minus untrained",
    unit="probability",
    margin=0.05,
)
CONTINGENCY = Claim(
    id="contingency",
    name="contingency",
    claim="Reward that depends on power makes more of a drive than visits alone.",
    quantity="P(power) where it is useless, instrumental minus yoked agents (state baseline)",
    unit="probability",
    margin=0.05,
)
SUPERSTITION = Claim(
    id="superstition",
    name="superstition",
    claim="Being led to power makes a drive in a learner without a baseline.",
    quantity="P(power) where it is useless, yoked agents (no baseline) minus untrained",
    unit="probability",
    margin=0.05,
)
AS_AN_END = Claim(
    id="end",
    name="as an end",
    claim="Power rewarded everywhere is sought more than power rewarded where it helps.",
    quantity="P(power) where it is useless, flat minus instrumental agents",
    unit="probability",
    margin=0.05,
)
CLAIMS = (VISITS, CONTINGENCY, SUPERSTITION, AS_AN_END)
"""Judged by the rule of `powerseek.toymodels.verdicts`; fixed before anything was run."""


@dataclass(frozen=True)
class YokedRun:
    """All groups, measured.

    Attributes:
        groups: measurements per group, [setting, seed, checkpoint].
        visits: probability that a training task that offers power is done by way of it,
            per group, as it was acted: by the master's choices in yoked groups.
    """

    groups: Mapping[str, Measurement]
    visits: Mapping[str, Float[np.ndarray, "setting seed checkpoint"]]

    def power(
        self, group: str, probe: str = "told", setting: int = 0, checkpoint: int = -1
    ) -> Float[np.ndarray, " seed"]:
        """P(power) in a kind of probe, per seed."""
        values: Float[np.ndarray, " seed"] = np.asarray(getattr(self.groups[group], probe))
        return values[setting, :, checkpoint]

    def drive(
        self, group: str, probe: str = "told", setting: int = 0, checkpoint: int = -1
    ) -> Interval:
        """P(power) minus the untrained agent's."""
        untrained = self.power(MASTER, probe, setting, 0)
        return over_seeds(self.power(group, probe, setting, checkpoint) - untrained)

    def verdicts(self, setting: int = 0, checkpoint: int = -1) -> tuple[Verdict, ...]:
        """The four claims, judged in told probes."""

        def told(group: str) -> Float[np.ndarray, " seed"]:
            return self.power(group, "told", setting, checkpoint)

        state, _, none = YOKED
        untrained = self.power(MASTER, "told", setting, 0)
        found = {
            "visits": told(state) - untrained,
            "contingency": told(MASTER) - told(state),
            "superstition": told(none) - untrained,
            "end": told("flat") - told(MASTER),
        }
        return tuple(judge(claim, over_seeds(found[claim.id])) for claim in CLAIMS)


def yoke(
    recipe: Recipe, knobs: Any, seeds: Sequence[int], *, seed: int = 0, chunk: int | None = None
) -> YokedRun:
    """Train every group in lockstep, paired by seed; all gradients are exact.

    Args:
        recipe: as for `train`; its algorithm is not used, its first checkpoint is 0.
        knobs: as for `train`.
        seeds: agent numbers.
        seed: experiment seed.
        chunk: agents per compiled call.

    Raises:
        InvalidInput: if the first checkpoint is not the untrained agent.
    """
    if recipe.checkpoints[0] != 0:
        raise InvalidInput.of("checkpoints", recipe.checkpoints, "numbers of updates from 0 on")
    out = run_agents(InLockstep(), recipe, knobs, seeds, seed, chunk)
    return YokedRun(
        groups={name: measured for name, (measured, _) in out.items()},
        visits={name: visits for name, (_, visits) in out.items()},
    )
