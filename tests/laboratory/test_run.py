"""Training runs: what comes out is what `fit` measured, set beside what was asked for."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import powerseek.laboratory.run as laboratory
from powerseek.argue.experiment import one_setting, with_twins
from powerseek.laboratory import checkpoints_up_to, train_graphs_run, train_run
from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import HubKnobs, Recipe, fit
from powerseek.toymodels.argument import POWER, SYCOPHANCY
from powerseek.toymodels.drive import drive
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.verdicts import judge_against_all, of_the_capable
from powerseek.toymodels.worlds import Graph, GraphKnobs, Rater, RaterKnobs

RECIPE = Recipe(checkpoints=(0, 4, 16), learning_rate=2.0)
KNOBS = HubKnobs(need=np.array([0.0, 0.9]))
SEEDS = 5


@pytest.fixture(scope="module")
def counted():
    return []


@pytest.fixture(scope="module")
def run(counted):
    return train_run(RECIPE, KNOBS, SEEDS, 3, lambda *done: counted.append(done))


@pytest.fixture(scope="module")
def fitted():
    """Both settings and their twins, every seed at once."""
    return fit(RECIPE, with_twins(KNOBS, 2), range(SEEDS), seed=3)


@given(st.integers(1, 10**7))
def test_checkpoints_are_powers_of_two_and_the_end(updates):
    found = checkpoints_up_to(updates)
    assert found[0] == 0
    assert found[-1] == updates
    assert list(found) == sorted(set(found))
    inside = found[1:-1]
    assert inside == tuple(2**k for k in range(len(inside)))
    assert 2 ** len(inside) >= updates


def test_the_dataset_is_what_was_measured(run, fitted):
    _, measured = fitted
    for f in fields(Measurement):
        whole = getattr(measured, f.name)
        found = run.dataset[f.name]
        assert found.dims == ("setting", "role", "seed", "updates")
        np.testing.assert_allclose(found.sel(role="actual"), whole[:2], atol=1e-12)
        np.testing.assert_allclose(found.sel(role="twin"), whole[2:], atol=1e-12)
    assert list(run.dataset["setting"].values) == ["need=0", "need=0.9"]
    assert list(run.dataset["need"].values) == [0.0, 0.9]
    assert list(run.dataset["updates"].values) == [0, 4, 16]
    assert run.dataset.attrs == {"world": "hub", "policy": "linear"}


def test_outcomes_are_the_last_checkpoint_judged_against_all_controls(run, fitted):
    _, measured = fitted
    actual, twin = (
        Measurement(**{f.name: getattr(measured, f.name)[rows] for f in fields(Measurement)})
        for rows in (slice(2), slice(2, None))
    )
    for i, outcome in enumerate(run.outcomes):
        for name in ("told", "null", "push", "willingness_to_pay"):
            expected = over_seeds(getattr(actual, name)[i, :, -1])
            assert outcome.numbers[name].mean == pytest.approx(expected.mean)
            assert outcome.numbers[name].stderr == pytest.approx(expected.stderr, abs=1e-12)
        capability = over_seeds(actual.returns[i, :, -1] / actual.best[i, :, -1])
        assert outcome.numbers["capability"].mean == pytest.approx(capability.mean)
        scalars = one_setting(with_twins(KNOBS, 2), i)
        found = drive(RECIPE.world, scalars, actual, twin, setting=i)
        judged = judge_against_all(POWER.conclusion, found.intervals())
        expected = of_the_capable(judged, capability)
        assert outcome.verdict.word == expected.word
        assert outcome.verdict.interval.mean == pytest.approx(expected.interval.mean)
        assert outcome.diverged == ()


def test_the_agents_kept_are_the_actual_ones(run, fitted):
    weights, _ = fitted
    np.testing.assert_allclose(run.agents.params.shared, weights.shared[:2], atol=1e-12)
    assert run.agents.seeds == tuple(range(SEEDS))
    assert run.agents.seed == 3
    assert run.n_seeds == SEEDS


def test_progress_is_told_from_the_start_to_the_end(run, counted):
    assert run is not None
    assert counted[0] == (0, SEEDS)
    assert counted[-1] == (SEEDS, SEEDS)


def test_in_groups_the_same_agents_are_trained(run, monkeypatch):
    """Two settings and their twins: two seeds at a time where eight agents fit."""
    calls, done = [], []

    def counting(recipe, knobs, seeds, **options):
        calls.append((seeds, options["chunk"]))
        return fit(recipe, knobs, seeds, **options)

    monkeypatch.setattr(laboratory, "TOGETHER", 8)
    monkeypatch.setattr(laboratory, "fit", counting)
    again = train_run(RECIPE, KNOBS, SEEDS, 3, lambda *counts: done.append(counts))
    assert calls == [(range(0, 2), 8), (range(2, 4), 8), (range(4, 5), 8)]
    assert done == [(0, 5), (2, 5), (4, 5), (5, 5)]
    np.testing.assert_allclose(again.dataset["told"], run.dataset["told"], atol=1e-12)


def test_agents_diverged_if_they_or_their_twins_end_without_finite_numbers(monkeypatch):
    def diverging(*arguments, **options):
        weights, measured = fit(*arguments, **options)
        measured.told[0, 1, -1] = np.nan
        measured.best[0, 3, 0] = np.nan  # a number of the past
        weights.shared[3, 2] = np.inf
        weights.private[1, 4] = -np.inf
        return weights, measured

    monkeypatch.setattr(laboratory, "fit", diverging)
    found = train_run(RECIPE, KNOBS, SEEDS, 3, lambda *_: None)
    assert [outcome.diverged for outcome in found.outcomes] == [(1,), (2, 4)]
    assert [entry["diverged"] for entry in found.to_json()["settings"]] == [[1], [2, 4]]


def test_where_nothing_is_to_be_had_there_is_no_share_of_it():
    """Taken at its price, power costs more than success brings, which is never to be had else."""
    knobs = HubKnobs(need=1.0, base_success=0.0, price=2.0)
    (outcome,) = train_run(RECIPE, knobs, 2, 0, lambda *_: None).outcomes
    assert np.isnan(outcome.numbers["capability"].mean)
    assert outcome.diverged == ()


@pytest.mark.parametrize(("calls", "kept"), [(0, None), (1, 2), (2, 4)])
def test_an_interrupt_keeps_the_groups_that_are_done(calls, kept, run, monkeypatch):
    left = [None] * calls

    def interrupted(*arguments, **options):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return fit(*arguments, **options)

    monkeypatch.setattr(laboratory, "TOGETHER", 8)
    monkeypatch.setattr(laboratory, "fit", interrupted)
    cut = train_run(RECIPE, KNOBS, SEEDS, 3, lambda *_: None)
    if kept is None:
        assert cut is None
    else:
        assert (cut.n_seeds, cut.agents.seeds) == (kept, tuple(range(kept)))
        told = run.dataset["told"].isel(seed=range(kept))
        np.testing.assert_allclose(cut.dataset["told"], told, atol=1e-12)


def test_the_document_tells_the_recipe_the_knobs_and_every_setting(run):
    document = run.to_json()
    assert {k: document[k] for k in ("world", "policy", "algorithm", "supervision")} == {
        "world": "hub",
        "policy": "linear",
        "algorithm": "exact",
        "supervision": "outcome",
    }
    assert (document["optimiser"], document["learning_rate"]) == ("sgd", 2.0)
    assert (document["updates"], document["seeds"], document["seed"]) == (16, SEEDS, 3)
    assert document["knobs"]["need"] == [0.0, 0.9]
    assert [s["setting"] for s in document["settings"]] == ["need=0", "need=0.9"]
    for entry, outcome in zip(document["settings"], run.outcomes, strict=True):
        assert entry["told"]["mean"] == outcome.numbers["told"].mean
        assert entry["drive"]["mean"] == outcome.verdict.interval.mean
        assert entry["drive"]["verdict"] == outcome.verdict.word
        assert entry["diverged"] == []


@pytest.mark.slow
def test_a_world_of_the_other_argument_is_judged_by_its_margins(monkeypatch):
    claims = []

    def noting(claim, intervals):
        claims.append(claim)
        return judge_against_all(claim, intervals)

    monkeypatch.setattr(laboratory, "judge_against_all", noting)
    recipe = Recipe(world=Rater(), checkpoints=(0, 1))
    alone = train_run(recipe, RaterKnobs(), 2, 0, lambda *_: None)
    assert claims == [SYCOPHANCY.conclusion]
    assert [outcome.setting for outcome in alone.outcomes] == [""]
    assert list(alone.dataset["setting"].values) == ["defaults"]


@pytest.mark.parametrize(
    ("checkpoints", "number", "message"),
    [
        ((0, 4), 0, "got 0, expected at least 2"),
        ((0, 4), 1, "got 1, expected at least 2"),
        ((1, 4), 2, r"checkpoints: got \(1, 4\), expected 0"),
    ],
)
def test_runs_that_nothing_can_be_said_of_are_refused_before_they_begin(
    checkpoints, number, message
):
    def progress(*done):
        pytest.fail(f"begun: {done}")

    with pytest.raises(InvalidInput, match=message):
        train_run(Recipe(checkpoints=checkpoints), KNOBS, number, 0, progress)
    recipe = Recipe(world=Graph(), checkpoints=checkpoints)
    with pytest.raises(InvalidInput, match=message):
        train_graphs_run(recipe, GraphKnobs(), number, 0, progress)
