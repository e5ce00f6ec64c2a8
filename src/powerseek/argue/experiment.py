r"""The experiment behind `powerseek argue`: what is trained, stage by stage.

Stages, each an `xarray.Dataset` of everything measured, per seed:

* ``learners``: agents with all six premises on, and their decoy twins, for several policies
  and algorithms (the premises and the conclusion are judged here);
* ``phase``: the fraction of needy tasks varied, with the kernel's prediction beside it;
* ``switchboard``: all $2^6$ combinations of premises on and off, and their twins;
* ``worlds``: the first learner and its twin in the argument's other worlds, if any;
* ``switchboard-WORLD``: the switchboard in each of those, in the larger presets;
* ``fields``, ``persistence``, ``yoked``, ``calibration``, ``label-free``: studies that go
  further (`powerseek.argue.studies`), in the larger presets.

Nothing is judged here, so a results file can be judged again without training again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.algorithms import Reinforce
from powerseek.toymodels.argument import Argument
from powerseek.toymodels.kernel import predict
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.policies import MLP
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.switchboard import cell_knobs, cells
from powerseek.toymodels.training import train
from powerseek.toymodels.worlds import DETOUR_WORLDS, DetourKnobs
from powerseek.toymodels.worlds.padded import Padded, Room

from . import studies
from .stage import Stage

if TYPE_CHECKING:
    import xarray

Progress = Callable[[str, int, int], None]
"""Called with (stage, agents done, agents in all) as a stage goes on."""

ROLES = ("actual", "twin")


@dataclass(frozen=True)
class Preset:
    """How much is run.

    Attributes:
        seeds: agents per setting.
        updates: updates per agent; a power of 2 (checkpoints are 0, 1, 2, 4, ...).
        needs: how many values of the need fraction the phase diagram has.
        boards: whether the switchboard is run in every world, or in the first only.
        studies: how much of the further studies is run; None: none of them.
    """

    name: str
    seeds: int
    updates: int
    needs: int
    boards: bool
    studies: studies.Sizes | None = None

    @property
    def chunk(self) -> int:
        """Agents per compiled call, everywhere: one setting and its twin."""
        return len(ROLES) * self.seeds

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """Untrained, then after 1, 2, 4, ... updates."""
        return (0, *(2**k for k in range(self.updates.bit_length())))


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", seeds=16, updates=512, needs=21, boards=False),
        Preset(
            "standard",
            seeds=64,
            updates=2048,
            needs=41,
            boards=True,
            studies=studies.STANDARD,
        ),
        Preset("full", seeds=256, updates=8192, needs=41, boards=True, studies=studies.FULL),
    )
}

LEARNING_RATE = 2.0


def recipes(preset: Preset, world: str) -> dict[str, Recipe]:
    """The learners compared; the first is the one that all other stages use."""
    build = DETOUR_WORLDS[world][0]
    linear = Recipe(world=build(), learning_rate=LEARNING_RATE, checkpoints=preset.checkpoints)
    return {
        "linear": linear,
        "REINFORCE": replace(linear, algorithm=Reinforce()),
        "MLP": replace(
            linear,
            policy=MLP(),
            world=build(probe_draws=8),
            optimiser="adam",
            learning_rate=3e-3,
            precision="float32",
        ),
    }


def baseline_knobs(argument: Argument, world: str | None = None) -> DetourKnobs:
    """A world's default knobs with every premise on; the argument's first world if None."""
    kind = DETOUR_WORLDS[world or argument.worlds[0]][1]
    return replace(kind(), **{p.knob: p.on for p in argument.premises})


def with_twins(knobs: DetourKnobs, settings: int) -> DetourKnobs:
    """Every setting twice: first as it is, then with power and decoy looks swapped."""
    columns: dict[str, Any] = {
        f.name: np.tile(np.broadcast_to(getattr(knobs, f.name), (settings,)), 2)
        for f in fields(knobs)
    }
    columns["swapped"] = np.repeat([0.0, 1.0], settings)
    return type(knobs)(**columns)


def one_setting(knobs: DetourKnobs, index: int) -> DetourKnobs:
    """One setting of knobs whose fields are numbers, or arrays with one entry per setting."""
    values = {f.name: np.asarray(getattr(knobs, f.name)) for f in fields(knobs)}
    columns: dict[str, Any] = {n: float(v[index] if v.ndim else v) for n, v in values.items()}
    return type(knobs)(**columns)


def run_stages(
    argument: Argument, preset: Preset, seed: int, progress: Progress
) -> Iterator[tuple[str, xarray.Dataset]]:
    """Run the stages in turn; yields each dataset as often as it has grown.

    A stage that takes long is yielded repeatedly, with NaN where it has not got to, so
    that whoever saves it loses nothing when interrupted.
    """
    first, *others = argument.worlds
    yield "learners", _learners(argument, preset, seed, progress)
    yield "phase", _phase(argument, preset, seed, progress)
    for dataset in _switchboard(argument, first, "switchboard", preset, seed, progress):
        yield "switchboard", dataset
    for dataset in _worlds(argument, others, preset, seed, progress):
        yield "worlds", dataset
    for world in others if preset.boards else ():
        name = board_stage(world)
        for dataset in _switchboard(argument, world, name, preset, seed, progress):
            yield name, dataset
    for name, stage in _studies(argument, preset, seed).items():
        for dataset in stage.grow(partial(progress, name)):
            yield name, dataset


def _studies(argument: Argument, preset: Preset, seed: int) -> dict[str, Stage]:
    """The further studies that a run has; they are about power."""
    if preset.studies is None or argument.worlds[0] != "hub":
        return {}
    return preset.studies.stages(seed)


def board_stage(world: str) -> str:
    """Name of the stage with the switchboard of a world that is not the first."""
    return f"switchboard-{world}"


def stage_units(argument: Argument, preset: Preset) -> dict[str, str]:
    """The stages of a run in order, and what their progress counts."""
    _, *others = argument.worlds
    units = {"learners": "learners", "phase": "agents", "switchboard": "cells"}
    if others:
        units["worlds"] = "worlds"
    if preset.boards:
        units |= dict.fromkeys(map(board_stage, others), "cells")
    return units | dict.fromkeys(_studies(argument, preset, seed=0), "parts")


def _variables(measured: Measurement, dims: tuple[str, ...]) -> dict[str, Any]:
    return {name: (dims, values) for name, values in asdict(measured).items()}


def _learners(argument: Argument, preset: Preset, seed: int, progress: Progress) -> xarray.Dataset:
    import xarray

    knobs = with_twins(baseline_knobs(argument), 1)
    seeds, parts = range(preset.seeds), list[xarray.Dataset]()
    learners = recipes(preset, argument.worlds[0])
    total = len(learners)
    for done, (name, recipe) in enumerate(learners.items()):
        progress("learners", done, total)
        measured = train(recipe, knobs, seeds, seed=seed, chunk=preset.chunk)
        part = xarray.Dataset(
            _variables(measured, ("role", "seed", "updates")),
            coords={"role": list(ROLES), "updates": list(recipe.checkpoints)},
        )
        parts.append(part.expand_dims(learner=[name]))
    progress("learners", total, total)
    kernel = predict(learners["linear"], knobs, seeds, seed=seed, chunk=preset.chunk)
    together: xarray.Dataset = xarray.concat(parts, "learner", join="exact")
    return together.assign(_variables_of_kernel(kernel, ("role", "seed")))


def _variables_of_kernel(kernel: Any, dims: tuple[str, ...]) -> dict[str, Any]:
    return {f"kernel_{name}": (dims, values) for name, values in asdict(kernel).items()}


def _phase(argument: Argument, preset: Preset, seed: int, progress: Progress) -> xarray.Dataset:
    import xarray

    recipe = recipes(preset, argument.worlds[0])["linear"]
    needs = np.linspace(0.0, 1.0, preset.needs)
    knobs = replace(baseline_knobs(argument), need=needs)
    seeds = range(preset.seeds)
    measured = train(
        recipe,
        knobs,
        seeds,
        seed=seed,
        chunk=preset.chunk,
        progress=lambda done, total: progress("phase", done, total),
    )
    kernel = predict(recipe, knobs, seeds, seed=seed, chunk=preset.chunk)
    dims = ("need", "seed", "updates")
    return xarray.Dataset(
        _variables(measured, dims) | _variables_of_kernel(kernel, dims[:2]),
        coords={"need": needs, "updates": list(recipe.checkpoints)},
        attrs={"learning_rate": recipe.learning_rate},
    )


def _worlds(
    argument: Argument, worlds: Sequence[str], preset: Preset, seed: int, progress: Progress
) -> Iterator[xarray.Dataset]:
    import xarray

    if not worlds:
        return
    parts = list[xarray.Dataset]()
    seeds = range(preset.seeds)
    learners = {world: recipes(preset, world)["linear"] for world in worlds}
    settings = {world: baseline_knobs(argument, world) for world in worlds}
    # In one room for all, they share the compiled training, which takes longest here.
    room = Room.for_all((learners[w].labelled_world, settings[w]) for w in worlds)
    for done, world in enumerate(worlds):
        progress("worlds", done, len(worlds))
        recipe = replace(learners[world], world=Padded(learners[world].labelled_world, room))
        knobs = with_twins(settings[world], 1)
        measured = train(recipe, knobs, seeds, seed=seed)
        kernel = predict(recipe, knobs, seeds, seed=seed)
        part = xarray.Dataset(
            _variables(measured, ("role", "seed", "updates"))
            | _variables_of_kernel(kernel, ("role", "seed")),
            coords={"role": list(ROLES), "updates": list(recipe.checkpoints)},
            attrs={"learning_rate": recipe.learning_rate},
        )
        parts.append(part.expand_dims(world=[world]))
        yield xarray.concat(parts, "world", join="exact")
    progress("worlds", len(worlds), len(worlds))


def _switchboard(
    argument: Argument, world: str, stage: str, preset: Preset, seed: int, progress: Progress
) -> Iterator[xarray.Dataset]:
    import xarray

    recipe = recipes(preset, world)["linear"]
    on = cells(len(argument.premises))
    knobs = cell_knobs(argument, baseline_knobs(argument, world), on)
    n_cells, n_seeds = len(on), preset.seeds
    shape = (n_cells, len(ROLES), n_seeds, len(recipe.checkpoints))
    arrays = {f.name: np.full(shape, np.nan) for f in fields(Measurement)}
    settings = [one_setting(knobs, cell) for cell in range(n_cells)]
    bayes = [float(recipe.labelled_world.bayes_power(one)["told"]) for one in settings]
    for cell, one in enumerate(settings):
        progress(stage, cell, n_cells)
        both = with_twins(one, 1)
        measured = train(recipe, both, range(n_seeds), seed=seed, chunk=preset.chunk)
        for name, values in asdict(measured).items():
            arrays[name][cell] = values
        dims = ("cell", "role", "seed", "updates")
        yield xarray.Dataset(
            {name: (dims, values) for name, values in arrays.items()},
            coords={
                "role": list(ROLES),
                "updates": list(recipe.checkpoints),
                "bayes": ("cell", bayes),
            }
            | {p.id: ("cell", on[:, i]) for i, p in enumerate(argument.premises)},
        )
    progress(stage, n_cells, n_cells)
