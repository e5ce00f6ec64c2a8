"""The further studies: datasets that give back what was found, and their figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

from powerseek.argue import PRESETS, summarise
from powerseek.argue import study_figures as drawn
from powerseek.argue.experiment import run_stages, stage_units
from powerseek.argue.report import render
from powerseek.argue.store import read_results, write_results
from powerseek.argue.studies import (
    CALIBRATION_NEEDS,
    Sizes,
    calibrated,
    read_calibration,
    read_field,
    read_persistence,
    read_yoked,
    run_calibration,
    run_fields,
)
from powerseek.toymodels import HubKnobs, predict
from powerseek.toymodels.argument import POWER, SYCOPHANCY
from powerseek.toymodels.persistence import REGIMES
from powerseek.toymodels.yoked import GROUPS

from .conftest import ARGUMENT, TINY

SIZES = Sizes(
    seeds=2, updates=4, needs=3, levels=2, builds=(2, 8), further=4, worlds=("hub",),
    policies=("linear",),
)  # fmt: skip


def test_only_the_larger_presets_have_studies_and_only_for_power():
    names = list(SIZES.runs())
    for preset in PRESETS.values():
        units = stage_units(POWER, preset)
        assert (preset.studies is None) == (preset.name == "quick")
        assert [n for n in units if n in names] == ([] if preset.studies is None else names)
        assert not set(names) & set(stage_units(SYCOPHANCY, preset))


@pytest.fixture(scope="module")
def tiny_studies():
    seen = []
    field = run_fields(2, 3, 2, 2, 0, ("price",), lambda done, total: seen.append((done, total)))
    assert seen == [(0, 1), (1, 1)]
    return {
        "fields": field,
        "calibration": run_calibration(calibrated(["hub"], ["linear"]), seeds=2, seed=0),
    }


def test_fields_and_calibrations_come_back_from_a_file(tiny_studies, tmp_path):
    write_results(tmp_path / "results.nc", tiny_studies)
    again = read_results(tmp_path / "results.nc")
    field = read_field(again["fields"], "price")
    assert field.knobs == ("need", "price")
    assert field.drive("told").shape == (3, 2, 2, 3)
    np.testing.assert_array_equal(field.told, read_field(tiny_studies["fields"], "price").told)
    found = read_calibration(again["calibration"], "hub, linear")
    name, recipe = calibrated(["hub"], ["linear"])["hub, linear"]
    assert name == "hub"
    kernel = predict(recipe, HubKnobs(need=np.array(CALIBRATION_NEEDS)), range(2))
    np.testing.assert_allclose(found.predicted("told", 1), kernel.told_drive(1.0), atol=1e-12)
    assert found.fit("told", 1).error < 1e-12


def test_the_report_shows_what_there_is(tiny_studies):
    page = render(summarise(ARGUMENT, TINY, 0, tiny_studies), tiny_studies, "")
    assert "The phase diagram" in page
    assert "in every world" in page
    assert "Does it last?" not in page
    assert "NaN" not in page


def test_what_they_found_is_in_the_document(tiny_studies):
    assert "studies" not in summarise(ARGUMENT, TINY, 0, {}).to_json()
    found = summarise(ARGUMENT, TINY, 0, tiny_studies).to_json()["studies"]
    assert list(found) == ["fields", "calibration"]
    json.dumps(found, allow_nan=False)
    field = read_field(tiny_studies["fields"], "price").transients("told")
    told = next(row for row in found["fields"] if row["probe"] == "told")
    assert told["lasting"]["mean"] == field.lasting.mean
    calibrated_drive = found["calibration"][0]
    fit = read_calibration(tiny_studies["calibration"], "hub, linear").fit("told", 1)
    assert (calibrated_drive["learner"], calibrated_drive["updates"]) == ("hub, linear", 1)
    assert calibrated_drive["error"] == fit.error


@pytest.mark.slow
def test_every_study_runs_and_is_reported():
    preset = replace(TINY, boards=False, studies=SIZES)
    seen = []
    stages = dict(run_stages(POWER, preset, 0, lambda *told: seen.append(told)))
    assert list(stages) == list(stage_units(POWER, preset))
    last = {name: (done, total) for name, done, total in seen}
    assert all(done == total for done, total in last.values())
    for learner in stages["persistence"]["learner"].values:
        found = read_persistence(stages["persistence"], str(learner))
        assert found.regimes == REGIMES
        assert not np.isnan(found.before.told).any()
    assert set(read_yoked(stages["yoked"], "MLP").groups) == set(GROUPS)
    summary = summarise(POWER, preset, 0, stages)
    assert list(summary.to_json()["studies"]) == list(SIZES.runs())
    page = render(summary, stages, "")
    for title in ("phase diagram", "Does it last?", "Reward, or visits?", "in every world"):
        assert title in page
    assert len(drawn.yoked_groups(stages["yoked"]).axes) == 2
