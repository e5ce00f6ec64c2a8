"""Progress: bars on a terminal, some lines elsewhere."""

import re

import pytest

from powerseek.cli import progress
from powerseek.cli.progress import progress_bars


@pytest.fixture
def clock(monkeypatch):
    """Time, by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_log_has_a_line_where_a_part_begins_and_ends_and_one_a_minute(capsys, clock):
    with progress_bars({"learners": "agents", "phase": "needs"}) as tell:
        for done in range(0, 1501, 10):
            tell("learners", done, 1500)
            clock[0] += 1.0
        tell("phase", 0, 2)
        tell("phase", 2, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "  0:00 learners: 0 of 1,500 agents",
        "  1:00 learners: 600 of 1,500 agents",
        "  2:00 learners: 1,200 of 1,500 agents",
        "  2:30 learners: 1,500 of 1,500 agents",
        "  2:31 phase: 0 of 2 needs",
        "  2:31 phase: 2 of 2 needs",
    ]


def test_what_mostly_takes_a_moment_has_no_lines_in_the_first_minute(capsys, clock):
    for seconds in (50, 150):
        with progress_bars({"POWER": ""}, brief=True) as tell:
            for done in range(seconds + 1):
                tell("POWER", done, seconds)
                clock[0] += 1.0
    assert capsys.readouterr().err.splitlines() == [
        "  1:00 POWER: 60 of 150",
        "  2:00 POWER: 120 of 150",
        "  2:30 POWER: 150 of 150",
    ]


def test_a_terminal_that_cannot_move_its_cursor_has_lines(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    with progress_bars({"learners": "agents"}) as tell:
        tell("learners", 0, 3)
        assert capsys.readouterr().err == "  0:00 learners: 0 of 3 agents\n"


def test_a_terminal_has_bars(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # which rich takes for a terminal
    monkeypatch.setenv("TERM", "xterm")
    with progress_bars({"learners": "agents"}) as tell:
        tell("learners", 2, 3)
    printed = capsys.readouterr().err
    assert re.search(r"2/3", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed))
