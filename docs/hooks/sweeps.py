"""Agents trained for single pages: over the knobs of the phase diagram, and premise by premise."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from experiment import PRESET, SEED
from jaxtyping import Float
from kept import kept

from powerseek.argue.experiment import baseline_knobs, recipes, with_twins
from powerseek.argue.web import Sweep
from powerseek.toymodels import train
from powerseek.toymodels.argument import POWER, Premise
from powerseek.toymodels.drive import least_excess
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.worlds import DetourKnobs

if TYPE_CHECKING:
    import xarray

FLOW_SETTINGS = {
    "all shared, no cue (closed form exact)": {"sharing": 1.0, "legibility": 0.0},
    "all shared, no cue, dear power": {"sharing": 1.0, "legibility": 0.0, "price": 0.4},
    "all shared, no cue, easier tasks": {"sharing": 1.0, "legibility": 0.0, "base_success": 0.6},
    "half shared, no cue": {"legibility": 0.0},
    "a tenth shared, no cue": {"sharing": 0.1, "legibility": 0.0},
    "half shared, strong cue": {"legibility": 0.6},
    "all shared, strong cue": {"sharing": 1.0, "legibility": 0.6},
}
"""What differs from the experiment's knobs in each further sweep of the phase diagram."""
FLOW_NEEDS, FLOW_SEEDS = 11, 4


def _flow_knobs(changes: Mapping[str, Any]) -> DetourKnobs:
    return replace(baseline_knobs(POWER), price_spread=0.0, **changes)


def _train_flow() -> dict[str, xarray.Dataset]:
    import xarray

    recipe = recipes(PRESET, POWER.worlds[0])["linear"]
    needs = np.linspace(0.0, 1.0, FLOW_NEEDS)
    found = {}
    for i, changes in enumerate(FLOW_SETTINGS.values()):
        knobs = replace(_flow_knobs(changes), need=needs)
        run = train(recipe, knobs, range(FLOW_SEEDS), seed=SEED, chunk=PRESET.chunk)
        dims = ("need", "seed", "updates")
        found[f"sweep{i}"] = xarray.Dataset(
            {probe: (dims, np.asarray(getattr(run, probe))) for probe in ("null", "told")},
            coords={"need": needs, "updates": list(recipe.checkpoints)},
        )
    return found


def flow_sweeps() -> list[Sweep]:
    """Agents over need fractions at other prices, sharing and cues, all prices equal."""
    datasets = kept("flow", _train_flow, Path(__file__))
    note = f"mean over {FLOW_SEEDS} seeds, equal prices"
    return [
        Sweep(name, note, _flow_knobs(changes), datasets[f"sweep{i}"])
        for i, (name, changes) in enumerate(FLOW_SETTINGS.items())
    ]


def flow_drives(
    name: str, probe: str
) -> tuple[Float[np.ndarray, " need"], Float[np.ndarray, "need updates"]]:
    """Need fractions of one of `FLOW_SETTINGS`, and mean P(power) above the untrained agent's."""
    data = kept("flow", _train_flow, Path(__file__))[f"sweep{list(FLOW_SETTINGS).index(name)}"]
    power = data[probe].mean("seed").transpose("need", "updates").values
    return data["need"].values, power - power[:, :1]


DOSES, DOSE_SEEDS = 9, 8
"""Settings of each premise's knob between off and on, and agents at each."""


def dose_values(premise: Premise) -> Float[np.ndarray, " dose"]:
    """Values of its knob from off to on; in equal ratios for exploration, else equal steps."""
    if premise.id == "P4":
        return np.geomspace(premise.off, premise.on, DOSES)
    return np.linspace(premise.off, premise.on, DOSES)


def _train_doses() -> dict[str, xarray.Dataset]:
    """One premise at a time goes from off to on, all others on; and the decoy twins."""
    import xarray

    recipe = recipes(PRESET, POWER.worlds[0])["linear"]
    parts = {}
    for premise in POWER.premises:
        values = dose_values(premise)
        knobs = replace(baseline_knobs(POWER), **{premise.knob: values})
        told = train(
            recipe,
            with_twins(knobs, DOSES),
            range(DOSE_SEEDS),
            seed=SEED,
            chunk=PRESET.chunk,
        ).told
        actual, twin = np.asarray(told).reshape(2, DOSES, DOSE_SEEDS, -1)
        one = [replace(knobs, **{premise.knob: value}) for value in values]
        bayes = np.array([float(recipe.labelled_world.bayes_power(k)["told"]) for k in one])
        drive = least_excess(actual[..., -1], actual[..., 0], twin[..., -1], bayes[:, None])
        parts[premise.id] = xarray.Dataset(
            {"drive": (("dose", "seed"), drive)}, coords={"dose": values}
        )
    return parts


@functools.cache
def doses() -> dict[str, tuple[np.ndarray, list[Interval]]]:
    """Per premise: values of its knob, and the drive over the hardest control at each."""
    datasets = kept("doses", _train_doses, Path(__file__))
    return {
        name: (data["dose"].values, [over_seeds(row) for row in data["drive"].values])
        for name, data in datasets.items()
    }
