r"""The need fraction at which power starts to pay, and how it moves.

$D = m p(1-q) - c$ is what power adds to the return of an average task of the hub world; it
is positive exactly when $p > p^* = c/(m(1-q))$.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs as fractions, so that the test is exact, and pushes in each direction."""
    from hypothesis import strategies as st

    share = st.fractions(0, 1, max_denominator=40)
    below_one = st.fractions(0, "39/40", max_denominator=40)
    positive = st.fractions("1/40", 1, max_denominator=40)
    return {
        "need": share,
        "base_success": below_one,
        "price": share,
        "competence": positive,
        "push": share,
    }


def holds(need: Any, base_success: Any, price: Any, competence: Any, push: Any) -> bool:
    """The sign of $D$ is that of $p - p^*$, and $p^*$ moves as claimed."""
    from powerseek.toymodels import average_advantage, threshold

    star = threshold(base_success, price, competence)
    advantage = average_advantage(need, base_success, price, competence)
    same_sign = (advantage > 0) == (need > star) and (advantage < 0) == (need < star)
    harder = base_success + push * (1 - base_success) / 2
    monotone = (
        threshold(harder, price, competence) >= star
        and threshold(base_success, price + push, competence) >= star
        and threshold(base_success, price, competence * (1 + push)) <= star
    )
    return bool(same_sign and monotone)


THEOREM = Theorem(
    name="threshold",
    title="Power pays on average exactly above the threshold",
    statement=r"""
Let $D(p) = p\,(m - c - mq) + (1-p)(m - c - m)$ be the mean over tasks of the return with
power minus the return without, and $p^* = \dfrac{c}{m(1-q)}$. Then $D(p) > 0$, $= 0$, $< 0$
exactly when $p > p^*$, $= p^*$, $< p^*$. The threshold $p^*$ increases with the price $c$
and with the success $q$ without power, and decreases with the competence $m$.
""",
    hypotheses=("$m > 0$", "$q < 1$", "for monotonicity also $c \\ge 0$"),
    source="Elementary; the model is the hub world.",
    proof=CoqProof("Threshold.v", ("average_advantage_sign", "threshold_monotone")),
    property=Property(instances, holds, examples=200),
    names=(
        Name("$D$", "average_advantage", "toymodels.hub_theory.average_advantage"),
        Name("$p^*$", "threshold", "toymodels.hub_theory.threshold"),
    ),
    premises=("P3",),
    use="Premise P3 becomes a number: how large a fraction of tasks must need power before "
    "average reinforcement favours it. The phase diagram of the experiment shows this line.",
    status=Status.PROVED,
    smt=SmtProof(training.threshold, "the whole statement"),
)
