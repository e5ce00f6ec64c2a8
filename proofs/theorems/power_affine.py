"""POWER scales and shifts with the rewards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import power

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """An MDP, a discount rate, a distribution of rewards, and new units."""
    from hypothesis import strategies as st

    from powerseek.proofs.mdp_strategies import finite_rewards, gammas, mdps

    drawn = mdps(max_states=5, max_actions=3).flatmap(
        lambda mdp: st.tuples(st.just(mdp), finite_rewards(mdp.n_states))
    )
    return {
        "drawn": drawn,
        "gamma": gammas,
        "scale": st.fractions(0, 5, max_denominator=9),
        "shift": st.fractions(-5, 5, max_denominator=9),
    }


def holds(drawn: tuple[Any, Any], gamma: Any, scale: Any, shift: Any) -> bool:
    """The exact POWER for k R + d is k times the exact POWER for R, plus d."""
    from powerseek.proofs.properties.power import affine_gap

    mdp, reward = drawn
    return affine_gap(mdp, gamma, reward, scale, shift) is None


THEOREM = Theorem(
    name="power_affine",
    title="POWER scales and shifts with the rewards",
    statement=r"""
For every $k \ge 0$ and $d$, $\mathrm{POWER}$ for the rewards $kR + d$ is
$k\,\mathrm{POWER} + d$, where $\mathrm{POWER}$ is that for the rewards $R$.
""",
    hypotheses=(
        "$k \\ge 0$",
        "futures are probability distributions (see the bounds)",
        "rewards with finitely many values, finitely many policies",
    ),
    source="The maximum commutes with increasing affine maps.",
    proof=CoqProof("PowerBounds.v", ("power_affine",)),
    property=Property(instances, holds, examples=60),
    names=(
        Name("POWER", "POWER", "theory.exact.power.exact_power"),
        Name("$kR + d$", "r", "proofs.properties.power.in_units"),
    ),
    premises=("P3",),
    use="The unit of reward is a convention: which states have more POWER does not depend on it.",
    status=Status.PROVED,
    smt=SmtProof(power.power_affine, "three states, two policies, one reward function"),
)
