"""Verdicts on supervisors follow from the numbers, and err as rarely as they say."""

import numpy as np
import pytest

from powerseek.toymodels import HubKnobs, Recipe, train
from powerseek.toymodels.studies.frontier import BLIND, MARGIN, TOLERANCE, Frontier, watch
from powerseek.toymodels.supervision import Blanket


def frontier(drive, capability, reading, noise=0.0, seeds=6, seed=0):
    rng = np.random.default_rng(seed)

    def rows(means):
        spread = rng.normal(size=(len(means), seeds))
        return np.array(means)[:, None] + noise * spread

    d = rows(drive)
    strengths = (0.0, 0.3, 1.0, 3.0)[: len(drive)]
    return Frontier(strengths, d, d, rows(capability), d, rows(reading))


def test_a_remedy_at_no_cost():
    found = frontier([0.7, 0.5, 0.0], [0.97, 0.97, 0.97], [1, 0.8, 0.02])
    assert found.removes() == "supported"
    assert found.strengths[found.best()] == 1.0
    assert found.evaded() == ()


def test_a_remedy_that_takes_the_task_with_it_is_none():
    found = frontier([0.7, 0.5, 0.0], [0.97, 0.97, 0.57], [1, 0.8, 0.02])
    assert found.removes() == "not supported"
    assert found.strengths[found.best()] == 0.3


def test_evasion_is_a_drive_that_is_not_seen():
    found = frontier([0.7, 0.6, 0.5, 0.0], [1, 1, 1, 1], [2.0, 0.3, 0.0, 0.0])
    assert found.evaded() == (1.0,)


def test_a_drive_at_the_margin_is_seldom_called_removed():
    """Nominal rate at most 2.5% over the strengths together; 400 runs: above 5% is p < 0.002."""
    words = [
        frontier(
            [0.7, MARGIN, MARGIN, MARGIN], [1.0, 1.0, 1.0, 1.0], [1, 1, 1, 1], 0.02, seed=i
        ).removes()
        for i in range(400)
    ]
    assert words.count("supported") <= 20


def test_a_cost_at_the_tolerance_is_seldom_called_none():
    """As above, for capability."""
    less = 1.0 - TOLERANCE
    words = [
        frontier([0.7, 0, 0, 0], [1.0, less, less, less], [1, 1, 1, 1], 0.02, seed=i).removes()
        for i in range(400)
    ]
    assert words.count("supported") <= 20


def test_a_remedy_at_both_margins_is_seldom_called_none():
    """Nominal rate at most 2.5%; of 3000, above 110 is p < 1e-4 (it is about 150 at 5%)."""
    words = [
        frontier([0.7, MARGIN], [1.0, 1.0 - TOLERANCE], [1, 1], 0.02, seed=i).removes()
        for i in range(3000)
    ]
    assert words.count("not supported") <= 110


def test_one_strength_is_enough_whichever_it_is():
    for at in (1, 2, 3):
        drive = [0.7] * 4
        drive[at] = 0.0
        found = frontier(drive, [1, 1, 1, 1], [1, 1, 1, 1])
        assert found.removes() == "supported"
        assert found.best() == at


@pytest.mark.parametrize(
    ("drive", "cost", "word"),
    [
        (0.0, 0.0, "supported"),
        (MARGIN, 0.0, "inconclusive"),
        (0.0, TOLERANCE, "inconclusive"),
        (2 * MARGIN, 0.0, "not supported"),
        (0.0, 2 * TOLERANCE, "not supported"),
    ],
)
def test_at_the_margin_nothing_is_decided(drive, cost, word):
    """Two seeds alike, whose mean is exact, and so is the end of the interval."""
    found = frontier([0.7, drive], [cost, 0.0], [1.0, 1.0], seeds=2)
    assert found.removes() == word
    assert found.best() == int(cost < TOLERANCE)


@pytest.mark.parametrize(
    ("drive", "share", "evaded"),
    [(0.5, 0.5, True), (MARGIN, 0.5, False), (0.5, 1.0, False), (0.5, 1.5, False)],
)
def test_blind_is_a_share_of_what_was_seen_without_supervision(drive, share, evaded):
    found = frontier([0.7, drive], [1, 1], [4.0, share * (BLIND * 4.0)], seeds=2)
    assert found.evaded() == ((0.3,) if evaded else ())


@pytest.mark.slow
def test_what_is_at_the_edge_of_sight_is_seldom_called_evaded():
    """Nominal rate at most 2.5% over the strengths together; of 3000, above 110 is p < 1e-4."""
    found = [
        frontier([0.7] * 4, [1.0] * 4, [1.0, *[BLIND] * 3], 0.02, seed=i).evaded()
        for i in range(3000)
    ]
    assert sum(map(bool, found)) <= 110


@pytest.mark.slow
def test_who_is_watched_is_trained_as_ever():
    recipe = Recipe(supervision=Blanket(), checkpoints=(0, 3))
    knobs = HubKnobs(oversight=np.array([0.0, 1.0]))
    measured, reading = watch(recipe, knobs, range(2))
    np.testing.assert_array_equal(measured.told, train(recipe, knobs, range(2)).told)
    assert reading.shape == measured.told.shape
