"""`powerseek predictions`: bad input is one line, and a run leaves what it says."""

import io
import json

import pytest
import xarray
from rich.console import Console

from powerseek.argue.prediction_verdicts import Finding
from powerseek.argue.predictions import PREDICTIONS
from powerseek.argue.stage import Stage
from powerseek.argue.store import read_results
from powerseek.cli import main
from powerseek.cli.predictions import rows_table


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


def test_a_narrow_terminal_folds_numbers_and_leaves_nothing_out():
    cells = ("preemption, p = 0.5", *("-11.77 [-123.45, 678.90]",) * 8)
    head = ("world", *(f"persistence{i}" for i in range(8)))
    found = Finding("name", "title", "rule", head, (cells,), {}, ())
    for width in (40, 80, 200):
        console = Console(width=width, file=io.StringIO())
        console.print(rows_table(found))
        printed = console.file.getvalue()
        assert "…" not in printed
        assert sorted("".join(printed.split())) == sorted("".join((*head, *cells)).replace(" ", ""))


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


def test_an_interrupted_experiment_keeps_the_steps_it_has_done(capsys, tmp_path, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    case = xarray.Dataset({"gain": ("seed", [1.0, 2.0])})
    stage = Stage("case", (lambda: [case], interrupted))
    monkeypatch.setitem(PREDICTIONS, "own-sake", lambda scale, seed: stage)
    out = tmp_path / "run"
    assert main(["predictions", "own-sake", "--out", str(out)]) == 130
    assert "predictions own-sake --preset=quick --seed=0" in capsys.readouterr().err
    assert read_results(out / "results.nc")["own-sake"]["gain"].sizes == {"case": 1, "seed": 2}
    assert not json.loads((out / "predictions.json").read_text())["complete"]
