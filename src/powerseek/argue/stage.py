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


def _nothing(done: int, total: int) -> None:
    del done, total


@dataclass(frozen=True)
class Stage:
    """What is run, and how the parts are put together.

    Attributes:
        dim: the dimension along which they are.
        steps: what is run, in order.
    """

    dim: str
    steps: tuple[Step, ...]

    def grow(self, done: Done = _nothing) -> Iterator[xarray.Dataset]:
        """Run the steps; yields the dataset as often as it has grown.

        So whoever saves it loses nothing when interrupted.
        """
        parts: list[xarray.Dataset] = []
        done(0, len(self.steps))
        for i, step in enumerate(self.steps):
            parts += step()
            done(i + 1, len(self.steps))
            yield self._together(parts)

    def whole(self) -> xarray.Dataset:
        """Run the steps; the dataset when all are done."""
        *_, last = self.grow()
        return last

    def _together(self, parts: list[xarray.Dataset]) -> xarray.Dataset:
        """Parts beside one another, NaN for what one of them does not have."""
        import xarray

        together: xarray.Dataset = xarray.concat(parts, self.dim, join="outer")
        # The union of different names comes sorted; they stay in the order of the parts.
        names = {
            dim: list(dict.fromkeys(name for part in parts for name in part[dim].values.tolist()))
            for dim, index in together.indexes.items()
            if dim != self.dim and index.dtype.kind in "OU"
        }
        return together.sel(names)
