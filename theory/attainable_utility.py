r"""How an action changes what other goals could attain, compared with doing nothing.

For an auxiliary reward $R$ with optimal action values $Q^*_R$ and a no-op
$\varnothing$, action $a$ at state $s$ changes the attainable utility of $R$ by
$\Delta_R(s,a) = Q^*_R(s,a) - Q^*_R(s,\varnothing)$. Attainable utility preservation
penalises the mean of $|\Delta_R|$ over auxiliary rewards (Turner, Hadfield-Menell &
Tadepalli, "Conservative Agency via Attainable Utility Preservation", AIES 2020,
section 3). POWER-seeking looks at the *signed* change: with rewards drawn from
$\mathcal D$, the mean of $\Delta_R$ is $\gamma$ times the gap in average optimal value
between the states that $a$ and $\varnothing$ lead to. An action can change much without
gaining anything.

The same can be asked of states: how far is what other goals could attain from $s$ from
what they could attain from a baseline state $b$? The *attainable utility deviation* is the
mean of $|V^*_R(s) - V^*_R(b)|$ (Krakovna, Orseau, Kumar, Martic & Legg, "Penalizing side
effects using stepwise relative reachability", 2018, arXiv:1806.01186, among the
"deviation measures").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from .discount import discount, float_discount
from .errors import InvalidInput
from .mdp import MDP, Probability
from .optimal_values import optimal_value_batch, optimal_values
from .power_seeking import transition_gap
from .results import Certified, Estimate, Exact, Result
from .reward_functions import Reward
from .rewards import RewardDistribution, reward_distribution
from .uncertainty import weighted_sum


@dataclass(frozen=True)
class UtilityChange:
    r"""Mean change of attainable utility, apart by direction.

    Attributes:
        gain: mean over auxiliary rewards of $\max(\Delta_R, 0)$.
        loss: mean of $\max(-\Delta_R, 0)$.
        total: mean of $|\Delta_R|$, the penalty of attainable utility preservation.
        net: mean of $\Delta_R$.
    """

    gain: Result
    loss: Result
    total: Result
    net: Result


_DIRECTIONS = ("total", "gain", "loss", "net")


def attainable_utility_change(
    mdp: MDP,
    gamma: object,
    noop: str | Mapping[str, str],
    rewards: str | RewardDistribution | Sequence[Reward] = "uniform",
    *,
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, dict[str, UtilityChange]]:
    """The change of attainable utility by each action of each state.

    Args:
        mdp: the MDP.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        noop: the action that does nothing: one name for all states, or a name for each
            state; states without it are left out of the result.
        rewards: the auxiliary rewards: a list of them, averaged exactly (with an exact
            MDP), or a distribution or its name, from which ``samples`` are drawn.
        samples: number of rewards to draw from a distribution.
        seed: seed of the draws.

    Raises:
        InvalidInput: if no state has the no-op, or ``rewards`` cannot be read.

    >>> mdp = MDP.from_successors({
    ...     "s": ["s", "shop", "cell"], "shop": ["s", "shop"], "cell": ["cell"]})
    >>> noop = {name: name for name in mdp.states}
    >>> goals = [{"s": 1}, {"shop": 1}, {"cell": 1}]
    >>> change = attainable_utility_change(mdp, "1/2", noop, goals)["s"]
    >>> print(change["cell"].gain, change["cell"].loss, change["shop"].net)
    1/6 1/2 -1/12
    """
    idle, rate = _noops(mdp, noop), discount(gamma)
    change = _changes(mdp, rate, rate, rewards, samples, seed)
    return {
        mdp.states[s]: {
            name: change(transition_gap(row, mdp.rows[s][a]))
            for name, row in zip(mdp.actions[s], mdp.rows[s], strict=True)
        }
        for s, a in idle.items()
    }


def attainable_utility_deviation(
    mdp: MDP,
    gamma: object,
    baseline: str | None = None,
    rewards: str | RewardDistribution | Sequence[Reward] = "uniform",
    *,
    direction: str = "total",
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, Result]:
    """How what goals could attain from each state differs from a baseline state.

    Args:
        mdp: the MDP.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        baseline: the state to compare with; the first one by default.
        rewards: the auxiliary rewards, as in `attainable_utility_change`.
        direction: ``total``, ``gain``, ``loss`` or ``net``, as in `UtilityChange`.
        samples: number of rewards to draw from a distribution.
        seed: seed of the draws.

    Raises:
        InvalidInput: if an argument is not as above.

    >>> mdp = MDP.from_successors({"s": ["s", "cell"], "cell": ["cell"]})
    >>> goals = [{"s": 1}, {"cell": 1}]
    >>> {s: str(d) for s, d in attainable_utility_deviation(mdp, "1/2", rewards=goals).items()}
    {'s': '0', 'cell': '3/2'}
    """
    if direction not in _DIRECTIONS:
        raise InvalidInput.of("direction", direction, f"one of {', '.join(_DIRECTIONS)}")
    origin = 0 if baseline is None else mdp.index(baseline)
    change = _changes(mdp, discount(gamma), Fraction(1), rewards, samples, seed)
    gaps: list[dict[int, Fraction]] = [
        {s: Fraction(1), origin: Fraction(-1)} if s != origin else {} for s in range(mdp.n_states)
    ]
    return {
        name: getattr(change(gap), direction) for name, gap in zip(mdp.states, gaps, strict=True)
    }


def _noops(mdp: MDP, noop: str | Mapping[str, str]) -> dict[int, int]:
    """Index of the no-op, for each state that has one."""
    if isinstance(noop, Mapping):
        return {mdp.index(s): mdp.action_index(s, a) for s, a in noop.items()}
    idle = {s: names.index(noop) for s, names in enumerate(mdp.actions) if noop in names}
    if not idle:
        raise InvalidInput.of("noop", noop, "the name of an action of some state")
    return idle


_Change: TypeAlias = Callable[[Mapping[int, Probability]], UtilityChange]
"""What a signed change of the next state's distribution does to attainable utility."""


def _changes(
    mdp: MDP,
    gamma: Fraction,
    scale: Fraction,
    rewards: str | RewardDistribution | Sequence[Reward],
    samples: int,
    seed: int,
) -> _Change:
    """The change function of the rewards, multiplied by ``scale``."""
    if isinstance(rewards, str | RewardDistribution):
        distribution = reward_distribution(rewards)
        return _sampled_change(mdp, gamma, scale, distribution, samples, seed)
    return _listed_change(mdp, gamma, scale, rewards)


def _listed_change(
    mdp: MDP, gamma: Fraction, scale: Fraction, rewards: Sequence[Reward]
) -> _Change:
    if not rewards:
        raise InvalidInput.of("rewards", rewards, "at least one auxiliary reward")
    tables = [list(optimal_values(mdp, reward, gamma).values()) for reward in rewards]
    share = [Fraction(1, len(tables))] * len(tables)

    def change(weights: Mapping[int, Probability]) -> UtilityChange:
        scaled = [scale * w for w in weights.values()]
        gaps = [weighted_sum(scaled, [table[t] for t in weights]) for table in tables]
        gains, losses = [_positive(g, 1) for g in gaps], [_positive(g, -1) for g in gaps]
        return UtilityChange(
            weighted_sum(share, gains),
            weighted_sum(share, losses),
            weighted_sum(share * 2, gains + losses),
            weighted_sum(share, gaps),
        )

    return change


def _positive(gap: Result, direction: int) -> Result:
    """The part of a gap in one direction; a bound on the gap bounds its part too."""
    if isinstance(gap, Exact):
        return Exact(max(direction * gap.exact, Fraction(0)))
    assert isinstance(gap, Certified)
    return Certified(max(direction * gap.value, 0.0), gap.bound)


def _sampled_change(
    mdp: MDP,
    gamma: Fraction,
    scale: Fraction,
    distribution: RewardDistribution,
    samples: int,
    seed: int,
) -> _Change:
    if samples < 2:
        raise InvalidInput.of("samples", samples, "at least 2 draws")
    rewards = distribution.sample(np.random.default_rng(seed), mdp.n_states, samples)
    values, bounds = optimal_value_batch(mdp, rewards, float_discount(gamma))

    def change(weights: Mapping[int, Probability]) -> UtilityChange:
        signed = float(scale) * np.array([float(w) for w in weights.values()])
        gaps = signed @ values[list(weights)]
        bound = float(np.abs(signed).sum() * bounds.mean())

        def mean(x: Float[np.ndarray, " n"]) -> Estimate:
            stderr = float(x.std(ddof=1)) / math.sqrt(samples)
            return Estimate(float(x.mean()), stderr, samples, seed, bound)

        gains, losses = np.maximum(gaps, 0.0), np.maximum(-gaps, 0.0)
        return UtilityChange(mean(gains), mean(losses), mean(gains + losses), mean(gaps))

    return change
