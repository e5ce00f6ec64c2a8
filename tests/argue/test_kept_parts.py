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
from powerseek.argue.stage import Stage, is_whole
from powerseek.argue.store import PARTS, read_results, write_results
from powerseek.theory.errors import InvalidInput

from .conftest import ARGUMENT, TINY


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@given(st.integers(1, 6), st.integers(0, 6))
@settings(max_examples=15)
def test_what_is_known_is_put_together_and_nothing_is_run(tmp_path_factory, n_steps, done):
    kept, log = KeptParts.begin(tmp_path_factory.mktemp("run"), {}), []
    stage = stage_of(n_steps, log)
    grown = [g for g, _ in zip(stage.grow(recall=kept.recall_of("s")), range(done), strict=False)]
    ran = list(log)
    found = stage.so_far(kept.known_of("s"))
    assert log == ran
    if not ran:
        assert found is None
    else:
        *_, expected = stage_of(len(ran), []).grow()
        xarray.testing.assert_identical(found.drop_attrs(), expected.drop_attrs())
        assert is_whole(found) == (len(ran) == n_steps)
        assert len(ran) in (len(grown), len(grown) + 1)


def test_a_part_that_is_not_noted_or_was_deleted_is_computed_again(tmp_path):
    """Killed between the part and the note of it, a run does not trust the part."""
    kept, log = KeptParts.begin(tmp_path, {}), []
    list(stage_of(2, log).grow(recall=kept.recall_of("s")))
    (tmp_path / PARTS / "s-0.npz").unlink()
    (tmp_path / PARTS / "s-2.npz").write_bytes(b"half")
    again = KeptParts.resume(tmp_path, {})
    *_, last = stage_of(3, log).grow(recall=again.recall_of("s"))
    assert log == [0, 1, 0, 2]
    xarray.testing.assert_identical(last, stage_of(3, []).whole())


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


@given(st.data())
@settings(max_examples=30)
def test_a_damaged_part_is_named_before_anything_is_computed(tmp_path_factory, data):
    """Whatever happened to it: a file cut short, or any bit of it."""
    folder = tmp_path_factory.mktemp("run")
    kept = KeptParts.begin(folder, {})
    list(stage_of(2, []).grow(recall=kept.recall_of("s")))
    file = folder / PARTS / "s-1.npz"
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1 :]
    file.write_bytes(data.draw(st.sampled_from([whole[:at], flipped])))
    with pytest.raises(InvalidInput, match=r"--resume: got '.*s-1\.npz', expected a part"):
        KeptParts.resume(folder, {})


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
    assert json.loads((tmp_path / PARTS / PLAN).read_text())["seconds"] == 14.0
    again.remove()
    assert not list(tmp_path.iterdir())
