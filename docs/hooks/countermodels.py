"""The six countermodels and the world with all premises on, trained for the page on them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from figures import inline
from tables import plain

from powerseek.argue import figures
from powerseek.proofs.countermodels import ALL_ON, Trained, countermodels, train_model
from powerseek.proofs.strategies import CHECKPOINTS
from powerseek.toymodels.argument import POWER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIRST = "all on"


@functools.cache
def trained() -> dict[str, Trained]:
    """What an agent does in each world, by the premise that fails; first where none does."""
    out = {FIRST: train_model(ALL_ON)}
    return out | {premise: train_model(model.knobs) for premise, model in countermodels().items()}


def table() -> str:
    """The worlds, the theorem that excludes a drive, and what the trained agent does."""
    lines = [
        "| fails | what is off | excluded by | P(power), untrained | trained | drive |",
        "|---|---|---|---|---|---|",
    ]
    for premise, found in trained().items():
        power = f"{plain(found.untrained)} | {found.power[-1]:.3f} | {found.drive:+.3f}"
        if premise == FIRST:
            lines.append(f"| none | | | {power} |")
            continue
        model = countermodels()[premise]
        p = model.premise
        theorem = f"[`{model.theorem}`](index.md#{model.theorem})"
        off = f"`{p.knob}` = {plain(p.off)}: {p.switched_off}"
        lines.append(f"| {p.id} {p.name} | {off} | {theorem} | {power} |")
    return "\n".join(lines)


def curves() -> str:
    """P(power) where it is shown to be useless, over training, in all seven worlds."""
    return inline(
        _draw(),
        "Seven panels of P(power) over training: it rises above the margin in the first, where "
        "all premises hold, and stays at or below its start in the other six.",
        "P(power) in the told probe, where power is shown to be useless. Solid: the agent. "
        "Dashed: its decoy twin. Dotted: the untrained agent plus the margin of the conclusion.",
    )


def _draw() -> Figure:
    figure, axes = figures._figure(9.5, 4.4, nrows=2, ncols=4, sharex=True)
    x = range(len(CHECKPOINTS))
    panels = list(axes.ravel())
    for axis, (premise, found) in zip(panels, trained().items(), strict=False):
        axis.plot(x, found.power, color=figures.POWER, linewidth=2)
        axis.plot(x, found.power_of_twin, color=figures.TWIN, linestyle="--", linewidth=1.4)
        axis.axhline(
            max(found.untrained, found.bayes) + POWER.conclusion.margin,
            color=figures.GREY,
            linestyle=":",
        )
        axis.set_ylim(-0.03, 1.03)
        axis.set_title(premise if premise == FIRST else f"without {premise}")
        axis.set_xticks(list(x)[::2], [str(n) for n in CHECKPOINTS[::2]], fontsize=8)
    panels[-1].set_visible(False)
    for axis in (axes[0, 0], axes[1, 0]):
        axis.set_ylabel("P(power)")
    for axis in (*axes[1, :3], axes[0, 3]):
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("updates")
    return figure
