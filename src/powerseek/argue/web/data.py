"""What the explorers show, read off the datasets of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.argue.experiment import LEARNING_RATE, baseline_knobs
from powerseek.argue.summary import switchboard_of
from powerseek.toymodels.argument import Argument
from powerseek.toymodels.drive import least_excess
from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.verdicts import word_for
from powerseek.toymodels.worlds import WORLDS, Knobs

if TYPE_CHECKING:
    import xarray

FLOW_KNOBS = {
    "price": "price",
    "success": "base_success",
    "sharing": "sharing",
    "cue": "legibility",
}
"""The sliders of the phase diagram, and the knobs of the hub world that they are."""


def _interval(values: Any) -> list[float]:
    """Mean and ends of the 95% interval over seeds."""
    found = over_seeds(values)
    return [found.mean, found.low, found.high]


def switchboard_data(argument: Argument, boards: Mapping[str, xarray.Dataset]) -> dict[str, Any]:
    """The drive in every combination of premises, at every checkpoint.

    Args:
        argument: the argument.
        boards: finished switchboards, by the name of their world.

    Returns:
        ``premises``, and per board ``drive[cell][checkpoint]`` as mean, low and high, and
        what it is made of at the end. A cell's number has the first premise as highest bit.
    """
    return {
        "premises": [
            {"id": p.id, "name": p.name, "off": p.switched_off} for p in argument.premises
        ],
        "boards": [_board(argument, world, dataset) for world, dataset in boards.items()],
    }


def _board(argument: Argument, world: str, dataset: xarray.Dataset) -> dict[str, Any]:
    board = switchboard_of(argument, dataset)
    told = dataset["told"].transpose("cell", "role", "updates", "seed").values
    actual, twin = told[:, 0], told[:, 1]
    bayes = np.asarray(dataset["bayes"].values, float)
    drive = least_excess(actual, actual[:, :1], twin, bayes[:, None, None])
    code = board.on @ (1 << np.arange(len(board.premises))[::-1])
    cells = np.argsort(code)
    return {
        "world": world,
        "margin": board.margin,
        "seeds": int(dataset.sizes["seed"]),
        "updates": dataset["updates"].values.tolist(),
        "drive": [[_interval(row) for row in drive[i]] for i in cells],
        "end": [
            {
                "power": _interval(actual[i, -1]),
                "untrained": _interval(actual[i, 0]),
                "twin": _interval(twin[i, -1]),
                "bayes": float(bayes[i]),
                "word": word_for(over_seeds(drive[i, -1]), board.margin),
            }
            for i in cells
        ],
    }


@dataclass(frozen=True)
class Sweep:
    """Agents trained over need fractions, to be shown over the closed form.

    Attributes:
        name: what the list of sweeps calls it.
        note: what kind of agents these are, for the legend.
        knobs: their knobs; the need fraction is in the dataset.
        dataset: P(power) in ``null`` and ``told`` probes, by need, seed and updates.
    """

    name: str
    note: str
    knobs: Knobs
    dataset: xarray.Dataset


def sweep_of_run(argument: Argument, dataset: xarray.Dataset, name: str = "of this run") -> Sweep:
    """The stage ``phase`` of a run."""
    knobs = baseline_knobs(argument)
    spread = float(np.asarray(knobs.price_spread))
    seeds = int(dataset.sizes["seed"])
    note = f"mean over {seeds} seeds, prices spread by {spread:.0%} either way"
    return Sweep(name, note, knobs, dataset)


def has_closed_form(argument: Argument) -> bool:
    """Whether the argument's first world is the one that `hub_theory` solves."""
    return argument.worlds[0] == "hub"


def phase_data(argument: Argument, sweeps: Sequence[Sweep]) -> dict[str, Any]:
    """Measured drives over need fraction and updates, and what the closed form needs to know.

    Args:
        argument: an argument whose first world is the hub.
        sweeps: at least one.
    """
    knobs = baseline_knobs(argument)
    return {
        "learning_rate": LEARNING_RATE,
        "tasks": WORLDS["hub"][0]().n_tasks,
        "exploration": float(np.asarray(knobs.exploration)),
        "runs": [_run(sweep) for sweep in sweeps],
    }


def _run(sweep: Sweep) -> dict[str, Any]:
    run: dict[str, Any] = {
        "name": sweep.name,
        "note": sweep.note,
        "knobs": {
            slider: float(np.asarray(getattr(sweep.knobs, knob)))
            for slider, knob in FLOW_KNOBS.items()
        },
        "needs": [round(float(p), 12) for p in sweep.dataset["need"].values],
        "updates": sweep.dataset["updates"].values.tolist(),
    }
    for probe in ("null", "told"):
        power = sweep.dataset[probe].transpose("need", "updates", "seed").values
        drive = power - power[:, :1]
        run[probe] = [[_interval(row) for row in rows] for rows in drive]
    return run
