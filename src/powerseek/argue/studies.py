r"""Studies that go further than the argument's own stages, each a `Stage`.

* ``fields``: the drive over the need fraction and each of five knobs
  (`powerseek.toymodels.studies.phase`);
* ``persistence``: what is left of the drive when the tasks change, for several learners
  (`powerseek.toymodels.studies.persistence`);
* ``yoked``: reward for power against being led to it (`powerseek.toymodels.studies.yoked`);
* ``calibration``: predicted and measured early drives in every world, for every policy
  (`powerseek.toymodels.studies.calibration`).

A fifth, ``label-free``, has a module of its own (`powerseek.argue.label_free_stage`).

Beside each of the functions that make a stage, a ``read_...`` function gives back, from the
dataset alone, what the toy models make of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.policies import MLP, POLICIES
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.studies.calibration import Calibration, Rates, calibrate
from powerseek.toymodels.studies.persistence import REGIMES, Persistence, doubling, persist
from powerseek.toymodels.studies.phase import DriveField, drive_field
from powerseek.toymodels.studies.yoked import GROUPS, YokedRun, yoke
from powerseek.toymodels.worlds import DETOUR_WORLDS, Hub, HubKnobs
from powerseek.toymodels.worlds.padded import Padded, Room

from .label_free_stage import label_free
from .stage import Stage

if TYPE_CHECKING:
    import xarray

AXES: dict[str, tuple[float, float]] = {
    "price": (0.05, 0.65),
    "base_success": (0.0, 0.75),
    "legibility": (0.0, 0.9),
    "sharing": (0.05, 0.95),
    "exploration": (0.02, 0.6),
}
"""Knobs of the fields beside the need fraction, with the ends of their axes."""

FIELD_RATE = 8.0
FIELD_CHUNK = 128

NETWORK: dict[str, Any] = {
    "policy": MLP(),
    "optimiser": "adam",
    "learning_rate": 3e-3,
    "precision": "float32",
}

RATES = {"linear": 1.0, "tabular": 1.0, "mlp": 0.1, "attention": 0.1}
"""Learning rates at which early drives are predicted, by policy."""

CALIBRATION_NEEDS = (0.0625, 0.25, 0.5, 0.75, 0.9375)


def drive_fields(
    updates: int,
    needs: int,
    levels: int,
    seeds: int,
    seed: int,
    knobs: Sequence[str] = tuple(AXES),
) -> Stage:
    """The drive in the hub over (need, knob), one field per knob."""
    recipe = Recipe(
        world=Hub(n_prices=2), learning_rate=FIELD_RATE, checkpoints=doubling(updates, 1)
    )
    need = np.linspace(0, 1, needs).tolist()

    def field(knob: str) -> list[xarray.Dataset]:
        values = np.linspace(*AXES[knob], levels).tolist()
        found = drive_field(
            recipe, HubKnobs(), need, knob, values, range(seeds), seed=seed, chunk=FIELD_CHUNK
        )
        part = found.to_dataset().rename({knob: "level"}).drop_vars("level")
        part = part.assign(value=("level", values)).assign_attrs(learning_rate=FIELD_RATE)
        return [part.expand_dims(knob=[knob])]

    return Stage("knob", tuple(partial(field, knob) for knob in knobs))


def read_field(dataset: xarray.Dataset, knob: str) -> DriveField:
    """One of the fields."""
    one = dataset.sel(knob=knob).transpose("need", "level", "seed", "updates")
    return DriveField(
        knobs=("need", knob),
        first=one["need"].values,
        second=one["value"].values,
        updates=one["updates"].values,
        learning_rate=float(dataset.attrs["learning_rate"]),
        null=one["null"].values,
        told=one["told"].values,
    )


def persistent_learners(builds: Sequence[int]) -> dict[str, Recipe]:
    """Linear learners trained for so long before the change, and two that use Adam."""
    linear = Recipe(world=Hub(n_prices=2), learning_rate=2.0)
    out = {f"linear, {n} updates": replace(linear, checkpoints=doubling(n)) for n in sorted(builds)}
    middle = sorted(builds)[len(builds) // 2]
    adam = replace(linear, optimiser="adam", learning_rate=0.03, checkpoints=doubling(middle))
    network = replace(
        linear,
        world=Hub(n_prices=2, probe_draws=8),
        checkpoints=doubling(middle),
        **NETWORK,
    )
    return out | {f"linear, Adam, {middle} updates": adam, f"MLP, Adam, {middle} updates": network}


def persistence(builds: Sequence[int], further: int, seeds: int, seed: int) -> Stage:
    """Train in the hub, change the tasks, go on; every learner under every regime."""

    def lasting(name: str, recipe: Recipe) -> list[xarray.Dataset]:
        found = persist(recipe, HubKnobs(), range(seeds), further=doubling(further), seed=seed)
        # Learners that stopped earlier have no later checkpoints: NaN there.
        return [found.to_dataset().expand_dims(learner=[name])]

    learners = persistent_learners(builds).items()
    return Stage("learner", tuple(partial(lasting, name, recipe) for name, recipe in learners))


def read_persistence(dataset: xarray.Dataset, learner: str) -> Persistence:
    """One learner under all regimes."""
    one = dataset.sel(learner=learner).dropna("updates", how="all", subset=["told"])
    return Persistence.from_dataset(one.transpose("regime", "seed", "updates", "further"))


def yoked(updates: int, seeds: int, seed: int) -> Stage:
    """Instrumental, directly rewarded and yoked agents in the hub, linear and MLP."""
    import xarray

    checkpoints = doubling(updates, 1)
    linear = Recipe(world=Hub(n_prices=2), learning_rate=2.0, checkpoints=checkpoints)
    network = replace(linear, world=Hub(n_prices=2, probe_draws=8), **NETWORK)

    def groups(name: str, recipe: Recipe) -> list[xarray.Dataset]:
        run = yoke(recipe, HubKnobs(), range(seeds), seed=seed)
        dims = ("group", "seed", "updates")
        columns = {
            f.name: (dims, np.stack([getattr(run.groups[g], f.name)[0] for g in GROUPS]))
            for f in fields(Measurement)
        }
        columns["visits"] = (dims, np.stack([run.visits[g][0] for g in GROUPS]))
        part = xarray.Dataset(columns, {"group": list(GROUPS), "updates": list(checkpoints)})
        return [part.expand_dims(learner=[name])]

    return Stage("learner", (partial(groups, "linear", linear), partial(groups, "MLP", network)))


def read_yoked(dataset: xarray.Dataset, learner: str) -> YokedRun:
    """All groups of one learner."""
    one = dataset.sel(learner=learner).transpose("group", "seed", "updates")

    def measurement(group: str) -> Measurement:
        columns: dict[str, Any] = {
            f.name: one[f.name].sel(group=group).values[None] for f in fields(Measurement)
        }
        return Measurement(**columns)

    groups = [str(g) for g in one["group"].values]
    return YokedRun(
        {g: measurement(g) for g in groups},
        {g: one["visits"].sel(group=g).values[None] for g in groups},
    )


def calibrated(
    worlds: Sequence[str] = tuple(DETOUR_WORLDS), policies: Sequence[str] = tuple(POLICIES)
) -> dict[str, tuple[str, Recipe]]:
    """Learners whose early drives are predicted: name to (world, recipe).

    All worlds are put in one room, so that learners of one policy share the compiled training.
    """
    bare = {world: DETOUR_WORLDS[world][0](n_prices=2) for world in worlds}
    room = Room.for_all((bare[world], DETOUR_WORLDS[world][1]()) for world in worlds)
    return {
        f"{world}, {policy}": (
            world,
            Recipe(
                world=Padded(bare[world], room),
                policy=POLICIES[policy](),
                learning_rate=RATES[policy],
                checkpoints=(0, 1, 4, 16),
            ),
        )
        for policy in policies
        for world in worlds
    }


def with_adam(world: str, policy: str, learning_rate: float) -> dict[str, tuple[str, Recipe]]:
    """The same for a learner that uses Adam, where the kernel alone is expected to fail."""
    (name,), ((_, recipe),) = zip(*calibrated([world], [policy]).items(), strict=True)
    changed = replace(recipe, optimiser="adam", learning_rate=learning_rate)
    return {f"{name}, Adam": (world, changed)}


def calibration(learners: Mapping[str, tuple[str, Recipe]], seeds: int, seed: int) -> Stage:
    """Predict and train, for several learners."""
    import xarray

    def compare(name: str, world: str, recipe: Recipe) -> list[xarray.Dataset]:
        knobs = DETOUR_WORLDS[world][1](need=np.array(CALIBRATION_NEEDS))
        found = calibrate(recipe, knobs, range(seeds), seed=seed)
        dims = ("need", "seed", "updates", "probe")
        part = xarray.Dataset(
            {rate: (dims, values) for rate, values in asdict(found.rates).items()},
            {
                "need": list(CALIBRATION_NEEDS),
                "updates": list(recipe.checkpoints),
                "probe": ["null", "told"],
            },
        )
        part = part.assign(learning_rate=recipe.learning_rate)
        return [part.expand_dims(learner=[name])]

    steps = (partial(compare, name, world, recipe) for name, (world, recipe) in learners.items())
    return Stage("learner", tuple(steps))


def read_calibration(dataset: xarray.Dataset, learner: str) -> Calibration:
    """One learner's predictions and measurements."""
    one = dataset.sel(learner=learner).transpose("need", "seed", "updates", "probe")
    columns: dict[str, Any] = {f.name: one[f.name].values for f in fields(Rates)}
    updates = tuple(int(n) for n in one["updates"].values)
    return Calibration(updates, float(one["learning_rate"]), Rates(**columns))


def regimes_of(dataset: xarray.Dataset) -> list[str]:
    """Names of the regimes of a persistence dataset, in order."""
    known = [regime.name for regime in REGIMES]
    return sorted((str(name) for name in dataset["regime"].values), key=known.index)


@dataclass(frozen=True)
class Sizes:
    """How much of each study is run.

    Attributes:
        seeds: agents per setting.
        updates: updates per agent of the fields and of the yoked control.
        needs: values of the need fraction in the fields.
        levels: values of the other knob in the fields.
        builds: how long learners are trained before the tasks change.
        further: how long they go on after that.
        worlds: worlds in which early drives are predicted.
        policies: policies for which they are.
        graphs: random graphs of the label-free study.
        climbers: its learners.
        climbing: updates of each of them.
    """

    seeds: int
    updates: int
    needs: int
    levels: int
    builds: tuple[int, ...]
    further: int
    worlds: tuple[str, ...] = tuple(DETOUR_WORLDS)
    policies: tuple[str, ...] = tuple(POLICIES)
    graphs: int = 256
    climbers: tuple[str, ...] = ("mlp", "attention", "linear", "tabular")
    climbing: int = 512

    def stages(self, seed: int) -> dict[str, Stage]:
        """The studies by name, for an experiment's seed."""
        # Nearly all agents of a field differ in their knobs: few seeds are enough.
        few = max(2, self.seeds // 8)
        learners = calibrated(self.worlds, self.policies) | with_adam("hub", "mlp", 3e-3)
        return {
            "fields": drive_fields(self.updates, self.needs, self.levels, few, seed),
            "persistence": persistence(self.builds, self.further, self.seeds, seed),
            "yoked": yoked(self.updates, self.seeds, seed),
            "calibration": calibration(learners, self.seeds, seed),
            "label-free": label_free(self.graphs, self.climbers, self.climbing, seed),
        }


STANDARD = Sizes(
    seeds=32,
    updates=1024,
    needs=17,
    levels=7,
    builds=(64, 256, 1024),
    further=2048,
    graphs=128,
    climbers=("mlp", "linear"),
)
FULL = Sizes(
    seeds=64, updates=4096, needs=33, levels=13, builds=(64, 256, 1024, 4096), further=8192
)
