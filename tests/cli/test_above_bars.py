"""What is printed while bars are shown: above them on a terminal, unchanged anywhere else."""

import io
import sys

import pytest
from rich.console import Console

from powerseek.cli.above_bars import above_bars
from powerseek.cli.progress import progress_bars


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


def outcome(monkeypatch, out, err):
    """What each stream holds after one line was printed while a bar was shown."""
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    console = Console(highlight=False)
    with progress_bars({"checking": "properties"}) as progress:
        progress("checking", 0, 1)
        with above_bars(console):
            console.print("bellman", end="  ")
            console.print("holds")
        progress("checking", 1, 1)
    return out.getvalue(), err.getvalue()


def test_a_file_gets_the_line_and_no_bar(monkeypatch):
    out, err = outcome(monkeypatch, io.StringIO(), Terminal())
    assert out == "bellman  holds\n"
    assert "1/1 properties" in err
    assert "bellman" not in err


def test_on_a_terminal_the_bar_is_cleared_first_and_drawn_again_below(monkeypatch):
    out, err = outcome(monkeypatch, Terminal(), Terminal())
    assert out == ""
    before, line, after = err.partition("bellman  holds\n")
    assert line
    assert before.endswith("\x1b[2K")
    assert "1/1 properties" in after
