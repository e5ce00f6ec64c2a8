"""For each premise a world in which the other five hold and there is no drive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Which premise fails."""
    from hypothesis import strategies as st

    return {"premise": st.sampled_from(["P1", "P2", "P3", "P4", "P5", "P6"])}


def holds(premise: str) -> bool:
    """Its theorem excludes a drive there, a trained agent shows none, and all on shows one."""
    from dataclasses import replace

    from powerseek.proofs.countermodels import ALL_ON, countermodels, train_model
    from powerseek.toymodels.argument import POWER

    model, margin = countermodels()[premise], POWER.conclusion.margin
    knob = model.premise.knob
    only_that = replace(model.knobs, **{knob: getattr(ALL_ON, knob)}) == ALL_ON
    drive, with_all = train_model(model.knobs).drive, train_model(ALL_ON).drive
    return only_that and model.excluded() and drive < margin < with_all


THEOREM = Theorem(
    name="countermodels",
    title="Six countermodels: no premise can be left out",
    statement=r"""
For each of the six premises there is a hub world in the model class of the argument theorem
in which the other five hold as in a world that has a drive, that premise fails, and the drive
of the trained agent over all its controls is below the margin of the conclusion. In five of
them `no_drive` excludes a drive for all time; in the sixth, where power is hardly ever
explored, `no_exploration` excludes one within the time of training.
""",
    hypotheses=(
        "one knob is off and all others are as in the world with all premises on",
        "the margin is the one that verdicts use",
    ),
    source="From the two theorems; exhibited in `powerseek.proofs.countermodels`.",
    proof=None,
    property=Property(instances, holds, examples=12),
    names=(
        Name("the six worlds", "", "proofs.countermodels.countermodels"),
        Name("all premises on", "", "proofs.countermodels.ALL_ON"),
        Name("the drive", "", "proofs.countermodels.Trained.drive"),
    ),
    premises=("P1", "P2", "P3", "P4", "P5", "P6"),
    use="Necessity, exhibited: that there is no drive follows from theorems that Coq has checked; "
    "that these worlds satisfy their hypotheses, and what agents trained in them do, is computed.",
    status=Status.TESTED,
    smt=SmtProof(
        training.countermodels, "that the conditions of five of them, all but P4, can be met"
    ),
)
