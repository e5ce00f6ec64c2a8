r"""The phase diagram: the drive over two knobs and training time.

A `DriveField` is the drive (P(power) where it is useless, above the untrained agent's) on a
grid of two knobs, for several seeds and checkpoints. The first knob is the fraction $p$ of
needy tasks, since theory puts its boundaries there: early $p^* = c/(1-q)$
(`powerseek.toymodels.hub_theory`), late 1/2 in null probes and more in told ones
(`powerseek.toymodels.hub_flow`). Measured boundaries are zero crossings of the mean over
seeds, with a jackknife interval.

A drive is **transient**, for one seed at one point of the grid, if it rose above the margin
at some checkpoint and lies below it at the last. The transient region is measured by the
share of the grid that it covers (an area, if the grid is even), by how high the drive was
at its peak, and by its lifetime: from the update at which it first rose above the margin to
that at which it last fell below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.hub_flow import NULL, TOLD, Probe, flow
from powerseek.toymodels.hub_theory import average_advantage, log_odds_at
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.training import train
from powerseek.toymodels.worlds import HubKnobs, Knobs

from .crossing import crossing
from .survival import first_passage

if TYPE_CHECKING:
    import xarray

MARGIN = 0.05
"""Least drive, as a probability, that counts."""


def grid(base: Knobs, axes: Mapping[str, Sequence[float]]) -> Knobs:
    """Knobs of every point of a grid, the last axis running fastest.

    >>> grid(HubKnobs(), {"need": [0.2, 0.8], "price": [0.1, 0.3]}).price.tolist()
    [0.1, 0.3, 0.1, 0.3]
    """
    known = {f.name for f in fields(base)}
    for name in axes:
        if name not in known:
            raise InvalidInput.of("axes", name, f"a knob of the world: {', '.join(sorted(known))}")
    mesh = np.meshgrid(*(np.asarray(v, float) for v in axes.values()), indexing="ij")
    return replace(base, **{name: m.ravel() for name, m in zip(axes, mesh, strict=True)})


@dataclass(frozen=True)
class Transients:
    """Where a drive rose and was lost again (see the module docstring).

    Attributes:
        where: share of seeds with a transient drive at each point.
        area: share of the grid, with its interval over seeds.
        lasting: share of the grid where the drive ends above the margin.
        peak: mean height of the peak over transient points, per seed; None if fewer than
            two seeds have any.
        lifetime: mean number of updates from rise to loss over transient points, likewise.
    """

    where: Float[np.ndarray, "a b"]
    area: Interval
    lasting: Interval
    peak: Interval | None
    lifetime: Interval | None


@dataclass(frozen=True)
class DriveField:
    """The drive on a grid of two knobs.

    Attributes:
        knobs: the names of both; the first is the need fraction.
        first, second: their values.
        updates: numbers of updates at the checkpoints, from 0 on.
        learning_rate: what an update is worth in the time of the theory.
        null, told: P(power) in null and told probes.
    """

    knobs: tuple[str, str]
    first: Float[np.ndarray, " a"]
    second: Float[np.ndarray, " b"]
    updates: Float[np.ndarray, " T"]
    learning_rate: float
    null: Float[np.ndarray, "a b seed T"]
    told: Float[np.ndarray, "a b seed T"]

    def drive(self, probe: Probe) -> Float[np.ndarray, "a b seed T"]:
        """P(power) minus the untrained agent's."""
        values: Float[np.ndarray, "a b seed T"] = getattr(self, probe)
        gain: Float[np.ndarray, "a b seed T"] = values - values[..., :1]
        return gain

    def boundary(self, probe: Probe, checkpoint: int) -> tuple[Interval, ...]:
        """Where the drive changes sign in the first knob, for each value of the second.

        The mean of an interval is NaN where it does not.
        """
        drive = self.drive(probe)[..., checkpoint]
        return tuple(crossing(self.first, drive[:, j]) for j in range(self.second.size))

    def transients(self, probe: Probe, margin: float = MARGIN) -> Transients:
        """Where the drive rose above the margin and ends below it."""
        drive = self.drive(probe)
        rose: Bool[np.ndarray, "a b seed"] = np.asarray((drive > margin).any(axis=-1))
        ends = drive[..., -1] > margin
        lost = rose & ~ends
        seeds = drive.shape[2]
        peaks, lifetimes = [], []
        for seed in range(seeds):
            here = drive[:, :, seed][lost[:, :, seed]]
            if len(here):
                peaks.append(float(here.max(axis=1).mean()))
                begun = first_passage(self.updates, -here, -margin)
                # backwards in time, the loss is where it first is above again
                gone = -first_passage(-self.updates[::-1], -here[:, ::-1], -margin)
                lifetimes.append(float((gone - begun).mean()))
        return Transients(
            where=lost.mean(axis=2),
            area=over_seeds(lost.mean(axis=(0, 1))),
            lasting=over_seeds(ends.mean(axis=(0, 1))),
            peak=over_seeds(peaks) if len(peaks) > 1 else None,
            lifetime=over_seeds(lifetimes) if len(lifetimes) > 1 else None,
        )

    def to_dataset(self) -> xarray.Dataset:
        """As a labelled dataset."""
        import xarray

        dims = (*self.knobs, "seed", "updates")
        return xarray.Dataset(
            {"null": (dims, self.null), "told": (dims, self.told)},
            {self.knobs[0]: self.first, self.knobs[1]: self.second, "updates": self.updates},
            {"learning_rate": self.learning_rate, "knobs": list(self.knobs)},
        )

    @classmethod
    def from_dataset(cls, dataset: xarray.Dataset) -> DriveField:
        """Back from `to_dataset`."""
        first, second = map(str, dataset.attrs["knobs"])
        return cls(
            (first, second),
            dataset[first].values,
            dataset[second].values,
            dataset["updates"].values,
            float(dataset.attrs["learning_rate"]),
            dataset["null"].values,
            dataset["told"].values,
        )


def drive_field(
    recipe: Recipe,
    base: Knobs,
    need: Sequence[float],
    second: str,
    values: Sequence[float],
    seeds: Sequence[int],
    **options: Any,
) -> DriveField:
    """Train agents at every point of a grid of the need fraction and a second knob.

    Fields with one recipe and one chunk share their compilation.

    Args:
        recipe: how all are trained; its first checkpoint is 0.
        base: the other knobs, scalars.
        need: fractions of needy tasks.
        second: name of the second knob.
        values: its values.
        seeds: agent numbers.
        **options: ``seed``, ``chunk`` and ``progress`` of `train`.

    >>> field = drive_field(Recipe(checkpoints=(0, 8)), HubKnobs(), [0, 1], "price", [0.1], [0, 1])
    >>> field.drive("told").shape, bool((field.drive("told")[1] > 0)[..., 1].all())
    ((2, 1, 2, 2), True)
    """
    axes = {"need": need, second: values}
    measured = train(recipe, grid(base, axes), seeds, **options)
    measured.require_untrained_first()
    shape = (len(need), len(values), len(seeds), len(recipe.checkpoints))
    return DriveField(
        knobs=("need", second),
        first=np.asarray(need, float),
        second=np.asarray(values, float),
        updates=np.asarray(recipe.checkpoints, float),
        learning_rate=recipe.learning_rate,
        null=np.asarray(measured.null).reshape(shape),
        told=np.asarray(measured.told).reshape(shape),
    )


@dataclass(frozen=True)
class SolutionCheck:
    """Log-odds of power in the hub: solved and trained.

    Attributes:
        times: learning rate times updates.
        solved, trained: the log-odds, [setting, time].
    """

    times: Float[np.ndarray, " T"]
    solved: Float[np.ndarray, "setting T"]
    trained: Float[np.ndarray, "setting T"]

    @property
    def largest(self) -> float:
        """Largest absolute difference."""
        return float(np.abs(self.trained - self.solved).max())


def check_solution(
    recipe: Recipe, knobs: HubKnobs, probe: Probe = "null", *, chunk: int | None = None
) -> SolutionCheck:
    r"""Compare training with $2z + 2\sinh z = D t + \text{const}$, or with the flow.

    The first holds where everything is shared and nothing is seen; anywhere else the four
    log-odds of `powerseek.toymodels.hub_flow` are integrated.

    Args:
        recipe: training in the hub, by small steps.
        knobs: several settings; need fractions that make a whole number of needy tasks.
            The price spread is taken to be 0.
        probe: which probes.
        chunk: as for `train`.

    >>> knobs = HubKnobs(need=[0.25, 0.75], sharing=1.0, legibility=0.0)
    >>> check = check_solution(Recipe(learning_rate=0.1, checkpoints=(0, 50)), knobs)
    >>> check.largest < 1e-3
    True
    """
    n = int(getattr(recipe.world, "n_tasks", 0))
    needy = n * np.atleast_1d(np.asarray(knobs.need, float))
    if np.abs(needy - needy.round()).max() > 1e-9:
        raise InvalidInput.of("need", np.asarray(knobs.need).tolist(), f"multiples of 1/{n}")
    even = replace(knobs, price_spread=0.0)
    measured = train(recipe, even, range(1), chunk=chunk)
    times = recipe.learning_rate * np.asarray(recipe.checkpoints, float)
    trained = np.asarray(getattr(measured, f"{probe}_log_odds"))[:, 0]
    columns = {
        f.name: np.broadcast_to(np.asarray(getattr(even, f.name), float), (len(trained),))
        for f in fields(even)
    }
    solved = []
    for i in range(len(trained)):
        one = HubKnobs(**{name: float(column[i]) for name, column in columns.items()})
        if one.sharing == 1 and one.legibility == 0:
            gain = average_advantage(
                float(one.need), float(one.base_success), float(one.price), float(one.competence)
            )
            solved.append(log_odds_at(times, float(trained[i, 0]), gain))
        else:
            solved.append(flow(one, times, n)[NULL if probe == "null" else TOLD])
    return SolutionCheck(times, np.stack(solved), trained)
