"""What an interrupted run has computed is kept, and going on gives what never stopping gives."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.argue import kept_parts, run_stages
from powerseek.argue.kept_parts import PLAN, KeptParts
from powerseek.argue.stage import Stage
from powerseek.argue.store import PARTS, read_results, write_results
from powerseek.theory.errors import InvalidInput

from .conftest import ARGUMENT, TINY


@pytest.fixture(autouse=True)
def keep_everything(monkeypatch):
    """However quickly it was computed."""
    monkeypatch.setattr(kept_parts, "WORTH_KEEPING", 0.0)


def stage_of(n_steps, log):
    """Steps that say when they are run; some have two parts, and names come late."""

    def step(number):
        log.append(number)
        rng = np.random.default_rng(number)
        return [
            xarray.Dataset(
                {"told": ("goal", rng.random(2)), "count": number},
                {"goal": ["a", "b" * (number + 2)], "case": number + part / 2},
                {"rate": 0.1},
            ).expand_dims("case")
            for part in range(1 + number % 2)
        ]

    return Stage("case", tuple(lambda number=number: step(number) for number in range(n_steps)))


@given(st.lists(st.integers(0, 5), max_size=4), st.integers(1, 6))
@settings(max_examples=30)
def test_a_run_interrupted_anywhere_ends_as_if_it_were_not(tmp_path_factory, stops, n_steps):
    """However often: no finished step is run twice, and the dataset is the same."""
    folder, log = tmp_path_factory.mktemp("run"), []
    whole = stage_of(n_steps, []).whole()
    kept = KeptParts.begin(folder, {"seed": 0})
    for stop in stops:
        for done, dataset in enumerate(stage_of(n_steps, log).grow(recall=kept.recall_of("s"))):
            so_far = whole.sel(case=dataset["case"], goal=dataset["goal"])
            xarray.testing.assert_equal(dataset, so_far)
            if done == stop:
                break
        kept = KeptParts.resume(folder, {"seed": 0})
    *_, last = stage_of(n_steps, log).grow(recall=kept.recall_of("s"))
    xarray.testing.assert_identical(last, whole)
    write_results(folder / "results.nc", {"s": last})
    xarray.testing.assert_identical(read_results(folder / "results.nc")["s"], whole)
    assert sorted(log) == list(range(n_steps))


def test_an_experiment_goes_on_from_the_middle_of_any_stage(stages, tmp_path):
    """One step of each stage, then the next session: in the end all is as in one go."""

    class Interrupted(Exception):
        pass

    kept, sessions, whole = KeptParts.begin(tmp_path, {}), 0, {}
    while True:
        begun = set(whole)

        def stop_within(name, done, total, begun=begun):
            if name not in begun and 0 < done < total:
                raise Interrupted

        sessions += 1
        try:
            for name, dataset in run_stages(ARGUMENT, TINY, 0, stop_within, kept.recall_of):
                whole[name] = dataset
        except Interrupted:
            whole.setdefault(next(n for n in stages if n not in whole), None)
            kept = KeptParts.resume(tmp_path, {})
        else:
            break
    assert sessions >= 4
    assert list(whole) == list(stages)
    for name, dataset in stages.items():
        xarray.testing.assert_identical(whole[name], dataset)


def test_what_was_quick_is_computed_again(monkeypatch, tmp_path):
    monkeypatch.setattr(kept_parts, "WORTH_KEEPING", 60.0)
    kept, log = KeptParts.begin(tmp_path, {}), []
    for _ in range(2):
        list(stage_of(2, log).grow(recall=kept.recall_of("s")))
    assert log == [0, 1, 0, 1]


@pytest.mark.parametrize("plan", [{"seed": 1, "jax": "1"}, {"seed": 0, "jax": "2"}])
def test_another_run_is_not_gone_on_with(tmp_path, plan):
    KeptParts.begin(tmp_path, {"seed": 0, "jax": "1"})
    with pytest.raises(InvalidInput, match=r"^--resume: (seed|jax): got .*that of the interrupted"):
        KeptParts.resume(tmp_path, plan)


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"seconds": "long"}', "{"])
def test_nothing_to_go_on_with_is_said(tmp_path, text):
    if text is not None:
        (tmp_path / PARTS).mkdir()
        (tmp_path / PARTS / PLAN).write_text(text)
    with pytest.raises(InvalidInput, match=r"--resume: got .* the folder of an interrupted run"):
        KeptParts.resume(tmp_path, {})


def test_a_damaged_part_is_named(tmp_path):
    kept = KeptParts.begin(tmp_path, {})
    list(stage_of(2, []).grow(recall=kept.recall_of("s")))
    file = tmp_path / PARTS / "s-1.nc"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(InvalidInput, match=r"--resume: got '.*s-1\.nc', expected a part"):
        list(stage_of(2, []).grow(recall=kept.recall_of("s")))


def test_time_is_that_of_all_sessions(tmp_path, monkeypatch):
    """As of the last step that was kept; then the parts are removed."""
    clock = [0.0]
    monkeypatch.setattr(kept_parts.time, "monotonic", lambda: clock[0])
    kept = KeptParts.begin(tmp_path, {})

    def slow():
        clock[0] += 7.0
        return [xarray.Dataset({"x": ("case", [1.0])})]

    list(Stage("case", (slow, slow)).grow(recall=kept.recall_of("s")))
    clock[0] += 100.0  # killed in the middle of something
    again = KeptParts.resume(tmp_path, {})
    clock[0] += 2.0
    assert again.seconds == 16.0
    assert json.loads((tmp_path / PARTS / PLAN).read_text()) == {"seconds": 14.0}
    again.remove()
    assert not list(tmp_path.iterdir())
