"""Broken files and command lines are refused in one line; the generator breaks them."""

import random
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fuzz

sys.path.pop(0)


def test_broken_files_are_refused_in_one_line():
    reading, running = fuzz.fuzz_files(1500, seed=1, commands=100)
    assert reading.faults == running.faults == []
    assert reading.outcomes["refused"] > 1000
    assert running.outcomes["refused"] > 5


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
    monkeypatch.setattr(fuzz, "SECONDS", 0.05)

    def hang():
        while True:
            time.process_time()

    def crash():
        raise KeyError("lost")

    seen.try_one("hang", hang)
    seen.try_one("crash", crash)
    seen.try_one("fine", lambda: "refused")
    assert [shown for shown, _ in seen.faults] == ["hang", "crash"]
    assert seen.outcomes == {"fault": 2, "refused": 1}
    monkeypatch.setattr("powerseek.theory.mdp_json.read_document", lambda path: 1 / 0)
    reading, _ = fuzz.fuzz_files(3, seed=0, commands=10)
    assert len(reading.faults) == 3
