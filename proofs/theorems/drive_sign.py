r"""The drive has the sign of the average advantage, at all times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem
from powerseek.proofs.strategies import knobs, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of the hub world that leave one score for all contexts."""
    return knobs("need", "price", "base_success", "exploration", "seed")


def holds(need: float, price: float, base_success: float, exploration: float, seed: int) -> bool:
    """P(power) of trained agents moves in the direction of $D$, and only then."""
    import numpy as np

    from powerseek.toymodels import HubKnobs, average_advantage

    alike: dict[str, float] = {"sharing": 1.0, "legibility": 0.0, "price_spread": 0.0}
    settings = HubKnobs(
        need=need, price=price, base_success=base_success, exploration=exploration, **alike
    )
    moved = np.diff(np.asarray(train_small(settings, seed).told_log_odds))
    advantage = average_advantage(need, base_success, price)
    if abs(advantage) < 1e-9:  # the two ways of computing 0 differ by rounding
        return bool((np.abs(moved) < 1e-6).all())
    return bool((np.sign(moved) == np.sign(advantage)).all())


THEOREM = Theorem(
    name="drive_sign",
    title="The drive has the sign of the average advantage",
    statement=r"""
Let $z$ obey $\dot z = D\,\pi(z)(1-\pi(z))$. For every $t > 0$

$$ \pi(z(t)) > \pi(z(0)) \iff D > 0, \qquad \pi(z(t)) = \pi(z(0)) \iff D = 0, \qquad
   \pi(z(t)) < \pi(z(0)) \iff D < 0 . $$
""",
    hypotheses=("as for the exact solution", "$t > 0$"),
    source="From the exact solution.",
    proof=CoqProof("Flow.v", ("drive_sign",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$\pi(z)$", "expit", "toymodels.measurement.Measurement.told"),
        Name("$D$", "flow", "toymodels.hub_theory.average_advantage"),
    ),
    premises=("P3", "C"),
    use="With the threshold theorem: a shared score turns towards power exactly when the "
    "fraction of tasks that need it is above the threshold. A world in which power does not "
    "pay on average gives no drive.",
    status=Status.PROVED,
)
