"""The console that commands print to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from rich.console import Console


def open_console(stderr: bool = False, markup: bool = False) -> Console:
    """A console that prints what it is told to, without colours of its own making.

    When whoever reads its output stops reading, that is a `BrokenPipeError` as it is for `print`
    (and not the end of the process, with status 1).

    Args:
        stderr: whether it is standard error instead of standard output.
        markup: whether words in square brackets are styles.

    >>> open_console().print("[0, 1]", 9)
    [0, 1] 9
    """
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError

    return Terminal(stderr=stderr, highlight=False, markup=markup)
