"""Trained agents as a file: weights, and all that is needed to use them again.

An ``.npz`` archive of the weights, with the recipe, the knobs and the seeds beside them as
JSON. Worlds, policies, algorithms and supervisors are stored by name and settings, so a file
is data, not code, and loads wherever the names are known.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from powerseek.theory.errors import InvalidInput

from .algorithms import ALGORITHMS
from .files import replacing
from .learning import begin, draw_agent, read
from .measurement import Measurement
from .policies import POLICIES
from .policies.base import Params
from .recipe import Recipe
from .supervision import SUPERVISORS
from .worlds import WORLDS, Knobs

FORMAT = "powerseek-agents/1"

_PARTS: dict[str, Mapping[str, Any]] = {
    "world": {name: kind for name, (kind, _) in WORLDS.items()},
    "policy": POLICIES,
    "algorithm": ALGORITHMS,
    "supervision": SUPERVISORS,
}


@dataclass(frozen=True)
class Agents:
    """Trained agents.

    Attributes:
        recipe: how they were trained.
        knobs: their settings; fields are scalars or one entry per setting.
        seeds: agent numbers.
        seed: the experiment's seed.
        params: weights, every leaf [setting, seed, ...].
    """

    recipe: Recipe
    knobs: Knobs
    seeds: tuple[int, ...]
    seed: int
    params: Params

    def measure(self, setting: int = 0, agent: int = 0) -> Measurement:
        """Measure one agent anew: everything but the ledger, which weights do not tell.

        Args:
            setting: which setting.
            agent: which of `seeds`, by position.
        """
        settings = max(np.size(getattr(self.knobs, f.name)) for f in fields(self.knobs))
        if not 0 <= setting < settings:
            raise InvalidInput.of("setting", setting, f"a whole number from 0 to {settings - 1}")
        if not 0 <= agent < len(self.seeds):
            top = len(self.seeds) - 1
            raise InvalidInput.of("agent", agent, f"a whole number from 0 to {top}")
        columns: dict[str, Any] = {
            f.name: np.broadcast_to(np.asarray(getattr(self.knobs, f.name), float), (settings,))
            for f in fields(self.knobs)
        }
        knobs = type(self.knobs)(**{name: float(v[setting]) for name, v in columns.items()})
        with jax.enable_x64(self.recipe.precision == "float64"):
            drawn = draw_agent(
                self.recipe, jnp.uint32(self.seed), jnp.uint32(self.seeds[agent]), knobs
            )
            params = jax.tree.map(lambda leaf: jnp.asarray(leaf[setting, agent]), self.params)
            learner = begin(self.recipe, drawn, params)
            after = jnp.asarray(float(self.recipe.checkpoints[-1]))
            measured = read(self.recipe, drawn, knobs, learner, after)
        result: Measurement = jax.tree.map(np.asarray, measured)
        return result


def save_agents(path: Path, agents: Agents) -> None:
    """Write agents to a file.

    Raises:
        InvalidInput: if a part of the recipe is not one that `load_agents` would know.
    """
    recipe: dict[str, Any] = {}
    for f in fields(Recipe):
        value = getattr(agents.recipe, f.name)
        if f.name in _PARTS:
            known = _PARTS[f.name].get(value.name)
            if known is not type(value):
                expected = "one of: " + ", ".join(_PARTS[f.name])
                raise InvalidInput.of(f"recipe.{f.name}", value.name, expected)
            value = asdict(value)
        recipe[f.name] = value
    about = {
        "format": FORMAT,
        "recipe": recipe,
        "knobs": {
            f.name: np.asarray(getattr(agents.knobs, f.name)).tolist() for f in fields(agents.knobs)
        },
        "seeds": list(agents.seeds),
        "seed": agents.seed,
    }
    leaves = jax.tree.leaves(agents.params)
    arrays: dict[str, Any] = {f"leaf{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def load_agents(path: Path) -> Agents:
    """Read agents that `save_agents` wrote.

    Raises:
        InvalidInput: if the file is missing or is no such file, or names a part of a recipe
            that this version does not know.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            leaves = [file[f"leaf{i}"] for i in range(len(file.files) - 1)]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise InvalidInput.of("agents", str(path), "a file written by `powerseek train`") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InvalidInput.of("agents", str(path), f"format {FORMAT}")
    recipe = _recipe(about["recipe"])
    kind = WORLDS[recipe.world.name][1]
    knobs = kind(
        **{
            name: np.array(value) if isinstance(value, list) else value
            for name, value in about["knobs"].items()
        }
    )
    return Agents(recipe, knobs, tuple(about["seeds"]), about["seed"], _params(recipe, leaves))


def _recipe(stored: Mapping[str, Any]) -> Recipe:
    """The recipe from names and settings."""
    out = dict(stored)
    for part, known in _PARTS.items():
        settings: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in stored[part].items()
        }
        name = settings["name"]
        if name not in known:
            raise InvalidInput.of(f"recipe.{part}", name, "one of: " + ", ".join(known))
        out[part] = known[name](**settings)
    return Recipe(**{**out, "checkpoints": tuple(stored["checkpoints"])})


def _params(recipe: Recipe, leaves: Sequence[np.ndarray]) -> Params:
    """The leaves in the structure of the policy's parameters."""
    kind = WORLDS[recipe.world.name][1]
    shapes = jax.eval_shape(lambda: draw_agent(recipe, jnp.uint32(0), jnp.uint32(0), kind()).params)
    return jax.tree.unflatten(jax.tree.structure(shapes), leaves)
