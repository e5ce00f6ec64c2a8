"""The further studies: datasets that give back what was found, and their figures."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray

from powerseek.argue import PRESETS, summarise
from powerseek.argue import study_figures as drawn
from powerseek.argue.experiment import run_stages, stages_of
from powerseek.argue.kept_parts import KeptParts
from powerseek.argue.label_free_stage import label_free, read_climbing
from powerseek.argue.report import render
from powerseek.argue.store import read_results, write_results
from powerseek.argue.studies import (
    CALIBRATION_NEEDS,
    Sizes,
    calibrated,
    calibration,
    drive_fields,
    read_calibration,
    read_field,
    read_persistence,
    read_yoked,
)
from powerseek.toymodels import HubKnobs, predict
from powerseek.toymodels.argument import POWER, SYCOPHANCY
from powerseek.toymodels.studies.label_free_study import study
from powerseek.toymodels.studies.persistence import REGIMES
from powerseek.toymodels.studies.power_climbing import CONTROLS, PROBES
from powerseek.toymodels.studies.yoked import GROUPS

from .conftest import ARGUMENT, TINY

SIZES = Sizes(
    seeds=2, updates=4, needs=3, levels=2, builds=(2, 8), further=4, worlds=("hub",),
    policies=("linear",), graphs=4, climbers=("linear", "mlp"), climbing=4,
)  # fmt: skip


def test_only_the_larger_presets_have_studies_and_only_for_power():
    names = list(SIZES.stages(0))
    for preset in PRESETS.values():
        stages = stages_of(POWER, preset, 0)
        assert (preset.studies is None) == (preset.name == "quick")
        assert [n for n in stages if n in names] == ([] if preset.studies is None else names)
        assert not set(names) & set(stages_of(SYCOPHANCY, preset, 0))


@pytest.fixture(scope="module")
def tiny_studies():
    return {
        "fields": drive_fields(2, 3, 2, 2, 0, ("price",)).whole(),
        "calibration": calibration(calibrated(["hub"], ["linear"]), seeds=2, seed=0).whole(),
        "label-free": label_free(4, ("linear",), updates=4, seed=0).whole(),
    }


@pytest.mark.slow
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


@pytest.mark.slow
def test_climbs_come_back_from_a_file(tiny_studies, tmp_path):
    write_results(tmp_path / "results.nc", tiny_studies)
    found = read_climbing(read_results(tmp_path / "results.nc")["label-free"], "linear")
    made = study(4, ("linear",), updates=4)["linear"].climbing
    assert found.updates == made.updates
    for name in ("dose", "residual"):
        got, expected = getattr(found, name), getattr(made, name)
        assert list(got) == list(expected)
        np.testing.assert_array_equal(list(got.values()), list(expected.values()))
    np.testing.assert_array_equal(found.chance, made.chance)
    for probe in PROBES:
        for control in CONTROLS:
            np.testing.assert_array_equal(
                found.climbs.gain(probe, control), made.climbs.gain(probe, control)
            )
    np.testing.assert_array_equal(found.climbs.capability, made.climbs.capability)


@pytest.mark.slow
def test_the_report_shows_what_there_is(tiny_studies):
    page = render(summarise(ARGUMENT, TINY, 0, tiny_studies), tiny_studies, "")
    assert "The phase diagram" in page
    assert "in every world" in page
    assert "Does it last?" not in page
    assert "NaN" not in page


@pytest.mark.slow
def test_what_they_found_is_in_the_document(tiny_studies):
    assert "studies" not in summarise(ARGUMENT, TINY, 0, {}).to_json()
    found = summarise(ARGUMENT, TINY, 0, tiny_studies).to_json()["studies"]
    assert list(found) == list(tiny_studies)
    json.dumps(found, allow_nan=False)
    field = read_field(tiny_studies["fields"], "price").transients("told")
    told = next(row for row in found["fields"] if row["probe"] == "told")
    assert told["lasting"]["mean"] == field.lasting.mean
    calibrated_drive = found["calibration"][0]
    fit = read_calibration(tiny_studies["calibration"], "hub, linear").fit("told", 1)
    assert (calibrated_drive["learner"], calibrated_drive["updates"]) == ("hub, linear", 1)
    assert calibrated_drive["error"] == fit.error


@pytest.mark.slow
def test_every_study_runs_and_is_reported(tmp_path):
    preset = replace(TINY, boards=False, studies=SIZES)
    seen = []
    kept = KeptParts.begin(tmp_path, {})
    tell = lambda *told: seen.append(told)  # noqa: E731
    stages = dict(run_stages(POWER, preset, 0, tell, kept.recall_of))
    again = stages_of(POWER, preset, 0)
    assert list(stages) == list(again)
    for name, dataset in stages.items():
        xarray.testing.assert_identical(again[name].so_far(kept.known_of(name)), dataset)
    kept_after_first = kept.recall_of("label-free")(1, again["label-free"].steps[0])
    alone = again["label-free"].steps[1]()  # as when it is gone on with after the first
    xarray.testing.assert_identical(alone[0], kept_after_first[0])
    last = {name: (done, total) for name, done, total in seen}
    assert all(done == total for done, total in last.values())
    for learner in stages["persistence"]["learner"].values:
        found = read_persistence(stages["persistence"], str(learner))
        assert found.regimes == REGIMES
        assert not np.isnan(found.before.told).any()
    assert set(read_yoked(stages["yoked"], "MLP").groups) == set(GROUPS)
    summary = summarise(POWER, preset, 0, stages)
    assert list(summary.to_json()["studies"]) == list(SIZES.stages(0))
    page = render(summary, stages, "")
    for title in (
        "phase diagram",
        "Does it last?",
        "Reward, or visits?",
        "in every world",
        "Without labels",
    ):
        assert title in page
    assert len(drawn.yoked_groups(stages["yoked"]).axes) == 2
