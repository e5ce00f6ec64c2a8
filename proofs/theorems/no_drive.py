r"""Without any one of five premises the probability of power never rises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import knobs, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

OFF = {"P1": "autonomy", "P2": "signal", "P3": "need", "P5": "credit", "P6": "sharing"}
"""The knob that is 0 where the premise fails."""


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Any knobs at all, of which one is then switched off."""
    from hypothesis import strategies as st

    return {
        "premise": st.sampled_from(sorted(OFF)),
        **knobs("price", "base_success", "exploration", "legibility", "seed", *OFF.values()),
    }


def holds(premise: str, seed: int, **settings: float) -> bool:
    """With its knob at 0 no trained agent takes power more in either probe, ever."""
    from powerseek.toymodels import HubKnobs

    run = train_small(HubKnobs(**{**settings, OFF[premise]: 0.0}), seed)
    probes = (run.null_log_odds, run.told_log_odds)
    return all(bool((probe <= probe[0] + 1e-9).all()) for probe in probes)


THEOREM = Theorem(
    name="no_drive",
    title="No drive without P1, P2, P3, P5 or P6",
    statement=r"""
In the model class of the argument theorem let $a, s, r, K' \ge 0$ and $K > 0$. If one of

$$ a = 0, \qquad s = 0, \qquad r = 0, \qquad D \le 0, \qquad K' = 0 $$

holds, then $\pi(y(t)) \le \pi(y(0))$ for all $t \ge 0$, whatever the others are.
""",
    hypotheses=(
        "as for the argument theorem, without the signs",
        "$a, s, r, K' \\ge 0$, $K > 0$",
    ),
    source="From the exact solution.",
    proof=CoqProof("Argument.v", ("no_drive_without",)),
    property=Property(instances, holds, examples=60),
    names=(
        Name("$a, s, r$", "credit", "toymodels.algorithms.base.Teaching"),
        Name(r"$D \le 0$", "training", "toymodels.worlds.hub.HubKnobs.need"),
        Name("$K'$", "training", "toymodels.worlds.hub.HubKnobs.sharing"),
        Name(r"$\pi(y)$", "expit", "toymodels.measurement.Measurement.told"),
    ),
    premises=("P1", "P2", "P3", "P5", "P6"),
    use="Necessity: five of the six countermodels. The property goes further than the "
    "theorem: it holds of hub worlds whose contexts are not all alike, too.",
    status=Status.PROVED,
    smt=SmtProof(training.no_drive, "the slope at time 0"),
)
