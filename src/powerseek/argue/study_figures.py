"""The figures of the four studies, drawn from their datasets.

Every function takes a dataset of `powerseek.argue.studies` and returns a matplotlib figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powerseek.toymodels.hub_flow import Probe, late_threshold, threshold_at
from powerseek.toymodels.hub_theory import threshold, told_threshold
from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.studies.yoked import GROUPS, MASTER
from powerseek.toymodels.worlds import HubKnobs

from .figures import GREY, INK, NULL, POWER, TWIN, _figure, _panels
from .studies import (
    read_calibration,
    read_field,
    read_persistence,
    read_yoked,
    regimes_of,
)

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

LABELS = {
    "price": "price c",
    "base_success": "success without\npower q",
    "legibility": "legibility\nof the cue",
    "sharing": "sharing $\\alpha$",
    "exploration": "exploration $\\varepsilon$",
}
PROBE_TITLES = {"null": "no task announced", "told": "power shown to be useless"}


def early_boundary(probe: Probe, knobs: HubKnobs) -> float:
    """The closed-form early threshold at these knobs."""
    q, c, cue = (float(np.asarray(v)) for v in (knobs.base_success, knobs.price, knobs.legibility))
    return threshold(q, c) if probe == "null" else told_threshold(q, c, cue)


def late_boundary(probe: Probe, knobs: HubKnobs) -> float:
    """The widest-margin threshold at these knobs."""
    cue, sharing = float(np.asarray(knobs.legibility)), float(np.asarray(knobs.sharing))
    return late_threshold(probe, cue, sharing)


def drive_fields(dataset: xarray.Dataset, probe: Probe, checkpoints: tuple[int, int]) -> Figure:
    """The drive over the need fraction and each knob: early above, late below.

    Dashed: the closed-form early threshold. Dotted: where it tends as training goes on for
    ever. Blue: the boundary solved for the time shown. Thick: measured.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    knobs = [str(k) for k in dataset["knob"].values]
    figure, axes = _figure(
        1.7 * len(knobs) + 1, 4.6, nrows=2, ncols=len(knobs), sharey="row", squeeze=False
    )
    colours = ScalarMappable(Normalize(-0.75, 0.75), "PuOr_r")
    for column, knob in enumerate(knobs):
        field = read_field(dataset, knob)
        drive = field.drive(probe).mean(axis=2)
        at = [HubKnobs(**{knob: float(v)}) for v in field.second]
        early = [early_boundary(probe, k) for k in at]
        late = [late_boundary(probe, k) for k in at]
        for axis, checkpoint in zip(axes[:, column], checkpoints, strict=True):
            values = drive[..., checkpoint]
            axis.pcolormesh(
                field.second, field.first, values, cmap=colours.cmap, norm=colours.norm,
                shading="nearest",
            )  # fmt: skip
            if values.min() < 0 < values.max():
                axis.contour(
                    field.second, field.first, values, levels=[0.0], colors=INK, linewidths=2.4
                )
            axis.plot(field.second, early, color=POWER, linestyle="--", linewidth=1.6)
            axis.plot(field.second, late, color=INK, linestyle=":", linewidth=1.2)
            time = field.learning_rate * field.updates[checkpoint]
            solved = [threshold_at(probe, k, float(time)) for k in at]
            axis.plot(field.second, solved, color=TWIN, linewidth=1.2)
            axis.set_ylim(0, 1)
            axis.locator_params(axis="x", nbins=3)
            axis.set_xlabel(LABELS[knob] if axis is axes[-1, column] else "")
            if column == 0:
                n = int(field.updates[checkpoint])
                axis.set_ylabel(f"fraction p of needy tasks\n({n} update{'s' if n > 1 else ''})")
    figure.colorbar(colours, ax=axes, label="drive: P(power) minus untrained", pad=0.02)
    figure.suptitle(PROBE_TITLES[probe])
    return figure


def transient_regions(dataset: xarray.Dataset, probe: Probe = "told") -> Figure:
    """Where the drive rises and is lost again, for each knob."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    knobs = [str(k) for k in dataset["knob"].values]
    figure, axes = _figure(1.7 * len(knobs) + 1, 2.7, ncols=len(knobs), sharey=True, squeeze=False)
    colours = ScalarMappable(Normalize(0, 1), "Oranges")
    for axis, knob in zip(axes[0], knobs, strict=True):
        field = read_field(dataset, knob)
        where = field.transients(probe).where
        axis.pcolormesh(
            field.second, field.first, where, cmap=colours.cmap, norm=colours.norm,
            shading="nearest",
        )  # fmt: skip
        at = [HubKnobs(**{knob: float(v)}) for v in field.second]
        axis.plot(field.second, [early_boundary(probe, k) for k in at], color=POWER, linestyle="--")
        axis.plot(field.second, [late_boundary(probe, k) for k in at], color=INK, linestyle=":")
        axis.set_ylim(0, 1)
        axis.locator_params(axis="x", nbins=3)
        axis.set_xlabel(LABELS[knob])
    axes[0, 0].set_ylabel("fraction p of needy tasks")
    figure.colorbar(colours, ax=axes, label="share of seeds", pad=0.02)
    return figure


def lasting_drives(dataset: xarray.Dataset, probe: Probe = "told") -> Figure:
    """The drive in training and after the tasks changed, one panel per learner."""
    names = [str(n) for n in dataset["learner"].values]
    figure, axes = _figure(2.4 * len(names), 3.4, ncols=len(names), sharey=True, squeeze=False)
    colours = dict(zip(regimes_of(dataset), (GREY, NULL, POWER, TWIN), strict=True))
    for axis, name in zip(axes[0], names, strict=True):
        found = read_persistence(dataset, name)
        rising, _ = found.drive(probe, 0)
        trained = found.before.after[0, 0]
        axis.plot(-np.log2(1 + trained[-1] - trained), rising.mean(0), color=INK, linewidth=2)
        for i, regime in enumerate(found.regimes):
            _, falling = found.drive(probe, i)
            x = np.log2(1 + found.after.after[i, 0] - trained[-1])
            bands = [over_seeds(v) for v in falling.T]
            axis.plot(x, [b.mean for b in bands], color=colours[regime.name], label=regime.name)
            axis.fill_between(
                x, [b.low for b in bands], [b.high for b in bands], color=colours[regime.name],
                alpha=0.2, linewidth=0,
            )  # fmt: skip
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.axhline(0, color=GREY, linewidth=0.8)
        axis.set_title(name.replace(", ", "\n", 1))
        right = int(np.log2(1 + found.after.after[0, 0, -1] - trained[-1]))
        left = int(np.log2(1 + trained[-1]))
        ticks = [*range(-left, 0, 4), *range(0, right + 1, 4)]
        axis.set_xticks(ticks, [f"{'-' if t < 0 else ''}{2 ** abs(t) - 1}" for t in ticks])
        axis.set_xlabel("updates since the change")
    axes[0, 0].set_ylabel("drive: P(power) minus untrained")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def yoked_groups(dataset: xarray.Dataset, probe: Probe = "told") -> Figure:
    """P(power) where it is useless, over training, for every group."""
    names = [str(n) for n in dataset["learner"].values]
    figure, axes = _figure(4.2 * len(names), 3.9, ncols=len(names), sharey=True, squeeze=False)
    styles = dict(
        zip(
            GROUPS,
            [(INK, "-"), (NULL, "--"), (POWER, "-"), (GREY, "-"), (TWIN, ":"), (TWIN, "-")],
            strict=True,
        )
    )
    for axis, name in zip(axes[0], names, strict=True):
        run = read_yoked(dataset, name)
        updates = run.groups[MASTER].after[0, 0]
        x = np.arange(len(updates))
        for group, (colour, line) in styles.items():
            bands = [over_seeds(run.power(group, probe, 0, k)) for k in range(len(x))]
            axis.plot(x, [b.mean for b in bands], line, color=colour, label=group)
            axis.fill_between(
                x, [b.low for b in bands], [b.high for b in bands], color=colour, alpha=0.15,
                linewidth=0,
            )  # fmt: skip
        axis.set_title(name)
        axis.set_xlabel("updates")
        axis.set_xticks(x[::3], [str(int(u)) for u in updates[::3]])
        axis.set_ylim(-0.03, 1.03)
    axes[0, 0].set_ylabel("P(power)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def calibration_plot(dataset: xarray.Dataset, checkpoint: int = -1) -> Figure:
    """Predicted against measured early drives, a panel per way of learning, a colour per world."""
    import matplotlib as mpl

    learners = [str(name).split(", ", 1) for name in dataset["learner"].values]
    worlds, ways = (list(dict.fromkeys(part)) for part in zip(*learners, strict=True))
    colours = {world: mpl.colormaps["tab10"](i) for i, world in enumerate(worlds)}
    figure, axes = _panels(len(ways), 3.6, 3.2)
    for axis, way in zip(axes, ways, strict=True):
        low, high = 0.0, 0.0
        for world in (world for world, how in learners if how == way):
            found = read_calibration(dataset, f"{world}, {way}")
            markers: dict[Probe, str] = {"null": "o", "told": "^"}
            for probe, marker in markers.items():
                predicted = found.predicted(probe, checkpoint).mean(axis=1)
                measured = found.measured(probe, checkpoint).mean(axis=1)
                axis.scatter(
                    predicted,
                    measured,
                    s=16,
                    marker=marker,
                    color=colours[world],
                    label=world if probe == "null" else None,
                )
                low, high = min(low, predicted.min()), max(high, predicted.max())
        axis.plot([low, high], [low, high], color=GREY, linewidth=1, zorder=0)
        axis.set_title(way)
        axis.locator_params(axis="x", nbins=4)
        axis.set_xlabel("predicted drive (kernel)")
        axis.set_ylabel("measured drive")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(worlds))
    return figure
