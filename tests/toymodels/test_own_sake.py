"""What goes over from the user's account to the agent's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import HubKnobs, Recipe
from powerseek.toymodels.studies.own_sake import own_sake, ratio
from powerseek.toymodels.worlds import Wallet, WalletKnobs

RECIPE = Recipe(world=Wallet(n_tasks=4, n_prices=5), checkpoints=(0, 4, 64))


@pytest.mark.slow
def test_for_linear_policies_the_share_is_the_overlap_at_all_times():
    overlaps = (0.0, 0.3, 0.8, 1.0)
    found = own_sake(RECIPE, WalletKnobs(), overlaps, range(3))
    np.testing.assert_allclose([s.mean for s in found.predicted()], overlaps, atol=1e-9)
    for checkpoint in (1, 2):
        shares = found.share(checkpoint)
        np.testing.assert_allclose([s.mean for s in shares], overlaps, atol=1e-9)
    assert (found.taken[0] == 0).all()
    assert found.least_overlap() in overlaps[1:]


@given(st.floats(-3, 3), st.integers(0, 1000))
def test_a_ratio_of_proportional_numbers_is_certain(factor, seed):
    below = np.random.default_rng(seed).uniform(1, 2, size=6)
    found = ratio(factor * below, below)
    assert found.low == pytest.approx(factor, abs=1e-9)
    assert found.high == pytest.approx(factor, abs=1e-9)


def test_a_jackknife_covers():
    """Nominal 95%; of 300 intervals fewer than 270 has p < 0.001 at 94%."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        below = 2 + 0.3 * rng.normal(size=8)
        found = ratio(0.5 * below + 0.2 * rng.normal(size=8), below)
        hits += found.low <= 0.5 <= found.high
    assert hits >= 270


@pytest.mark.parametrize("overlaps", [(), (0.0, 0.5), (1.0, 0.5, 1.0)])
def test_overlaps_end_in_one(overlaps):
    with pytest.raises(InvalidInput, match="overlaps"):
        own_sake(RECIPE, WalletKnobs(), overlaps, range(2))


def test_the_world_has_two_accounts():
    with pytest.raises(InvalidInput, match="wallet"):
        own_sake(Recipe(), HubKnobs(), (1.0,), range(2))
