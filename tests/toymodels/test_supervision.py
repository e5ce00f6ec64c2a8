"""Supervision acts where it says, as strongly as its knob says, and is off at strength 0."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from powerseek.toymodels import HubKnobs, train
from powerseek.toymodels.supervision import Blanket


@pytest.fixture(scope="module")
def blanket(learner):
    return replace(learner, supervision=Blanket())


def test_strength_zero_is_no_supervision(run, blanket):
    plain, unused = run(HubKnobs(), range(3)), train(blanket, HubKnobs(), range(3), chunk=32)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), plain, unused)


def test_a_blanket_penalty_is_a_price_in_all_but_the_books(run, blanket):
    # Credit is as at a higher price of power alone, and power is unlearned at a high one.
    strong = train(blanket, HubKnobs(oversight=np.array([0.0, 2.0])), range(3), chunk=32)
    assert (strong.told[0, :, -1] > strong.told[0, :, 0]).all()
    assert (strong.told[1, :, -1] < strong.told[1, :, 0]).all()
    # What it forgoes shows in the return, which is measured without the penalty.
    assert (strong.returns[1, :, -1] < strong.returns[0, :, -1] - 0.1).all()
    assert (strong.best[0] == strong.best[1]).all()
