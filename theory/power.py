r"""POWER, by whichever method suits the MDP.

The POWER of a state is how much an agent there can expect of the future, averaged over
the goals it might have:

$$ \mathrm{POWER}_{\mathcal D}(s,\gamma)
   = \frac{1-\gamma}{\gamma}\, \mathbb{E}_{R \sim \mathcal D}
     \left[ V^*_R(s,\gamma) - R(s) \right] $$

(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 5.1).
`power` computes it for every state in one of three ways:

* ``exact``: a fraction, for small exact MDPs (`powerseek.theory.exact`);
* ``symbolic``: a formula in $\gamma$, for smaller ones still;
* ``montecarlo``: an estimate with its standard error, for any MDP and any reward
  distribution (`powerseek.theory.montecarlo`).

``auto`` takes the exact way if that is a matter of seconds, and says why if it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import Literal, NamedTuple, overload

from .discount import discount
from .errors import InvalidInput, NotExact, TooLarge
from .mdp import MDP
from .power_table import PowerTable, SymbolicPowerTable, result_of
from .rewards import (
    SAMPLINGS,
    Exponential,
    FiniteSupport,
    Gaussian,
    RewardDistribution,
    Simplex,
    Uniform,
    reward_distribution,
)

METHODS = ("auto", "exact", "symbolic", "montecarlo")
"""The methods of `power`."""

SAMPLES = 100_000
"""Reward functions drawn by Monte Carlo unless told otherwise."""

AUTO_SECONDS = 10.0
"""``auto`` computes exactly if that is predicted to take no longer."""

AUTO_POLICIES = 5000
"""``auto`` computes exactly only if there are no more policies to look at: summed over
the states, deterministic policies restricted to the states they visit. In stochastic
MDPs each takes longer, and a tenth is the limit."""

PATIENCE = 20
"""``exact`` and ``symbolic`` look at so many times more policies before they refuse."""


class _How(NamedTuple):
    """What does not change an exact result."""

    force: bool
    announce: Callable[[str], None] | None
    workers: int
    progress: Callable[[int, int], None] | None


@overload
def power(
    mdp: MDP,
    gamma: None = None,
    reward: str | RewardDistribution = "uniform",
    *,
    method: Literal["symbolic"],
    force: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> SymbolicPowerTable: ...
@overload
def power(
    mdp: MDP,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    method: str = "auto",
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    target_stderr: float | None = None,
    sampling: str = "iid",
    force: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> PowerTable: ...
def power(
    mdp: MDP,
    gamma: object = None,
    reward: str | RewardDistribution = "uniform",
    method: str = "auto",
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    target_stderr: float | None = None,
    sampling: str = "iid",
    force: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> PowerTable | SymbolicPowerTable:
    r"""POWER of every state of an MDP.

    Args:
        mdp: the MDP.
        gamma: the discount rate, a number strictly between 0 and 1: ``"9/10"``, ``0.9``
            (which is read as 9/10) or a `Fraction`. Only ``symbolic`` can do without.
        reward: the distribution of rewards: ``uniform``, ``exponential``, ``simplex``,
            ``gaussian``, or a `RewardDistribution`.
        method: ``auto``, ``exact``, ``symbolic`` or ``montecarlo``.
        samples: Monte Carlo: how many reward functions to draw, at least 2.
        seed: Monte Carlo: the seed that reproduces the result.
        target_stderr: Monte Carlo: draw until every standard error is at most this.
        sampling: Monte Carlo: ``iid``, ``antithetic`` or ``sobol``.
        force: compute exactly or symbolically however long it is predicted to take.
        workers: exact and symbolic: processes that the states are split over if they take
            seconds; with more than one, a script must guard its main part by
            ``if __name__ == "__main__":``.
        progress: called with (samples done, samples in all) by Monte Carlo, with (states
            done, states in all) by the others.
        announce: told the size of an exact computation that is predicted to take long.

    Returns:
        A `PowerTable`; without ``gamma`` (then ``method`` is ``symbolic``) a
        `SymbolicPowerTable`.

    Raises:
        InvalidInput: naming the argument at fault.
        NotExact: if ``exact`` or ``symbolic`` is asked for and the input is not exact.
        TooLarge: if it is predicted to take very long, unless forced.

    >>> from powerseek.theory.gallery import load
    >>> print(power(load("wait"), gamma="9/10")["start"])
    881/1200
    >>> power(load("wait"), method="symbolic")["start"].limit_at_one
    Fraction(3, 4)
    """
    if method not in METHODS:
        raise InvalidInput.unknown("method", method, METHODS)
    if sampling not in SAMPLINGS:
        raise InvalidInput.unknown("sampling", sampling, SAMPLINGS)
    distribution = reward_distribution(reward)
    how = _How(force, announce, workers, progress)
    if method == "symbolic":
        return _symbolic(mdp, gamma, distribution, how)
    rate = discount(gamma)
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 2:
        raise InvalidInput.of("samples", samples, "an integer, at least 2")
    if method == "exact":
        return _exact(mdp, rate, distribution, how)
    note = ""
    if method == "auto":
        try:
            refuse_unless_quick(mdp, rate, distribution, force=force)
            return _exact(mdp, rate, distribution, how)
        except (NotExact, TooLarge) as reason:
            note = f"estimated by Monte Carlo: {reason}"
    from .montecarlo import montecarlo_power

    results = montecarlo_power(
        mdp,
        rate,
        distribution,
        samples=samples,
        seed=seed,
        target_stderr=target_stderr,
        sampling=sampling,
        progress=progress,
    )
    return PowerTable(mdp.states, results, rate, distribution.name, "montecarlo", note)


def _exact(
    mdp: MDP,
    gamma: Fraction,
    reward: RewardDistribution,
    how: _How,
) -> PowerTable:
    from .exact import ClosedForm, exact_power

    if mdp.is_exact and not how.force:
        _check_policies(mdp, gamma, patience=PATIENCE)
    results = exact_power(mdp, gamma, reward, **how._asdict())
    closed = [str(result) for result in results if isinstance(result, ClosedForm)]
    return PowerTable(
        mdp.states,
        tuple(result_of(result) for result in results),
        gamma,
        reward.name,
        "exact",
        expressions=tuple(closed),
    )


def _symbolic(
    mdp: MDP,
    gamma: object,
    reward: RewardDistribution,
    how: _How,
) -> PowerTable | SymbolicPowerTable:
    from .exact import symbolic_power

    rate = None if gamma is None else discount(gamma)
    if mdp.is_exact and not how.force:
        _check_policies(mdp, rate or Fraction(1, 2), patience=PATIENCE)
    formulas = symbolic_power(mdp, reward, **how._asdict())
    table = SymbolicPowerTable(mdp.states, formulas, reward.name)
    return table if rate is None else table.at(rate)


def refuse_unless_quick(
    mdp: MDP,
    gamma: Fraction,
    reward: RewardDistribution,
    *,
    force: bool = False,
    seconds: float | None = None,
) -> None:
    """Refuse what ``auto`` does not compute exactly.

    Args:
        mdp: the MDP.
        gamma: the discount rate.
        reward: the distribution of rewards.
        force: refuse only what the exact method cannot do at all.
        seconds: the longest predicted time that counts as quick; `AUTO_SECONDS` by default.

    Raises:
        NotExact: if the MDP or the reward distribution rules out the exact method.
        TooLarge: if it is predicted to take longer, unless forced.

    >>> from powerseek.theory.gallery import grid
    >>> refuse_unless_quick(grid(9, 9), Fraction(1, 2), Uniform())
    Traceback (most recent call last):
    powerseek.theory.errors.TooLarge: the exact method would have to look at more than ...
    """
    if not mdp.is_exact:
        raise NotExact(
            "the MDP has float probabilities (MDP.rationalize, or --rationalize on the "
            "command line, makes them fractions)"
        )
    if not isinstance(reward, Uniform | Exponential | Simplex | Gaussian | FiniteSupport):
        raise NotExact(f"the exact method does not know the rewards {reward.name!r}")
    if force:
        return
    counted = _check_policies(mdp, gamma, patience=1)
    if isinstance(reward, Uniform | Exponential | Simplex):
        from .exact.cost import duration, estimate_cost

        predicted = estimate_cost(mdp, gamma, reward, counted).seconds
        if predicted > (AUTO_SECONDS if seconds is None else seconds):
            raise TooLarge(
                f"the exact method is predicted to take {duration(predicted)}; "
                "force (--force) makes it"
            )


def _check_policies(mdp: MDP, gamma: Fraction, patience: int) -> list[str]:
    """Refuse worlds with very many policies, at a glance.

    Returns:
        The states whose policies were counted: those that are not the root of a tree.

    Raises:
        TooLarge: if there are more than ``patience`` times `AUTO_POLICIES`.
    """
    from .exact.policies import distinct_choices, restricted_policies
    from .exact.rational import to_flint
    from .exact.trees import tree_from

    limit = patience * (AUTO_POLICIES if mdp.is_deterministic else AUTO_POLICIES // 10)
    choices, rate = distinct_choices(mdp), to_flint(gamma)
    counted = [s for s in range(mdp.n_states) if tree_from(choices, s, rate) is None]
    left = limit
    for s in counted:
        left -= sum(1 for _ in islice(restricted_policies(choices, s), left + 1))
        if left < 0:
            raise TooLarge(
                f"the exact method would have to look at more than {limit:,} policies; "
                "force (--force) makes it"
            )
    return [mdp.states[s] for s in counted]
