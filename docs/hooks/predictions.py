"""What the pages on predictions and remedies quote: `powerseek predictions`, run by the build."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from figures import inline
from kept import kept
from tables import dense

from powerseek.argue import prediction_figures
from powerseek.argue.prediction_verdicts import (
    FINDINGS,
    Finding,
    cases,
    conducts,
    frontier_of,
    own_sake_of,
)
from powerseek.argue.predictions import PREDICTIONS, SCALES
from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.studies import steering

if TYPE_CHECKING:
    import xarray

    from powerseek.toymodels.statistics import Interval
    from powerseek.toymodels.studies.frontier import Frontier

SCALE, SEED = SCALES["quick"], 0


@functools.cache
def data(name: str) -> xarray.Dataset:
    """The dataset of one experiment."""
    made = kept(f"predictions-{name}", lambda: {name: PREDICTIONS[name](SCALE, SEED).whole()})
    return made[name]


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
    return dense("\n".join([*lines, *("| " + " | ".join(row) + " |" for row in found.rows)]))


def figure(name: str, which: str, alt: str, caption: str) -> str:
    """A figure of `powerseek.argue.prediction_figures`, as HTML."""
    return inline(getattr(prediction_figures, which)(data(name)), alt, caption)


def supervised(supervisor: str) -> dict[str, Frontier]:
    """The frontiers of one supervisor, by world and policy."""
    return {
        f"{case['world'].values} ({case['policy'].values})": frontier_of(case)
        for case in cases(data("supervision"))
        if str(case["supervisor"].values) == supervisor
    }


def least_drive(found: Frontier) -> float:
    """The mean drive at a supervisor's best strength."""
    return float(found.drive[found.best()].mean())


def leads(setting: int, last_layer: bool | None = None) -> list[dict[str, Interval]]:
    """By how much power is easier to steer to than every rival, one entry for each layer.

    Args:
        setting: place among the need fractions; -1 is the control, a decoy as useful as power.
        last_layer: whether to have only the networks' last layers, or only the others.
    """
    found = list(cases(data("steering")))
    last: dict[tuple[str, str], int] = {}
    for case in found:
        network = (str(case["world"].values), str(case["policy"].values))
        last[network] = max(last.get(network, 0), int(case["layer"]))
    out = []
    for case in found:
        network = (str(case["world"].values), str(case["policy"].values))
        if last_layer is None or last_layer == (int(case["layer"]) == last[network]):
            at = case.isel(setting=setting)
            gain, chance = (at[n].transpose("seed", "goal").values for n in ("gain", "random"))
            out.append(steering.leads([str(g) for g in case["goal"].values], gain, chance))
    return out


def gains_of_power() -> list[list[float]]:
    """Log-odds per unit of norm for power over the need fractions, one list for each layer."""
    return [
        case["gain"].sel(goal="power").isel(setting=slice(0, -1)).mean("seed").values.tolist()
        for case in cases(data("steering"))
    ]


def conduct(checkpoint: int = -1) -> list[dict[str, Interval]]:
    """What agents did with power where it is of no use, one entry for each world and policy."""
    out = []
    for case in cases(data("coherence")):
        found = conducts(case, checkpoint)
        columns = {
            "power": [c.takes[0] for c in found],
            "decoy": [c.takes[2] for c in found],
            "back": [c.gives_back for c in found],
            "used": [c.used for c in found],
            "ends": [c.regret_ends for c in found],
            "apart": [c.regret_any - c.planner_any for c in found],
        }
        out.append({name: over_seeds(values) for name, values in columns.items()})
    return out


def kinds(need: int) -> list[str]:
    """The kind of power-seeking in every world, at one place among its need fractions."""
    words = finding("taxonomy").words
    return [
        words[f"{case['world'].values}, p = {case['need'].values[need]:g}"]
        for case in cases(data("taxonomy"))
    ]


def kernel_error(policy: str) -> float:
    """How far the share that goes over is from what the untrained kernel says, at most."""
    (case,) = (c for c in cases(data("own-sake")) if str(c["policy"].values) == policy)
    found = own_sake_of(case)
    pairs = zip(found.share(-1), found.predicted(), strict=True)
    return max(abs(measured.mean - said.mean) for measured, said in pairs)


def summary() -> str:
    """The verdicts of all experiments."""
    lines = []
    for name in PREDICTIONS:
        words = list(finding(name).words.values())
        count = ", ".join(f"{words.count(w)} {w}" for w in dict.fromkeys(words))
        lines.append(f"| {finding(name).title} | {count} |")
    return "\n".join(["| question | verdicts, by case |", "|---|---|", *lines])
