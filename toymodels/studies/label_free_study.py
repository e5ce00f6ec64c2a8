r"""The label-free study: hundreds of random graphs, several learners, and what explains them.

Every learner is trained in the same graphs with 8 training goals, as its relabelled twin, and
with 4, 2 and 1 of those goals (the dose-response), all in one compiled call. Two learners see
options through codes only and generalise as networks do; the linear one has shared weights
beside private ones; the tabular one shares nothing and must not climb at all.

>>> from powerseek.toymodels.studies.label_free_study import study
>>> small = study(graphs=4, learners=("tabular",), updates=4, samples=512)
>>> abs(float(small["tabular"].climbing.climbs.gain("null").mean())) < 1e-12
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.policies import MLP, Attention, Linear, Tabular
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.worlds import Graph, GraphKnobs

from .label_free import GraphRun, train_in_graphs
from .power_climbing import Climbs, Powers, chance_gains, climb, climbs, powers
from .power_regression import MECHANISM, POWER, RIVALS, Edges, Fit, edges, fit, residual_gains

DOSES = (8, 4, 2, 1)
"""Numbers of different training goals; the first is that of the main result."""

ACTUAL, TWIN = 0, 1
"""Settings of every run: the agents, their relabelled twins, then the other doses."""

FITS: dict[str, tuple[str, ...]] = {
    "POWER alone": (POWER,),
    "beside rivals": (POWER, *RIVALS),
    "beside rivals and goal value": (POWER, *RIVALS, MECHANISM),
    "shuffled POWER beside rivals": ("shuffled POWER", *RIVALS),
}
"""The regressions reported."""


def recipes(updates: int = 512) -> dict[str, Recipe]:
    """The learners, by name, with checkpoints at 0, 1, 4, 16, ... and the last update."""
    grid = [0, *(4**k for k in range(12) if 4**k < updates), updates]
    checkpoints = tuple(dict.fromkeys(grid))

    def of(policy: MLP | Attention | Linear, known: bool, optimiser: str, rate: float) -> Recipe:
        return Recipe(
            world=Graph(known=known),
            policy=policy,
            optimiser=optimiser,
            learning_rate=rate,
            precision="float32",
            checkpoints=checkpoints,
        )

    return {
        "mlp": of(MLP(), False, "adam", 3e-3),
        "attention": of(Attention(), False, "adam", 3e-3),
        "linear": of(Linear(), True, "sgd", 1.0),
        "tabular": of(Tabular(), True, "sgd", 1.0),
    }


RESIDUAL: dict[str, tuple[str, ...]] = {
    "POWER": (),
    "less rivals": RIVALS,
    "less rivals and goal value": (*RIVALS, MECHANISM),
}
"""What is taken out of POWER before the gain in the rest is looked at."""


@dataclass(frozen=True)
class Climbing:
    """What was found of one learner, graph by graph: all that figures and verdicts need.

    Attributes:
        updates: numbers of updates at the checkpoints.
        climbs: how high the actual agents climb.
        chance: mean gains with POWER shuffled, one for each shuffling.
        dose: gain under the null task by number of training goals, [dose, graph].
        residual: gain in what is left of POWER, by what was taken out (`RESIDUAL`).
    """

    updates: tuple[int, ...]
    climbs: Climbs
    chance: Float[np.ndarray, " K"]
    dose: dict[int, Float[np.ndarray, " N"]]
    residual: dict[str, Float[np.ndarray, " N"]]

    def residual_gains(self) -> dict[str, Interval]:
        """The gain in POWER, and in what of POWER others leave unexplained."""
        return {name: over_seeds(gain) for name, gain in self.residual.items()}

    def dose_response(self) -> Interval:
        """Gain per doubling of the number of goals: a slope in each graph, then averaged."""
        x = np.log2(np.array(list(self.dose), float))
        y = np.stack(list(self.dose.values()))
        slopes = (x - x.mean()) @ (y - y.mean(0)) / ((x - x.mean()) ** 2).sum()
        return over_seeds(slopes)


@dataclass(frozen=True)
class LearnerStudy:
    """One learner: its agents, and what was found of them.

    Attributes:
        recipe: how it learnt.
        run: its agents: the actual ones, the twins, then the other doses.
        climbing: how high they climb.
        edges: what moved, edge by edge.
    """

    recipe: Recipe
    run: GraphRun
    climbing: Climbing
    edges: Edges

    def fits(self) -> dict[str, Fit]:
        """The regressions of `FITS`."""
        return {name: fit(self.edges, columns) for name, columns in FITS.items()}

    def predicted_gain(
        self, power: Float[np.ndarray, "N S"], checkpoint: int
    ) -> Float[np.ndarray, " N"]:
        r"""What the tangent kernel of the untrained agent says of the gain.

        Scores under the null task move by learning rate times updates times `rate`; only for
        gradient ascent ("sgd").

        Raises:
            InvalidInput: if the learner's optimiser is another.
        """
        if self.recipe.optimiser != "sgd":
            raise InvalidInput.of("optimiser", self.recipe.optimiser, "'sgd', to be predicted")
        setting, b = self.run.setting, self.run.behaviour
        before = np.asarray(b.scores)[ACTUAL, :, 0]
        amount = self.recipe.learning_rate * self.recipe.checkpoints[checkpoint]
        after = before + amount * np.asarray(setting.rate)[ACTUAL]
        available = np.asarray(setting.available)[ACTUAL] > 0

        def choose(scores: Float[np.ndarray, "N S O"]) -> Float[np.ndarray, "N S O"]:
            top = np.where(available, scores, -np.inf).max(-1, keepdims=True)
            weight = np.where(available, np.exp(np.minimum(scores - top, 0)), 0.0)
            policy: Float[np.ndarray, "N S O"] = weight / weight.sum(-1, keepdims=True)
            return policy

        return climb(choose(after) - choose(before), setting, power)


@dataclass(frozen=True)
class Study:
    """The whole study.

    Attributes:
        powers: POWER in every graph.
        learners: what was found of each learner.
    """

    powers: Powers
    learners: dict[str, LearnerStudy]

    def __getitem__(self, learner: str) -> LearnerStudy:
        return self.learners[learner]


def study(
    graphs: int = 256,
    learners: Sequence[str] = ("mlp", "attention", "linear", "tabular"),
    *,
    updates: int = 512,
    gamma: object = "9/10",
    samples: int = 16384,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Study:
    """Run the study.

    Args:
        graphs: number of random graphs, each with one agent for each learner and setting.
        learners: which learners of `recipes`.
        updates: updates per agent.
        gamma: the discount rate of POWER.
        samples: reward functions per graph, for POWER.
        seed: reproduces everything.
        progress: called with (what, done, in all).
    """
    known = recipes(updates)
    if not learners or set(learners) - set(known):
        raise InvalidInput.of("learners", list(learners), f"some of {', '.join(known)}")
    if graphs < 2:
        raise InvalidInput.of("graphs", graphs, "at least 2, to have an interval")

    def reporter(stage: str) -> Callable[[int, int], None] | None:
        return None if progress is None else partial(progress, stage)

    runs = {
        name: train_learner(known[name], graphs, seed=seed, progress=reporter(name))
        for name in learners
    }
    found = powers(
        next(iter(runs.values())).setting,
        gamma,
        samples=samples,
        seed=seed,
        progress=reporter("POWER"),
    )
    return Study(found, {n: judge(known[n], run, found, seed) for n, run in runs.items()})


def train_learner(
    recipe: Recipe,
    graphs: int,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> GraphRun:
    """Train one learner in every graph: the agents, their twins, then the other doses.

    Args:
        recipe: one of `recipes`.
        graphs: number of random graphs.
        seed: reproduces everything.
        progress: called with (agents done, agents in all).
    """
    knobs = GraphKnobs(
        goals=np.array([DOSES[0], *DOSES], float),  # actual, twin, then the other doses
        relabelled=np.eye(len(DOSES) + 1)[TWIN],
    )
    chunk = min(256, graphs * (len(DOSES) + 1))
    return train_in_graphs(recipe, knobs, range(graphs), seed=seed, chunk=chunk, progress=progress)


def judge(recipe: Recipe, run: GraphRun, power: Powers, seed: int = 0) -> LearnerStudy:
    """What is found of a learner.

    Args:
        recipe: the learner.
        run: from `train_learner`.
        power: POWER in its graphs.
        seed: of shuffles.
    """
    settings = {DOSES[0]: ACTUAL} | {dose: 2 + i for i, dose in enumerate(DOSES[1:])}
    moved = edges(run, power.value, recipe.world.horizon, setting=ACTUAL, seed=seed)
    found = Climbing(
        updates=recipe.checkpoints,
        climbs=climbs(run, power.value, ACTUAL, TWIN),
        chance=chance_gains(run, power, seed=seed, setting=ACTUAL),
        dose={d: climbs(run, power.value, at, TWIN).gain("null") for d, at in settings.items()},
        residual={name: residual_gains(moved, taken) for name, taken in RESIDUAL.items()},
    )
    return LearnerStudy(recipe, run, found, moved)
