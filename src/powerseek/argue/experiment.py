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
from powerseek.toymodels.kernel import KernelPrediction, predict
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.policies import MLP
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.switchboard import cell_knobs, cells
from powerseek.toymodels.training import train
from powerseek.toymodels.worlds import DETOUR_WORLDS, DetourKnobs
from powerseek.toymodels.worlds.padded import Padded, Room

from . import studies
from .stage import Recall, Stage, run_step

if TYPE_CHECKING:
    import xarray

Progress = Callable[[str, int, int], None]
"""Called with (stage, steps done, steps in all) as a stage goes on."""

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
    argument: Argument,
    preset: Preset,
    seed: int,
    progress: Progress,
    recall_of: Callable[[str], Recall] = lambda _: run_step,
) -> Iterator[tuple[str, xarray.Dataset]]:
    """Run the stages in turn; yields each dataset as often as it has grown.

    Args:
        argument: what is tested.
        preset: how much is run.
        seed: the experiment's seed.
        progress: called with (stage, steps done, steps in all).
        recall_of: for a stage's name, what gives the parts of its steps
            (`powerseek.argue.kept_parts`); by default they are run.
    """
    for name, stage in stages_of(argument, preset, seed).items():
        for dataset in stage.grow(partial(progress, name), recall_of(name)):
            yield name, dataset


def stages_of(argument: Argument, preset: Preset, seed: int) -> dict[str, Stage]:
    """The stages of a run, in order."""
    first, *others = argument.worlds
    stages = {
        "learners": _learners(argument, preset, seed),
        "phase": _phase(argument, preset, seed),
        "switchboard": _switchboard(argument, first, preset, seed),
    }
    if others:
        stages["worlds"] = _worlds(argument, others, preset, seed)
    if preset.boards:
        stages |= {board_stage(w): _switchboard(argument, w, preset, seed) for w in others}
    if preset.studies is not None and first == "hub":  # they are about power
        stages |= preset.studies.stages(seed)
    return stages


def board_stage(world: str) -> str:
    """Name of the stage with the switchboard of a world that is not the first."""
    return f"switchboard-{world}"


def _measured(
    recipe: Recipe, knobs: DetourKnobs, preset: Preset, seed: int, kernel: bool = True
) -> xarray.Dataset:
    """Train agents and predict their early drives: [setting, seed, updates], [setting, seed]."""
    import xarray

    run: dict[str, Any] = {"seeds": range(preset.seeds), "seed": seed, "chunk": preset.chunk}
    columns = _columns(train(recipe, knobs, **run), "setting", "seed", "updates")
    if kernel:
        predicted = _columns(predict(recipe, knobs, **run), "setting", "seed")
        columns |= {f"kernel_{name}": column for name, column in predicted.items()}
    return xarray.Dataset(columns, {"updates": list(recipe.checkpoints)})


def _columns(found: Measurement | KernelPrediction, *dims: str) -> dict[str, Any]:
    return {name: (dims, values) for name, values in asdict(found).items()}


def _learners(argument: Argument, preset: Preset, seed: int) -> Stage:
    knobs = with_twins(baseline_knobs(argument), 1)

    def learn(name: str, recipe: Recipe) -> list[xarray.Dataset]:
        part = _measured(recipe, knobs, preset, seed, kernel=name == "linear")
        part = part.rename(setting="role").assign_coords(role=list(ROLES))
        return [part.expand_dims(learner=[name])]

    learners = recipes(preset, argument.worlds[0]).items()
    return Stage("learner", tuple(partial(learn, name, recipe) for name, recipe in learners))


def _phase(argument: Argument, preset: Preset, seed: int) -> Stage:
    recipe = recipes(preset, argument.worlds[0])["linear"]
    needs, together = np.linspace(0.0, 1.0, preset.needs), preset.chunk // preset.seeds

    def sweep(some: np.ndarray) -> list[xarray.Dataset]:
        part = _measured(recipe, replace(baseline_knobs(argument), need=some), preset, seed)
        part = part.rename(setting="need").assign_coords(need=some)
        return [part.assign_attrs(learning_rate=recipe.learning_rate)]

    slices = (needs[i : i + together] for i in range(0, preset.needs, together))
    return Stage("need", tuple(partial(sweep, some) for some in slices))


def _worlds(argument: Argument, worlds: Sequence[str], preset: Preset, seed: int) -> Stage:
    learners = {world: recipes(preset, world)["linear"] for world in worlds}
    settings = {world: baseline_knobs(argument, world) for world in worlds}
    # In one room for all, they share the compiled training, which takes longest here.
    room = Room.for_all((learners[w].labelled_world, settings[w]) for w in worlds)

    def learn(world: str) -> list[xarray.Dataset]:
        recipe = replace(learners[world], world=Padded(learners[world].labelled_world, room))
        part = _measured(recipe, with_twins(settings[world], 1), preset, seed)
        part = part.rename(setting="role").assign_coords(role=list(ROLES))
        return [part.expand_dims(world=[world]).assign_attrs(learning_rate=recipe.learning_rate)]

    return Stage("world", tuple(partial(learn, world) for world in worlds))


def _switchboard(argument: Argument, world: str, preset: Preset, seed: int) -> Stage:
    recipe = recipes(preset, world)["linear"]
    on = cells(len(argument.premises))
    knobs = cell_knobs(argument, baseline_knobs(argument, world), on)

    def learn(cell: int) -> list[xarray.Dataset]:
        one = one_setting(knobs, cell)
        part = _measured(recipe, with_twins(one, 1), preset, seed, kernel=False)
        part = part.rename(setting="role").assign_coords(role=list(ROLES))
        about: dict[str, Any] = {p.id: on[cell, i] for i, p in enumerate(argument.premises)}
        about["bayes"] = float(recipe.labelled_world.bayes_power(one)["told"])
        return [
            part.expand_dims("cell").assign_coords({k: ("cell", [v]) for k, v in about.items()})
        ]

    return Stage("cell", tuple(partial(learn, cell) for cell in range(len(on))))
