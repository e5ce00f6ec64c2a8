r"""POWER, exactly: a `Fraction` for each state.

$$ \mathrm{POWER}_{\mathcal D}(s,\gamma)
   = \frac{1-\gamma}{\gamma}\, E_{R \sim \mathcal D}\bigl[V^*_R(s,\gamma) - R(s)\bigr] $$

(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 5.1). The
routes, the cheapest that applies:

* a state with a single action needs no integral: its POWER is
  $(1-\gamma)\,E[R] + \gamma \sum_t T(s,a,t)\, \mathrm{POWER}(t)$;
* disjoint branches: distribution functions (`powerseek.theory.exact.trees`);
* otherwise $V^*_R(s) - R(s)$ is the maximum of $f - e_s$ over $f \in F_{nd}(s)$, linear
  functions of the reward with equal coefficient sums: volumes and moments of cells
  (`powerseek.theory.exact.expectation`);
* uniform on the simplex of $n$ states: exponential, divided by $n$;
* finitely many rewards: one exact solution for each;
* Gaussian: a closed form in small dimension (`powerseek.theory.exact.gaussian`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from flint import fmpq

from powerseek.theory.discount import discount
from powerseek.theory.errors import InvalidInput, NotExact
from powerseek.theory.mdp import MDP
from powerseek.theory.results import Exact
from powerseek.theory.rewards import (
    FiniteSupport,
    Gaussian,
    RewardDistribution,
    Simplex,
    reward_distribution,
)

from .cost import Announce, planned_seconds
from .expectation import Law, expected_maximum
from .gaussian import ClosedForm, expected_gaussian_maximum
from .policies import Choices, distinct_choices
from .rational import to_flint, to_fraction
from .structure import extend_to_forced, forced_and_branching, nondominated_rows, stand_ins
from .supported import law_of
from .trees import expected_best_branch, tree_from
from .visits import require_exact
from .workers import Progress, for_each_state

ExactResult: TypeAlias = Exact | ClosedForm


def exact_power(
    mdp: MDP,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    states: Sequence[str] | None = None,
    force: bool = False,
    announce: Announce | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[ExactResult, ...]:
    """POWER of states, exactly.

    Args:
        mdp: an exact MDP.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.
        reward: uniform, exponential, simplex, gaussian (by name or as an object), or a
            `FiniteSupport` of exact rewards and weights.
        states: whose POWER is wanted, in that order; by default all.
        force: compute even if it is predicted to take very long.
        announce: told the size of a computation that is predicted to take long.
        workers: processes that states are split over (`powerseek.theory.exact.workers`).
        progress: called with (states done, states in all); states that need no integral, or
            have that of another by symmetry, do not count.

    Returns:
        For each state an `Exact`; for gaussian rewards a `ClosedForm`.

    Raises:
        NotExact: if a transition probability or a reward is a float, or if for gaussian
            rewards the visit distributions span more than three dimensions.
        InvalidInput: if gamma, a state or the reward distribution is not as above.
        TooLarge: if the computation is predicted to take too long.

    >>> from powerseek.theory.gallery import star
    >>> [str(p) for p in exact_power(star(3), "9/10", states=["centre", "child1"])]
    ['3/4', '1/2']
    >>> str(exact_power(star(2), "1/2", "gaussian")[0])
    '1/sqrt(pi)'
    """
    require_exact(mdp)
    rate = to_flint(discount(gamma))
    distribution = reward_distribution(reward)
    names = mdp.states if states is None else tuple(states)
    wanted = [mdp.index(name) for name in names]
    choices = distinct_choices(mdp)
    if isinstance(distribution, FiniteSupport):
        return tuple([Exact(_finite(choices, s, rate, distribution)) for s in wanted])
    if isinstance(distribution, Gaussian):
        return tuple([_gaussian(choices, s, rate) for s in wanted])
    law = law_of(distribution)
    seconds = planned_seconds(
        mdp, gamma, distribution, names, force=force, announce=announce, workers=workers
    )
    forced, branching = forced_and_branching(choices, wanted)
    like = stand_ins(choices, branching)
    at_choice = partial(_at_choice, choices, gamma=rate, law=law)
    different = list(dict.fromkeys(like.values()))
    integrals = for_each_state(at_choice, different, workers, progress, seconds)
    power = {s: integrals[t] for s, t in like.items()}
    power |= extend_to_forced(choices, forced, power, rate, law.mean)
    scale = mdp.n_states if isinstance(distribution, Simplex) else 1
    return tuple([Exact(to_fraction(power[s] / scale)) for s in wanted])


def _at_choice(choices: Choices, s: int, gamma: fmpq, law: Law) -> fmpq:
    """POWER of a state with several actions."""
    tree = tree_from(choices, s, gamma)
    if tree is not None:
        return expected_best_branch(tree, law, gamma) * (1 - gamma)
    rows = nondominated_rows(choices, s, gamma)
    return expected_maximum(rows, law) * (1 - gamma) / gamma


def _gaussian(choices: Choices, s: int, gamma: fmpq) -> ClosedForm:
    rows = nondominated_rows(choices, s, gamma)
    factor = (1 - gamma) / gamma
    return ClosedForm(expected_gaussian_maximum([[factor * c for c in row] for row in rows]))


def _finite(choices: Choices, s: int, gamma: fmpq, distribution: FiniteSupport) -> Fraction:
    """The weighted mean of the best visits, one reward function at a time."""
    rows = nondominated_rows(choices, s, gamma)
    total = fmpq(0)
    for vector, weight in zip(distribution.vectors, distribution.weights, strict=True):
        if len(vector) != len(choices):
            raise InvalidInput.of("reward", distribution.name, f"{len(choices)} rewards")
        numbers = [_exact_entry(distribution, x) for x in (*vector, weight)]
        values = [
            sum([c * r for c, r in zip(row, numbers, strict=False)], start=fmpq(0)) for row in rows
        ]
        total += numbers[-1] * max(values)
    return to_fraction(total * (1 - gamma) / gamma)


def _exact_entry(distribution: FiniteSupport, x: Fraction | float) -> fmpq:
    if not isinstance(x, Fraction):
        raise NotExact(
            f"reward {distribution.name!r}: got the float {x!r}, "
            'expected exact rewards and weights such as "1/3"'
        )
    return to_flint(x)
