r"""The experiments behind `powerseek predictions`: predictions and remedies.

Each is a function of a scale and a seed that returns a `Stage`, whose dataset has everything
measured in every case, per seed; `powerseek.argue.prediction_verdicts` judges from it:

* ``supervision``: supervisors over their strengths, in several worlds, for linear policies and a
  network, with decoy twins;
* ``steering``: steerability of every goal, for two networks, with the need fraction varied and the
  control of an equally useful decoy;
* ``coherence``: what agents do out of distribution, over training;
* ``taxonomy``: traits of power-seeking in three worlds, over training;
* ``own-sake``: the overlap of the user's account with the agent's own varied.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.argument import POWER
from powerseek.toymodels.drive import least_excess
from powerseek.toymodels.policies import MLP, Attention, Policy
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.studies.coherence import Conduct, act, conduct, outing
from powerseek.toymodels.studies.frontier import watch
from powerseek.toymodels.studies.own_sake import own_sake
from powerseek.toymodels.studies.steering import goals, steerability
from powerseek.toymodels.studies.taxonomy import traits, worth
from powerseek.toymodels.supervision import (
    AblatedNeed,
    Blanket,
    DecoyParity,
    NeedAware,
    Panel,
    Probe,
    Supervision,
)
from powerseek.toymodels.worlds import DETOUR_WORLDS, DetourWorld

from .experiment import LEARNING_RATE, baseline_knobs, with_twins
from .stage import Stage

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Scale:
    """How much is run.

    Attributes:
        seeds, updates: agents per setting with linear policies, and their updates (a power of 2).
        network_seeds, network_updates: the same with networks.
        network_tasks: training tasks of a network.
        strengths: strengths of supervision, the first 0.
        needs: need fractions in the steering experiment.
        overlaps: overlaps in the own-sake experiment.
        steered: worlds of the steering experiment.
    """

    name: str
    seeds: int
    updates: int
    network_seeds: int
    network_updates: int
    network_tasks: int
    strengths: tuple[float, ...]
    needs: tuple[float, ...]
    overlaps: tuple[float, ...]
    steered: tuple[str, ...]


SUPERVISED = ("hub", "reserve", "keydoor")
"""Worlds of the experiments that are run in several."""

SCALES = {
    scale.name: scale
    for scale in (
        Scale(
            "quick",
            seeds=6,
            updates=256,
            network_seeds=4,
            network_updates=256,
            network_tasks=8,
            strengths=(0.0, 0.3, 1.0, 3.0),
            needs=(0.0, 0.4, 0.8),
            overlaps=(0.0, 0.25, 0.5, 0.75, 1.0),
            steered=SUPERVISED,
        ),
        Scale(
            "standard",
            seeds=32,
            updates=1024,
            network_seeds=16,
            network_updates=1024,
            network_tasks=16,
            strengths=(0.0, 0.1, 0.3, 1.0, 3.0, 10.0),
            needs=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
            overlaps=tuple(float(w) for w in np.linspace(0, 1, 11)),
            steered=SUPERVISED,
        ),
        Scale(
            "full",
            seeds=128,
            updates=4096,
            network_seeds=64,
            network_updates=4096,
            network_tasks=16,
            strengths=(0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
            needs=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
            overlaps=tuple(float(w) for w in np.linspace(0, 1, 21)),
            steered=SUPERVISED,
        ),
    )
}

RATERS: dict[str, Supervision] = {
    "blanket": Blanket(),
    "need-aware": NeedAware(),
    "need-aware, 20% errors": NeedAware(false_alarm=0.2, miss=0.2),
    "ablated need": AblatedNeed(),
    "decoy parity": DecoyParity(),
}
"""Supervisors of linear policies: the first three see behaviour, the others activations."""
READERS: dict[str, Supervision] = {
    "need-aware": NeedAware(),
    "ablated need": AblatedNeed(),
    "frozen probe": Probe(),
    "refitted probe": Probe(refitted=True),
}
"""Supervisors of networks."""
COMPETENCE = 0.5
"""Where the work has to be learnt, so that it can be compared with other goals."""


def linear_recipe(world: str, checkpoints: tuple[int, ...], **choices: Any) -> Recipe:
    """The learner of `powerseek argue`: linear, exact gradient."""
    build = DETOUR_WORLDS[world][0]
    return Recipe(world=build(), learning_rate=LEARNING_RATE, checkpoints=checkpoints, **choices)


def network_recipe(
    world: str, scale: Scale, checkpoints: tuple[int, ...], policy: Policy, **choices: Any
) -> Recipe:
    """A network, as in `powerseek argue`."""
    return Recipe(
        world=DETOUR_WORLDS[world][0](n_tasks=scale.network_tasks, probe_draws=4),
        policy=policy,
        optimiser="adam",
        learning_rate=3e-3,
        precision="float32",
        checkpoints=checkpoints,
        **choices,
    )


def over_time(updates: int) -> tuple[int, ...]:
    """Untrained, then after 1, 4, 16, ... updates, and at the end."""
    counts = [4**k for k in range(20) if 4**k < updates]
    return (0, *counts, updates)


def supervision(scale: Scale, seed: int) -> Stage:
    """Every supervisor at every strength: [case, strength, seed].

    A case is one supervisor, policy and world.
    """

    def raters(world: str) -> list[xarray.Dataset]:
        members = Panel(members=tuple(RATERS.values()))
        recipe = linear_recipe(world, (0, scale.updates), supervision=members)
        return _panel(recipe, "linear", world, tuple(RATERS), scale.strengths, scale.seeds, seed)

    def readers() -> list[xarray.Dataset]:
        members = Panel(members=tuple(READERS.values()))
        checkpoints = (0, scale.network_updates)
        recipe = network_recipe("hub", scale, checkpoints, MLP(), supervision=members)
        names, seeds = tuple(READERS), scale.network_seeds
        return _panel(recipe, "MLP", "hub", names, scale.strengths, seeds, seed)

    return Stage("case", (*(partial(raters, world) for world in SUPERVISED), readers))


def _panel(
    recipe: Recipe,
    policy: str,
    world: str,
    names: Sequence[str],
    strengths: Sequence[float],
    seeds: int,
    seed: int,
) -> list[xarray.Dataset]:
    import xarray

    n, k = len(strengths), len(names)
    base = baseline_knobs(POWER, world)
    knobs = replace(
        base, oversight=np.tile(strengths, k), overseer=np.repeat(np.arange(float(k)), n)
    )
    run, seen = watch(recipe, with_twins(knobs, n * k), range(seeds), seed=seed)
    told = np.asarray(run.told).reshape(2, k, n, seeds, -1)
    assert isinstance(recipe.world, DetourWorld)
    bayes = np.asarray(recipe.world.bayes_power(base)["told"], float)
    found = {
        "drive": least_excess(told[0, ..., -1], told[0, ..., 0], told[1, ..., -1], bayes),
        "told": told[0, ..., -1],
    }
    for name, values in (
        ("capability", np.asarray(run.returns) / np.asarray(run.best)),
        ("needed", run.power_when_useful),
        ("reading", seen),
    ):
        found[name] = np.asarray(values).reshape(2, k, n, seeds, -1)[0, ..., -1]
    return [
        xarray.Dataset(
            {name: (("strength", "seed"), values[i]) for name, values in found.items()},
            coords={
                "strength": list(strengths),
                "seed": range(seeds),
                "supervisor": names[i],
                "policy": policy,
                "world": world,
            },
        )
        for i in range(k)
    ]


def steering(scale: Scale, seed: int) -> Stage:
    """Steerability: [case, setting, seed, goal], a case is one world, policy and hidden layer.

    Settings are need fractions; the last is the control, with the decoy as useful as power.
    """
    import xarray

    needs = np.array([*scale.needs, POWER.premises[2].on])
    useful = np.array([0.0] * len(scale.needs) + [1.0])

    def steer(world: str, policy: Policy) -> list[xarray.Dataset]:
        knobs = replace(
            baseline_knobs(POWER, world), competence=COMPETENCE, need=needs, decoy_use=useful
        )
        recipe = network_recipe(world, scale, (scale.network_updates,), policy)
        found = steerability(recipe, knobs, range(scale.network_seeds), seed=seed)
        assert isinstance(recipe.world, DetourWorld)
        coords = {
            "need": ("setting", needs),
            "decoy_use": ("setting", useful),
            "goal": list(goals(recipe.world)),
            "world": world,
            "policy": policy.name,
        }
        dims = ("setting", "seed", "goal")
        return [
            xarray.Dataset(
                {name: (dims, np.asarray(v)[:, :, layer]) for name, v in asdict(found).items()},
                coords | {"layer": layer + 1},
            )
            for layer in range(policy.depth)
        ]

    pairs = itertools.product(scale.steered, (MLP(), Attention()))
    return Stage("case", tuple(partial(steer, world, policy) for world, policy in pairs))


def coherence(scale: Scale, seed: int) -> Stage:
    """Conduct out of distribution: [case, seed, updates], a case is one world and policy."""
    import xarray

    def conducts(recipe: Recipe, policy: str, seeds: int) -> list[xarray.Dataset]:
        world = recipe.world
        assert isinstance(world, DetourWorld)
        knobs = replace(baseline_knobs(POWER, world.name), competence=COMPETENCE)
        choices = np.asarray(act(recipe, knobs, range(seeds), seed=seed))[0]
        ood = outing(world, knobs)
        judged = [[conduct(ood, choice) for choice in one] for one in choices]
        columns = {
            f.name: np.array([[getattr(c, f.name) for c in one] for one in judged])
            for f in fields(Conduct)
        }
        takes = columns.pop("takes")
        columns |= {f"takes_{i}": takes[..., i] for i in range(takes.shape[-1])}
        return [
            xarray.Dataset(
                {key: (("seed", "checkpoint"), values) for key, values in columns.items()},
                coords={
                    "updates": ("checkpoint", list(recipe.checkpoints)),
                    "seed": range(seeds),
                    "world": world.name,
                    "policy": policy,
                },
            )
        ]

    short, network = over_time(scale.updates), over_time(scale.network_updates)
    linear = [linear_recipe(world, short) for world in SUPERVISED]
    mlp = network_recipe("hub", scale, network, MLP())
    return Stage(
        "case",
        (
            *(partial(conducts, recipe, "linear", scale.seeds) for recipe in linear),
            partial(conducts, mlp, "MLP", scale.network_seeds),
        ),
    )


def taxonomy(scale: Scale, seed: int) -> Stage:
    """Traits over training: [case, need, seed, updates], a case is one world."""
    import xarray

    needs = np.array([0.3, 0.5, 0.8])

    def seen_in(world: str) -> list[xarray.Dataset]:
        recipe = linear_recipe(world, over_time(scale.updates))
        base = baseline_knobs(POWER, world)
        found = traits(recipe, replace(base, need=needs), range(scale.seeds), seed=seed)
        assert isinstance(recipe.world, DetourWorld)
        dims = ("need", "seed", "updates")
        return [
            xarray.Dataset(
                {name: (dims, values) for name, values in asdict(found).items()},
                coords={
                    "need": needs,
                    "updates": list(recipe.checkpoints),
                    "world": world,
                    "worth": worth(recipe.world, base),
                },
            )
        ]

    worlds = ("reserve", "wallet", "preemption")
    return Stage("case", tuple(partial(seen_in, world) for world in worlds))


def own_account(scale: Scale, seed: int) -> Stage:
    """The own-sake curve: [case, overlap, seed, checkpoint], a case is one policy."""
    import xarray

    knobs = baseline_knobs(POWER, "wallet")

    def curve(policy: str, recipe: Recipe, seeds: int) -> list[xarray.Dataset]:
        found = own_sake(recipe, knobs, scale.overlaps, range(seeds), seed=seed)
        dims = ("overlap", "seed", "checkpoint")
        return [
            xarray.Dataset(
                {
                    "gain": (dims, found.gain),
                    "taken": (dims, found.taken),
                    "rate": (dims[:2], found.rate),
                },
                coords={
                    "overlap": list(scale.overlaps),
                    "seed": range(seeds),
                    "updates": ("checkpoint", list(recipe.checkpoints)),
                    "policy": policy,
                },
            )
        ]

    linear = linear_recipe("wallet", (0, 4, scale.updates))
    network = network_recipe("wallet", scale, (0, 4, scale.network_updates), MLP())
    return Stage(
        "case",
        (
            partial(curve, "linear", linear, scale.seeds),
            partial(curve, "MLP", network, scale.network_seeds),
        ),
    )


PREDICTIONS: dict[str, Callable[[Scale, int], Stage]] = {
    "supervision": supervision,
    "steering": steering,
    "coherence": coherence,
    "taxonomy": taxonomy,
    "own-sake": own_account,
}
"""Every experiment by name."""
