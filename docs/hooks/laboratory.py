"""The further studies that pages quote, run by the build itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from experiment import number
from figures import inline
from kept import kept
from tables import dense

from powerseek.argue import studies, study_figures
from powerseek.argue.stage import Stage
from powerseek.toymodels.hub_flow import Probe, threshold_at
from powerseek.toymodels.studies.survival import MedianTime
from powerseek.toymodels.studies.yoked import GROUPS, YokedRun
from powerseek.toymodels.worlds import HubKnobs

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from powerseek.toymodels.statistics import Interval

SEED = 0
CALIBRATED = studies.calibrated() | studies.with_adam("hub", "mlp", 3e-3)
RUNS: dict[str, tuple[Callable[..., Stage], tuple[object, ...]]] = {
    "fields": (studies.drive_fields, (1024, 17, 5, 4, SEED)),
    "persistence": (studies.persistence, ((64, 512), 1024, 12, SEED)),
    "yoked": (studies.yoked, (512, 12, SEED)),
    "calibration": (studies.calibration, (CALIBRATED, 4, SEED)),
}
"""Each study, and what it is called with."""


@functools.cache
def study(name: str) -> xarray.Dataset:
    """The dataset of one study."""
    function, arguments = RUNS[name]
    made = kept(f"study-{name}", lambda: {name: function(*arguments).whole()}, repr(arguments))
    return made[name]


def show(figure: Figure, alt: str, caption: str) -> str:
    """A figure of a study, as HTML for a page."""
    return inline(figure, alt, caption)


def boundaries(knob: str = "legibility", checkpoint: int = -1) -> str:
    """A table: measured and solved boundaries of one field, early and late."""
    field = studies.read_field(study("fields"), knob)
    lines = [
        f"| {knob} | probe | early, measured | early, closed form | after "
        f"{int(field.updates[checkpoint])} updates, measured | solved for that time | for ever |",
        "|---|---|---|---|---|---|---|",
    ]
    time = float(field.learning_rate * field.updates[checkpoint])
    for j, value in enumerate(field.second):
        at = HubKnobs(**{knob: float(value)})
        for probe in ("null", "told"):
            early, late = (field.boundary(probe, k)[j] for k in (1, checkpoint))
            solved = threshold_at(probe, at, time)
            lines.append(
                f"| {value:.2f} | {probe} | {number(early)} | "
                f"{study_figures.early_boundary(probe, at):.2f} | {number(late)} | {solved:.2f} | "
                f"{study_figures.late_boundary(probe, at):.2f} |"
            )
    return "\n".join(lines)


class Gap(NamedTuple):
    """How far a measured boundary is from the solved one, and where."""

    size: float
    knob: str
    value: float
    probe: str


@functools.cache
def boundary_gaps() -> dict[str, list[Gap]]:
    """The gaps of all boundaries, early and late."""
    data = study("fields")
    found: dict[str, list[Gap]] = {"early": [], "late": []}
    for knob in map(str, data["knob"].values):
        field = studies.read_field(data, knob)
        for probe in ("null", "told"):
            for when, k in (("early", 1), ("late", -1)):
                time = float(field.learning_rate * field.updates[k])
                for value, at in zip(field.second, field.boundary(probe, k), strict=True):
                    knobs = HubKnobs(**{knob: float(value)})
                    expected = (
                        study_figures.early_boundary(probe, knobs)
                        if when == "early"
                        else threshold_at(probe, knobs, time)
                    )
                    error = abs(at.mean - expected)
                    if np.isfinite(error) and expected < 1:
                        found[when].append(Gap(error, knob, float(value), probe))
    return found


def boundary_errors() -> str:
    """Sentences: how far measured boundaries are from theory, and where they are furthest."""
    return " ".join(
        f"Over {len(gaps)} {when} boundaries, measured and solved differ by "
        f"{np.median([gap.size for gap in gaps]):.3f} in the median and by at most "
        f"{max(gaps).size:.3f} ({max(gaps).knob} {max(gaps).value:.2f}, {max(gaps).probe} probe)."
        for when, gaps in boundary_gaps().items()
    )


def transient_below_early() -> float:
    """The largest share of seeds that rise and are lost below the early threshold (told)."""
    data = study("fields")
    largest = 0.0
    for knob in map(str, data["knob"].values):
        field = studies.read_field(data, knob)
        where = field.transients("told").where
        for j, value in enumerate(field.second):
            knobs = HubKnobs(**{knob: float(value)})
            below = np.asarray(field.first) < study_figures.early_boundary("told", knobs)
            largest = max(largest, float(where[below, j].max(initial=0.0)))
    return largest


def transients() -> str:
    """A table: the transient region of every field."""
    data = study("fields")
    lines = [
        "| plane | probe | rises and is lost (share of the plane) | still there at the end | "
        "peak of the lost | lifetime of the lost, updates |",
        "|---|---|---|---|---|---|",
    ]
    for knob in map(str, data["knob"].values):
        for probe in ("null", "told"):
            found = studies.read_field(data, knob).transients(probe)
            peak = number(found.peak) if found.peak else "none"
            lifetime = number(found.lifetime, 0) if found.lifetime else "none"
            lines.append(
                f"| (need, {knob}) | {probe} | {number(found.area)} | {number(found.lasting)} | "
                f"{peak} | {lifetime} |"
            )
    return "\n".join(lines)


def lost_shares(knob: str) -> dict[str, Interval]:
    """Share of the plane where the drive rises and is lost again, by probe."""
    field = studies.read_field(study("fields"), knob)
    return {probe: field.transients(probe).area for probe in ("null", "told")}


def half_lives(probe: str = "told") -> str:
    """A table: how long every learner's drive lasts under every regime."""
    data = study("persistence")
    lines = [
        "| learner | then | half-life, updates | censored | rise, updates | hysteresis | "
        "share left at the end |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in map(str, data["learner"].values):
        found = studies.read_persistence(data, name)
        for i, regime in enumerate(found.regimes):
            lasting = found.lasting(probe, i)
            if lasting is None:
                lines.append(f"| {name} | {regime.name} | no drive to lose | | | | |")
                continue
            lines.append(
                f"| {name} | {regime.name} | {lasting.half_life} | "
                f"{lasting.half_life.censored} of {lasting.half_life.seeds} | {lasting.rise} | "
                f"{ratio(lasting.hysteresis)} | {lasting.kept:.2f} |"
            )
    return dense("\n".join(lines))


class Left(NamedTuple):
    """Mean share of a drive that is left, and P(power) in needed probes, before and after."""

    told: float
    needed_before: float
    needed: float


def left_of_drives() -> dict[str, list[Left]]:
    """By regime, what is left at the end for every learner."""
    data = study("persistence")
    out: dict[str, list[Left]] = {}
    for name in map(str, data["learner"].values):
        found = studies.read_persistence(data, name)
        for i, regime in enumerate(found.regimes):
            lasting = found.lasting("told", i)
            if lasting is not None:
                before, after = (
                    float(np.asarray(part.needed)[i, :, -1].mean())
                    for part in (found.before, found.after)
                )
                out.setdefault(regime.name, []).append(Left(lasting.kept, before, after))
    return out


def yoked_drives() -> list[dict[str, np.ndarray]]:
    """The drives of every group in told probes, per seed; one entry for each learner."""
    data = study("yoked")
    runs = [studies.read_yoked(data, str(name)) for name in data["learner"].values]

    def drive(run: YokedRun, group: str) -> np.ndarray:
        return np.asarray(run.power(group, "told", 0, -1) - run.power(group, "told", 0, 0))

    return [{group: drive(run, group) for group in GROUPS} for run in runs]


def correlations() -> list[float]:
    """Of predicted and measured drives, for every learner and time where one is predicted."""
    data = study("calibration")
    found = [studies.read_calibration(data, str(name)) for name in data["learner"].values]
    fits = [c.fit("told", k) for c in found for k in range(1, len(c.updates))]
    return [fit.correlation for fit in fits if np.isfinite(fit.correlation)]


def ratio(found: MedianTime) -> str:
    """A median ratio with its interval."""
    if not np.isfinite(found.median):
        return "never halved"
    return f"{found.median:.1f} [{found.low:.1f}, {found.high:.1f}]"


def longest_reversal() -> dict[str, float]:
    """Median hysteresis under reversal, by learner (NaN if not halved)."""
    data = study("persistence")
    out = {}
    for name in map(str, data["learner"].values):
        found = studies.read_persistence(data, name)
        reversed_ = [r.name for r in found.regimes].index("reversed")
        lasting = found.lasting("told", reversed_)
        out[name] = lasting.hysteresis.median if lasting else float("nan")
    return out


def group_table() -> str:
    """A table: P(power) and visits, by group and learner."""
    data = study("yoked")
    lines = [
        "| learner | group | visits to power in training | drive, told | drive, null |",
        "|---|---|---|---|---|",
    ]
    for name in map(str, data["learner"].values):
        run = studies.read_yoked(data, name)
        for group in run.groups:
            visits = float(np.asarray(run.visits[group])[0, :, -1].mean())
            lines.append(
                f"| {name} | {group} | {visits:.2f} | {number(run.drive(group))} | "
                f"{number(run.drive(group, 'null'))} |"
            )
    return "\n".join(lines)


def yoked_verdicts() -> str:
    """A table: the four claims, judged for every learner."""
    data = study("yoked")
    lines = [
        "| claim | measured | learner | mean [95% interval] | verdict |",
        "|---|---|---|---|---|",
    ]
    for name in map(str, data["learner"].values):
        for v in studies.read_yoked(data, name).verdicts():
            lines.append(
                f"| {v.claim.claim} | {v.claim.quantity} | {name} | {number(v.interval)} | "
                f"**{v.word}** |"
            )
    return "\n".join(lines)


def fits(probe: Probe = "told") -> str:
    """A table: calibration of every learner after the last update."""
    data = study("calibration")
    lines = [
        "| learner | slope | correlation | error | size | slope, first step | "
        "credit moved | kernel moved |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in map(str, data["learner"].values):
        found = studies.read_calibration(data, name)
        kernel, first = (found.fit(probe, -1, by) for by in ("kernel", "first step"))
        drift = found.drift(probe, -1)
        lines.append(
            f"| {name} | {_plain(kernel.slope)} | {_plain(kernel.correlation)} | "
            f"{kernel.error:.2g} | {kernel.scale:.2g} | {_plain(first.slope)} | "
            f"{drift['credit']:.0%} | {drift['kernel']:.0%} |"
        )
    return dense("\n".join(lines))


def first_slopes(probe: Probe = "told") -> list[float]:
    """The slopes of measured on predicted drives after one update of gradient ascent."""
    data = study("calibration")
    names = [str(n) for n in data["learner"].values if "Adam" not in str(n)]
    slopes = [studies.read_calibration(data, name).fit(probe, 1).slope for name in names]
    return [slope for slope in slopes if np.isfinite(slope)]


class Signs(NamedTuple):
    """Mean drives at one knob setting that were predicted, and those with the other sign."""

    predicted: int
    wrong: list[float]


def signs() -> Signs:
    """How often a mean drive at the end has the sign that was predicted, over all settings."""
    data = study("calibration")
    pairs = [
        (float(said), float(got))
        for name in map(str, data["learner"].values)
        for found in [studies.read_calibration(data, name)]
        for probe in ("null", "told")
        for said, got in zip(
            found.predicted(probe, -1).mean(-1), found.measured(probe, -1).mean(-1), strict=True
        )
        if said != 0
    ]
    return Signs(len(pairs), [got for said, got in pairs if said * got < 0])


def _plain(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "none"
