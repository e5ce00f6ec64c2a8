"""What the further studies found, as rows: the same for `argument.json` and for the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from powerseek.toymodels.hub_flow import Probe
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.studies.persistence import Lasting
from powerseek.toymodels.studies.power_climbing import Share, share_positive
from powerseek.toymodels.verdicts import Verdict

from . import studies
from .label_free_stage import read_climbing

if TYPE_CHECKING:
    import xarray

PROBES: tuple[Probe, ...] = ("null", "told")


@dataclass(frozen=True)
class TransientDrive:
    """Where in the plane (need, knob) a drive rose and was lost again.

    Attributes:
        knob: the second axis.
        probe: "null" or "told".
        lost: share of the plane where a drive rose above the margin and is lost at the end.
        lasting: share of the plane where it is still there.
        peak: mean height of the lost drives; None if there are none.
        lifetime: mean number of updates between their rise and their loss, likewise.
    """

    knob: str
    probe: str
    lost: Interval
    lasting: Interval
    peak: Interval | None
    lifetime: Interval | None


@dataclass(frozen=True)
class LastingDrive:
    """How long the drive of one learner lasts once its tasks have changed.

    Attributes:
        learner: the learner.
        regime: what its tasks turned into.
        lasting: half-life, rise, hysteresis and the share left, in told probes; None if no
            seed had a drive to lose.
    """

    learner: str
    regime: str
    lasting: Lasting | None


@dataclass(frozen=True)
class YokedClaim:
    """A claim about reward against visits, for one learner."""

    learner: str
    verdict: Verdict


@dataclass(frozen=True)
class CalibratedDrive:
    """Predicted against measured drives of one learner in told probes.

    Attributes:
        learner: the learner and its world.
        updates: number of updates made.
        slope: of measured on predicted drives, through the origin; NaN where none is predicted.
        error: root mean square of their difference.
        scale: root mean square of the measured drives.
        credit_moved, kernel_moved: how far either has moved since before training, in units
            of the predicted rate.
    """

    learner: str
    updates: int
    slope: float
    error: float
    scale: float
    credit_moved: float
    kernel_moved: float


@dataclass(frozen=True)
class PowerClimb:
    """How high one learner climbs POWER in random graphs where it has no goal.

    Attributes:
        learner: the learner.
        capability: return over the largest possible, on training goals.
        gain: gain in expected POWER per step under the null task, above each control.
        climbed_in: share of graphs with a gain above the untrained agent.
        chance: standard deviation of the mean gain with POWER shuffled; its mean is 0.
        residual: gain in what is left of POWER when other explanations are taken out.
        per_doubling: gain per doubling of the number of training goals.
    """

    learner: str
    capability: Interval
    gain: dict[str, Interval]
    climbed_in: Share
    chance: float
    residual: dict[str, Interval]
    per_doubling: Interval


def transient_drives(data: xarray.Dataset) -> tuple[TransientDrive, ...]:
    """The study ``fields``."""
    out = []
    for knob in map(str, data["knob"].values):
        field = studies.read_field(data, knob)
        for probe in PROBES:
            found = field.transients(probe)
            out.append(
                TransientDrive(knob, probe, found.area, found.lasting, found.peak, found.lifetime)
            )
    return tuple(out)


def lasting_drives(data: xarray.Dataset) -> tuple[LastingDrive, ...]:
    """The study ``persistence``."""
    out = []
    for learner in map(str, data["learner"].values):
        found = studies.read_persistence(data, learner)
        out += [
            LastingDrive(learner, regime.name, found.lasting("told", i))
            for i, regime in enumerate(found.regimes)
        ]
    return tuple(out)


def yoked_claims(data: xarray.Dataset) -> tuple[YokedClaim, ...]:
    """The study ``yoked``."""
    return tuple(
        YokedClaim(learner, verdict)
        for learner in map(str, data["learner"].values)
        for verdict in studies.read_yoked(data, learner).verdicts()
    )


def calibrated_drives(data: xarray.Dataset) -> tuple[CalibratedDrive, ...]:
    """The study ``calibration``."""
    out = []
    for learner in map(str, data["learner"].values):
        found = studies.read_calibration(data, learner)
        for k in range(1, len(found.updates)):
            fit, drift = found.fit("told", k), found.drift("told", k)
            out.append(
                CalibratedDrive(
                    learner=learner,
                    updates=found.updates[k],
                    slope=fit.slope,
                    error=fit.error,
                    scale=fit.scale,
                    credit_moved=drift["credit"],
                    kernel_moved=drift["kernel"],
                )
            )
    return tuple(out)


def power_climbs(data: xarray.Dataset) -> tuple[PowerClimb, ...]:
    """The study ``label-free``."""
    out = []
    for learner in map(str, data["learner"].values):
        found = read_climbing(data, learner)
        out.append(
            PowerClimb(
                learner=learner,
                capability=over_seeds(found.climbs.capability[:, -1]),
                gain=found.climbs.over("null"),
                climbed_in=share_positive(found.climbs.gain("null")),
                chance=float(found.chance.std()),
                residual=found.residual_gains(),
                per_doubling=found.dose_response(),
            )
        )
    return tuple(out)


FINDINGS: dict[str, Callable[[xarray.Dataset], tuple[Any, ...]]] = {
    "fields": transient_drives,
    "persistence": lasting_drives,
    "yoked": yoked_claims,
    "calibration": calibrated_drives,
    "label-free": power_climbs,
}
"""Per study, what is found in its dataset."""


def findings(stages: Mapping[str, xarray.Dataset]) -> dict[str, tuple[Any, ...]]:
    """What the studies that were run have found."""
    return {name: find(stages[name]) for name, find in FINDINGS.items() if name in stages}
