"""`powerseek argue` as a user meets it, on a tiny preset."""

from __future__ import annotations

import json

import pytest

import powerseek.argue
from powerseek.argue import Preset
from powerseek.argue.store import DOCUMENT, REPORT, RESULTS
from powerseek.cli import main

TINY = Preset("tiny", seeds=2, updates=8, needs=3, boards=False)


@pytest.fixture(autouse=True)
def tiny_preset(monkeypatch, tmp_path):
    monkeypatch.setitem(powerseek.argue.PRESETS, "tiny", TINY)
    monkeypatch.chdir(tmp_path)


def test_writes_everything_and_never_overwrites_silently(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["argue", "--preset", "tiny", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert "Rules, fixed beforehand" in printed.out
    assert "intrinsic drive" in printed.out
    assert printed.out.index("Rules") < printed.out.index("Verdicts")
    for name in (DOCUMENT, REPORT, RESULTS):
        assert (out / name).stat().st_size > 0
    before = (out / DOCUMENT).read_bytes()

    assert main(["argue", "--preset", "tiny", "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (out / DOCUMENT).read_bytes() == before

    assert main(["argue", "--preset", "tiny", "--out", str(out), "--overwrite", "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["complete"] is True
    # Same seed, same numbers.
    assert (out / DOCUMENT).read_bytes() == before
    assert not list(out.glob("*.partial"))


def test_interrupt_keeps_what_was_computed(tmp_path, capsys, monkeypatch):
    stages = powerseek.argue.run_stages

    def interrupted(*args):
        for name, dataset in stages(*args):
            yield name, dataset
            if name == "phase":
                raise KeyboardInterrupt

    monkeypatch.setattr(powerseek.argue, "run_stages", interrupted)
    assert main(["argue", "--preset", "tiny", "--out", str(tmp_path / "cut")]) == 130
    printed = capsys.readouterr()
    assert "saved" in printed.err
    document = json.loads((tmp_path / "cut" / DOCUMENT).read_text())
    assert document["complete"] is False
    assert len(document["claims"]) == 7
    assert "switchboard" not in document
    assert (tmp_path / "cut" / RESULTS).exists()
    assert "interrupted" in (tmp_path / "cut" / REPORT).read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--preset", "fast"], ["--preset", "'fast'", "quick", "full"]),
        (["--argument", "greed"], ["--argument", "'greed'", "power"]),
        (["--seed", "-1"], ["--seed", "'-1'", "whole number"]),
        (["--seed", "1.5"], ["--seed", "'1.5'", "whole number"]),
        (["--nonsense"], ["--nonsense"]),
    ],
)
def test_bad_options_are_one_line(options, words, capsys):
    try:
        status = main(["argue", *options])
    except SystemExit as stop:  # from argparse
        status = stop.code
    assert status == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    for word in words:
        assert word in printed.err


def test_unwritable_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["argue", "--preset", "tiny", "--out", str(tmp_path / "file" / "run")]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "--out" in printed.err


def test_two_writers_of_one_file_do_not_mix(tmp_path):
    from powerseek.toymodels.files import replacing

    path = tmp_path / "results"
    with replacing(path) as one, replacing(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    from powerseek.toymodels.files import replacing

    def fail():
        with replacing(path) as new:
            new.write_text("half")
            raise KeyboardInterrupt

    path = tmp_path / "results"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
