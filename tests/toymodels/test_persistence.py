"""Whether a drive outlasts the tasks that built it."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import HubKnobs, Measurement, Recipe, average_advantage, train
from powerseek.toymodels.algorithms import ActorCritic
from powerseek.toymodels.hub_theory import halving_time
from powerseek.toymodels.studies.persistence import (
    NEUTRAL,
    PENALISED,
    REVERSED,
    Persistence,
    Regime,
    doubling,
    persist,
)

SAME = Regime("same", "nothing changes", ())
FURTHER = (0, 8, 32, 96)
unit = st.floats(0.0, 1.0)
knobs = st.builds(
    HubKnobs,
    need=unit,
    sharing=unit,
    price=st.floats(0.01, 0.6),
    legibility=st.floats(0.0, 1.0),
    exploration=st.floats(0.05, 0.9),
    signal=st.floats(0.2, 1.0),
)


@pytest.fixture(scope="module")
def recipe(hub) -> Recipe:
    return Recipe(world=hub, learning_rate=2.0, checkpoints=(0, 1, 8, 32))


@pytest.fixture(scope="module")
def lasting(recipe):
    """Four regimes, two seeds, always the same compiled call."""

    def go_on(knobs, regimes=(SAME, NEUTRAL, REVERSED, PENALISED), recipe=recipe):
        return persist(recipe, knobs, range(2), further=FURTHER, regimes=regimes, chunk=8)

    return go_on


def every(measured: Measurement, setting, checkpoint) -> dict[str, np.ndarray]:
    return {n: v[setting][..., checkpoint] for n, v in asdict(measured).items()}


@pytest.mark.slow
@given(knobs)
@settings(max_examples=15)
def test_no_further_updates_change_nothing_of_the_agent(lasting, knobs):
    found = lasting(knobs)
    for i in range(len(found.regimes)):
        for name in ("null", "told", "needed", "null_log_odds", "told_log_odds", "push", "after"):
            np.testing.assert_array_equal(
                getattr(found.before, name)[i, :, -1], getattr(found.after, name)[i, :, 0]
            )


@pytest.mark.slow
@given(knobs)
@settings(max_examples=10)
def test_going_on_with_the_same_tasks_is_longer_training(lasting, recipe, knobs):
    found = lasting(knobs)
    longer = replace(recipe, checkpoints=(*recipe.checkpoints, 40, 64, 128))
    whole = train(longer, knobs, range(2), chunk=8)
    for i, n in enumerate((3, 4, 5, 6)):
        now, then = every(found.after, 0, i), every(whole, 0, n)
        for name in now:
            np.testing.assert_allclose(now[name], then[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.slow
def test_what_is_sampled_and_remembered_goes_on_too(recipe):
    """Randomness, the critic and Adam's averages: as if nothing had been interrupted."""
    sampled = replace(
        recipe, algorithm=ActorCritic(), optimiser="adam", learning_rate=0.02, checkpoints=(0, 8)
    )
    found = persist(sampled, HubKnobs(), range(2), further=(0, 8), regimes=(SAME,), chunk=2)
    whole = train(replace(sampled, checkpoints=(0, 8, 16)), HubKnobs(), range(2), chunk=2)
    np.testing.assert_allclose(found.after.told[..., -1], whole.told[..., -1], atol=1e-12)
    assert (np.abs(whole.told[..., -1] - whole.told[..., -2]) > 1e-3).all()


@given(knobs)
@settings(max_examples=10)
def test_without_a_difference_in_reward_nothing_is_unlearnt(lasting, knobs):
    found = lasting(knobs)
    _, after = found.drive("told", 1)
    np.testing.assert_allclose(after, after[:, :1] * np.ones(len(FURTHER)), atol=1e-12)


@given(knobs)
@settings(max_examples=10)
def test_what_costs_is_taken_less_and_less(lasting, knobs):
    found = lasting(replace(knobs, legibility=0.0, price_spread=0.0))
    for regime in (2, 3):
        for probe in ("told", "null"):
            assert (np.diff(found.drive(probe, regime)[1], axis=1) <= 1e-12).all()


@pytest.mark.slow
@given(st.sampled_from([0.5, 0.75, 1.0]), st.floats(0.05, 0.3), st.floats(0.1, 0.4))
@settings(max_examples=8)
def test_half_lives_and_debts_are_as_the_closed_form_says(hub, p, c, epsilon):
    """Small steps, everything shared, nothing to see: 2z + 2 sinh z is banked and repaid."""
    rate, q, built = 0.1, 0.2, 200
    gain = average_advantage(p, q, c)
    knobs = HubKnobs(
        need=p, price=c, exploration=epsilon, sharing=1.0, legibility=0.0, price_spread=0.0
    )
    back = round(gain * built / c)
    recipe = Recipe(world=hub, learning_rate=rate, checkpoints=(0, built))
    fine = tuple(range(0, 1601, 16))
    found = persist(recipe, knobs, range(2), further=fine, regimes=(REVERSED,), chunk=2)
    before, after = (m.null_log_odds[0, 0] for m in (found.before, found.after))
    # What was banked is repaid at the price: back where it began after D T / c updates.
    if back <= fine[-1]:
        assert np.interp(back, fine, after) == pytest.approx(before[0], abs=0.02)
    lasting = found.lasting("null", 0)
    if lasting is not None and lasting.without == 0 and lasting.half_life.censored == 0:
        expected = halving_time(before[0], before[-1], c) / rate
        assert lasting.half_life.median == pytest.approx(expected, rel=0.03, abs=2)


def artificial(rising, falling, further) -> Persistence:
    """Measurements with P(power) given, one regime."""

    def measured(values, after):
        blank = {f: np.zeros((1, *np.shape(values))) for f in Measurement.__dataclass_fields__}
        p = np.asarray(values, float)[None]
        after = np.broadcast_to(np.asarray(after, float), p.shape)
        return Measurement(**{**blank, "told": p, "null": p, "after": after})

    return Persistence(
        (REVERSED,), measured(rising, (0, 10)), measured(falling, 10 + np.array(further))
    )


def test_half_lives_are_interpolated_censored_and_set_beside_the_rise():
    found = artificial(
        rising=[[0.2, 0.6], [0.2, 0.6], [0.2, 0.22]],
        falling=[[0.6, 0.5, 0.2], [0.6, 0.6, 0.5], [0.22, 0.0, 0.0]],
        further=[0, 20, 40],
    )
    lasting = found.lasting("told", 0)
    assert lasting.without == 1  # the third had no drive to lose
    assert lasting.half_life.seeds == 2
    assert lasting.half_life.censored == 1
    # 0.4 halves to 0.2 above the untrained 0.2: a third of the way from 0.5 to 0.2
    assert lasting.half_life.low == 0
    times = sorted([lasting.half_life.median, lasting.rise.median])
    assert times == [5.0, np.inf]
    assert lasting.kept == pytest.approx((0.0 + 0.75) / 2)
    only = artificial([[0.2, 0.6]], [[0.6, 0.5, 0.2]], [0, 20, 40]).lasting("told", 0)
    assert only.half_life.median == pytest.approx(20 + 20 / 3)
    assert only.hysteresis.median == pytest.approx((20 + 20 / 3) / 5)
    assert artificial([[0.2, 0.2]], [[0.2, 0.9]], [0, 20]).lasting("told", 0) is None


def test_results_survive_being_saved(lasting):
    regimes = (NEUTRAL, REVERSED, PENALISED, NEUTRAL)
    found = lasting(HubKnobs(), regimes)
    again = Persistence.from_dataset(found.to_dataset())
    assert again.regimes == found.regimes
    for name, values in asdict(found.after).items():
        np.testing.assert_array_equal(getattr(again.after, name), values)
    assert found.lasting("told", 1) is not None
    assert again.lasting("told", 1) == found.lasting("told", 1)


@given(st.integers(1, 5000), st.integers(1, 4))
def test_checkpoints_grow_in_proportion(updates, per_doubling):
    counts = doubling(updates, per_doubling)
    assert counts[0] == 0
    assert counts[-1] == updates
    assert (np.diff(counts) > 0).all()
    assert len(counts) <= per_doubling * np.log2(updates) + 3


@pytest.mark.parametrize("further", [(), (1, 2), (0, 4, 4)])
def test_bad_checkpoints_are_refused(recipe, further):
    with pytest.raises(InvalidInput, match=r"further|checkpoints"):
        persist(recipe, HubKnobs(), range(2), further=further)
