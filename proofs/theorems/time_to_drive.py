r"""Exploration sets the clock: the time to a drive is one over its rate at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """How rarely power is explored, over many orders of magnitude, and the advantage."""
    from hypothesis import strategies as st

    return {"exponent": st.floats(0.302, 12), "advantage": st.floats(0.01, 1)}


def holds(exponent: float, advantage: float) -> bool:
    """The library's time to drive lies between the bounds, and its solution is there then."""
    import numpy as np

    from powerseek.toymodels import log_odds_at, time_to_drive

    odds = 10**exponent - 1  # 1/epsilon - 1, exactly what the logarithm is taken of
    initial = -float(np.log(odds))
    time = time_to_drive(initial, advantage)
    low, high = odds - 1, odds + 1 + 2 * np.log(odds + 1)
    slack = 1e-9 * high
    arrived = log_odds_at(np.array([time]), initial, advantage)[0]
    return bool(
        low - slack <= advantage * time <= high + slack
        # rounding in g(z) is divided by its slope, 4 where z = 0
        and abs(arrived) <= slack
    )


THEOREM = Theorem(
    name="time_to_drive",
    title="Exploration sets the clock",
    statement=r"""
Let $z$ obey $\dot z = D\,\pi(z)(1-\pi(z))$ and start at $\pi(z(0)) = \varepsilon$. If
$\pi(z(T)) = \tfrac12$ then

$$ \frac1\varepsilon - 2 \;\le\; D\,T \;\le\; \frac1\varepsilon + 2\ln\frac1\varepsilon . $$
""",
    hypotheses=("as for the exact solution", "$0 < \\varepsilon \\le \\tfrac12$"),
    source="From the exact solution.",
    proof=CoqProof("Flow.v", ("time_to_drive",)),
    property=Property(instances, holds, examples=200),
    names=(
        Name("$T$", "time_to_drive", "toymodels.hub_theory.time_to_drive"),
        Name(r"$\varepsilon$", "eps", "toymodels.worlds.hub.HubKnobs.exploration"),
    ),
    premises=("P4", "P5"),
    use="Premise P4 as a number: the repetitions that a drive takes grow as one over the "
    "chance of exploring power.",
    status=Status.PROVED,
)
