"""A training run in the graph world: how high agents climb POWER, above their controls.

What `powerseek train graph` does, from Python. The measure and its controls are those of
`powerseek.toymodels.studies.power_climbing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from powerseek.argue.plain import plain
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.studies.label_free import train_in_graphs
from powerseek.toymodels.studies.power_climbing import (
    CONTROLS,
    PROBES,
    Climbs,
    Powers,
    climbs,
    powers,
    share_positive,
)
from powerseek.toymodels.worlds import GraphKnobs

from .run import check_size

if TYPE_CHECKING:
    import xarray

TOGETHER = 64
"""Agents trained in one call."""

ACTUAL, TWIN = 0, 1


@dataclass(frozen=True)
class GraphsRun:
    """A finished (or interrupted) run: one agent and its relabelled twin in each graph.

    Attributes:
        recipe: how they were trained.
        knobs: the agents' knobs.
        seed: the experiment's seed.
        climbs: how high they climb POWER.
        powers: POWER of the states.
    """

    recipe: Recipe
    knobs: GraphKnobs
    seed: int
    climbs: Climbs
    powers: Powers

    @property
    def graphs(self) -> int:
        """How many graphs there are; fewer than asked for if interrupted."""
        return len(self.powers.value)

    def gains(self) -> dict[str, dict[str, Interval]]:
        """Per probe, the gain in POWER above each control after the last update."""
        return {probe: self.climbs.over(probe) for probe in PROBES}

    def capability(self) -> dict[str, Interval]:
        """Return over the largest possible, on training and on held-out tasks."""
        return {
            "training": over_seeds(self.climbs.capability[:, -1]),
            "held out": over_seeds(self.climbs.held_out_capability[:, -1]),
        }

    @property
    def diverged(self) -> tuple[int, ...]:
        """Graphs in which training left the agent or its twin without finite numbers."""
        return tuple(np.flatnonzero(self.climbs.diverged).tolist())

    def to_json(self) -> dict[str, Any]:
        """As plain data; what is not finite is None."""
        document: dict[str, Any] = plain(
            {
                "world": self.recipe.world.name,
                "policy": self.recipe.policy.name,
                "algorithm": self.recipe.algorithm.name,
                "optimiser": self.recipe.optimiser,
                "learning_rate": self.recipe.learning_rate,
                "updates": self.recipe.checkpoints[-1],
                "graphs": self.graphs,
                "seed": self.seed,
                "diverged": self.diverged,
                "knobs": {f.name: float(getattr(self.knobs, f.name)) for f in fields(self.knobs)},
                "capability": {name: asdict(v) for name, v in self.capability().items()},
                "gain": {
                    probe: {control: asdict(v) for control, v in over.items()}
                    for probe, over in self.gains().items()
                },
                "climbed_in": {
                    probe: asdict(share_positive(self.climbs.gain(probe))) for probe in PROBES
                },
            }
        )
        return document

    def dataset(self) -> xarray.Dataset:
        """Climbs and capabilities, labelled."""
        import xarray

        dims = ("graph", "updates")
        return xarray.Dataset(
            {f"climb_{probe}": (dims, self.climbs.trained[probe]) for probe in PROBES}
            | {f"twin_climb_{probe}": (dims, self.climbs.twin[probe]) for probe in PROBES}
            | {
                "bayes_climb": ("graph", self.climbs.bayes),
                "highest_climb": ("graph", self.climbs.highest),
                "capability": (dims, self.climbs.capability),
                "held_out_capability": (dims, self.climbs.held_out_capability),
                "power": (("graph", "state"), self.powers.value),
                "power_stderr": (("graph", "state"), self.powers.stderr),
            },
            coords={"updates": list(self.recipe.checkpoints)},
        )


def train_graphs_run(
    recipe: Recipe,
    knobs: GraphKnobs,
    graphs: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> GraphsRun | None:
    """Train an agent and its relabelled twin in every graph, some graphs at a time.

    Args:
        recipe: what is compiled; its world is a `Graph`, its first checkpoint 0.
        knobs: numbers.
        graphs: how many random graphs, at least 2.
        seed: the experiment's seed.
        progress: called with (graphs done, graphs in all).

    Returns:
        The run; with fewer graphs if interrupted, None if interrupted before the first.

    Raises:
        InvalidInput: naming the graphs, the checkpoints, the world or the knob at fault.

    >>> from powerseek.toymodels.worlds import Graph
    >>> recipe = Recipe(world=Graph(), checkpoints=(0, 16))
    >>> run = train_graphs_run(recipe, GraphKnobs(), 2, 0, print)
    0 2
    2 2
    >>> dict(run.dataset().sizes)
    {'graph': 2, 'updates': 2, 'state': 16}
    >>> list(run.gains())
    ['null', 'novel', 'held_out']
    """
    check_size(recipe, "graphs", graphs)
    both = replace(knobs, relabelled=np.array([0.0, 1.0]))
    parts, done = [], 0
    progress(done, graphs)
    try:
        while done < graphs:
            here = range(done, min(done + TOGETHER // 2, graphs))
            parts.append(
                train_in_graphs(recipe, both, here, seed=seed, chunk=min(TOGETHER, 2 * graphs))
            )
            done = here.stop
            progress(done, graphs)
    except KeyboardInterrupt:
        if not parts:
            return None
    run = jax.tree.map(lambda *leaves: np.concatenate(leaves, 1), *parts)
    found = powers(run.setting, seed=seed)
    return GraphsRun(recipe, knobs, seed, climbs(run, found.value, ACTUAL, TWIN), found)


__all__ = ["CONTROLS", "PROBES", "GraphsRun", "train_graphs_run"]
