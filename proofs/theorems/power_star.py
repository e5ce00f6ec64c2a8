"""POWER of a state that leads to k absorbing children."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """A number of children and a discount rate."""
    from hypothesis import strategies as st

    gammas = st.fractions("1/10", "19/20", max_denominator=20)
    return {"k": st.integers(1, 6), "gamma": gammas}


def holds(k: int, gamma: Any) -> bool:
    """The exact POWER of the star's centre is $k/(k+1)$ as a fraction."""
    from fractions import Fraction

    from powerseek.theory.exact import exact_power
    from powerseek.theory.gallery import star
    from powerseek.theory.results import Exact

    return exact_power(star(k), gamma, states=["centre"]) == (Exact(Fraction(k, k + 1)),)


THEOREM = Theorem(
    name="power_star",
    title="POWER of k absorbing children is k/(k+1)",
    statement=r"""
Let a state lead to $k$ absorbing children, and let rewards be independent and uniform on
$[0,1]$. For every discount rate $\gamma\in(0,1)$ its POWER is

$$ \frac{1-\gamma}{\gamma}\,\mathbb E\bigl[V^*_R(s) - R(s)\bigr]
   = \mathbb E\max(u_1,\dots,u_k) = \frac{k}{k+1} . $$
""",
    hypotheses=(
        "$0 < \\gamma < 1$",
        "$V^*_R(s) - R(s) = \\frac{\\gamma}{1-\\gamma} \\max_i R(c_i)$ (absorbing children)",
        "the expectation is the $k$-fold iterated Riemann integral over $[0,1]$",
    ),
    source='Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, section 5.',
    proof=CoqProof("PowerStar.v", ("power_star",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name("POWER", "POWER_star", "theory.exact.power.exact_power"),
        Name("the star", "expected_max", "theory.gallery.star"),
    ),
    premises=("P3",),
    use="The unit of power: what it means for a node to be worth more than its siblings, and "
    "the value by which the exact methods are tested.",
    status=Status.PROVED,
)
