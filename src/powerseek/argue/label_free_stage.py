"""The label-free study as a stage: do agents climb POWER in graphs where nothing is labelled?

The study itself is `powerseek.toymodels.studies.label_free_study`; `read_climbing` gives back
what it found of one learner from the dataset alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.studies.label_free_study import Climbing, judge, recipes, train_learner
from powerseek.toymodels.studies.power_climbing import PROBES, Climbs, Powers, powers

from .stage import Stage

if TYPE_CHECKING:
    import xarray

    from powerseek.toymodels.studies.label_free import GraphRun

_PER_GRAPH = ("bayes", "highest")
_OVER_TRAINING = ("capability", "held_out_capability")
_UNDER_PROBES = ("trained", "twin")


def label_free(graphs: int, learners: Sequence[str], updates: int, seed: int) -> Stage:
    """Climbs of every learner: [learner, probe, graph, updates].

    Args:
        graphs: number of random graphs, the same for all learners.
        learners: names of `powerseek.toymodels.studies.label_free_study.recipes`.
        updates: updates per agent.
        seed: the experiment's seed.
    """
    known = recipes(updates)
    runs: dict[str, GraphRun] = {}

    @cache
    def power() -> Powers:
        """The same in the graphs of every learner."""
        return powers(next(iter(runs.values())).setting, seed=seed)

    def learn(name: str) -> list[xarray.Dataset]:
        runs[name] = train_learner(known[name], graphs, seed=seed)
        found = judge(known[name], runs[name], power(), seed).climbing
        return [_dataset(found).expand_dims(learner=[name])]

    return Stage("learner", tuple(partial(learn, name) for name in learners))


def _dataset(found: Climbing) -> xarray.Dataset:
    import xarray

    over_training = ("graph", "updates")
    columns: dict[str, Any] = {
        name: (
            ("probe", *over_training),
            np.stack([getattr(found.climbs, name)[p] for p in PROBES]),
        )
        for name in _UNDER_PROBES
    }
    columns |= {name: (over_training, getattr(found.climbs, name)) for name in _OVER_TRAINING}
    columns |= {name: ("graph", getattr(found.climbs, name)) for name in _PER_GRAPH}
    columns["chance"] = ("shuffle", found.chance)
    columns["dose"] = (("goals", "graph"), np.stack(list(found.dose.values())))
    columns["residual"] = (("left", "graph"), np.stack(list(found.residual.values())))
    coords = {
        "probe": list(PROBES),
        "updates": list(found.updates),
        "goals": list(found.dose),
        "left": list(found.residual),
    }
    return xarray.Dataset(columns, coords)


def read_climbing(dataset: xarray.Dataset, learner: str) -> Climbing:
    """What was found of one learner."""
    one = dataset.sel(learner=learner)
    columns: dict[str, Any] = {
        name: {p: one[name].sel(probe=p).transpose("graph", "updates").values for p in PROBES}
        for name in _UNDER_PROBES
    }
    columns |= {name: one[name].transpose("graph", "updates").values for name in _OVER_TRAINING}
    columns |= {name: one[name].values for name in _PER_GRAPH}
    return Climbing(
        updates=tuple(int(n) for n in one["updates"].values),
        climbs=Climbs(**columns),
        chance=one["chance"].values,
        dose={int(g): one["dose"].sel(goals=g).values for g in one["goals"].values},
        residual={str(n): one["residual"].sel(left=n).values for n in one["left"].values},
    )
