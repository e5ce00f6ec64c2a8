"""`powerseek predictions`: bad input is one line, and a run leaves what it says."""

import json

import pytest

from powerseek.argue.store import read_results
from powerseek.cli import main


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["stering"], "NAME"),
        (["--preset", "fast"], "--preset"),
        (["--seed", "-1"], "--seed"),
    ],
)
def test_bad_options_are_one_line(arguments, named, capsys, tmp_path):
    assert main(["predictions", *arguments, "--out", str(tmp_path / "new")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert named in error
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_run_prints_rules_and_results_and_saves_them(capsys, tmp_path):
    out = tmp_path / "run"
    assert main(["predictions", "own-sake", "--json", "--out", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    (found,) = document["findings"]
    assert found["name"] == "own-sake"
    assert document["complete"]
    kept = json.loads((out / "predictions.json").read_text())
    assert kept["findings"] == document["findings"]
    assert set(read_results(out / "results.nc")["own-sake"].data_vars) >= {"gain", "rate"}
