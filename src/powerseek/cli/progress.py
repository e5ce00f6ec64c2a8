"""Progress bars on standard error, the same for every command that takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def progress_bars(units: Mapping[str, str]) -> Iterator[Callable[[str, int, int], None]]:
    """One bar for each part of the work, in order.

    Args:
        units: what is counted, by the name of the part.

    Yields:
        A function to call with (name, done, in all); a bar starts with its first call.
    """
    from rich.console import Console
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
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks = {
            name: bar.add_task(name, total=None, unit=unit, start=False)
            for name, unit in units.items()
        }

        def progress(name: str, done: int, total: int) -> None:
            bar.start_task(tasks[name])
            bar.update(tasks[name], completed=done, total=total)

        yield progress
