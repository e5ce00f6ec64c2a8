"""The experiment and its summary, on a tiny run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from powerseek.argue import PRESETS, summarise
from powerseek.argue.experiment import ROLES, stages_of
from powerseek.argue.report import render
from powerseek.argue.store import read_results, write_results
from powerseek.argue.summary import switchboard_of
from powerseek.proofs import THEOREMS
from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.argument import POWER

from .conftest import ARGUMENT, TINY


def test_presets_grow():
    quick, standard, full = PRESETS["quick"], PRESETS["standard"], PRESETS["full"]
    assert quick.seeds >= 16
    assert quick.seeds < standard.seeds < full.seeds
    assert quick.updates < standard.updates < full.updates
    assert quick.checkpoints[0] == 0
    assert quick.checkpoints[-1] == quick.updates


def test_every_agent_is_measured(stages):
    assert list(stages) == list(stages_of(ARGUMENT, TINY, 0))
    assert list(stages)[-2:] == ["worlds", "switchboard-reserve"]
    for dataset in stages.values():
        assert dataset.sizes["seed"] == TINY.seeds
        for name, values in dataset.data_vars.items():
            predicted = name.startswith("kernel_") and "learner" in values.dims
            measured = values.sel(learner="linear") if predicted else values
            assert not bool(measured.isnull().any()), name
    board = stages["switchboard"]
    assert board.sizes["cell"] == 64
    assert tuple(board["role"].values) == ROLES
    on = np.stack([board[p.id].values for p in POWER.premises], axis=1)
    assert len(np.unique(on, axis=0)) == 64


def test_stages_share_agents(stages):
    """The all-on cell and the first learner are the same agents, so the same numbers."""
    cell = stages["switchboard"].isel(cell=-1)
    learner = stages["learners"].sel(learner="linear")
    np.testing.assert_array_equal(cell["told"], learner["told"])
    cell = stages["switchboard-reserve"].isel(cell=-1)
    np.testing.assert_array_equal(cell["told"], stages["worlds"].sel(world="reserve")["told"])


def test_untrained_agents_are_as_likely_as_explored(stages):
    untrained = stages["learners"].sel(learner="linear", updates=0)
    np.testing.assert_allclose(untrained["told"], 0.25)
    board = stages["switchboard"].sel(updates=0, role="actual")["told"]
    explored = np.where(stages["switchboard"]["P4"], 0.25, 1e-5)
    np.testing.assert_allclose(board, explored[:, None] * np.ones(TINY.seeds))


def test_progress_ends_complete(stages, progress_log):
    last = {name: (done, total) for name, done, total in progress_log}
    assert set(last) == set(stages)
    assert all(done == total for done, total in last.values())


def test_summary_judges_everything(summary):
    assert [v.claim.id for v in summary.premises] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    assert summary.conclusion.claim.id == "C"
    assert len(summary.cells) == 64
    document = summary.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["format"] == "powerseek-argument/1"
    assert {c["id"] for c in document["claims"]} == {"P1", "P2", "P3", "P4", "P5", "P6", "C"}
    for claim in document["claims"]:
        assert claim["theorems"]
        assert all(claim["id"] in THEOREMS[name].premises for name in claim["theorems"])
    assert document["knobs"]["need"] == 0.8
    (reserve,) = document["worlds"]
    assert reserve["name"] == "reserve"
    assert [v["id"] for v in reserve["premises"]] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    assert {e["premise"] for e in reserve["effects"]} == {p.id for p in POWER.premises}
    # Untrained or barely trained, some units are taken: between 0 and all 3.
    assert 0 < reserve["amount"]["mean"] < 3


def test_conclusion_is_the_hardest_control(summary):
    for learner in summary.learners:
        lows = [excess.low for excess in learner.over.values()]
        if learner.verdict.word == "supported":
            assert learner.verdict.interval.low == min(lows)


@pytest.mark.parametrize("stage", ["switchboard", "switchboard-reserve"])
def test_off_switches_close_the_path(stages, stage):
    """In every cell with a premise other than P3 off, power is taken exactly as before."""
    board = switchboard_of(POWER, stages[stage])
    for i, premise in enumerate(board.premises):
        excess = board.drive[~board.on[:, i]]
        if premise == "P4":
            assert excess.max() < 1e-3
        else:
            assert excess.max() < 1e-9, premise


@pytest.mark.slow
def test_interrupted_runs_are_judged_as_far_as_they_got(stages):
    part = summarise(ARGUMENT, TINY, 0, {"learners": stages["learners"]})
    assert part.premises is not None
    assert part.effects is None
    assert part.thresholds is None
    assert "<h1>" in render(part, {"learners": stages["learners"]}, "part")
    unfinished = stages["switchboard"].isel(cell=slice(3)).assign_attrs(done=3)
    sweep = stages["phase"].isel(need=slice(2)).assign_attrs(done=1)
    cut = {"switchboard": unfinished, "switchboard-reserve": unfinished, "phase": sweep}
    half = summarise(ARGUMENT, TINY, 0, {**stages, **cut})
    assert half.effects is None
    assert half.thresholds is None
    assert "<h1>" in render(half, {**stages, **cut}, "part")
    assert half.worlds is not None
    assert half.worlds[0].effects is None
    nothing = summarise(ARGUMENT, TINY, 0, {})
    assert "Interrupted" in nothing.answer()


@pytest.mark.slow
def test_results_file_round_trip(stages, tmp_path):
    path = tmp_path / "results.nc"
    write_results(path, stages)
    again = read_results(path)
    assert set(again) == set(stages)
    for name, dataset in stages.items():
        for variable in dataset.data_vars:
            np.testing.assert_array_equal(again[name][variable], dataset[variable])
    assert summarise(ARGUMENT, TINY, 0, again).to_json() == (
        summarise(ARGUMENT, TINY, 0, stages).to_json()
    )
    with pytest.raises(InvalidInput, match=r"nothing\.nc"):
        read_results(tmp_path / "nothing.nc")


@pytest.mark.slow
def test_report_stands_alone(summary, stages):
    html = render(summary, stages, "a line about <this> run")
    assert "theorems: transfer, locality, argument, no_drive, countermodels" in html
    assert html.count("<svg ") == 4
    assert html.count('role="img"') == 4
    for word in ("<script src", "<link", "@import", "url(http", "src=", "import {"):
        assert word not in html
    assert "&lt;this&gt;" in html
    assert html == render(summary, stages, "a line about <this> run")
