"""Results that are printed while progress bars are on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def above_bars(console: Console) -> Iterator[None]:
    """Whole lines printed to a console within the block appear at once.

    On a terminal they go above the bars of `powerseek.cli.progress`, which catch what is written
    to ``sys.stdout`` and ``sys.stderr``; a stream that is no terminal gets them unchanged.

    >>> from rich.console import Console
    >>> console = Console()
    >>> with above_bars(console):
    ...     console.print("visits_total", end="  ")
    ...     console.print("holds")
    visits_total  holds
    """
    with console.capture() as captured:
        yield
    stream = sys.stderr if console.stderr else sys.stdout
    behind = getattr(stream, "rich_proxied_file", stream)
    print(captured.get(), end="", file=stream if behind.isatty() else behind, flush=True)
