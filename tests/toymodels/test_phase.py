"""The drive over two knobs and time: grids, boundaries, transient regions."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import Hub, HubKnobs, Recipe, train
from powerseek.toymodels.hub_flow import threshold_at
from powerseek.toymodels.studies.phase import DriveField, check_solution, drive_field, grid
from powerseek.toymodels.worlds import ReserveKnobs

NEED = np.linspace(0, 1, 17)
UPDATES = np.array([0.0, 1.0, 2.0, 4.0, 8.0])


def field(drive) -> DriveField:
    """A field with this drive [a, b, seed, checkpoint] over an untrained P(power) of 0."""
    drive = np.asarray(drive, float)
    first, second = (np.linspace(0, 1, n) for n in drive.shape[:2])
    return DriveField(("need", "price"), first, second, UPDATES, 1.0, drive, drive)


values = st.lists(st.floats(-1, 1), min_size=4, max_size=4)


@given(st.lists(values, min_size=12, max_size=12), st.floats(0.01, 0.5))
def test_transients_are_what_the_definition_says(curves, margin):
    drive = np.concatenate([np.zeros((12, 1)), curves], axis=1).reshape(2, 2, 3, 5)
    found = field(drive).transients("told", margin)
    lost = (drive.max(-1) > margin) & (drive[..., -1] <= margin)
    np.testing.assert_allclose(found.where, lost.mean(axis=2))
    assert found.area.mean == pytest.approx(lost.mean())
    assert found.lasting.mean == pytest.approx((drive[..., -1] > margin).mean())
    with_any = lost.any(axis=(0, 1))
    assert (found.peak is None) == (with_any.sum() < 2)
    if found.peak is not None:
        assert found.peak.seeds == with_any.sum()
        assert found.peak.mean > margin
        assert 0 < found.lifetime.mean <= UPDATES[-1]


def test_the_lifetime_runs_from_the_first_rise_to_the_last_fall():
    curve = [0.0, 0.2, 0.0, 0.2, 0.0]  # margin 0.1: rises at 0.5, falls for good at 6
    never = [0.0, 0.0, 0.0, 0.0, 0.0]
    lasting = [0.0, 0.0, 0.0, 0.3, 0.3]
    found = field([[[curve, curve], [never, never]], [[lasting, lasting], [never, curve]]])
    found = found.transients("null", 0.1)
    assert found.peak.mean == pytest.approx(0.2)
    assert found.lifetime.mean == pytest.approx(6.0 - 0.5)
    np.testing.assert_allclose(found.where, [[1.0, 0.0], [0.0, 0.5]])
    assert found.lasting.mean == 0.25


@given(st.integers(1, 3), st.integers(1, 3))
def test_grids_hold_every_combination_once(a, b):
    first, second = np.linspace(0, 1, a), np.linspace(0.1, 0.4, b)
    knobs = grid(ReserveKnobs(), {"need": first, "price": second})
    points = set(zip(knobs.need.tolist(), knobs.price.tolist(), strict=True))
    assert len(points) == len(knobs.need) == a * b
    # the order in which a field folds them back
    np.testing.assert_array_equal(knobs.need.reshape(a, b)[:, 0], first)
    np.testing.assert_array_equal(knobs.price.reshape(a, b)[0], second)


def test_unknown_knobs_are_refused():
    with pytest.raises(InvalidInput, match="knob of the world"):
        grid(HubKnobs(), {"hazard": [0.1]})


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    world = Hub(n_prices=2)
    return Recipe(world=world, learning_rate=8.0, checkpoints=(0, 1, 16, 64, 512))


@pytest.fixture(scope="module")
def measured(recipe) -> DriveField:
    """Whole numbers of needy tasks at equal prices: seeds are all alike."""
    base = HubKnobs(price_spread=0.0)
    return drive_field(recipe, base, NEED, "price", [0.1, 0.3], range(2), chunk=68)


def test_points_of_a_field_are_the_agents_that_training_trains(measured, recipe):
    knobs = HubKnobs(need=measured.first[9], price=0.3, price_spread=0.0)
    alone = train(recipe, knobs, range(2), chunk=68)
    np.testing.assert_allclose(measured.told[9, 1], alone.told[0], atol=1e-12)
    np.testing.assert_allclose(measured.null[9, 1], alone.null[0], atol=1e-12)


def test_measured_boundaries_are_those_of_theory(measured):
    for probe in ("null", "told"):
        for checkpoint, time in ((1, 1e-3), (4, 4096.0)):
            for j, at in enumerate(measured.boundary(probe, checkpoint)):
                knobs = HubKnobs(price=measured.second[j])
                assert at.mean == pytest.approx(threshold_at(probe, knobs, time), abs=0.02)


def test_the_told_boundary_moves_up_and_leaves_a_transient_region(measured):
    early, late = (measured.boundary("told", k)[0].mean for k in (1, 4))
    assert late > early + 0.1
    found = measured.transients("told")
    assert found.area.low > 0
    between = (measured.first > early + 0.15) & (measured.first < late - 0.1)
    assert found.where[between, 0].all()
    assert not found.where[measured.first < 0.1].any()


def test_fields_survive_being_saved(measured):
    again = DriveField.from_dataset(measured.to_dataset())
    np.testing.assert_array_equal(again.told, measured.told)
    assert again.knobs == measured.knobs
    assert again.boundary("told", 4) == measured.boundary("told", 4)


@pytest.mark.slow
def test_solutions_hold_to_the_order_of_the_step(hub):
    recipe = Recipe(world=hub, learning_rate=0.05, checkpoints=(0, 50, 500, 2000))
    closed = HubKnobs(need=np.array([0.0, 0.25, 0.75, 1.0]), sharing=1.0, legibility=0.0)
    check = check_solution(recipe, closed, chunk=4)
    assert check.largest < 2e-3
    assert np.abs(check.trained[:, -1] - check.trained[:, 0]).min() > 0.3
    partial = replace(closed, sharing=0.5, legibility=0.3)
    assert check_solution(recipe, partial, "told", chunk=4).largest < 5e-3


def test_solutions_need_whole_tasks(hub):
    with pytest.raises(InvalidInput, match="multiples of 1/4"):
        check_solution(Recipe(world=hub), HubKnobs(need=[0.3]))
