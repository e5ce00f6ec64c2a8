"""Broken files and command lines are refused in one line; the generator breaks them."""

import random
import sys
import time
from pathlib import Path

import pytest

from powerseek.theory.errors import InvalidInput

sys.path.insert(0, str(Path(__file__).parent))
import fuzz

sys.path.pop(0)


def test_broken_files_are_refused_in_one_line():
    reading, running = fuzz.fuzz_files(1500, seed=1, commands=100)
    assert reading.faults == running.faults == []
    assert reading.outcomes["refused"] > 1000
    assert running.outcomes["refused"] > 5


@pytest.mark.slow
def test_strange_command_lines_are_refused_in_one_line():
    seen = fuzz.fuzz_commands(40, seed=1)
    assert seen.faults == []
    assert seen.outcomes["refused"] > 20


@pytest.mark.slow
def test_a_hundred_thousand_broken_files():
    reading, running = fuzz.fuzz_files(100_000, seed=2)
    assert reading.faults == running.faults == []
    assert fuzz.fuzz_commands(2000, seed=2).faults == []


def test_the_same_seed_breaks_the_same_files_and_nearly_all_are_broken():
    whole = fuzz.documents()
    first = [fuzz.broken(whole, random.Random(i)) for i in range(200)]
    assert first == [fuzz.broken(whole, random.Random(i)) for i in range(200)]
    assert len(set(first)) > 190
    assert sum(data in whole for data in first) < 10


def test_faults_are_seen(monkeypatch):
    seen = fuzz.Seen()

    def hang():
        while True:
            time.process_time()

    def crash():
        raise KeyError("lost")

    seen.try_one("hang", hang, work=0.05)
    seen.try_one("crash", crash)
    seen.try_one("fine", lambda: "refused")
    assert [shown for shown, _ in seen.faults] == ["hang", "crash"]
    assert seen.outcomes == {"fault": 2, "refused": 1}
    monkeypatch.setattr("powerseek.theory.mdp_json.read_document", lambda path: 1 / 0)
    reading, _ = fuzz.fuzz_files(3, seed=0, commands=10)
    assert len(reading.faults) == 3


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("powerseek: WORLD: got 'moon', expected one of: hub", True),
        ("powerseek: learning_rate: got 1e+300, expected less", True),
        ("powerseek: --nonsense: not known", False),
        ("powerseek: something is wrong", False),
    ],
)
def test_a_refusal_must_name_what_it_is_about(message, named):
    assert fuzz.names_something(message, ["train", "moon", "--learning-rate", "1e300"]) is named


def test_a_refusal_that_names_nothing_is_a_fault(monkeypatch):
    def refuse(*_):
        raise InvalidInput("something is wrong")

    monkeypatch.setattr("powerseek.cli.options.one_of", refuse)
    with pytest.raises(AssertionError, match="names none"):
        fuzz.command(["worlds", "moon"])
