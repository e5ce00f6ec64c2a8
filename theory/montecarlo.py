r"""POWER and optimality probability by Monte Carlo, with certified solves.

POWER is the mean, over reward functions $R \sim \mathcal D$, of
$$\frac{1-\gamma}{\gamma} \bigl(V^*_R(s) - R(s)\bigr) = \max_a \sum_t P_a(s, t)\, U_R(t),
  \qquad U_R = (1-\gamma) V^*_R$$
(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 5.2). The
right-hand side is what is computed: it stays within the range of the rewards and loses no
digits as $\gamma$ approaches 0 or 1.

Every solve is certified (`powerseek.theory.solvers`); the largest of their error bounds
is the ``bound`` of the estimates. Control variates take out most of the variance where
they apply (`powerseek.theory.control_variates`). How samples are drawn and what makes
the standard error honest is told in `powerseek.theory.sampling` and
`powerseek.theory.streaming`.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from .control_variates import (
    MAX_LINEAR_STATES,
    Controls,
    Neighbourhoods,
    fit_controls,
)
from .mdp import MDP
from .pytrees import pytree
from .results import Estimate
from .rewards import RewardDistribution
from .solvers.lanes import Lanes
from .solvers.solver import Solution, Solver
from .solvers.stay import StaySolver
from .streaming import MAX_SAMPLES, Moments, Progress, Run

PILOT_SAMPLES, PILOT_ELEMENTS = 2048, 2**21
"""Reward functions from which coefficients are fitted; fewer in worlds of many states."""

PAYS = 10
"""Control variates are used if there are so many times more samples than in the pilot."""


@pytree
@dataclass(frozen=True)
class PowerOf:
    """The integrand of POWER in every state, less control variates."""

    controls: Controls | None

    def __call__(self, solver: Solver, rewards: Lanes, solution: Solution) -> Lanes:
        """One number for each state and lane."""
        ahead = solver.lookahead(solution.values).astype(jnp.float64)
        return ahead if self.controls is None else ahead - self.controls(rewards)


@pytree
@dataclass(frozen=True)
class OptimalActions:
    """Which actions of one state are optimal, and which of them are too close to tell.

    Attributes:
        rows: the distribution over next states of each action.
        other: 1 for each pair of actions with different distributions, else 0.
    """

    rows: Float[Array, "A S"]
    other: Float[Array, "A A"]

    def __call__(
        self,
        solver: Solver,  # noqa: ARG002
        rewards: Lanes,
        solution: Solution,
    ) -> Float[Array, "K L"]:
        """First whether each action is optimal, then whether that is undecided."""
        values = self.rows @ solution.values
        rounding = 4 * float(np.finfo(np.float64).eps) * self.rows.shape[1]
        margin = 2 * solution.error + rounding * jnp.abs(rewards).max(axis=0)
        optimal = (values.max(axis=0) - values <= margin).astype(jnp.float64)
        undecided = optimal * (self.other @ optimal > 0)
        return jnp.concatenate([optimal, undecided])


def montecarlo_power(
    mdp: MDP,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    *,
    samples: int = 100_000,
    seed: int = 0,
    sampling: str = "iid",
    target_stderr: float | None = None,
    max_samples: int = MAX_SAMPLES,
    tolerance: float | None = None,
    dtype: str = "float64",
    control_variates: bool = True,
    progress: Progress | None = None,
) -> tuple[Estimate, ...]:
    r"""Estimate the POWER of every state.

    Args:
        mdp: the world.
        gamma: the discount rate, in (0, 1).
        reward: the distribution of rewards: a known name or an instance.
        samples: how many reward functions to draw, at least 2. For ``antithetic`` an odd
            number becomes even; for ``sobol`` it becomes a multiple of the length of a
            sequence, the largest power of two that gives 16 sequences or more.
        seed: reproduces the result.
        sampling: ``iid``, ``antithetic`` (pairs $u$, $1-u$) or ``sobol``.
        target_stderr: draw until every standard error is at most this, and at least 8,192
            reward functions; ``samples`` then only sets the length of Sobol sequences.
        max_samples: where a run towards ``target_stderr`` gives up. The standard errors
            returned then say how far it came.
        tolerance: largest certified error of a solve, in units of reward; by default 1e-6
            for float64 and 1e-4 for float32.
        dtype: ``float64`` or ``float32``, the precision of the solves.
        control_variates: whether to reduce the variance with them where they pay for
            their pilot run: from about 20,000 samples on.
        progress: called with (samples done, samples in all); what is in all is an
            estimate while a run towards a standard error goes on.

    Returns:
        One estimate for each state, in the order of ``mdp.states``. Its ``samples``
        counts reward functions solved, its ``bound`` is the largest certified error.

    Raises:
        InvalidInput: naming the argument at fault; naming ``tolerance`` if a solve cannot
            be certified to it at this discount rate and precision.

    >>> world = MDP.from_successors({"start": ["a", "b"], "a": ["a"], "b": ["b"]})
    >>> start, a, _ = montecarlo_power(world, "9/10", samples=40_000)
    >>> abs(start.value - 2 / 3) < 5 * start.stderr + start.bound < 0.01
    True
    """
    run = Run.of(
        mdp,
        gamma,
        reward,
        samples=samples,
        seed=seed,
        sampling=sampling,
        target_stderr=target_stderr,
        max_samples=max_samples,
        tolerance=tolerance,
        dtype=dtype,
    )
    with jax.enable_x64(True):
        controls = _controls(run) if control_variates else None
        moments, bound, drawn = run.average(PowerOf(controls), progress)
    return _estimates(moments, drawn, seed, np.full(mdp.n_states, bound))


def optimality_probability_mc(
    mdp: MDP,
    gamma: object,
    reward: str | RewardDistribution,
    state: str,
    *,
    samples: int = 100_000,
    seed: int = 0,
    sampling: str = "iid",
    target_stderr: float | None = None,
    max_samples: int = MAX_SAMPLES,
    tolerance: float = 1e-9,
    progress: Progress | None = None,
) -> tuple[Estimate, ...]:
    """Estimate how often each action of a state is optimal.

    Ties: every optimal action counts, so the probabilities may sum to more than 1. An
    action counts as optimal if it is so within the certified error of its solve; the
    ``bound`` of an estimate is the share of reward functions for which that leaves its
    optimality open. Actions with the same distribution over next states tie for certain
    and add nothing to the bound.

    Args:
        mdp: the world.
        gamma: the discount rate, in (0, 1).
        reward: the distribution of rewards: a known name or an instance.
        state: the name of the state.
        samples: how many reward functions to draw, as in `montecarlo_power`.
        seed: reproduces the result.
        sampling: ``iid``, ``antithetic`` or ``sobol``.
        target_stderr: draw until every standard error is at most this.
        max_samples: where a run towards ``target_stderr`` gives up.
        tolerance: largest certified error of a solve, in units of reward.
        progress: called with (samples done, samples in all).

    Returns:
        One estimate for each action, in the order of the state's actions.

    Raises:
        InvalidInput: naming the argument at fault.

    >>> world = MDP.from_successors({"start": ["a", "b"], "a": ["a"], "b": ["b"]})
    >>> p, q = optimality_probability_mc(world, 0.9, "uniform", "start", samples=2000)
    >>> round(p.value + q.value, 9)
    1.0
    """
    s = mdp.index(state)
    run = Run.of(
        mdp,
        gamma,
        reward,
        samples=samples,
        seed=seed,
        sampling=sampling,
        target_stderr=target_stderr,
        max_samples=max_samples,
        tolerance=tolerance,
    )
    n = len(mdp.actions[s])
    rows = mdp.transition_tensor()[s, :n]
    other = (rows[:, None] != rows[None]).any(axis=2).astype(np.float64)
    with jax.enable_x64(True):
        observable = OptimalActions(jnp.asarray(rows), jnp.asarray(other))
        moments, _, drawn = run.average(observable, progress)
    return _estimates(moments, drawn, seed, moments.mean[n:])


def _controls(run: Run) -> Controls | None:
    """Control variates with coefficients from a pilot run, if they pay.

    Antithetic pairs cancel what linear controls explain, and where every state may stay
    the best state nearby explains it better; elsewhere both are used.
    """
    n, staying = run.mdp.n_states, isinstance(run.solver, StaySolver)
    near = Neighbourhoods.of(run.mdp, run.reward)
    linear = run.sampling != "antithetic" and n <= MAX_LINEAR_STATES
    mean = run.reward.mean(n) if linear and not (staying and near) else None
    pilot = max(8 * n if mean is not None else 0, min(PILOT_SAMPLES, PILOT_ELEMENTS // n))
    if run.planned < PAYS * pilot or (near is None and mean is None):
        return None
    values, rewards = run.pilot(PowerOf(None), pilot)
    return fit_controls(values, rewards, near, mean)


def _estimates(
    moments: Moments, drawn: int, seed: int, bounds: Float[np.ndarray, " K"]
) -> tuple[Estimate, ...]:
    """One estimate for each bound."""
    return tuple(
        Estimate(float(mean), float(stderr), samples=drawn, seed=seed, bound=float(bound))
        for mean, stderr, bound in zip(moments.mean, moments.stderr, bounds, strict=False)
    )
