"""The experiments on predictions and remedies, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray

from powerseek.argue.prediction_verdicts import FINDINGS, join
from powerseek.argue.predictions import PREDICTIONS, SCALES, over_time, run_prediction
from powerseek.cli.predictions import NAMES

TINY = replace(
    SCALES["quick"],
    seeds=2,
    updates=4,
    network_seeds=2,
    network_updates=4,
    network_tasks=4,
    strengths=(0.0, 1.0),
    needs=(0.8,),
    overlaps=(0.5, 1.0),
)


def test_every_experiment_is_run_judged_and_on_the_command_line():
    assert tuple(PREDICTIONS) == tuple(FINDINGS) == NAMES


def test_cases_grow_step_by_step_and_goals_keep_their_order(monkeypatch):
    def case(goals):
        return [xarray.Dataset({"gain": ("goal", np.arange(len(goals)))}, {"goal": goals})]

    fake = [lambda: case(["power", "decoy"]), lambda: case(["power", "decoy", "a skill"])]
    monkeypatch.setitem(PREDICTIONS, "fake", lambda scale, seed: fake)
    done = []
    first, whole = run_prediction("fake", TINY, 0, lambda *seen: done.append(seen))
    assert first.sizes["case"] == 1
    assert whole["goal"].values.tolist() == ["power", "decoy", "a skill"]
    assert whole["gain"].isel(case=1).values.tolist() == [0, 1, 2]
    assert done == [(0, 2), (1, 2), (2, 2)]


def test_checkpoints_increase_and_end_with_training():
    assert over_time(256) == (0, 1, 4, 16, 64, 256)
    assert over_time(300) == (0, 1, 4, 16, 64, 256, 300)


def supervised(drive, capability, reading, supervisor="rater", policy="linear"):
    """A case of the supervision experiment; a little noise between 6 seeds."""
    noise = 0.001 * np.arange(6)
    columns = {"drive": drive, "told": drive, "needed": drive}
    columns |= {"capability": capability, "reading": reading}
    return xarray.Dataset(
        {n: (("strength", "seed"), np.array(v)[:, None] + noise) for n, v in columns.items()},
        coords={
            "strength": [0.0, 1.0, 3.0],
            "seed": range(6),
            "supervisor": supervisor,
            "policy": policy,
            "world": "hub",
        },
    )


def test_what_is_said_follows_the_numbers():
    good = supervised([0.7, 0.0, -0.2], [0.97, 0.97, 0.97], [1.0, 0.1, 0.0], "good")
    dear = supervised([0.7, 0.5, -0.2], [0.97, 0.97, 0.5], [1.0, 0.5, 0.0], "dear")
    blind = supervised([0.7, 0.5, 0.4], [0.97, 0.97, 0.97], [1.0, 0.0, 0.0], "blind")
    found = FINDINGS["supervision"](xarray.concat([good, dear, blind], "case"))
    assert list(found.words.values()) == ["supported", "not supported", "not supported"]
    text = " ".join(found.sentences)
    assert "**good**: removes the drive at no cost in hub (linear)" in text
    assert "take the task with the drive: dear in hub (linear)." in text
    assert "Evaded" in text
    assert "blind in hub (linear) (strength 1 and 3)" in text
    assert len(found.rows) == 3
    assert all(len(row) == len(found.head) for row in found.rows)
    alone = FINDINGS["supervision"](xarray.concat([good], "case"))
    assert "No supervisor was evaded" in " ".join(alone.sentences)


def test_lists_read_as_lists():
    assert join(["a"]) == "a"
    assert join(["a", "b"]) == "a and b"


@pytest.mark.slow
@pytest.mark.parametrize("name", PREDICTIONS)
def test_every_experiment_runs_and_repeats(name):
    (*_, first), (*_, again) = (run_prediction(name, TINY, 3) for _ in range(2))
    xarray.testing.assert_identical(first, again)
    found = FINDINGS[name](first)
    assert all(len(row) == len(found.head) for row in found.rows)
    assert found.words
    assert found.sentences
