"""POWER is linear in the distribution of rewards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """An MDP, a discount rate, two distributions of rewards, and the share of the first."""
    from hypothesis import strategies as st

    from powerseek.proofs.mdp_strategies import finite_rewards, gammas, mdps

    drawn = mdps(max_states=5, max_actions=3).flatmap(
        lambda mdp: st.tuples(
            st.just(mdp), finite_rewards(mdp.n_states), finite_rewards(mdp.n_states)
        )
    )
    return {"drawn": drawn, "gamma": gammas, "share": st.fractions(0, 1, max_denominator=9)}


def holds(drawn: tuple[Any, Any, Any], gamma: Any, share: Any) -> bool:
    """The exact POWER of the mixture is the mixture of the exact POWERs."""
    from powerseek.proofs.properties.power import mixture_gap

    mdp, first, second = drawn
    return mixture_gap(mdp, gamma, first, second, share) is None


THEOREM = Theorem(
    name="power_mixture",
    title="The POWER of a mixture of goals is the mixture of the POWERs",
    statement=r"""
For distributions $\mathcal D$, $\mathcal D'$ of rewards and every number $l$

$$ \mathrm{POWER}_{l\mathcal D + (1-l)\mathcal D'} = l\,\mathrm{POWER}_{\mathcal D} +
   (1-l)\,\mathrm{POWER}_{\mathcal D'} . $$
""",
    hypotheses=("rewards with finitely many values, finitely many policies",),
    source="Linearity of the expectation.",
    proof=CoqProof("PowerBounds.v", ("power_mixture",)),
    property=Property(instances, holds, examples=60),
    names=(
        Name("POWER", "POWER", "theory.exact.power.exact_power"),
        Name(r"$l\mathcal D + (1-l)\mathcal D'$", "mu", "proofs.properties.power.mixed"),
    ),
    premises=("P3",),
    use="An agent trained on several kinds of tasks: what power is worth on average is the "
    "average of what it is worth for each kind.",
    status=Status.PROVED,
)
