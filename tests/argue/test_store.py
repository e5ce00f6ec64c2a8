"""Output folders: one run at a time has one, and results are never replaced silently."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import xarray

from powerseek.argue.store import (
    RUNNING,
    open_folder,
    read_results,
    write_json,
    write_results,
    write_text,
)
from powerseek.theory.errors import InvalidInput


@pytest.fixture(autouse=True)
def somewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def take(path, default="", overwrite=False, results=()):
    """Open a folder and leave it again."""
    with open_folder(path, default, overwrite, results) as folder:
        return folder


def test_default_folder_is_always_new():
    names = [take(None, "argue-x").name for _ in range(3)]
    assert names == ["argue-x", "argue-x-2", "argue-x-3"]


def test_folders_above_are_made_and_free_names_are_found_below_them():
    assert str(take("not/there/yet")) == "not/there/yet"
    assert str(take(None, "not/here/run")) == "not/here/run"


def test_overwriting_leaves_no_file_of_the_earlier_run(tmp_path):
    for name in ("results.nc", "notes.txt"):
        (tmp_path / name).write_text("old")
    take(tmp_path, overwrite=True, results=["results.nc", "argument.json"])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_belongs_to_one_run_at_a_time(overwrite):
    """Even to replace results: the other run would write its own over them in the end."""
    expected = r"^--out: got 'here', expected a folder that no other run writes to$"
    with open_folder("here", "", False) as folder:
        (folder / "results.nc").write_text("half")
        with pytest.raises(InvalidInput, match=expected):
            take("here", overwrite=overwrite, results=["results.nc"])
        assert (folder / "results.nc").read_text() == "half"
    with pytest.raises(InvalidInput, match=r"new or empty folder \(or add --overwrite\)"):
        take("here")
    assert not (take("here", overwrite=True) / RUNNING).exists()


def test_of_many_at_once_one_gets_the_folder():
    ready, got, refused, everyone_tried = threading.Barrier(8), [], [], threading.Event()

    def run():
        ready.wait()
        try:
            with open_folder("here", "", False):
                got.append(1)
                everyone_tried.wait(10)
        except InvalidInput as refusal:
            refused.append(str(refusal))
            if len(refused) == 7:
                everyone_tried.set()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert all("no other run" in message for message in refused)


def test_of_many_at_once_that_ask_for_no_folder_each_gets_its_own():
    ready, names = threading.Barrier(8), []

    def run():
        ready.wait()
        names.append(take(None, "argue-x").name)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == ["argue-x", *(f"argue-x-{n}" for n in range(2, 9))]


def test_an_interrupted_run_gives_its_folder_back():
    with pytest.raises(KeyboardInterrupt), open_folder("here", "", False) as folder:
        raise KeyboardInterrupt
    assert list(folder.iterdir()) == []
    take("here")


def test_a_run_that_was_killed_leaves_its_folder_to_the_next():
    """What it left, the file it had locked among it, is in nobody's way."""
    script = (
        "from powerseek.argue.store import open_folder\n"
        "with open_folder('here', '', False): print('in', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout.readline() == b"in\n"
        with pytest.raises(InvalidInput, match="no other run"):
            take("here")
        run.kill()
    assert (Path("here") / RUNNING).exists()
    take("here")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000, "file/below"])
def test_names_that_no_folder_can_have_are_refused(name, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInput, match=r"^--out: got '.*', expected a folder .* \([^()]+\)$"):
        take(name)


def test_what_the_system_says_is_passed_on(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInput, match=r"can be written \(File exists\)"):
        take("file")
    with pytest.raises(InvalidInput, match=r"can be written \(embedded null byte\)"):
        take("a\0b")


def test_a_folder_is_given_back_even_if_its_marker_is_gone(tmp_path):
    with open_folder("here", "", False) as folder:
        (folder / RUNNING).unlink()


def test_what_is_written_is_read_again(tmp_path):
    """Every stage, and nothing of a file that was there before."""
    path = tmp_path / "results.nc"
    stages = {
        name: xarray.Dataset({"told": ("seed", np.arange(n) / 7)}, coords={"seed": np.arange(n)})
        for name, n in (("learners", 3), ("phase", 2))
    }
    write_results(path, {"old": stages["phase"]})
    write_results(path, stages)
    found = read_results(path)
    assert list(found) == list(stages)
    for name, data in stages.items():
        xarray.testing.assert_identical(found[name], data)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", [None, "no such file", ""])
def test_what_is_no_results_file_is_refused(text, tmp_path):
    path = tmp_path / "results.nc"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidInput, match=r"^results: got '.*results.nc', expected a results.nc"):
        read_results(path)


def test_documents_end_with_their_line_and_hold_numbers_only(tmp_path):
    path = tmp_path / "document.json"
    write_json(path, {"é": [1, None]})
    assert path.read_text("utf-8") == '{\n  "\\u00e9": [\n    1,\n    null\n  ]\n}\n'
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(path, {"x": float("nan")})
    assert json.loads(path.read_text("utf-8")) == {"é": [1, None]}
    write_text(path, "≥")
    assert path.read_bytes() == "≥".encode()
