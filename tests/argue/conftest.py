"""One tiny run of the experiment, shared by all tests of this folder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from powerseek.argue import Preset, Summary, run_stages, summarise
from powerseek.toymodels.argument import POWER

TINY = Preset("tiny", seeds=2, updates=8, needs=3, boards=True)
ARGUMENT = replace(POWER, worlds=("hub", "reserve"))


@pytest.fixture(scope="session")
def progress_log() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="session")
def stages(progress_log):
    found = {}
    for name, dataset in run_stages(ARGUMENT, TINY, 0, lambda *seen: progress_log.append(seen)):
        found[name] = dataset
    return found


@pytest.fixture(scope="session")
def summary(stages) -> Summary:
    return summarise(ARGUMENT, TINY, 0, stages)
