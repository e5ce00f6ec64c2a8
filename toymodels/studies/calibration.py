r"""Theory against training: predicted and measured early drives, and why they part.

For any world, policy and optimiser, the change of the log-odds of power at a probe after
$n$ updates is predicted in two ways, both from the untrained agent alone:

* **kernel**: $\hat\Delta = \eta n\,\nabla z \cdot \nabla J$, the tangent kernel
  (`powerseek.toymodels.kernel`): what gradient ascent does to first order;
* **first step**: $\hat\Delta = n\,\nabla z \cdot \Delta\theta_1$ with $\Delta\theta_1$ what
  the recipe's own optimiser does first. For gradient ascent it is the kernel; for Adam,
  whose first step is $\eta\,\mathrm{sign}(\nabla J)$ in every weight, it is not.

Both fail as training goes on, for three reasons that can be told apart by measuring the
rate $v = \nabla z \cdot \nabla J$ of the trained agent with parts of it put back:

* **credit**: choices have changed, so $\nabla J$ has: kernel of before, credit of now (and
  the gradient of the supervisor's loss of now, if it has one: $J$ is less by that loss);
* **kernel**: $\nabla z$ and $\nabla_\theta z_{s,o,x}$ have changed: kernel of now, credit
  of before. Zero for linear policies;
* **optimiser**: the step is not the gradient.

Agreement is summed up over agents of many need fractions and seeds: the slope of measured
on predicted drives (1 is right, below 1 the prediction overshoots), their correlation, and
the root mean square error, beside that of predicting no drive at all.
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

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.algorithms import ExactGradient
from powerseek.toymodels.hub_flow import Probe
from powerseek.toymodels.learning import (
    Agent,
    Learner,
    at_checkpoints,
    begin,
    descent,
    loss_gradient,
)
from powerseek.toymodels.measurement import Values, probe_log_odds
from powerseek.toymodels.policies.base import Params
from powerseek.toymodels.recipe import Method, Recipe
from powerseek.toymodels.tasks import masked_softmax
from powerseek.toymodels.training import run_agents


@pytree
@dataclass(frozen=True)
class Rates:
    r"""Log-odds of power at both kinds of probe, and how fast they should move.

    Arrays are [setting, seed, checkpoint, probe] with null probes first, then told.

    Attributes:
        log_odds: measured.
        kernel: $\nabla z\cdot\nabla J$ of the agent at that checkpoint.
        first_step: $\nabla z\cdot\Delta\theta_1$, at the untrained agent, at every checkpoint.
        old_kernel: kernel of the untrained agent, credit of this one.
        old_credit: kernel of this agent, credit of the untrained one.
    """

    log_odds: Values
    kernel: Values
    first_step: Values
    old_kernel: Values
    old_credit: Values


@dataclass(frozen=True)
class ReadRates:
    """Train one agent and read `Rates` off it: a function for `run_agents`."""

    def __call__(self, method: Method, drawn: Agent, knobs: Any) -> Rates:
        """Every leaf is [checkpoint, probe]."""
        policy, table = method.policy, drawn.table
        kinds = jnp.stack([drawn.probes.null, drawn.probes.told])

        def odds(params: Params) -> Float[Array, " probe"]:
            return kinds @ probe_log_odds(policy, params, drawn.probes, knobs.sharing)

        def scores(params: Params) -> Float[Array, "S O X"]:
            return policy.scores(params, table.observation, knobs.sharing)

        def credit(params: Params) -> Float[Array, "S O X"]:
            choice = masked_softmax(scores(params) + table.initial, table.available)
            taught = method.supervision.rewarded(table, knobs)
            return ExactGradient().credit(drawn.key, taught, choice, drawn.horizon, drawn.teaching)

        def pushes(params: Params) -> tuple[Float[Array, "S O X"], Params | None]:
            """What pushes an agent of these weights: credit and the supervisor's loss."""
            return credit(params), loss_gradient(method, drawn, knobs, params)

        def down(params: Params, pushed: tuple[Any, Any]) -> Params:
            """The descent that these pushes make with the kernel of these weights."""
            return descent(jax.vjp(scores, params)[1], *pushed)

        def rate(params: Params, pushed: tuple[Any, Any]) -> Float[Array, " probe"]:
            moving: Float[Array, " probe"] = jax.jvp(odds, (params,), (down(params, pushed),))[1]
            return -moving

        untrained = drawn.params
        at_first = pushes(untrained)
        optimiser = method.build_optimiser()
        step = optimiser.update(down(untrained, at_first), optimiser.init(untrained), untrained)[0]
        first = jax.jvp(odds, (untrained,), (step,))[1]

        def look(learner: Learner, _: Array) -> Rates:
            # One traced copy of the network for all three: weights now, before, now.
            weights = jax.tree.map(
                lambda new, old: jnp.stack([new, old, new]), learner.params, untrained
            )
            pushed = jax.tree.map(
                lambda new, old: jnp.stack([new, new, old]), pushes(learner.params), at_first
            )
            kernel, old_kernel, old_credit = jax.vmap(rate)(weights, pushed)
            return Rates(odds(learner.params), kernel, first, old_kernel, old_credit)

        return at_checkpoints(method, drawn, knobs, begin(method, drawn), look)[1]


@dataclass(frozen=True)
class Fit:
    """How predicted drives of many agents compare with measured ones.

    Attributes:
        slope: of measured on predicted, through the origin.
        correlation: Pearson's; NaN if either does not vary.
        error: root mean square of predicted minus measured.
        scale: root mean square of the measured drives: the error of predicting none.
    """

    slope: float
    correlation: float
    error: float
    scale: float

    @classmethod
    def of(cls, predicted: Float[np.ndarray, " n"], measured: Float[np.ndarray, " n"]) -> Fit:
        """From one number each per agent.

        >>> Fit.of(np.array([1.0, 2.0]), np.array([2.0, 4.0])).slope
        2.0
        """
        x, y = np.ravel(predicted), np.ravel(measured)
        square = float(x @ x)
        varies = min(np.ptp(x), np.ptp(y)) > 1e-12
        return cls(
            slope=float(x @ y) / square if square > 0 else float("nan"),
            correlation=float(np.corrcoef(x, y)[0, 1]) if varies else float("nan"),
            error=float(np.sqrt(((x - y) ** 2).mean())),
            scale=float(np.sqrt((y**2).mean())),
        )


@dataclass(frozen=True)
class Calibration:
    """Predictions and measurements of one recipe over many settings and seeds.

    Attributes:
        updates: numbers of updates at the checkpoints, from 0 on.
        learning_rate: the step size.
        rates: what was read.
    """

    updates: tuple[int, ...]
    learning_rate: float
    rates: Rates

    def measured(self, probe: Probe, checkpoint: int) -> Float[np.ndarray, "setting seed"]:
        """Drive: P(power) minus the untrained agent's."""
        z = np.asarray(self.rates.log_odds)[..., _index(probe)]
        drive: Float[np.ndarray, "setting seed"] = expit(z[..., checkpoint]) - expit(z[..., 0])
        return drive

    def predicted(
        self, probe: Probe, checkpoint: int, by: str = "kernel"
    ) -> Float[np.ndarray, "setting seed"]:
        """The same, predicted by ``"kernel"`` or by ``"first step"``."""
        n = self.updates[checkpoint]
        change = {
            "kernel": self.learning_rate * n * np.asarray(self.rates.kernel),
            "first step": n * np.asarray(self.rates.first_step),
        }[by][..., 0, _index(probe)]
        before = np.asarray(self.rates.log_odds)[..., 0, _index(probe)]
        drive: Float[np.ndarray, "setting seed"] = expit(before + change) - expit(before)
        return drive

    def fit(self, probe: Probe, checkpoint: int, by: str = "kernel") -> Fit:
        """How the two compare over all settings and seeds."""
        return Fit.of(
            self.predicted(probe, checkpoint, by).ravel(),
            self.measured(probe, checkpoint).ravel(),
        )

    def drift(self, probe: Probe, checkpoint: int) -> dict[str, float]:
        """How far the rate has moved since before training, in units of its size then.

        ``credit``: with the kernel held; ``kernel``: with the credit held; ``rate``: in all.
        Root mean squares over settings and seeds.
        """
        i = _index(probe)
        first = np.asarray(self.rates.kernel)[..., 0, i]
        scale = np.sqrt((first**2).mean())

        def moved(rates: Values) -> float:
            now = np.asarray(rates)[..., checkpoint, i]
            return float(np.sqrt(((now - first) ** 2).mean()) / scale) if scale > 0 else 0.0

        return {
            "credit": moved(self.rates.old_kernel),
            "kernel": moved(self.rates.old_credit),
            "rate": moved(self.rates.kernel),
        }


def _index(probe: Probe) -> int:
    return {"null": 0, "told": 1}[probe]


def calibrate(
    recipe: Recipe, knobs: Any, seeds: Sequence[int], *, seed: int = 0, chunk: int | None = None
) -> Calibration:
    """Predict the early drives of agents and train the very same ones.

    Args:
        recipe: its first checkpoint is 0.
        knobs: settings, of different need fractions, say.
        seeds: agent numbers.
        seed: experiment seed.
        chunk: agents per compiled call.

    Raises:
        InvalidInput: if the first checkpoint is not the untrained agent.

    >>> from powerseek.toymodels import HubKnobs
    >>> found = calibrate(Recipe(checkpoints=(0, 1)), HubKnobs(need=[0.1, 0.5, 0.9]), range(2))
    >>> fit = found.fit("told", 1)
    >>> round(fit.slope, 9), bool(fit.error < 1e-12)
    (1.0, True)
    """
    if recipe.checkpoints[0] != 0:
        raise InvalidInput.of("checkpoints", recipe.checkpoints, "numbers of updates from 0 on")
    rates: Rates = run_agents(ReadRates(), recipe, knobs, seeds, seed, chunk)
    return Calibration(recipe.checkpoints, recipe.learning_rate, rates)
