r"""Exact probabilities of being optimal.

For a reward distribution $\mathcal D$ and a set $X \subseteq F(s)$ the optimality
probability is

$$ p_{\mathcal D}(X, \gamma) = \Pr_{R \sim \mathcal D}
   \Bigl(\max_{f \in X} f \cdot R = \max_{f \in F(s)} f \cdot R\Bigr), $$

and that of an action is the one of the $f$ whose policies take it at $s$ (Turner et al.,
"Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 4.3). For distributions
with a density, ties have probability 0 and dominated visit distributions are optimal
with probability 0; so the probabilities of the cells of the elements of $F_{nd}(s)$ add
up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from powerseek.theory.discount import discount
from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp import MDP
from powerseek.theory.results import Exact
from powerseek.theory.rewards import RewardDistribution, reward_distribution

from .cost import planned_seconds
from .dominance import is_nondominated
from .expectation import best_probabilities
from .policies import distinct_choices, named_policy, restricted_policies
from .rational import to_flint, to_fraction
from .supported import law_of
from .visits import require_exact, visit_distributions, visits


@dataclass(frozen=True)
class OptimalVisits:
    """A non-dominated visit distribution and how often it is optimal.

    Attributes:
        visits: the visit distribution.
        policy: the policy that has it.
        probability: that it is optimal.
    """

    visits: tuple[Fraction, ...]
    policy: Mapping[str, str]
    probability: Exact


def optimal_visits(
    mdp: MDP,
    state: str,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    force: bool = False,
) -> tuple[OptimalVisits, ...]:
    """The elements of $F_{nd}(s)$, each with the probability that it is optimal.

    Args:
        mdp: an exact MDP.
        state: the start state, by name.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        reward: uniform, exponential or simplex (by name or as an object).
        force: compute even if it is predicted to take very long.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if an argument is not as above.
        TooLarge: if the computation is predicted to take too long.

    >>> from powerseek.theory.gallery import star
    >>> [str(f.probability) for f in optimal_visits(star(3), "centre", "1/2")]
    ['1/3', '1/3', '1/3']
    """
    require_exact(mdp)
    distribution = reward_distribution(reward)
    law, rate, start = law_of(distribution), to_flint(discount(gamma)), mdp.index(state)
    planned_seconds(mdp, gamma, distribution, [state], force=force)
    choices = distinct_choices(mdp)
    policies = [
        policy for policy in restricted_policies(choices, start) if is_nondominated(choices, policy)
    ]
    rows = [visits(choices, policy, rate) for policy in policies]
    return tuple(
        [
            OptimalVisits(
                tuple([to_fraction(x) for x in row]),
                named_policy(mdp, choices, policy),
                Exact(to_fraction(p)),
            )
            for policy, row, p in zip(policies, rows, best_probabilities(rows, law), strict=True)
        ]
    )


def action_probabilities(
    mdp: MDP,
    state: str,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    force: bool = False,
) -> dict[str, Exact]:
    """For each action of a state the probability that it is optimal there.

    Actions with the same distribution over next states are optimal together.

    Args:
        mdp: an exact MDP.
        state: the state, by name.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        reward: uniform, exponential or simplex (by name or as an object).
        force: compute even if it is predicted to take very long.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if an argument is not as above.
        TooLarge: if the computation is predicted to take too long.

    >>> from powerseek.theory.gallery import load
    >>> shares = action_probabilities(load("wait"), "start", "1/2")
    >>> {action: str(p) for action, p in shares.items()}
    {'candy': '5/12', 'wait': '7/12'}
    """
    optimal = optimal_visits(mdp, state, gamma, reward, force)
    s = mdp.index(state)
    totals: dict[str, Fraction] = {}
    for f in optimal:
        action = f.policy[state]
        totals[action] = totals.get(action, Fraction(0)) + f.probability.exact
    by_row = {
        row: totals[action]
        for action, row in zip(mdp.actions[s], mdp.rows[s], strict=True)
        if action in totals
    }
    return {
        action: Exact(by_row.get(row, Fraction(0)))
        for action, row in zip(mdp.actions[s], mdp.rows[s], strict=True)
    }


def optimality_probability(
    mdp: MDP,
    state: str,
    gamma: object,
    visit_vectors: Collection[Sequence[Fraction]],
    reward: str | RewardDistribution = "uniform",
    force: bool = False,
) -> Exact:
    r"""The optimality probability of a set of visit distributions.

    Args:
        mdp: an exact MDP.
        state: the start state, by name.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        visit_vectors: the set $X \subseteq F(s)$, as vectors in the order of the states.
        reward: uniform, exponential or simplex (by name or as an object).
        force: compute even if it is predicted to take very long.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if an argument is not as above, or a vector is not in $F(s)$.
        TooLarge: if the computation is predicted to take too long.

    >>> from powerseek.theory.gallery import star
    >>> two = [f.visits for f in optimal_visits(star(3), "centre", "1/2")][:2]
    >>> str(optimality_probability(star(3), "centre", "1/2", two))
    '2/3'
    """
    wanted = {tuple([Fraction(x) for x in vector]) for vector in visit_vectors}
    known = {f.visits for f in visit_distributions(mdp, state, gamma)}
    for vector in wanted - known:
        raise InvalidInput.of(
            "visit_vectors", [str(x) for x in vector], f"elements of F({state!r})"
        )
    optimal = optimal_visits(mdp, state, gamma, reward, force)
    shares = [f.probability.exact for f in optimal if f.visits in wanted]
    return Exact(sum(shares, start=Fraction(0)))
