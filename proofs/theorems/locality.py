"""No sharing, no drive: exactly, and for all time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import knobs, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of the hub world, all but the sharing."""
    return knobs(
        "need", "price", "base_success", "exploration", "legibility", "autonomy", "signal", "seed"
    )


def holds(seed: int, **settings: float) -> bool:
    """With sharing 0 every probe stays exactly as it was before training."""
    from powerseek.toymodels import HubKnobs

    run = train_small(HubKnobs(sharing=0.0, **settings), seed)
    probes = (run.null_log_odds, run.told_log_odds, run.needed)
    return all(bool((probe == probe[0]).all()) for probe in probes)


THEOREM = Theorem(
    name="locality",
    title="No sharing, no drive",
    statement=r"""
If $K(\varphi, \varphi_j) = 0$ for every option $j$ met in training, then for every number of
updates $n$, whatever the credits are and however they depend on time and on the parameters,

$$ z_{\theta_n}(\varphi) = z_{\theta_0}(\varphi) . $$
""",
    hypotheses=(
        "scores linear in the parameters",
        "updates $\\Delta\\theta = \\eta\\sum_j g_j \\varphi_j$ with any numbers $g_j$",
    ),
    source="Induction over updates, from the transfer theorem.",
    proof=CoqProof("Transfer.v", ("locality",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$z_\theta(\varphi)$", "score", "toymodels.policies.linear.Linear.scores"),
        Name(r"$\theta_n$", "train", "toymodels.training.train"),
        Name("K = 0", "kernel", "toymodels.worlds.hub.HubKnobs.sharing"),
    ),
    premises=("P6",),
    use="Premise P6 is necessary: without shared representation there is no drive at all, not "
    "merely a small one. The tabular policy is the control that shows it.",
    status=Status.PROVED,
    smt=SmtProof(training.locality, "two options, two features, two updates"),
)
