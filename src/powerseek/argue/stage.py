"""A stage of an experiment: steps that each train something and add to one dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import xarray

Done: TypeAlias = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""

Step: TypeAlias = "Callable[[], list[xarray.Dataset]]"
"""Trains, and returns the parts of the dataset that this gives."""


Recall: TypeAlias = "Callable[[int, Step], list[xarray.Dataset]]"
"""Called with the number of a step and the step: its parts, from wherever they are kept or by
running it."""

STEPS, DONE = "steps", "done"
"""Attributes of a stage's dataset: how many steps it has, and how many of them are in it."""


def _nothing(done: int, total: int) -> None:
    del done, total


def run_step(number: int, step: Step) -> list[xarray.Dataset]:
    """The parts of a step, computed."""
    del number
    return step()


def is_whole(dataset: xarray.Dataset) -> bool:
    """Whether all steps of its stage are in a dataset."""
    return bool(dataset.attrs[DONE] == dataset.attrs[STEPS])


@dataclass(frozen=True)
class Stage:
    """What is run, and how the parts are put together.

    Attributes:
        dim: the dimension along which they are.
        steps: what is run, in order; each a matter of seconds to minutes, because what an
            interrupted run loses is the step it was at.
    """

    dim: str
    steps: tuple[Step, ...]

    def grow(self, done: Done = _nothing, recall: Recall = run_step) -> Iterator[xarray.Dataset]:
        """Run the steps; yields the dataset as often as it has grown.

        So whoever saves it loses nothing when interrupted.

        Args:
            done: told how many steps are done.
            recall: gives the parts of each step; by default by running it.
        """
        parts: list[xarray.Dataset] = []
        done(0, len(self.steps))
        for i, step in enumerate(self.steps):
            parts += recall(i, step)
            done(i + 1, len(self.steps))
            yield self._together(parts, i + 1)

    def so_far(self, known: Callable[[int], list[xarray.Dataset] | None]) -> xarray.Dataset | None:
        """The dataset of the steps whose parts are known, none of them run; None if none is.

        Args:
            known: gives the parts of a step if they are known.
        """
        found = [parts for i in range(len(self.steps)) if (parts := known(i)) is not None]
        if not found:
            return None
        return self._together([part for parts in found for part in parts], len(found))

    def whole(self) -> xarray.Dataset:
        """Run the steps; the dataset when all are done."""
        *_, last = self.grow()
        return last

    def _together(self, parts: list[xarray.Dataset], done: int) -> xarray.Dataset:
        """The parts of so many steps beside one another, NaN for what one does not have."""
        import xarray

        together: xarray.Dataset = xarray.concat(parts, self.dim, join="outer")
        # The union of different names comes sorted; they stay in the order of the parts.
        names = {
            dim: list(dict.fromkeys(name for part in parts for name in part[dim].values.tolist()))
            for dim, index in together.indexes.items()
            if dim != self.dim and index.dtype.kind in "OU"
        }
        return together.sel(names).assign_attrs({STEPS: len(self.steps), DONE: done})
