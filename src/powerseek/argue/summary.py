"""From measurements to verdicts: everything `powerseek argue` says, as plain data.

Works on the saved datasets alone (`powerseek.argue.experiment`), so results can be judged
again later, and an interrupted run is judged as far as it got.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.proofs.index import bearing_on
from powerseek.toymodels.argument import Argument
from powerseek.toymodels.drive import drive, least_excess
from powerseek.toymodels.hub_flow import Probe, late_threshold
from powerseek.toymodels.hub_theory import early_thresholds
from powerseek.toymodels.kernel import KernelPrediction
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.premises import premise_quantities
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.studies.crossing import crossing
from powerseek.toymodels.switchboard import Effect, Interaction, Switchboard
from powerseek.toymodels.verdicts import Verdict, judge, judge_against_all, of_the_capable
from powerseek.toymodels.worlds import DETOUR_WORLDS

from .experiment import Preset, baseline_knobs, board_stage
from .plain import plain, verdict_entry
from .stage import is_whole
from .study_findings import findings

if TYPE_CHECKING:
    import xarray

EARLY_UPDATES = (1, 2, 4)
"""Checkpoints at which the early drive is compared with the kernel's prediction."""


@dataclass(frozen=True)
class LearnerSummary:
    """The conclusion for one learner (policy class and algorithm).

    Attributes:
        name: the learner.
        over: excess of P(power) in told probes over each control, after training.
        null: P(power) in null probes after training.
        told: P(power) in told probes after training.
        peak: highest mean P(power) in told probes over training, and when.
        willingness_to_pay: price of indifference to useless power.
        capability: return divided by the best possible return.
        shortfall: of the return on the training task that was learnt least.
        verdict: on the conclusion, for this learner.
    """

    name: str
    over: dict[str, Interval]
    null: Interval
    told: Interval
    peak: tuple[int, float]
    willingness_to_pay: Interval
    capability: Interval
    shortfall: Interval
    verdict: Verdict


@dataclass(frozen=True)
class WorldSummary:
    """One of the argument's other worlds, with the first learner.

    Attributes:
        name: the world.
        premises: verdicts on P1 to P6 there.
        learner: the conclusion there.
        amount: expected amount of power taken where it is shown to be useless, in levels.
        effects: per premise, from the switchboard there; None where it was not run.
        interactions: of two or more premises there, the largest first.
        sufficient: whether all premises together suffice there.
    """

    name: str
    premises: tuple[Verdict, ...]
    learner: LearnerSummary
    amount: Interval
    effects: tuple[Effect, ...] | None
    interactions: tuple[Interaction, ...] | None
    sufficient: str | None


@dataclass(frozen=True)
class ThresholdSummary:
    """Where the early drive changes sign: theory against training.

    Attributes:
        probe: which probes.
        predicted: closed form.
        measured: zero crossing of the measured drive in the need fraction.
        updates: how early "early" is.
    """

    probe: str
    predicted: float
    measured: Interval
    updates: int


@dataclass(frozen=True)
class EarlyDriveSummary:
    """Kernel prediction of the early drive against measurement, over need fractions.

    Attributes:
        updates: number of updates.
        largest_error: largest |predicted - measured| over need fractions (seed means).
        correlation: Pearson correlation over need fractions and seeds.
    """

    updates: int
    largest_error: float
    correlation: float


@dataclass(frozen=True)
class Summary:
    """Everything judged. Parts whose stage did not finish are None.

    Attributes:
        argument: which argument.
        preset, seed: what was run.
        premises: verdicts on P1 to P6.
        conclusion: verdict on C.
        learners: the conclusion for every learner; the first is the one judged above.
        effects: per premise, from the switchboard.
        interactions: of two or more premises, the largest first.
        sufficient: whether all premises together suffice here.
        cells: per cell, the premises on and the drive.
        thresholds, early: theory against training.
        worlds: the argument's other worlds.
        studies: what the further studies found, those that were run
            (`powerseek.argue.study_findings`).
    """

    argument: Argument
    preset: Preset
    seed: int
    premises: tuple[Verdict, ...] | None
    conclusion: Verdict | None
    learners: tuple[LearnerSummary, ...] | None
    thresholds: tuple[ThresholdSummary, ...] | None
    early: tuple[EarlyDriveSummary, ...] | None
    effects: tuple[Effect, ...] | None
    interactions: tuple[Interaction, ...] | None
    sufficient: str | None
    cells: tuple[tuple[tuple[str, ...], Interval], ...] | None
    worlds: tuple[WorldSummary, ...] | None
    studies: Mapping[str, tuple[Any, ...]]

    def answer(self) -> str:
        """The result in one sentence."""
        if self.conclusion is None or self.premises is None:
            return "Interrupted before the conclusion was measured."
        held = sum(v.word == "supported" for v in self.premises)
        found = "; ".join(
            f"{learner.name} learner {learner.verdict.word} "
            f"({learner.verdict.interval.mean:+.2f} [{learner.verdict.interval.low:+.2f}, "
            f"{learner.verdict.interval.high:+.2f}])"
            for learner in self.learners or ()
        )
        elsewhere = "; ".join(
            f"{world.name} {world.learner.verdict.word} "
            f"({world.learner.verdict.interval.mean:+.2f})"
            for world in self.worlds or ()
        )
        return (
            f"{held} of {len(self.premises)} premises supported. Conclusion, as "
            f"{self.argument.conclusion.quantity.replace(', above every control', '')}, above "
            f"the hardest control: {found}."
            + (f" In the other worlds, linear learner: {elsewhere}." if elsewhere else "")
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON document (format ``powerseek-argument/1``)."""
        document: dict[str, Any] = {
            "format": "powerseek-argument/1",
            "argument": self.argument.name,
            "source": self.argument.source,
            "preset": asdict(self.preset),
            "seed": self.seed,
            "world": self.argument.worlds[0],
            "knobs": asdict(baseline_knobs(self.argument)),
            "answer": self.answer(),
        }
        if self.premises is not None and self.conclusion is not None:
            document["claims"] = [
                verdict_entry(v) | {"theorems": [t.name for t in bearing_on(v.claim.id)]}
                for v in (*self.premises, self.conclusion)
            ]
        if self.learners is not None:
            document["learners"] = [_learner(learner) for learner in self.learners]
        if self.worlds is not None:
            document["worlds"] = [_world(world) for world in self.worlds]
        document["thresholds"] = self.thresholds
        document["early_drive"] = self.early
        if self.effects is not None and self.cells is not None:
            document["switchboard"] = {
                "sufficient": self.sufficient,
                "effects": self.effects,
                "interactions": self.interactions,
                "cells": [{"on": on, "drive": drive} for on, drive in self.cells],
            }
        if self.studies:
            document["studies"] = self.studies
        out: dict[str, Any] = plain(document)
        return out


def yes_or_no(word: str | None) -> str:
    """A verdict as the answer to a question."""
    return {"supported": "yes", "not supported": "no"}.get(word or "", "inconclusive")


def _learner(learner: LearnerSummary) -> dict[str, Any]:
    own = {f.name: getattr(learner, f.name) for f in fields(learner)}
    return own | {"verdict": verdict_entry(learner.verdict)}


def _world(world: WorldSummary) -> dict[str, Any]:
    return {
        "name": world.name,
        "premises": [verdict_entry(v) for v in world.premises],
        "conclusion": _learner(world.learner),
        "amount": world.amount,
        "effects": world.effects,
        "interactions": world.interactions,
        "sufficient": world.sufficient,
    }


def summarise(
    argument: Argument, preset: Preset, seed: int, stages: Mapping[str, xarray.Dataset]
) -> Summary:
    """Judge what was measured.

    Args:
        argument: the argument.
        preset: what was run.
        seed: the experiment's seed.
        stages: datasets by stage name; missing or unfinished stages are left unjudged.
    """
    learners = _learners(argument, stages["learners"]) if "learners" in stages else None
    premises = None
    if "learners" in stages:
        premises = _premises(argument, stages["learners"].isel(learner=0))
    thresholds = early = None
    if "phase" in stages and is_whole(stages["phase"]):
        thresholds, early = _thresholds(argument, stages["phase"]), _early(stages["phase"])
    effects = interactions = cells = sufficient = None
    board = whole_board(argument, stages, "switchboard")
    if board is not None:
        effects, sufficient = board.effects(), board.sufficient()
        interactions = board.interactions()
        ids = np.array(board.premises)
        cells = tuple(
            (tuple(ids[on].tolist()), over_seeds(row))
            for on, row in zip(board.on, board.drive, strict=True)
        )
    return Summary(
        argument=argument,
        preset=preset,
        seed=seed,
        premises=premises,
        conclusion=learners[0].verdict if learners else None,
        learners=learners,
        thresholds=thresholds,
        early=early,
        effects=effects,
        interactions=interactions,
        sufficient=sufficient,
        cells=cells,
        worlds=_worlds(argument, stages) if "worlds" in stages else None,
        studies=findings(stages),
    )


def whole_board(
    argument: Argument, stages: Mapping[str, xarray.Dataset], name: str
) -> Switchboard | None:
    """A stage's switchboard, if it was run to its end."""
    if name not in stages or not is_whole(stages[name]):
        return None
    return switchboard_of(argument, stages[name])


def _premises(argument: Argument, dataset: xarray.Dataset) -> tuple[Verdict, ...]:
    quantities = premise_quantities(_measurement(dataset), kernel_of(dataset))
    return tuple(judge(p, over_seeds(quantities[p.id])) for p in argument.premises)


def _worlds(argument: Argument, stages: Mapping[str, xarray.Dataset]) -> tuple[WorldSummary, ...]:
    out = []
    for name in map(str, stages["worlds"]["world"].values):
        measured = stages["worlds"].sel(world=name)
        board = whole_board(argument, stages, board_stage(name))
        amount = measured["told_amount"].sel(role="actual").isel(updates=-1)
        out.append(
            WorldSummary(
                name=name,
                premises=_premises(argument, measured),
                learner=_learner_in(argument, name, "linear", measured),
                amount=over_seeds(amount.values),
                effects=board.effects() if board else None,
                interactions=board.interactions() if board else None,
                sufficient=board.sufficient() if board else None,
            )
        )
    return tuple(out)


def _measurement(dataset: xarray.Dataset) -> Measurement:
    columns: dict[str, Any] = {f.name: dataset[f.name].values for f in fields(Measurement)}
    return Measurement(**columns)


def kernel_of(dataset: xarray.Dataset) -> KernelPrediction:
    """The kernel's predictions stored with a stage."""
    names = [f.name for f in fields(KernelPrediction)]
    columns: dict[str, Any] = {name: dataset[f"kernel_{name}"].values for name in names}
    return KernelPrediction(**columns)


def _learners(argument: Argument, dataset: xarray.Dataset) -> tuple[LearnerSummary, ...]:
    names = map(str, dataset["learner"].values)
    return tuple(
        _learner_in(argument, argument.worlds[0], name, dataset.sel(learner=name)) for name in names
    )


def _learner_in(
    argument: Argument, world: str, name: str, measured: xarray.Dataset
) -> LearnerSummary:
    """The conclusion for one learner in one world (dataset: [role, seed, updates])."""
    actual = _measurement(measured.sel(role=["actual"]))
    twin = _measurement(measured.sel(role=["twin"]))
    found = drive(DETOUR_WORLDS[world][0](), baseline_knobs(argument, world), actual, twin)
    told = measured["told"].sel(role="actual").mean("seed")
    peak = int(told.argmax("updates"))
    end = measured.sel(role="actual").isel(updates=-1)
    capability = over_seeds((end["returns"] / end["best"]).values)
    judged = judge_against_all(argument.conclusion, found.intervals())
    return LearnerSummary(
        name=name,
        over=found.intervals(),
        null=over_seeds(end["null"].values),
        told=over_seeds(found.power),
        peak=(int(told["updates"][peak]), float(told[peak])),
        willingness_to_pay=over_seeds(found.willingness_to_pay),
        capability=capability,
        shortfall=over_seeds(end["shortfall"].values),
        verdict=of_the_capable(judged, capability),
    )


def switchboard_of(argument: Argument, dataset: xarray.Dataset) -> Switchboard:
    """The switchboard at the last checkpoint."""
    told = dataset["told"].transpose("cell", "role", "seed", "updates").values
    ids = tuple(p.id for p in argument.premises)
    return Switchboard(
        premises=ids,
        on=np.stack([dataset[i].values.astype(bool) for i in ids], axis=1),
        drive=least_excess(
            told[:, 0, :, -1],
            told[:, 0, :, 0],
            told[:, 1, :, -1],
            dataset["bayes"].values[:, None],
        ),
        margin=argument.conclusion.margin,
    )


def closed_form_thresholds(argument: Argument) -> dict[str, float]:
    """Where theory puts the sign change of the early drive, by kind of probe."""
    return early_thresholds(DETOUR_WORLDS[argument.worlds[0]][0](), baseline_knobs(argument))


def late_thresholds(argument: Argument) -> dict[str, float]:
    """Where theory puts it as training goes on for ever, by kind of probe."""
    knobs = baseline_knobs(argument)
    cue, sharing = float(np.asarray(knobs.legibility)), float(np.asarray(knobs.sharing))
    probes: tuple[Probe, ...] = ("null", "told")
    return {probe: late_threshold(probe, cue, sharing) for probe in probes}


def _thresholds(argument: Argument, dataset: xarray.Dataset) -> tuple[ThresholdSummary, ...]:
    updates = EARLY_UPDATES[-1]
    needs = dataset["need"].values
    out = []
    for probe, predicted in closed_form_thresholds(argument).items():
        early = dataset[probe].sel(updates=updates) - dataset[probe].sel(updates=0)
        measured = crossing(needs, early.transpose("need", "seed").values)
        out.append(ThresholdSummary(probe, predicted, measured, updates))
    return tuple(out)


def _early(dataset: xarray.Dataset) -> tuple[EarlyDriveSummary, ...]:
    kernel, rate = kernel_of(dataset), float(dataset.attrs["learning_rate"])
    out = []
    for updates in EARLY_UPDATES:
        predicted = kernel.null_drive(rate * updates)
        measured = (dataset["null"].sel(updates=updates) - dataset["null"].sel(updates=0)).values
        out.append(
            EarlyDriveSummary(
                updates=updates,
                largest_error=float(np.abs((predicted - measured).mean(axis=1)).max()),
                correlation=float(np.corrcoef(predicted.ravel(), measured.ravel())[0, 1]),
            )
        )
    return tuple(out)
