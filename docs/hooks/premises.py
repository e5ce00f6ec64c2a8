"""What every premise page shows: its switch, what was measured, the theorems that bear on it.

The prose of each page is its own; the numbers and links are made here, from the argument's
data, the quick run, the dose sweeps and the ledger of theorems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from experiment import number, stages, summary
from figures import inline
from sweeps import DOSE_SEEDS, doses
from tables import plain

from powerseek.argue.figures import GREY, INK
from powerseek.argue.figures import POWER as RUST
from powerseek.proofs import THEOREMS
from powerseek.toymodels.argument import POWER, Claim, Premise
from powerseek.toymodels.statistics import Interval, over_seeds

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _premise(name: str) -> Premise:
    (found,) = (p for p in POWER.premises if p.id == name)
    return found


def _claim(name: str) -> Claim:
    return POWER.conclusion if name == POWER.conclusion.id else _premise(name)


def claim(name: str) -> str:
    """The claim, as a quotation of the argument's data."""
    return f"> **{name}.** {_claim(name).claim}\n"


def switch(name: str) -> str:
    """The knob that stands for the premise: on, off, and what they mean."""
    from powerseek.toymodels import HubKnobs

    p = _premise(name)
    meaning = {f.name: f.metadata["meaning"] for f in HubKnobs.describe()}[p.knob]
    return (
        "| knob | meaning | on | off | off means |\n|---|---|---|---|---|\n"
        f"| `{p.knob}` | {_latex(meaning)} | {plain(p.on)} | {plain(p.off)} | {p.switched_off} |\n"
    )


def measured(name: str) -> str:
    """The verdict in every world, with the interval and the margin."""
    s = summary()
    places = [(POWER.worlds[0], s.premises or ())]
    places += [(world.name, world.premises) for world in s.worlds or ()]
    p = _premise(name)
    lines = [
        f"Measured: {p.quantity}. Margin: {p.margin:g}.\n",
        "| world | mean [95% interval] | verdict |",
        "|---|---|---|",
    ]
    for world, verdicts in places:
        (verdict,) = (v for v in verdicts if v.claim.id == name)
        lines.append(
            f"| [{world}](../toymodels/{world}.md) | {number(verdict.interval)} "
            f"| **{verdict.word}** |"
        )
    return "\n".join(lines) + "\n"


def without(name: str) -> str:
    """The drive with only this premise off, and over all combinations."""
    (effect,) = (e for e in summary().effects or () if e.premise == name)
    necessary = {"supported": "yes", "not supported": "no"}.get(effect.necessary, effect.necessary)
    everything = over_seeds(_all_on())
    return (
        "| drive with all six on | with only this one off | largest upper end without it "
        "| necessary here |\n|---|---|---|---|\n"
        f"| {number(everything)} | {number(effect.alone_off)} | {effect.highest_off:.3f} "
        f"| **{necessary}** |\n"
    )


def _all_on() -> Any:
    from powerseek.argue.summary import switchboard_of

    board = switchboard_of(POWER, stages()["switchboard"])
    return board.drive[np.flatnonzero(board.on.all(axis=1))[0]]


def dose(name: str, caption: str) -> str:
    """The drive against the premise's knob, from off to on, as a figure (HTML)."""
    values, drives = doses()[name]
    p = _premise(name)
    ends = f"from {number(drives[0])} with it off to {number(drives[-1])} with it on"
    alt = f"The drive over the knob {p.knob}, {ends}"
    return inline(_drawn(p, values, drives), alt, caption + f" Means over {DOSE_SEEDS} seeds.")


def at(name: str, place: int) -> tuple[float, Interval]:
    """The knob's value and the drive at one place of the dose sweep (0 is off, -1 is on)."""
    values, drives = doses()[name]
    return float(values[place]), drives[place]


def curve(name: str) -> np.ndarray:
    """Mean drives over the dose sweep, from off to on."""
    return np.array([drive.mean for drive in doses()[name][1]])


def _drawn(premise: Premise, values: np.ndarray, drives: list[Interval]) -> Figure:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as MplFigure

    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = MplFigure(figsize=(6.4, 2.9), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
    means = [d.mean for d in drives]
    axis.axhline(0, color=GREY, linewidth=0.8)
    margin = POWER.conclusion.margin
    axis.axhline(margin, color=RUST, linestyle="--", linewidth=1)
    axis.annotate("margin", (1, margin), xycoords=("axes fraction", "data"), color=RUST, ha="right",
                  va="bottom")  # fmt: skip
    half = [d.high - d.mean for d in drives]
    axis.errorbar(values, means, yerr=half, fmt="o-", color=RUST, ecolor=INK, elinewidth=0.9)
    if premise.id == "P4":
        axis.set_xscale("log")
    axis.set_xlabel(f"{premise.knob} (off on the left, on on the right)")
    axis.set_ylabel("drive")
    axis.set_ylim(-0.4, 1.0)
    return figure


def theorems(name: str) -> str:
    """The theorems of the ledger that bear on it, with what each is for."""
    lines = [
        f"- [{t.title}](../proofs/index.md#{t.name}) ({t.status.value}). {_latex(t.use)}"
        for t in THEOREMS.values()
        if name in t.premises
    ]
    return "\n".join(lines) + "\n"


def _latex(text: str) -> str:
    """Maths between dollars, as pages write it."""
    parts = text.split("$")
    return "".join(f"\\({part}\\)" if i % 2 else part for i, part in enumerate(parts))


def conclusion() -> str:
    """The verdict on the conclusion for every learner, against each control."""
    learners = summary().learners
    assert learners is not None
    controls = list(learners[0].over)
    lines = [
        "| learner | P(power) | " + " | ".join(f"over {c}" for c in controls) + " | verdict |",
        "|---" * (len(controls) + 3) + "|",
    ]
    for x in learners:
        over = " | ".join(number(x.over[c]) for c in controls)
        lines.append(f"| {x.name} | {number(x.told)} | {over} | **{x.verdict.word}** |")
    return "\n".join(lines) + "\n"
