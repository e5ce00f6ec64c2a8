"""Progress on standard error, the same for every command that takes long.

On a terminal there are bars. Elsewhere, in the log of a batch system say, there are lines: one
where a part begins, one where it ends, and one a minute in between.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console


EVERY = 60.0
"""Seconds between lines, while a part goes on."""

ProgressFunction: TypeAlias = Callable[[str, int, int], None]
"""Called with (name of the part, done, in all)."""


@contextmanager
def progress_bars(units: Mapping[str, str], *, brief: bool = False) -> Iterator[ProgressFunction]:
    """One bar, or some lines, for each part of the work, in order.

    Args:
        units: what is counted, by the name of the part.
        brief: whether it mostly takes a moment: bars go when they are done, and there are no
            lines in the first minute.

    Yields:
        A function to call with (name, done, in all); a bar starts with its first call.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:  # where bars show at the end only
        yield Lines(units, brief)
        return
    with _bars(units, console, brief) as progress:
        yield progress


@contextmanager
def _bars(units: Mapping[str, str], console: Console, brief: bool) -> Iterator[ProgressFunction]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=brief) as bar:
        tasks = {
            name: bar.add_task(name, total=None, unit=unit, start=False)
            for name, unit in units.items()
        }

        def progress(name: str, done: int, total: int) -> None:
            bar.start_task(tasks[name])
            bar.update(tasks[name], completed=done, total=total)

        yield progress


class Lines:
    """Progress in lines, each with the time since the first part began."""

    def __init__(self, units: Mapping[str, str], brief: bool = False) -> None:
        """Nothing has begun; arguments as for `progress_bars`."""
        self._units = units
        self._began = time.monotonic()
        self._silent = brief
        self._last = dict.fromkeys(units, self._began if brief else -math.inf)

    def __call__(self, name: str, done: int, total: int) -> None:
        """Print a line if one is due."""
        now = time.monotonic()
        if now - self._last[name] < EVERY and (self._silent or done < total):
            return
        self._silent = False
        self._last[name] = now
        minutes, seconds = divmod(round(now - self._began), 60)
        counted = f"{name}: {done:,} of {total:,} {self._units[name]}".rstrip()
        print(f"{minutes:3}:{seconds:02} {counted}", file=sys.stderr, flush=True)
