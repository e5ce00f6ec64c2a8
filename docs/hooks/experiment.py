"""The results that pages quote: `powerseek argue --preset quick`, run by the build itself.

Runs are kept under ``.cache`` with names made from the code that produces them, so a second
build reuses them and a change of the code runs them again.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from figures import inline

from powerseek.argue import PRESETS, Summary, figures, run_stages, summarise
from powerseek.argue.experiment import baseline_knobs
from powerseek.argue.store import read_results, write_results
from powerseek.argue.summary import closed_form_thresholds
from powerseek.toymodels.argument import POWER
from powerseek.toymodels.statistics import Interval
from powerseek.toymodels.studies.crossing import crossing
from powerseek.toymodels.worlds import Hub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xarray
    from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENT = ROOT / "src" / "powerseek" / "argue" / "experiment.py"
PRESET, SEED = PRESETS["quick"], 0


def kept(
    name: str, compute: Callable[[], Mapping[str, xarray.Dataset]], *more: Path
) -> dict[str, xarray.Dataset]:
    """Datasets under ``.cache``, in a file named after the code that makes them.

    Args:
        name: what the file's name begins with.
        compute: makes the datasets where there is no such file.
        more: code that makes them besides the toy models and the experiment.
    """
    code = hashlib.sha256()
    for path in (*sorted((ROOT / "toymodels").rglob("*.py")), EXPERIMENT, *more):
        code.update(path.read_bytes())
    file = ROOT / ".cache" / f"{name}-{code.hexdigest()[:16]}.nc"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        write_results(file, compute())
    return read_results(file)


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


def crossings_of_told() -> list[float]:
    """The need fraction at which the drive in told probes changes sign, per checkpoint."""
    phase = stages()["phase"]
    told = phase["told"].transpose("need", "seed", "updates").values
    drives = [told[..., k] - told[..., 0] for k in range(1, told.shape[-1])]
    return [crossing(phase["need"].values, drive).mean for drive in drives]


def draw(name: str) -> Figure:
    """One of the report's figures: learners, phase, early or switchboard."""
    knobs = baseline_knobs(POWER)
    if name == "learners":
        bayes = float(Hub().bayes_power(knobs)["told"])
        return figures.learners_over_time(stages()["learners"], knobs, bayes)
    if name == "phase":
        return figures.phase_diagram(stages()["phase"], closed_form_thresholds(POWER))
    if name == "early":
        return figures.early_drive(stages()["phase"], (1, 2, 4))
    return figures.switchboard_chart(stages()["switchboard"], POWER)


def figure(name: str, alt: str, caption: str) -> str:
    """One of the report's figures, as HTML for a page.

    Args:
        name: as for `draw`.
        alt: what it shows, for those who cannot see it.
        caption: the line under it; may hold HTML.
    """
    return inline(draw(name), alt, caption)


if __name__ == "__main__":  # draws the README's figure: python docs/hooks/experiment.py
    target = ROOT / "docs" / "assets" / "learners.svg"
    target.write_text(figures.to_svg(draw("learners")), encoding="utf-8")
