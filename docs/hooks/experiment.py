"""The results that pages quote: `powerseek argue --preset quick`, run by the build itself."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import numpy as np
from figures import inline
from kept import ROOT, kept

from powerseek.argue import PRESETS, Summary, figures, run_stages, summarise
from powerseek.argue.experiment import baseline_knobs
from powerseek.argue.summary import closed_form_thresholds, late_thresholds
from powerseek.toymodels.argument import POWER
from powerseek.toymodels.statistics import Interval
from powerseek.toymodels.studies.crossing import crossing
from powerseek.toymodels.worlds import Hub

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

PRESET, SEED = PRESETS["quick"], 0


@functools.cache
def stages() -> dict[str, xarray.Dataset]:
    """The datasets of all stages."""
    return kept("argue-quick", lambda: dict(run_stages(POWER, PRESET, SEED, lambda *_: None)))


@functools.cache
def summary() -> Summary:
    """The verdicts on them."""
    return summarise(POWER, PRESET, SEED, stages())


def number(interval: Interval, digits: int = 2) -> str:
    """A mean with its interval, as pages write it."""
    low, high = f"{interval.low:.{digits}f}", f"{interval.high:.{digits}f}"
    return f"{interval.mean:.{digits}f} [{low},\N{NO-BREAK SPACE}{high}]"


def highest_twin(learner: str) -> float:
    """The highest mean P(power) of a learner's decoy twins over training."""
    twins = stages()["learners"]["told"].sel(learner=learner, role="twin")
    return float(twins.mean("seed").max())


def crossings(probe: str) -> list[float]:
    """The need fraction at which the drive in a probe changes sign, per checkpoint."""
    phase = stages()["phase"]
    power = phase[probe].transpose("need", "seed", "updates").values
    drives = [power[..., k] - power[..., 0] for k in range(1, power.shape[-1])]
    return [crossing(phase["need"].values, drive).mean for drive in drives]


def draw(name: str) -> Figure:
    """One of the report's figures: learners, phase, early or switchboard."""
    knobs = baseline_knobs(POWER)
    if name == "learners":
        bayes = float(Hub().bayes_power(knobs)["told"])
        return figures.learners_over_time(stages()["learners"], knobs, bayes)
    if name == "phase":
        return figures.phase_diagram(
            stages()["phase"], closed_form_thresholds(POWER), late_thresholds(POWER)
        )
    if name == "early":
        return figures.early_drive(stages()["phase"], (1, 2, 4))
    return figures.switchboard_chart(stages()["switchboard"], POWER)


README_FIGURE = ROOT / "docs" / "assets" / "learners.svg"
"""The one figure that is kept with the sources; ``python docs/hooks/experiment.py`` draws it."""


def check_readme_figure() -> None:
    """Hold the README's figure to the results: every number in it to half a point.

    Raises:
        RuntimeError: if it shows anything else.
    """
    kept_one, drawn = (
        re.findall(r"(?<![\w.])-?\d+\.\d+", text)
        for text in (README_FIGURE.read_text(encoding="utf-8"), figures.to_svg(draw("learners")))
    )
    if len(kept_one) != len(drawn) or not np.allclose(
        np.array(kept_one, float), np.array(drawn, float), rtol=0, atol=0.5
    ):
        raise RuntimeError(f"{README_FIGURE} is out of date: run python docs/hooks/experiment.py")


def figure(name: str, alt: str, caption: str) -> str:
    """One of the report's figures, as HTML for a page.

    Args:
        name: as for `draw`.
        alt: what it shows, for those who cannot see it.
        caption: the line under it; may hold HTML.
    """
    return inline(draw(name), alt, caption)


if __name__ == "__main__":
    README_FIGURE.write_text(figures.to_svg(draw("learners")), encoding="utf-8")
