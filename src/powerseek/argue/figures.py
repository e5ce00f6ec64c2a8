"""The figures of the report, drawn from a results file.

Every function takes a dataset of `powerseek.argue.experiment` and returns a matplotlib
figure; nothing is shown and no global state is changed.
"""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.argument import Argument
from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.worlds import DetourKnobs

from .summary import kernel_of, switchboard_of

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, POWER, TWIN, NULL = "#1f2328", "#8b949e", "#b3400f", "#2f6f9f", "#d99a2b"

WIDEST = 10.5  # inches

_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.hashsalt": "powerseek",
    "svg.fonttype": "path",
}


def _figure(width: float, height: float, **layout: Any) -> tuple[Figure, Any]:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(**layout)
    return figure, axes


def _panels(count: int, width: float, height: float, **layout: Any) -> tuple[Figure, Any]:
    """A figure with a panel for each of `count` cases, two to four in a row."""
    columns = min(count, 2 if count <= 4 else 3 if count <= 9 else 4)
    rows = -(-count // columns)
    shrunk = min(1.0, WIDEST / (width * columns))
    size = (width * columns * shrunk, height * rows * shrunk**0.5)
    figure, axes = _figure(*size, nrows=rows, ncols=columns, squeeze=False, **layout)
    panels = axes.ravel()
    for spare in panels[count:]:
        spare.set_visible(False)
    return figure, panels[:count]


def to_svg(figure: Figure) -> str:
    """The figure as a deterministic SVG element, ready to be put into a page."""
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def labelled_svg(figure: Figure, alt: str) -> str:
    """The same for those who cannot see it, with its natural width for style sheets.

    Args:
        figure: the figure.
        alt: what it shows.
    """
    width = 96 * float(figure.get_size_inches()[0])  # CSS pixels
    label = f'<svg role="img" aria-label="{escape(alt)}" style="--natural: {width:.0f}px" '
    return to_svg(figure).replace("<svg ", label, 1)


def phase_diagram(
    dataset: xarray.Dataset,
    early: dict[str, float],
    late: dict[str, float],
    choice: str = "power",
) -> Figure:
    """Drive over the untrained agent, over need fraction and training time.

    Args:
        dataset: the stage ``phase``.
        early: the closed-form early threshold in each kind of probe.
        late: where the sign changes as training goes on for ever, likewise.
        choice: what the worlds' power stands for, as in "P(power)".
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure, axes = _figure(9.5, 3.9, ncols=2, sharey=True)
    needs = dataset["need"].values
    updates = dataset["updates"].values[1:]
    titles = {"null": "no task announced", "told": f"{choice} shown to be useless"}
    colours = ScalarMappable(Normalize(-0.75, 0.75), "PuOr_r")
    for axis, probe in zip(axes, ("null", "told"), strict=True):
        mean = dataset[probe].mean("seed").transpose("updates", "need").values
        drive = mean[1:] - mean[0]
        axis.pcolormesh(
            needs,
            np.arange(len(updates)),
            drive,
            cmap=colours.cmap,
            norm=colours.norm,
            shading="nearest",
            rasterized=False,
        )
        axis.contour(
            needs, np.arange(len(updates)), drive, levels=[0.0], colors=INK, linewidths=1.4
        )
        axis.axvline(early[probe], color=POWER, linestyle="--", linewidth=1.6)
        axis.axvline(late[probe], color=GREY, linestyle=":", linewidth=1.6)
        top = len(updates) - 0.45
        axis.text(early[probe], top, "early p*", color=POWER, ha="center", va="bottom")
        axis.text(late[probe], top, "late", color=GREY, ha="center", va="bottom")
        axis.set_title(titles[probe], pad=20)
        axis.set_xlabel(f"fraction p of training tasks that need {choice}")
        axis.set_yticks(np.arange(len(updates))[::2], [str(u) for u in updates[::2]])
    axes[0].set_ylabel("updates")
    figure.colorbar(colours, ax=axes, label=f"drive: P({choice}) minus untrained", pad=0.02)
    return figure


def learners_over_time(
    dataset: xarray.Dataset, knobs: DetourKnobs, bayes: float, choice: str = "power"
) -> Figure:
    """P(power), or whatever the choice is called, over training for each learner."""
    names = [str(name) for name in dataset["learner"].values]
    figure, axes = _figure(3.2 * len(names), 3.4, ncols=len(names), sharey=True)
    updates = dataset["updates"].values
    x = np.arange(len(updates))
    for axis, name in zip(np.atleast_1d(axes), names, strict=True):
        one = dataset.sel(learner=name)
        for role, probe, colour, label in (
            ("actual", "told", POWER, "trained, shown it is useless"),
            ("actual", "null", NULL, "trained, no task announced"),
            ("twin", "told", TWIN, "decoy twin, shown it is useless"),
        ):
            _band(axis, one[probe].sel(role=role), colour, label)
        axis.axhline(float(knobs.exploration), color=GREY, linestyle=":", label="untrained")
        axis.axhline(bayes, color=INK, linestyle="--", linewidth=1, label="Bayes-optimal")
        axis.set_title(name)
        axis.set_xlabel("updates")
        axis.set_xticks(x[::3], [str(u) for u in updates[::3]])
        axis.set_ylim(-0.03, 1.03)
    axes = np.atleast_1d(axes)
    axes[0].set_ylabel(f"P({choice})")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def training_curves(dataset: xarray.Dataset) -> Figure:
    """Capability, and P(power) where it is useless, over training, one column per setting.

    Args:
        dataset: of `powerseek.laboratory.train_run`, or the like.
    """
    shown = [str(name) for name in dataset["setting"].values][:6]
    figure, axes = _figure(
        max(4.2, 2.7 * len(shown)), 5.0, nrows=2, ncols=len(shown), sharey="row", squeeze=False
    )
    x = np.arange(dataset.sizes["updates"])
    labels = [str(u) for u in dataset["updates"].values]
    for column, name in enumerate(shown):
        one = dataset.isel(setting=column)
        capability = (one["returns"] / one["best"]).sel(role="actual")
        _band(axes[0, column], capability, INK, "return / best return")
        axes[0, column].set_title("" if name == "defaults" else name)
        for role, probe, colour, label in (
            ("actual", "told", POWER, "shown it is useless"),
            ("actual", "null", NULL, "no task announced"),
            ("twin", "told", TWIN, "decoy twin, shown it is useless"),
        ):
            _band(axes[1, column], one[probe].sel(role=role), colour, label)
        axes[1, column].set_xlabel("updates")
        for axis in axes[:, column]:
            axis.set_xticks(x[::3], labels[::3])
        axes[1, column].set_ylim(-0.03, 1.03)
    axes[0, 0].set_ylabel("capability")
    axes[1, 0].set_ylabel("P(power)")
    handles, words = axes[1, 0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside lower center", ncols=1 if len(shown) == 1 else 3)
    return figure


def climbing_curves(dataset: xarray.Dataset) -> Figure:
    """How high agents in graphs climb POWER over training, with their relabelled twins.

    Args:
        dataset: of `powerseek.laboratory.GraphsRun`.
    """
    probes = ("null", "novel", "held_out")
    figure, axes = _figure(9.5, 3.4, ncols=len(probes), sharey=True)
    x = np.arange(dataset.sizes["updates"])
    labels = [str(u) for u in dataset["updates"].values]
    for axis, probe in zip(axes, probes, strict=True):
        start = dataset[f"climb_{probe}"].isel(updates=0)
        for name, colour, label in (
            (f"climb_{probe}", POWER, "trained"),
            (f"twin_climb_{probe}", TWIN, "relabelled twin"),
        ):
            _band(axis, (dataset[name] - start).rename(graph="seed"), colour, label)
        axis.axhline(0, color=GREY, linestyle=":", label="untrained")
        bayes = float((dataset["bayes_climb"] - start).mean())
        axis.axhline(bayes, color=INK, linestyle="--", linewidth=1, label="Bayes-optimal, no goal")
        axis.set_title({"null": "no goal", "novel": "novel goals"}.get(probe, "held-out goals"))
        axis.set_xlabel("updates")
        axis.set_xticks(x[::2], labels[::2])
    axes[0].set_ylabel("gain in POWER per step")
    handles, words = axes[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside lower center", ncols=4)
    return figure


def _band(axis: Axes, values: xarray.DataArray, colour: str, label: str) -> None:
    """A mean over seeds along the updates, with its 95% interval."""
    bands = [over_seeds(v) for v in values.transpose("updates", "seed").values]
    x = np.arange(len(bands))
    axis.plot(x, [b.mean for b in bands], color=colour, label=label, linewidth=2)
    low, high = [b.low for b in bands], [b.high for b in bands]
    axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)


def switchboard_chart(dataset: xarray.Dataset, argument: Argument) -> Figure:
    """The drive in all cells, sorted by how many premises are on."""
    board = switchboard_of(argument, dataset)
    order = np.lexsort((board.drive.mean(axis=1), board.on.sum(axis=1)))
    intervals = [over_seeds(board.drive[i]) for i in order]
    figure, (bars, dots) = _figure(
        9.5, 4.6, nrows=2, sharex=True, gridspec_kw={"height_ratios": [2.2, 1.2]}
    )
    x, means = np.arange(len(order)), np.array([i.mean for i in intervals])
    colours = [POWER if i.low > board.margin else GREY for i in intervals]
    bars.bar(x, means, color=colours, width=0.8)
    half = [max(i.high - i.mean, 0.0) for i in intervals]
    bars.errorbar(x, means, yerr=half, fmt="none", ecolor=INK, elinewidth=0.8)
    bars.axhline(board.margin, color=POWER, linestyle="--", linewidth=1)
    bars.axhline(0, color=GREY, linewidth=0.8)
    bars.text(0, board.margin, "margin", color=POWER, va="bottom")
    bars.set_ylabel("drive over the hardest control")
    _premise_dots(dots, board.on[order], board.premises)
    boundaries = np.flatnonzero(np.diff(board.on[order].sum(axis=1))) + 0.5
    for b in boundaries:
        dots.axvline(b, color=GREY, linewidth=0.5)
    dots.set_xlabel("the 64 combinations, by number of premises on")
    return figure


def _premise_dots(axis: Axes, on: np.ndarray, premises: tuple[str, ...]) -> None:
    x = np.arange(len(on))
    for row in range(len(premises)):
        axis.scatter(x, np.full(len(on), row), s=14, color="#e3e6ea", linewidths=0)
        lit = x[on[:, row]]
        axis.scatter(lit, np.full(len(lit), row), s=18, color=INK, linewidths=0)
    axis.set_yticks(range(len(premises)), premises)
    axis.invert_yaxis()
    axis.set_xticks([])
    for spine in axis.spines.values():
        spine.set_visible(False)


def early_drive(dataset: xarray.Dataset, updates: tuple[int, ...]) -> Figure:
    """Predicted against measured early drive, one point per need fraction."""
    kernel, rate = kernel_of(dataset), float(dataset.attrs["learning_rate"])
    figure, axes = _figure(3.1 * len(updates), 3.3, ncols=len(updates))
    for axis, n in zip(np.atleast_1d(axes), updates, strict=True):
        limits = []
        for probe, colour in (("null", NULL), ("told", POWER)):
            predicted = getattr(kernel, f"{probe}_drive")(rate * n)
            measured = (dataset[probe].sel(updates=n) - dataset[probe].sel(updates=0)).values
            bands = [over_seeds(row) for row in measured]
            half = [b.high - b.mean for b in bands]
            mean = [b.mean for b in bands]
            axis.errorbar(
                predicted.mean(axis=1),
                mean,
                yerr=half,
                fmt="o",
                markersize=3.5,
                color=colour,
                elinewidth=0.8,
                label=probe,
            )
            limits += [predicted.mean(axis=1).min(), predicted.mean(axis=1).max()]
        ends = [min(limits), max(limits)]
        axis.plot(ends, ends, color=GREY, linewidth=1, zorder=0)
        axis.set_title(f"after {n} update{'s' if n > 1 else ''}")
        axis.set_xlabel("predicted drive (kernel)")
    np.atleast_1d(axes)[0].set_ylabel("measured drive")
    np.atleast_1d(axes)[0].legend(title="probe", loc="upper left")
    return figure
