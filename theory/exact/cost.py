r"""How large an exact computation would be, before it is begun.

The work grows with the number of faces of the subdivisions of
`powerseek.theory.exact.subdivision`. No formula for it is known; the seconds predicted
here are a fit, $a\, |F_{nd}|^{b}\, c^{m}$ for a state with several actions, to times of
random worlds on one core of a 2020s laptop. Expect them within a factor of two there, and
up to ten times too high for symmetric worlds such as grids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from flint import fmpq

from powerseek.theory.discount import discount
from powerseek.theory.errors import TooLarge
from powerseek.theory.mdp import MDP
from powerseek.theory.rewards import RewardDistribution, reward_distribution

from .dominance import is_nondominated
from .expectation import Law, reduce
from .policies import Choices, distinct_choices, restricted_policies
from .rational import to_flint
from .structure import forced_and_branching, stand_ins
from .supported import law_of
from .trees import exponential_terms, tree_from
from .visits import require_exact, visits

_FIT = {Law.UNIFORM: (4.6e-6, 1.08, 3.26), Law.EXPONENTIAL: (5.8e-6, 1.06, 2.59)}
"""The constants ``a, b, c``, for each law of the rewards."""

MAX_SECONDS = 300.0
"""Computations predicted to take longer are refused unless forced."""

ENUMERATED = 20_000
"""Policies looked at in one state; where there are more, only a lower bound is known."""


@dataclass(frozen=True)
class StateCost:
    """The size of the computation for one state with several actions.

    Attributes:
        state: its name.
        n_policies: number of deterministic policies, restricted to visited states.
        n_nondominated: number of elements of $F_{nd}$.
        complete: whether all policies were counted; if not, both numbers are too small.
        dimension: number of states that some policies visit more often than others
            (at most the number of states reached), ``m`` above.
        is_tree: whether branches are independent, so that no subdivision is needed.
        seconds: predicted time.
    """

    state: str
    n_policies: int
    n_nondominated: int
    complete: bool
    dimension: int
    is_tree: bool
    seconds: float


@dataclass(frozen=True)
class CostEstimate:
    """The size of an exact computation.

    Attributes:
        states: the states that need an integral each. States with a single action, and
            those with one reachable state, need none; of states that a symmetry of the
            world exchanges, one stands for all.
    """

    states: tuple[StateCost, ...]

    @property
    def seconds(self) -> float:
        """Predicted time in all."""
        return sum([state.seconds for state in self.states])

    def __str__(self) -> str:
        if not self.states:
            return "no state needs an integral"
        worst = max(self.states, key=lambda state: state.seconds)
        least = "" if worst.complete else "at least "
        return (
            f"about {least}{self.seconds:.1g} s for {len(self.states)} states, most for "
            f"{worst.state!r}: {least}{worst.n_policies} policies, {least}"
            f"{worst.n_nondominated} non-dominated, in dimension {worst.dimension}"
        )


def estimate_cost(
    mdp: MDP,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    states: Sequence[str] | None = None,
) -> CostEstimate:
    """Estimate the size of an exact computation of POWER.

    Args:
        mdp: an exact MDP.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it. Only
            the time may depend on it, and that little.
        reward: uniform, exponential or simplex (by name or as an object).
        states: whose POWER is wanted, by default all.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if gamma, a state or the reward distribution is not as above.

    >>> from powerseek.theory.gallery import random_deterministic
    >>> cost = estimate_cost(random_deterministic(0, n_states=5), "1/2", states=["s0"])
    >>> cost.states[0].n_policies, cost.states[0].n_nondominated
    (8, 4)
    """
    require_exact(mdp)
    rate, law = to_flint(discount(gamma)), law_of(reward_distribution(reward))
    wanted = mdp.states if states is None else states
    choices = distinct_choices(mdp)
    _, branching = forced_and_branching(choices, [mdp.index(s) for s in wanted])
    different = dict.fromkeys(stand_ins(choices, branching).values())
    return CostEstimate(tuple([_state_cost(mdp, choices, s, rate, law) for s in different]))


def refuse_if_too_large(
    mdp: MDP, gamma: object, reward: RewardDistribution, states: Sequence[str]
) -> None:
    """Refuse an exact computation that would take very long.

    Raises:
        TooLarge: with the estimate, if that is beyond `MAX_SECONDS`.
    """
    cost = estimate_cost(mdp, gamma, reward, states)
    if cost.seconds > MAX_SECONDS:
        raise TooLarge(
            f"exact method: predicted to take {cost}; the limit is {MAX_SECONDS:.0f} s; "
            "force=True computes it anyway, method 'montecarlo' estimates it"
        )


def _state_cost(mdp: MDP, choices: Choices, start: int, gamma: fmpq, law: Law) -> StateCost:
    n_policies, rows = 0, []
    policies = restricted_policies(choices, start)
    for policy in islice(policies, ENUMERATED):
        n_policies += 1
        if is_nondominated(choices, policy):
            rows.append(visits(choices, policy, gamma))
    complete = next(policies, None) is None
    dimension = len(reduce(rows).varying)
    tree = tree_from(choices, start, gamma)
    if tree is not None:
        seconds = 1e-5 * tree.size**1.5
        if law is Law.EXPONENTIAL:
            seconds += 1e-6 * exponential_terms(tree) ** 1.5
    else:
        factor, power, base = _FIT[law]
        seconds = factor * len(rows) ** power * base**dimension
    return StateCost(
        mdp.states[start],
        n_policies,
        len(rows),
        complete,
        dimension,
        tree is not None,
        seconds + 5e-5 * n_policies,
    )
