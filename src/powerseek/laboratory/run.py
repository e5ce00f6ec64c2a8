"""A training run: settings x seeds, each with its decoy twin, judged against the controls.

What `powerseek train` does, from Python. The drive and its controls are those of
`powerseek.toymodels.drive`, the verdicts those of `powerseek.toymodels.verdicts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Bool

from powerseek.argue.experiment import ROLES, one_setting, with_twins
from powerseek.argue.plain import plain
from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.argument import POWER, SYCOPHANCY, Argument
from powerseek.toymodels.drive import drive
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.policies.base import Params
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.saved import Agents
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.training import fit
from powerseek.toymodels.verdicts import Verdict, judge_against_all, of_the_capable
from powerseek.toymodels.worlds import DetourKnobs

if TYPE_CHECKING:
    import xarray

TOGETHER = 128
"""Agents trained in one call: small enough that progress shows and little is lost."""


@dataclass(frozen=True)
class Outcome:
    """What came of one setting.

    Attributes:
        setting: the knobs that differ between settings, as ``name=value`` words.
        numbers: means with intervals over seeds after the last update. Capability is the
            share of the best return, and not a number where that is 0.
        verdict: on the drive, over its hardest control.
        diverged: numbers of the agents of which, or of whose twin, not all weights and
            measurements are finite after the last update.
    """

    setting: str
    numbers: dict[str, Interval]
    verdict: Verdict
    diverged: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """A finished (or interrupted) run.

    Attributes:
        dataset: every measurement, [setting, role, seed, updates].
        outcomes: per setting.
        agents: the trained agents, twins not included.
        n_seeds: how many seeds there are; fewer than asked for if interrupted.
    """

    dataset: xarray.Dataset
    outcomes: tuple[Outcome, ...]
    agents: Agents
    n_seeds: int

    def to_json(self) -> dict[str, Any]:
        """As plain data; what is not finite is None."""
        recipe = self.agents.recipe
        document: dict[str, Any] = plain(
            {
                "world": recipe.world.name,
                "policy": recipe.policy.name,
                "algorithm": recipe.algorithm.name,
                "supervision": recipe.supervision.name,
                "optimiser": recipe.optimiser,
                "learning_rate": recipe.learning_rate,
                "updates": recipe.checkpoints[-1],
                "seeds": self.n_seeds,
                "seed": self.agents.seed,
                "knobs": {
                    f.name: np.asarray(getattr(self.agents.knobs, f.name)).tolist()
                    for f in fields(self.agents.knobs)
                },
                "settings": [
                    {
                        "setting": outcome.setting,
                        "drive": asdict(outcome.verdict.interval)
                        | {"verdict": outcome.verdict.word, "rule": outcome.verdict.rule},
                        "diverged": outcome.diverged,
                        **{name: asdict(value) for name, value in outcome.numbers.items()},
                    }
                    for outcome in self.outcomes
                ],
            }
        )
        return document


def checkpoints_up_to(updates: int) -> tuple[int, ...]:
    """0, then powers of 2, then the number itself.

    >>> checkpoints_up_to(10)
    (0, 1, 2, 4, 8, 10)
    """
    powers = (2**k for k in range(updates.bit_length()))
    return tuple(sorted({0, *powers, updates}))


def train_run(
    recipe: Recipe,
    knobs: DetourKnobs,
    seeds: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> Run | None:
    """Train every setting and its twin, some seeds at a time.

    Args:
        recipe: what is compiled; its first checkpoint must be 0.
        knobs: scalars, or one entry per setting.
        seeds: agents per setting, at least 2.
        seed: the experiment's seed.
        progress: called with (seeds done, seeds in all).

    Returns:
        The run; with fewer seeds if interrupted, None if interrupted before the first.

    Raises:
        InvalidInput: naming the seeds, the checkpoints or the knob at fault.

    >>> from powerseek.toymodels import HubKnobs
    >>> knobs = HubKnobs(need=np.array([0.0, 0.9]))
    >>> run = train_run(Recipe(checkpoints=(0, 64)), knobs, 2, 0, print)
    0 2
    2 2
    >>> [(outcome.setting, outcome.verdict.word) for outcome in run.outcomes]
    [('need=0', 'not supported'), ('need=0.9', 'supported')]
    >>> dict(run.dataset.sizes)
    {'setting': 2, 'role': 2, 'seed': 2, 'updates': 2}
    """
    check_size(recipe, "seeds", seeds)
    settings = max(np.size(getattr(knobs, f.name)) for f in fields(knobs))
    both = with_twins(knobs, settings)
    group = max(2, TOGETHER // (2 * settings))  # one seed alone has no interval
    parts: list[tuple[Any, Measurement]] = []
    done = 0
    progress(done, seeds)
    try:
        while done < seeds:
            here = range(done, min(done + group, seeds))
            parts.append(fit(recipe, both, here, seed=seed, chunk=2 * settings * group))
            done = here.stop
            progress(done, seeds)
    except KeyboardInterrupt:
        if not parts:
            return None
    params, measured = jax.tree.map(lambda *leaves: np.concatenate(leaves, 1), *parts)
    actual, twin = (
        jax.tree.map(lambda leaf, s=rows: leaf[s], measured)
        for rows in (slice(settings), slice(settings, None))
    )
    scalars = [one_setting(both, i) for i in range(settings)]
    diverged = _diverged(settings, params, measured)
    outcomes = tuple(
        _outcome(recipe, knobs, scalars[i], actual, twin, i, diverged[i]) for i in range(settings)
    )
    return Run(
        dataset=_dataset(recipe, knobs, measured, [o.setting for o in outcomes]),
        outcomes=outcomes,
        agents=Agents(
            recipe,
            knobs,
            tuple(range(done)),
            seed,
            jax.tree.map(lambda leaf: leaf[:settings], params),
        ),
        n_seeds=done,
    )


def check_size(recipe: Recipe, name: str, number: int) -> None:
    """Refuse runs without an interval, or without the untrained agent.

    Raises:
        InvalidInput: naming the number of agents, or the checkpoints.

    >>> check_size(Recipe(checkpoints=(0, 64)), "seeds", 1)
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: seeds: got 1, expected at least 2, to have an interval
    """
    if number < 2:
        raise InvalidInput.of(name, number, "at least 2, to have an interval")
    if recipe.checkpoints[0] != 0:
        expected = "0, the untrained agent, as the first of them"
        raise InvalidInput.of("checkpoints", recipe.checkpoints, expected)


def _diverged(settings: int, params: Params, measured: Measurement) -> Bool[np.ndarray, "K N"]:
    """Of each setting, which agents (or their twins) have a number that is not finite."""
    numbers = (*(leaf[..., -1] for leaf in jax.tree.leaves(measured)), *jax.tree.leaves(params))
    finite = [np.isfinite(leaf).reshape(2, settings, leaf.shape[1], -1) for leaf in numbers]
    return np.logical_not(np.concatenate(finite, axis=-1).all(axis=(0, -1)))


def _argument(world: str) -> Argument:
    """The argument that a world belongs to, for its margins and words."""
    return SYCOPHANCY if world in SYCOPHANCY.worlds else POWER


def _outcome(
    recipe: Recipe,
    knobs: DetourKnobs,
    scalars: DetourKnobs,
    actual: Measurement,
    twin: Measurement,
    i: int,
    diverged: Bool[np.ndarray, " N"],
) -> Outcome:
    """Judge one setting."""
    found = drive(recipe.labelled_world, scalars, actual, twin, setting=i)
    last: dict[str, np.ndarray] = {
        f.name: np.asarray(getattr(actual, f.name))[i, :, -1] for f in fields(actual)
    }
    numbers = {
        name: over_seeds(last[name])
        for name in (
            "null",
            "told",
            "needed",
            "told_amount",
            "success",
            "shortfall",
            "willingness_to_pay",
            "push",
            "credit_power",
            "credit_decoy",
            "credit_decline",
            "credit_work",
        )
    }
    nothing = np.full_like(last["best"], np.nan)  # where there is nothing to be had
    learnt = np.divide(last["returns"], last["best"], out=nothing, where=last["best"] > 0)
    numbers["capability"] = over_seeds(learnt)
    varied = [f.name for f in fields(knobs) if np.size(getattr(knobs, f.name)) > 1]
    judged = judge_against_all(_argument(recipe.world.name).conclusion, found.intervals())
    return Outcome(
        setting=" ".join(f"{name}={getattr(scalars, name):g}" for name in varied),
        numbers=numbers,
        verdict=of_the_capable(judged, numbers["capability"]),
        diverged=tuple(np.flatnonzero(diverged).tolist()),
    )


def _dataset(
    recipe: Recipe, knobs: DetourKnobs, measured: Measurement, settings: list[str]
) -> xarray.Dataset:
    """Everything measured, labelled."""
    import xarray

    dims = ("setting", "role", "seed", "updates")
    variables = {}
    for name, values in asdict(measured).items():
        by_role = values.reshape(2, len(settings), *values.shape[1:])
        variables[name] = (dims, by_role.swapaxes(0, 1))
    varied = {
        f.name: ("setting", np.asarray(getattr(knobs, f.name)))
        for f in fields(knobs)
        if np.size(getattr(knobs, f.name)) > 1
    }
    return xarray.Dataset(
        variables,
        coords={
            "setting": [s or "defaults" for s in settings],
            "role": list(ROLES),
            "updates": list(recipe.checkpoints),
            **varied,
        },
        attrs={"world": recipe.world.name, "policy": recipe.policy.name},
    )
