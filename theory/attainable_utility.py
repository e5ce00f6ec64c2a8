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
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from .discount import discount
from .errors import InvalidInput
from .mdp import MDP, Probability
from .optimal_values import optimal_value_batch, optimal_values
from .power_seeking import transition_gap
from .results import Certified, Estimate, Exact, Result
from .rewards import RewardDistribution, reward_distribution
from .uncertainty import weighted_sum
from .visits import Reward


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
    if isinstance(rewards, str | RewardDistribution):
        distribution = reward_distribution(rewards)
        change = _sampled_change(mdp, rate, distribution, samples, seed)
    else:
        change = _listed_change(mdp, rate, rewards)
    return {
        mdp.states[s]: {
            name: change(transition_gap(row, mdp.rows[s][a]))
            for name, row in zip(mdp.actions[s], mdp.rows[s], strict=True)
        }
        for s, a in idle.items()
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


def _listed_change(mdp: MDP, gamma: Fraction, rewards: Sequence[Reward]) -> _Change:
    if not rewards:
        raise InvalidInput.of("rewards", rewards, "at least one auxiliary reward")
    tables = [list(optimal_values(mdp, reward, gamma).values()) for reward in rewards]
    share = [Fraction(1, len(tables))] * len(tables)

    def change(weights: Mapping[int, Probability]) -> UtilityChange:
        scaled = [gamma * w for w in weights.values()]
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
    mdp: MDP, gamma: Fraction, distribution: RewardDistribution, samples: int, seed: int
) -> _Change:
    if samples < 2:
        raise InvalidInput.of("samples", samples, "at least 2 draws")
    rewards = distribution.sample(np.random.default_rng(seed), mdp.n_states, samples)
    values, bounds = optimal_value_batch(mdp, rewards, float(gamma))

    def change(weights: Mapping[int, Probability]) -> UtilityChange:
        signed = float(gamma) * np.array([float(w) for w in weights.values()])
        gaps = signed @ values[list(weights)]
        bound = float(np.abs(signed).sum() * bounds.mean())

        def mean(x: Float[np.ndarray, " n"]) -> Estimate:
            stderr = float(x.std(ddof=1)) / math.sqrt(samples)
            return Estimate(float(x.mean()), stderr, samples, seed, bound)

        gains, losses = np.maximum(gaps, 0.0), np.maximum(-gaps, 0.0)
        return UtilityChange(mean(gains), mean(losses), mean(gains + losses), mean(gaps))

    return change
