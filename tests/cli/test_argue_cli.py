"""`powerseek argue` as a user meets it, on a tiny preset."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import time

import pytest
import xarray

import powerseek.argue
from powerseek.argue import Preset
from powerseek.argue.store import DOCUMENT, REPORT, RESULTS, RUN, read_results
from powerseek.cli import main
from powerseek.cli.interrupts import interrupts_kept
from powerseek.cli.resuming import interruptible

TINY = Preset("tiny", seeds=2, updates=8, needs=3, boards=False)


@pytest.fixture(autouse=True)
def tiny_preset(monkeypatch, tmp_path):
    monkeypatch.setitem(powerseek.argue.PRESETS, "tiny", TINY)
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_interrupted_run_goes_on(tmp_path, capsys, monkeypatch):
    """By the command that it ends with, to the same numbers, from steps that are kept."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main(["argue", "--preset", "tiny", "--out", str(whole)]) == 0
    stages = powerseek.argue.run_stages

    def interrupted(*args):
        for name, dataset in stages(*args):
            yield name, dataset
            if name == "switchboard" and dataset.sizes["cell"] == 5:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(powerseek.argue, "run_stages", interrupted)
        assert main(["argue", "--preset", "tiny", "--out", str(cut)]) == 130
    *_, last = capsys.readouterr().err.splitlines()
    command = shlex.split(last.split("to go on: ")[1])
    assert command[:2] == ["powerseek", "argue"]
    begun = json.loads((cut / RUN).read_text())

    for wrong in (["--seed", "1"], ["--overwrite"]):
        assert main([*command[1:], *wrong]) == 2
        assert wrong[0].lstrip("-") in capsys.readouterr().err
    assert (cut / RESULTS).exists()
    assert main(["argue", "--preset", "tiny", "--out", str(cut)]) == 2
    assert "--resume to go on" in capsys.readouterr().err

    assert main(command[1:]) == 0
    assert (cut / DOCUMENT).read_bytes() == (whole / DOCUMENT).read_bytes()
    again, once = read_results(cut / RESULTS), read_results(whole / RESULTS)
    assert list(again) == list(once)
    for name, dataset in once.items():
        xarray.testing.assert_identical(again[name], dataset)
    assert json.loads((cut / RUN).read_text())["seconds"] > begun["seconds"]
    assert sorted(path.name for path in cut.iterdir()) == sorted(
        path.name for path in whole.iterdir()
    )

    assert main(command[1:]) == 2
    assert "the folder of an interrupted run" in capsys.readouterr().err


@pytest.mark.slow
def test_interrupted_again_a_run_still_has_all_that_was_computed(tmp_path, monkeypatch, capsys):
    """What is saved never becomes less, though the second session did not come as far."""
    cut, stages = tmp_path / "cut", powerseek.argue.run_stages

    def until(last):
        def interrupted(*args):
            for name, dataset in stages(*args):
                yield name, dataset
                if name == last:
                    raise KeyboardInterrupt

        return interrupted

    saved = []
    for last, more in (("switchboard", []), ("learners", ["--resume"])):
        monkeypatch.setattr(powerseek.argue, "run_stages", until(last))
        assert main(["argue", "--preset", "tiny", "--out", str(cut), *more]) == 130
        saved.append(((cut / DOCUMENT).read_bytes(), read_results(cut / RESULTS)))
    assert saved[0][0] == saved[1][0]
    assert list(saved[0][1]) == ["learners", "phase", "switchboard"]
    for name, dataset in saved[0][1].items():
        xarray.testing.assert_identical(saved[1][1][name], dataset)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_gets_lost_comes_at_the_next_step(tmp_path, monkeypatch, number):
    """As when the signal comes while JAX is called back by the garbage collector."""
    stages, seen = powerseek.argue.run_stages, []

    def lost(*args):
        for name, dataset in stages(*args):
            seen.append(name)
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), number)
                time.sleep(5)
            yield name, dataset

    monkeypatch.setattr(powerseek.argue, "run_stages", lost)
    assert main(["argue", "--preset", "tiny", "--out", str(tmp_path / "cut")]) == 130
    assert seen == ["learners"]


class Signals:
    """Sends a signal when it is deleted, where Python drops what the handler raises."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.usefixtures("interrupts")
def test_what_is_saved_after_an_interrupt_is_not_interrupted_by_the_same():
    """It was dropped, and noticed at the end of a step before it came again."""

    def step():
        with interruptible() as check:
            Signals()
            check()

    with interrupts_kept():  # as for any command
        with pytest.raises(KeyboardInterrupt):
            step()
        saved = time.monotonic() + 0.2
        while time.monotonic() < saved:
            pass


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_background_job_that_ignores_interrupts_goes_on_ignoring_them():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible() as check:
            os.kill(os.getpid(), signal.SIGINT)
            check()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_run_that_is_terminated_saves_too(tmp_path, monkeypatch):
    """As batch systems end what takes too long."""
    stages = powerseek.argue.run_stages

    def terminated(*args):
        for name, dataset in stages(*args):
            yield name, dataset
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(powerseek.argue, "run_stages", terminated)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["argue", "--preset", "tiny", "--out", str(tmp_path / "cut")]) == 130
    assert (tmp_path / "cut" / RESULTS).exists()
    assert signal.getsignal(signal.SIGTERM) is before


def test_only_the_folder_of_an_interrupted_run_is_gone_on_with(tmp_path, capsys):
    for where in ([], ["--out", str(tmp_path / "nowhere")], ["--out", str(tmp_path)]):
        assert main(["argue", "--preset", "tiny", "--resume", *where]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "the folder of an interrupted run" in error


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--preset", "fast"], ["--preset", "'fast'", "quick", "full"]),
        (["--argument", "greed"], ["--argument", "'greed'", "power"]),
        (["--seed", "-1"], ["--seed", "'-1'", "whole number"]),
        (["--seed", "1.5"], ["--seed", "'1.5'", "whole number"]),
        (["--nonsense"], ["--nonsense"]),
        (["--overwrite"], ["--overwrite", "--out"]),
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
