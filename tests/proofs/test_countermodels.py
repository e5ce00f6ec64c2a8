"""Six countermodels: excluded by a theorem, and shown by training."""

from dataclasses import replace

import pytest

from powerseek.proofs import THEOREMS
from powerseek.proofs.countermodels import (
    ALL_ON,
    TIME,
    countermodels,
    time_for,
    train_model,
)
from powerseek.proofs.strategies import N_TASKS, small_recipe
from powerseek.proofs.theorems.argument import kernels, rate
from powerseek.toymodels.argument import POWER
from powerseek.toymodels.kernel import predict

MARGIN = POWER.conclusion.margin
every_premise = pytest.mark.parametrize("premise", [p.id for p in POWER.premises])


def test_with_all_premises_on_the_theorem_promises_a_drive_and_training_shows_it():
    assert time_for(0.8) < TIME < time_for(0.95)
    trained = train_model(ALL_ON)
    assert 0.8 <= trained.power[-1] < 0.95
    assert trained.bayes == 0.0
    assert trained.drive > MARGIN


@every_premise
def test_each_differs_in_one_knob_only(premise):
    model = countermodels()[premise]
    knob = model.premise.knob
    assert replace(model.knobs, **{knob: getattr(ALL_ON, knob)}) == ALL_ON != model.knobs


@every_premise
def test_each_is_excluded_by_its_theorem_and_shows_no_drive(premise):
    model = countermodels()[premise]
    assert model.excluded()
    assert premise in THEOREMS[model.theorem].premises
    trained = train_model(model.knobs)
    if model.theorem == "no_drive":
        assert (trained.power <= trained.power[0] + 1e-12).all()
    else:
        assert (trained.power < 2 * trained.power[0]).all()
    assert trained.drive < MARGIN


def test_a_world_with_all_premises_on_is_not_excluded():
    for model in countermodels().values():
        assert not replace(model, knobs=ALL_ON).excluded()


def test_the_kernels_are_those_of_the_policy():
    """K and K' by hand against the tangent kernel of the trained policy."""
    predicted = predict(small_recipe(), ALL_ON, [0])
    train, probe = kernels(ALL_ON, N_TASKS)
    push = rate(ALL_ON, N_TASKS) / train * 0.25 * 0.75
    assert float(predicted.told_rate[0, 0]) == pytest.approx(probe * push, rel=1e-6)
