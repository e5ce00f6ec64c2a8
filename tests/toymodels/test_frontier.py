"""Verdicts on supervisors follow from the numbers, and err as rarely as they say."""

import numpy as np

from powerseek.toymodels.studies.frontier import MARGIN, TOLERANCE, Frontier


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
