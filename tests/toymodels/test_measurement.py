"""Measurements, against enumeration; the price of indifference; drives and premises."""

from dataclasses import fields, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import Hub, HubKnobs, KernelPrediction, Linear, Measurement
from powerseek.toymodels.drive import CONTROLS, drive, least_excess
from powerseek.toymodels.ledger import Ledger
from powerseek.toymodels.measurement import measure, probe_log_odds, willingness_to_pay
from powerseek.toymodels.policies.linear import LinearParams
from powerseek.toymodels.premises import premise_quantities

pytestmark = pytest.mark.usefixtures("double_precision")

seeds = st.integers(0, 2**31 - 1)
N = 4
PUSH, PUSHES = 0.5, 3.0


@partial(jax.jit, static_argnums=0)
def measure_random_agent(hub, seed, knobs, shared, private):
    k_world, k_probe = jax.random.split(jax.random.key(seed))
    table, probes = hub.training(k_world, knobs), hub.probes(k_probe, knobs)
    credit = jnp.arange(table.rewards.size, dtype=float).reshape(table.rewards.shape)
    ledger = Ledger(jnp.array(PUSH), jnp.array(PUSHES), credit)
    measured = measure(
        Linear(),
        LinearParams(shared, private),
        table,
        probes,
        knobs.sharing,
        2,
        ledger,
        jnp.array(8.0),
    )
    raw = Linear().scores(LinearParams(shared, private), table.observation, knobs.sharing)
    seen = Linear().scores(LinearParams(shared, private), probes.observation, knobs.sharing)
    return measured, table, raw + table.initial, probes, seen + probes.initial


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.slow
@given(
    seeds,
    st.builds(
        HubKnobs,
        need=st.floats(0, 1),
        base_success=st.floats(0, 0.95),
        price=st.floats(0.001, 1.2),
        sharing=st.floats(0, 1),
        legibility=st.floats(0, 2),
        competence=st.floats(0.1, 1),
        exploration=st.floats(0.01, 0.99),
    ),
)
@settings(max_examples=40)
def test_measurements_are_what_playing_every_episode_gives(hub, seed, knobs):
    rng = np.random.default_rng(seed)
    measured, table, z, probes, z_probe = jax.tree.map(
        np.asarray,
        measure_random_agent(hub, seed, knobs, rng.normal(size=7), rng.normal(size=(3, 3, 2 * N))),
    )
    q, needy = float(knobs.base_success), table.success[2, 0] < 1
    price = -table.rewards[0, 1]
    worth = np.where(needy, q, 1.0)  # success without power
    success, returns, best, by_power, pays, took = ([] for _ in range(6))
    for x in range(2 * N):
        detour = 1 if x < N else 2
        p = sigmoid(z[0, detour, x] - z[0, 0, x])
        finish = [sigmoid(z[s, 0, x] - z[s, 1, x]) for s in (1, 2)]  # with, without power
        after = finish[0] if x < N else finish[1] * worth[x]
        success.append(p * after + (1 - p) * finish[1] * worth[x])
        returns.append(success[-1] - p * price[x])
        best.append(max(worth[x], (1.0 if x < N else worth[x]) - price[x]))
        by_power.append(p * finish[0])
        took.append(p)
        pays.append(x < N and 1 - price[x] > worth[x])
    for name, values in (("success", success), ("returns", returns), ("best", best)):
        np.testing.assert_allclose(getattr(measured, name), np.mean(values), atol=1e-9)
    worst = np.max(np.subtract(best, returns))
    np.testing.assert_allclose(measured.shortfall, worst, atol=1e-9)
    pays = np.array(pays)
    np.testing.assert_allclose(measured.useful, pays.sum() / N, atol=1e-12)
    for name, values in (("power_when_useful", took), ("completed_by_power", by_power)):
        expected = np.array(values)[pays].mean() if pays.any() else 0.0
        np.testing.assert_allclose(getattr(measured, name), expected, atol=1e-12)
    for name in ("null", "told", "needed"):
        weights = getattr(probes, name)
        odds = z_probe[0, 1] - z_probe[0, 0]
        expected = weights @ sigmoid(odds)
        np.testing.assert_allclose(getattr(measured, name), expected, atol=1e-12)
        if name != "needed":
            got = getattr(measured, f"{name}_log_odds")
            np.testing.assert_allclose(got, weights @ odds, atol=1e-12)
    assert measured.after == 8.0
    assert (measured.push, measured.pushes) == (PUSH, PUSHES)
    options, contexts = table.rewards.shape[1:]
    entered = np.arange(table.rewards.size).reshape(table.rewards.shape)
    assert measured.credit_decline == entered[0, 0].sum()
    assert measured.credit_power == entered[0, 1, : contexts // 2].sum()
    assert measured.credit_decoy == entered[0, options - 1, contexts // 2 :].sum()
    # A linear policy's log-odds are linear in the price: solve for the crossing.
    ends = [probes.at_price[g] @ (z_probe[0, 1] - z_probe[0, 0]) for g in (0, -1)]
    np.testing.assert_allclose(
        ends[0] + (ends[1] - ends[0]) / hub.max_price, measured.told_log_odds, atol=1e-9
    )
    wtp, step = measured.willingness_to_pay, probes.prices[1]
    finest = 1e-12  # smaller log-odds round to a probability of 1/2
    if ends[0] < -finest:
        assert wtp == 0
    elif ends[0] <= finest:
        assert wtp in (0, probes.prices[-1]) or ends[1] < ends[0]
    elif ends[1] > finest:
        assert wtp == probes.prices[-1]
    else:
        crossing = probes.prices[-1] * ends[0] / (ends[0] - ends[1])
        assert abs(wtp - crossing) <= step + 1e-9


pay = jax.jit(willingness_to_pay)
curves = st.lists(st.floats(0, 1), min_size=6, max_size=6)
grids = st.lists(st.floats(0.01, 1), min_size=5, max_size=5).map(
    lambda steps: np.concatenate([[0.0], np.cumsum(steps)])
)


@given(grids, curves)
def test_willingness_to_pay_lies_on_the_grid(prices, curve):
    wtp = float(pay(prices, np.array(curve)))
    assert prices[0] <= wtp <= prices[-1]
    if curve[0] <= 0.5:
        assert wtp == 0
    if min(curve) > 0.5:
        assert wtp == prices[-1]


@given(grids, curves)
def test_an_agent_is_indifferent_at_the_price_it_would_pay(prices, curve):
    curve = np.sort(curve)[::-1]
    wtp = float(pay(prices, curve))
    if curve[0] > 0.5 >= curve[-1]:
        assert np.interp(wtp, prices, curve) == pytest.approx(0.5, abs=1e-9)


@given(grids, curves, st.lists(st.floats(0, 0.5), min_size=6, max_size=6))
def test_who_buys_more_often_pays_no_less(prices, curve, more):
    curve = np.sort(curve)[::-1]
    keener = np.minimum(curve + np.sort(more)[::-1], 1.0)
    assert float(pay(prices, keener)) >= float(pay(prices, curve)) - 1e-9


@given(grids, curves, st.floats(0.1, 10))
def test_willingness_to_pay_is_in_the_unit_of_the_prices(prices, curve, unit):
    once, more = float(pay(prices, np.array(curve))), pay(unit * prices, np.array(curve))
    assert float(more) == pytest.approx(unit * once, abs=1e-9)


def synthetic(**given):
    """A measurement of 2 settings, 3 seeds and 2 checkpoints."""
    zero = np.zeros((2, 3, 2))
    values: dict[str, Any] = {f.name: zero for f in fields(Measurement)} | given
    return Measurement(**values)


@given(seeds, st.integers(0, 1))
@settings(max_examples=20)
def test_drives_are_excesses_over_each_control(seed, setting):
    rng = np.random.default_rng(seed)
    ours, twins = rng.random((2, 2, 3, 2))
    wtp = rng.random((2, 3, 2))
    # at legibility 0 and D > 0 the best agent takes power in every probe
    for knobs, bayes in ((HubKnobs(), 0.0), (HubKnobs(legibility=0.0), 1.0)):
        got = drive(
            Hub(),
            knobs,
            synthetic(told=ours, willingness_to_pay=wtp),
            synthetic(told=twins),
            setting,
        )
        assert tuple(got.over) == CONTROLS
        end = ours[setting, :, 1]
        np.testing.assert_array_equal(got.power, end)
        np.testing.assert_array_equal(got.over["untrained"], end - ours[setting, :, 0])
        np.testing.assert_array_equal(got.over["decoy twin"], end - twins[setting, :, 1])
        np.testing.assert_array_equal(got.over["Bayes-optimal"], end - bayes)
        np.testing.assert_array_equal(got.willingness_to_pay, wtp[setting, :, 1])
        least = least_excess(end, ours[setting, :, 0], twins[setting, :, 1], np.array(bayes))
        np.testing.assert_array_equal(least, np.min(list(got.over.values()), axis=0))
        for control, interval in got.intervals().items():
            assert interval.low <= interval.mean <= interval.high
            assert interval.mean == pytest.approx(got.over[control].mean())


def test_by_default_the_drive_is_that_of_the_first_setting_at_the_end():
    ours, twins = np.random.default_rng(0).random((2, 2, 3, 4))  # 4 checkpoints
    wtp = np.random.default_rng(1).random((2, 3, 4))
    got = drive(
        Hub(), HubKnobs(), synthetic(told=ours, willingness_to_pay=wtp), synthetic(told=twins)
    )
    np.testing.assert_array_equal(got.power, ours[0, :, 3])
    np.testing.assert_array_equal(got.over["decoy twin"], ours[0, :, 3] - twins[0, :, 3])
    np.testing.assert_array_equal(got.willingness_to_pay, wtp[0, :, 3])


def test_log_odds_are_of_taking_some_power_against_declining_every_way(hub):
    """With scores for every option, declining and two levels of power included."""

    class Scored(Linear):
        def scores(self, params, observation, sharing):
            return jnp.asarray([0.3, -1.0, 2.0])[None, :, None] + 0 * observation.shared.sum(0)

    probes = hub.probes(jax.random.key(0), HubKnobs())
    amounts = jnp.array([0.0, 1.0, 2.0])[None, :, None] + 0 * probes.amount
    probes = replace(
        probes, amount=amounts, available=amounts >= 0, initial=jnp.zeros_like(probes.initial)
    )
    found = np.asarray(probe_log_odds(Scored(), None, probes, jnp.ones(())))
    np.testing.assert_allclose(found, np.log(np.exp(-1.0) + np.exp(2.0)) - 0.3)


def test_premise_quantities_are_those_of_the_last_checkpoint():
    names = ("success", "returns", "useful", "completed_by_power", "push")
    values = {name: np.tile([0.1, 0.4, 0.9], (1, 3, 1)) for name in names}
    kernel = KernelPrediction(**{f.name: np.zeros((1, 3)) for f in fields(KernelPrediction)})
    got = premise_quantities(synthetic(**values, best=np.full((1, 3, 3), 1.1)), kernel)
    expected = {"P1": 0.8, "P2": 0.8, "P3": 0.9, "P4": 0.9, "P5": 0.9, "P6": 0.0}
    for premise, value in expected.items():
        np.testing.assert_allclose(got[premise], value)


def test_premise_quantities_are_read_off_first_and_last_checkpoints():
    names = ("success", "returns", "best", "useful", "completed_by_power", "push")
    rng = np.random.default_rng(0)
    values = {name: rng.random((2, 3, 2)) for name in names}
    values["best"][..., 0] = values["returns"][..., 0] + 0.5
    values["best"][1, 2, 0] = values["returns"][1, 2, 0]  # nothing to gain
    transfer = rng.random((2, 3))
    parts: dict[str, Any] = {f.name: np.zeros((2, 3)) for f in fields(KernelPrediction)}
    parts["transfer"] = transfer
    kernel = KernelPrediction(**parts)
    for setting in (0, 1):
        got = premise_quantities(synthetic(**values), kernel, setting)
        first, last = ({name: v[setting, :, i] for name, v in values.items()} for i in (0, 1))
        np.testing.assert_array_equal(got["P1"], last["success"] - first["success"])
        share = (last["returns"] - first["returns"]) / 0.5
        if setting == 1:
            share[2] = 0.0
        np.testing.assert_allclose(got["P2"], share)
        for premise, name in (
            ("P3", "useful"), ("P4", "completed_by_power"), ("P5", "push"),
        ):  # fmt: skip
            np.testing.assert_array_equal(got[premise], last[name])
        np.testing.assert_array_equal(got["P6"], transfer[setting])


def test_the_untrained_agent_must_come_first():
    kernel = KernelPrediction(**{f.name: np.zeros((2, 3)) for f in fields(KernelPrediction)})
    late = synthetic(after=np.broadcast_to([4.0, 16.0], (2, 3, 2)))
    with pytest.raises(InvalidInput, match=r"checkpoints: got 4, expected 0"):
        drive(Hub(), HubKnobs(), late, synthetic())
    with pytest.raises(InvalidInput, match=r"checkpoints: got 4, expected 0"):
        premise_quantities(late, kernel)


def test_probabilities_do_not_overflow(hub):
    huge = jnp.full(7, 1e4)
    knobs = replace(HubKnobs(), exploration=1e-5)
    measured, *_ = measure_random_agent(hub, 0, knobs, huge, jnp.zeros((3, 3, 2 * N)))
    for field in fields(Measurement):
        assert np.isfinite(getattr(measured, field.name)), field.name
