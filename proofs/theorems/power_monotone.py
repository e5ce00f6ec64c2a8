"""More to choose from never lowers POWER."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """An MDP, a discount rate, and a distribution of rewards."""
    from hypothesis import strategies as st

    from powerseek.proofs.mdp_strategies import gammas, mdps, reward_distributions

    drawn = mdps(max_states=4, max_actions=3).flatmap(
        lambda mdp: st.tuples(st.just(mdp), reward_distributions(mdp.n_states))
    )
    return {"drawn": drawn, "gamma": gammas}


def holds(drawn: tuple[Any, Any], gamma: Any) -> bool:
    """Leaving out any one action raises no state's POWER, for any rewards."""
    from powerseek.proofs.properties.power import powers, without

    mdp, reward = drawn
    found = powers(mdp, gamma, reward)
    return all(
        fewer <= full
        for s in range(mdp.n_states)
        for a in range(len(mdp.rows[s]))
        if len(mdp.rows[s]) > 1
        for fewer, full in zip(powers(without(mdp, s, a), gamma, reward), found, strict=True)
    )


THEOREM = Theorem(
    name="power_monotone",
    title="More options never mean less POWER",
    statement=r"""
If every policy's future at $s$ in one MDP is the future of some policy at $s'$ in another,
then $\mathrm{POWER}_{\mathcal D}(s,\gamma) \le \mathrm{POWER}_{\mathcal D}(s',\gamma)$ for
every distribution $\mathcal D$ of rewards. In particular adding an action lowers no state's
POWER.
""",
    hypotheses=("rewards with finitely many values, finitely many policies",),
    source="The maximum over a larger set is no smaller; Turner et al., NeurIPS 2021, section 5.",
    proof=CoqProof("PowerBounds.v", ("power_monotone",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name("POWER", "POWER", "theory.exact.power.exact_power"),
        Name("adding policies", "incl", "proofs.properties.power.without"),
    ),
    premises=("P3",),
    use="What a power node is: a state from which more can be done. Such a node never has "
    "less POWER than one from which less can be done.",
    status=Status.PROVED,
)
