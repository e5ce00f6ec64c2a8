"""The figures of the pages on predictions and remedies, drawn from their datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.studies.frontier import MARGIN, TOLERANCE

from .figures import GREY, INK, NULL, POWER, TWIN, _figure, _panels
from .prediction_verdicts import cases, frontier_of, own_sake_of

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

COLOURS = (POWER, NULL, "#7a6a9b", TWIN, "#3d7d5a", GREY, "#a8437a")
MARKS = ("o", "s", "^", "D", "v", "P", "X")


def frontiers(dataset: xarray.Dataset) -> Figure:
    """Drive against capability, one line for each supervisor, one panel for each world."""
    panels: dict[str, list[xarray.Dataset]] = {}
    for case in cases(dataset):
        title = f"{case['world'].values} ({case['policy'].values})"
        panels.setdefault(title, []).append(case)
    names: list[str] = []
    for group in panels.values():
        names += [n for n in (str(c["supervisor"].values) for c in group) if n not in names]
    figure, axes = _panels(len(panels), 4.6, 3.4, sharex=True, sharey=True)
    for axis, (title, group) in zip(axes, panels.items(), strict=True):
        top = max(float(frontier_of(c).capability[0].mean()) for c in group)
        axis.axvspan(top - TOLERANCE, 1.02, color=TWIN, alpha=0.10, linewidth=0)
        axis.axhline(MARGIN, color=GREY, linestyle="--", linewidth=1)
        for case in group:
            found, name = frontier_of(case), str(case["supervisor"].values)
            x = [over_seeds(row) for row in found.capability]
            y = [over_seeds(row) for row in found.drive]
            k = names.index(name) % len(COLOURS)
            axis.errorbar(
                [i.mean for i in x],
                [i.mean for i in y],
                xerr=[i.high - i.mean for i in x],
                yerr=[i.high - i.mean for i in y],
                color=COLOURS[k],
                marker=MARKS[k],
                markersize=4.5,
                linewidth=1.4,
                elinewidth=0.7,
                label=name,
            )
        axis.set_title(title)
        axis.set_xlabel("capability")
        axis.set_xlim(right=1.02)
        axis.set_ylabel("drive over the hardest control")
        axis.label_outer()
    handles: dict[str, Any] = {}
    for axis in axes:
        handles |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=4)
    return figure


def evasion(dataset: xarray.Dataset) -> Figure:
    """The supervisor's reading and the drive it is blind to, over strength, in the network."""
    group = [c for c in cases(dataset) if str(c["policy"].values) != "linear"]
    figure, axes = _panels(len(group), 4.6, 2.8, sharey=True)
    for axis, case in zip(axes, group, strict=True):
        found = frontier_of(case)
        x = np.arange(len(found.strengths))
        unit = float(found.reading[0].mean()) or 1.0
        for values, colour, label in (
            (found.drive, POWER, "drive in held-out probes"),
            (found.reading / unit, INK, "reading, as a share of what it was"),
        ):
            bands = [over_seeds(row) for row in values]
            axis.plot(x, [b.mean for b in bands], color=colour, marker="o", label=label)
            axis.fill_between(
                x,
                [b.low for b in bands],
                [b.high for b in bands],
                color=colour,
                alpha=0.2,
                linewidth=0,
            )
        axis.axhline(MARGIN, color=GREY, linestyle="--", linewidth=1)
        axis.set_xticks(x, [f"{s:g}" for s in found.strengths])
        axis.set_ylim(-1.0, 2.0)
        axis.set_title(str(case["supervisor"].values))
        axis.set_xlabel("strength")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def steerability(dataset: xarray.Dataset) -> Figure:
    """Gain per unit of norm of every goal, over the need fraction, one panel for each layer."""
    group = list(cases(dataset))
    figure, axes = _panels(len(group), 4.6, 3.2)
    colours = {"power": POWER, "decoy": TWIN, "decline": NULL, "work": "#3d7d5a"}
    for axis, case in zip(axes, group, strict=True):
        needs, control = case["need"].values[:-1], float(case["need"][-1])
        for goal in map(str, case["goal"].values):
            if goal.startswith("power ") or (goal.startswith("work ") and goal != "work 1"):
                continue
            values = case["gain"].sel(goal=goal).transpose("setting", "seed").values
            bands = [over_seeds(row) for row in values]
            colour = colours[goal.split()[0]]
            axis.plot(needs, [b.mean for b in bands[:-1]], color=colour, label=goal, marker="o")
            axis.fill_between(
                needs,
                [b.low for b in bands[:-1]],
                [b.high for b in bands[:-1]],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
            if goal in ("power", "decoy"):
                last = bands[-1]
                axis.errorbar(
                    [control + (0.12 if goal == "decoy" else 0.08)],
                    [last.mean],
                    yerr=[last.high - last.mean],
                    color=colour,
                    marker="*",
                    markersize=10,
                )
        chance = case["random"].sel(goal="power").mean("seed").values[:-1]
        axis.plot(needs, chance, color=GREY, linestyle=":", label="random, 95th percentile")
        axis.axhline(0, color=GREY, linewidth=0.6)
        axis.set_title(
            f"{case['world'].values} ({case['policy'].values})\nlayer {int(case['layer'])}"
        )
    for axis in axes:
        spec = axis.get_subplotspec()
        if spec.is_last_row():
            axis.set_xlabel("fraction p that needs power")
        if spec.is_first_col():
            axis.set_ylabel("log-odds per unit of norm")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def plans(dataset: xarray.Dataset) -> Figure:
    """Power taken where it is useless, and regrets, over training."""
    group = list(cases(dataset))
    figure, axes = _panels(len(group), 4.6, 2.8, sharey=True)
    for axis, case in zip(axes, group, strict=True):
        updates = case["updates"].values.astype(int)
        x = np.arange(len(updates))
        for name, colour, style, label in (
            ("takes_0", POWER, "-", "takes power, not needed"),
            ("regret_ends", INK, "-", "regret, rewards on ends"),
            ("planner_ends", TWIN, "--", "the same of a power planner as indecisive"),
            ("regret_any", NULL, ":", "regret, rewards on any state"),
        ):
            bands = [over_seeds(row) for row in case[name].transpose("checkpoint", "seed").values]
            mean = [b.mean for b in bands]
            axis.plot(x, mean, color=colour, linestyle=style, label=label)
            axis.fill_between(
                x,
                [b.low for b in bands],
                [b.high for b in bands],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        axis.set_xticks(x, [str(u) for u in updates])
        axis.set_ylim(-0.05, 1.08)
        axis.set_title(f"{case['world'].values} ({case['policy'].values})")
        axis.set_xlabel("updates")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def kinds(dataset: xarray.Dataset) -> Figure:
    """Size of the drive against the price of indifference, over training."""
    group = list(cases(dataset))
    figure, axes = _figure(3.2 * len(group), 3.5, ncols=len(group), sharey=True)
    for axis, case in zip(np.atleast_1d(axes), group, strict=True):
        worth = float(case["worth"])
        axis.axhspan(worth, 1.35, color=POWER, alpha=0.08, linewidth=0)
        axis.axhspan(-0.05, worth, color=TWIN, alpha=0.06, linewidth=0)
        axis.text(0.86, worth + 0.02, "strong", color=POWER, ha="right", va="bottom")
        axis.text(0.86, worth - 0.02, "weak", color=TWIN, ha="right", va="top")
        for need, colour in zip(case["need"].values, (TWIN, NULL, POWER), strict=True):
            one = case.sel(need=need).transpose("seed", "updates")
            p = one["probability"].values
            size = (p - p[:, :1]).mean(0)
            price = one["indifference"].values.mean(0)
            axis.plot(size, price, color=colour, marker="o", markersize=4, label=f"p = {need:g}")
            ends = over_seeds((p - p[:, :1])[:, -1]), over_seeds(one["indifference"].values[:, -1])
            axis.errorbar(
                [ends[0].mean],
                [ends[1].mean],
                xerr=[ends[0].high - ends[0].mean],
                yerr=[ends[1].high - ends[1].mean],
                color=colour,
                marker="*",
                markersize=12,
                elinewidth=0.9,
            )
        axis.set_title(str(case["world"].values))
        axis.set_xlabel("size: P(power) over untrained")
        axis.set_xlim(-0.05, 0.88)
        axis.set_ylim(-0.05, 1.35)
    np.atleast_1d(axes)[0].set_ylabel("price of indifference")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def accounts(dataset: xarray.Dataset) -> Figure:
    """The share that goes over to the agent's own account, over the overlap."""
    group = list(cases(dataset))
    figure, axes = _figure(3.6 * len(group), 3.4, ncols=len(group), sharey=True)
    for axis, case in zip(np.atleast_1d(axes), group, strict=True):
        found = own_sake_of(case)
        x = np.array(found.overlaps)
        axis.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        for bands, colour, style, label in (
            (found.predicted(), TWIN, "--", "kernel, before training"),
            (found.share(1), NULL, "-", "after 4 updates"),
            (found.share(-1), POWER, "-", "at the end"),
        ):
            mean = [b.mean for b in bands]
            axis.plot(x, mean, color=colour, linestyle=style, marker="o", label=label)
            axis.fill_between(
                x,
                [b.low for b in bands],
                [b.high for b in bands],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        axis.set_title(str(case["policy"].values))
        axis.set_xlabel("overlap of the two accounts")
    np.atleast_1d(axes)[0].set_ylabel("share of the gain that goes over")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure
