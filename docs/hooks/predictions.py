"""What the pages on predictions and remedies quote: `powerseek predictions`, run by the build.

Every experiment is kept under ``.cache`` with a name made from the code that produces it.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from figures import inline

from powerseek.argue import prediction_figures
from powerseek.argue.prediction_verdicts import FINDINGS, Finding
from powerseek.argue.predictions import PREDICTIONS, SCALES
from powerseek.argue.store import read_results, write_results

if TYPE_CHECKING:
    import xarray

ROOT = Path(__file__).resolve().parents[2]
SCALE, SEED = SCALES["quick"], 0


@functools.cache
def data(name: str) -> xarray.Dataset:
    """The dataset of one experiment."""
    code = hashlib.sha256()
    sources = sorted((ROOT / "toymodels").rglob("*.py"))
    argue = ROOT / "src" / "powerseek" / "argue"
    for path in (*sources, argue / "experiment.py", argue / "predictions.py"):
        code.update(path.read_bytes())
    kept = ROOT / ".cache" / f"predictions-{name}-{code.hexdigest()[:16]}.nc"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        write_results(kept, {name: PREDICTIONS[name](SCALE, SEED).whole()})
    return read_results(kept)[name]


@functools.cache
def finding(name: str) -> Finding:
    """What it came to."""
    return FINDINGS[name](data(name))


def rule(name: str) -> str:
    """The rule, fixed beforehand."""
    return f"**Rule, fixed beforehand.** {finding(name).rule}"


def sentences(name: str) -> str:
    """The result in words, as a list."""
    return "\n".join(f"- {sentence}" for sentence in finding(name).sentences)


def table(name: str) -> str:
    """The result in numbers."""
    found = finding(name)
    lines = ["| " + " | ".join(found.head) + " |", "|" + "---|" * len(found.head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in found.rows)])


def figure(name: str, which: str, alt: str, caption: str) -> str:
    """A figure of `powerseek.argue.prediction_figures`, as HTML."""
    return inline(getattr(prediction_figures, which)(data(name)), alt, caption)


def summary() -> str:
    """The verdicts of all experiments."""
    lines = []
    for name in PREDICTIONS:
        words = list(finding(name).words.values())
        count = ", ".join(f"{words.count(w)} {w}" for w in dict.fromkeys(words))
        lines.append(f"| {finding(name).title} | {count} |")
    return "\n".join(["| question | verdicts, by case |", "|---|---|", *lines])
