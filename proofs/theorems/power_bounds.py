"""POWER lies between the mean reward and the mean of the largest reward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import power

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """An MDP, a discount rate, and numbers to be the rewards of the states in any order."""
    from hypothesis import strategies as st

    from powerseek.proofs.mdp_strategies import gammas, goals, mdps

    drawn = mdps(max_states=4).flatmap(lambda mdp: st.tuples(st.just(mdp), goals(mdp.n_states)))
    return {"drawn": drawn, "gamma": gammas}


def holds(drawn: tuple[Any, Any], gamma: Any) -> bool:
    """For the orbit of a reward function, in which every state has the same mean reward.

    The futures of all policies are probability distributions, as the bounds need.
    """
    from fractions import Fraction
    from itertools import permutations

    from powerseek.proofs.properties.power import powers
    from powerseek.theory.exact import visit_distributions
    from powerseek.theory.rewards import FiniteSupport

    mdp, values = drawn
    found = powers(mdp, gamma, FiniteSupport(list(permutations(values))))
    for name in mdp.states:
        for f in visit_distributions(mdp, name, gamma):
            here = [Fraction(int(name == t)) for t in mdp.states]
            future = [(1 - gamma) / gamma * (v - e) for v, e in zip(f.visits, here, strict=True)]
            if min(future) < 0 or sum(future) != 1:
                return False
    mean = sum(values, start=Fraction(0)) / len(values)
    return all(mean <= x <= max(values) for x in found)


THEOREM = Theorem(
    name="power_bounds",
    title="POWER lies between the mean and the mean maximum",
    statement=r"""
For every state and discount rate the futures $\frac{1-\gamma}{\gamma}(f^{\pi,s} - e_s)$ are
probability distributions over states, and if every state has the same mean reward
$\mathbb E R$,

$$ \mathbb E R \;\le\; \mathrm{POWER}_{\mathcal D}(s,\gamma) \;\le\;
   \mathbb E \max_x R(x) . $$
""",
    hypotheses=(
        "$0 < \\gamma < 1$; $f \\ge e_s$ and $\\sum_x f(x) = 1/(1-\\gamma)$",
        "rewards with finitely many values, finitely many policies",
        "the same mean reward in every state",
    ),
    source='Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, section 5.',
    proof=CoqProof("PowerBounds.v", ("future_is_distribution", "power_bounds")),
    property=Property(instances, holds, examples=60),
    names=(
        Name("POWER", "POWER", "theory.exact.power.exact_power"),
        Name(r"$\frac{1-\gamma}{\gamma}(f - e_s)$", "future", "theory.exact.visit_distributions"),
        Name(r"$\mathcal D$", "Outcome", "theory.rewards.FiniteSupport"),
    ),
    premises=("P3",),
    use="The scale of POWER: for uniform rewards on $n$ states it lies between 1/2 and "
    "$n/(n+1)$, whatever the MDP.",
    status=Status.PROVED,
    smt=SmtProof(
        power.power_bounds, "two states, two policies, two equally likely reward functions"
    ),
)
