"""Output folders: one run at a time has one, and results are never replaced silently."""

import threading

import pytest

from powerseek.argue.store import RUNNING, open_folder
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


def test_overwriting_leaves_no_file_of_the_earlier_run(tmp_path):
    for name in ("results.nc", "notes.txt"):
        (tmp_path / name).write_text("old")
    take(tmp_path, overwrite=True, results=["results.nc", "argument.json"])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_belongs_to_one_run_at_a_time(overwrite):
    """Even to replace results: the other run would write its own over them in the end."""
    expected = r"^--out: got 'here', expected a folder that no other run writes to .*running"
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


def test_an_interrupted_run_gives_its_folder_back():
    with pytest.raises(KeyboardInterrupt), open_folder("here", "", False) as folder:
        raise KeyboardInterrupt
    assert list(folder.iterdir()) == []
    take("here")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000, "file/below"])
def test_names_that_no_folder_can_have_are_refused(name, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInput, match=r"^--out: got '.*', expected a folder that can be"):
        take(name)
