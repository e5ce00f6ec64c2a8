"""How much POWER can change with the discount rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """An MDP, finitely many reward functions, and two discount rates."""
    from hypothesis import strategies as st

    from powerseek.proofs.mdp_strategies import finite_rewards, mdps

    drawn = mdps(max_states=4).flatmap(
        lambda mdp: st.tuples(st.just(mdp), finite_rewards(mdp.n_states))
    )
    rates = st.fractions("1/20", "19/20", max_denominator=20)
    return {"drawn": drawn, "rates": st.lists(rates, min_size=2, max_size=2, unique=True)}


def holds(drawn: tuple[Any, Any], rates: list[Any]) -> bool:
    """The exact POWERs at the two rates are as close as claimed, in every state."""
    from fractions import Fraction

    from powerseek.proofs.properties.power import powers

    mdp, reward = drawn
    low, high = sorted(rates)
    spread = sum(
        (
            Fraction(w) * (max(v) - min(v))
            for v, w in zip(reward.vectors, reward.weights, strict=True)
        ),
        start=Fraction(0),
    )
    bound = (high - low) / (1 - low) * spread
    return all(
        abs(x - y) <= bound
        for x, y in zip(powers(mdp, low, reward), powers(mdp, high, reward), strict=True)
    )


THEOREM = Theorem(
    name="power_lipschitz",
    title="POWER is Lipschitz in the discount rate",
    statement=r"""
For discount rates $0 < \gamma < \gamma' < 1$ and every state

$$ \bigl|\mathrm{POWER}_{\mathcal D}(s,\gamma') - \mathrm{POWER}_{\mathcal D}(s,\gamma)\bigr|
   \;\le\; \frac{\gamma' - \gamma}{1 - \gamma}\;
   \mathbb E\bigl[\max_x R(x) - \min_x R(x)\bigr] . $$

It rests on what a policy's future $D_\gamma$ at one rate says of it at another: with
$\lambda = \frac{\gamma'-\gamma}{1-\gamma}$,

$$ D_{\gamma'} = (1-\lambda)\,D_\gamma + \lambda\,D_\gamma D_{\gamma'} . $$
""",
    hypotheses=(
        "$0 < \\gamma < \\gamma' < 1$",
        "rewards with finitely many values, finitely many policies",
        "$D_\\gamma = (1-\\gamma)P + \\gamma P D_\\gamma = (1-\\gamma)P + "
        "\\gamma D_\\gamma P$, its rows probability distributions",
    ),
    source="Turner et al., NeurIPS 2021, lemma 5.3 (POWER is Lipschitz), with an explicit "
    "constant; from the resolvent identity.",
    proof=CoqProof("Lipschitz.v", ("future_at_two_rates", "power_lipschitz")),
    property=Property(instances, holds, examples=60),
    names=(
        Name("POWER", "POWER", "theory.exact.power.exact_power"),
        Name(r"$D_\gamma$", "is_future", "theory.exact.visit_distributions"),
        Name(r"$\mathcal D$", "Outcome", "theory.rewards.FiniteSupport"),
    ),
    premises=("P3",),
    use="A ranking of nodes by POWER at one discount rate is a ranking at nearby ones, and says "
    "how near is near enough: differences in POWER larger than the bound survive.",
    status=Status.PROVED,
)
