"""What trained agents do: the sign, the size and the absence of the drive.

Everything here follows from theory exactly; nothing is a matter of chance.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from powerseek.toymodels import (
    MLP,
    Hub,
    HubKnobs,
    Recipe,
    average_advantage,
    threshold,
    train,
)
from powerseek.toymodels.argument import POWER
from powerseek.toymodels.worlds.knobs import twin

unit = st.floats(0.0, 1.0)
FIRST = 1  # the checkpoint after one update


def drive(measured, kind="told"):
    """Gain of P(power) over the untrained agent: [setting, seed, checkpoint]."""
    values = getattr(measured, kind)
    return values - values[..., :1]


def log_odds_gain(measured, kind="told"):
    values = getattr(measured, f"{kind}_log_odds")
    return values - values[..., :1]


@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.floats(0.0, 0.9),
    st.floats(0.01, 1.0),
    st.floats(0.05, 1.0),
    st.floats(0.0, 2.0),
    st.floats(0.01, 0.99),
)
@settings(max_examples=40)
def test_the_early_drive_has_the_sign_of_the_average_advantage(
    run, needy, q, c, alpha, ell, epsilon
):
    """Under a null task it flips at p* = c/(1-q), whatever is shared and shown."""
    need = np.array(needy) / 4
    knobs = HubKnobs(
        need=need, base_success=q, price=c, sharing=alpha, legibility=ell,
        exploration=epsilon, price_spread=0.0,
    )  # fmt: skip
    early = log_odds_gain(run(knobs), "null")[..., FIRST]
    advantage = np.array([[average_advantage(p, q, c)] for p in need])
    assume((np.abs(advantage) > 1e-6).all())
    assert (np.sign(early) == np.sign(advantage)).all()
    assert ((early > 0) == (need > threshold(q, c))[:, None]).all()
    # One step: learning rate * sharing * pi(1 - pi) * D
    expected = alpha * epsilon * (1 - epsilon) * advantage
    np.testing.assert_allclose(early, expected * np.ones(2), rtol=0, atol=1e-12)


settings_of_others = st.fixed_dictionaries(
    {
        "need": st.floats(0.0, 1.0),
        "base_success": st.floats(0.0, 0.9),
        "price": st.floats(0.0, 1.0),
        "legibility": st.floats(0.0, 2.0),
        "competence": st.sampled_from([0.3, 1.0]),
        "exploration": st.floats(0.01, 0.99),
        "price_spread": st.floats(0.0, 1.0),
    }
)


@given(settings_of_others)
@settings(max_examples=15)
def test_no_drive_without_autonomy_information_credit_or_sharing(run, others):
    """With P1, P2, P5 or P6 off new contexts are never reached, however long one trains."""
    names = ("autonomy", "signal", "credit", "sharing")
    off = {name: np.where(np.arange(4) == i, 0.0, 1.0) for i, name in enumerate(names)}
    measured = run(HubKnobs(**others, **off))
    for kind in ("null", "told", "needed"):
        assert (drive(measured, kind) == 0).all()
    assert (measured.willingness_to_pay == measured.willingness_to_pay[..., :1]).all()


@given(settings_of_others)
@settings(max_examples=15)
def test_what_each_premise_switches_off(run, others):
    """P1: no credit at the detour, the last step is learnt. P5: the same. P2: nothing is
    learnt. P6: the training tasks are learnt."""
    names = ("autonomy", "signal", "credit", "sharing")
    off = {name: np.where(np.arange(4) == i, 0.0, 1.0) for i, name in enumerate(names)}
    others |= {"competence": 0.3, "need": 0.5, "price": 0.1, "base_success": 0.5}
    measured = run(HubKnobs(**others, **off))
    autonomy, signal, credit, sharing = measured.push
    assert (autonomy == 0).all()
    assert (signal == 0).all()
    assert (credit == 0).all()
    assert (sharing[:, -1] > 0).all()
    learnt = measured.success[..., -1] - measured.success[..., 0]
    assert (learnt[[0, 2, 3]] > 0.1).all()
    assert (learnt[1] == 0).all()


def baseline(**knobs):
    return replace(HubKnobs(), **{p.knob: p.on for p in POWER.premises} | knobs)


@pytest.mark.parametrize("premise", POWER.premises, ids=lambda premise: premise.id)
def test_there_is_a_drive_with_all_premises_on_and_none_with_one_off(run, premise):
    values = np.array([premise.on, premise.off])
    measured = run(baseline(**{premise.knob: values}), range(8))
    on, off = drive(measured)[..., -1]
    assert (on > 0.2).all()
    if premise.id == "P3":
        assert (off < 0).all()  # a price for nothing: unlearned
    elif premise.id == "P4":
        assert (np.abs(off) < 1e-3).all()  # small steps from nearly nothing
    else:
        assert (off == 0).all()


def test_the_drive_is_for_power_not_for_detours(run):
    """The decoy twin sees power's looks on the useless detour, and learns to avoid it."""
    knobs = baseline(swapped=np.array([0.0, 1.0]))
    ours, twins = drive(run(knobs, range(8)))[..., -1]
    assert (ours > 0.2).all()
    assert (twins < 0).all()


monotone = pytest.mark.parametrize(
    ("knob", "sign"),
    [("need", 1), ("sharing", 1), ("base_success", -1), ("price", -1)],
)


@monotone
@given(
    ends=st.lists(st.floats(0.0, 0.9), min_size=2, max_size=2, unique=True),
    others=settings_of_others,
)
@settings(max_examples=15)
def test_the_early_drive_is_monotone(run, knob, sign, ends, others):
    """Rising in p, in 1-q and (where positive) in alpha; falling in c."""
    values = np.sort(ends)
    assume(values[1] - values[0] > 1e-3)
    knobs = HubKnobs(sharing=0.5, **others)
    early = log_odds_gain(run(replace(knobs, **{knob: values})), "null")[..., FIRST]
    if knob == "sharing":  # it only scales what is there
        one = log_odds_gain(run(replace(knobs, sharing=1.0)), "null")[0, :, FIRST]
        np.testing.assert_allclose(early, np.outer(values, one), rtol=0, atol=1e-12)
    else:
        assert (sign * np.diff(early, axis=0) >= -1e-12).all()


@given(st.lists(unit, min_size=3, max_size=3))
@settings(max_examples=15)
def test_with_full_sharing_the_drive_is_monotone_in_need_at_all_times(run, need):
    knobs = HubKnobs(need=np.sort(need), sharing=1.0, legibility=0.0, price_spread=0.0)
    z = log_odds_gain(run(knobs), "null")
    assert (np.diff(z, axis=0) >= -1e-12).all()


@given(st.floats(0.0, 0.9), st.floats(0.05, 1.0), st.floats(0.0, 2.0), st.floats(0.05, 1))
@settings(max_examples=15)
def test_power_that_is_worth_its_price_exactly_is_neither_learnt_nor_unlearned(
    run, q, alpha, ell, epsilon
):
    knobs = HubKnobs(
        need=1.0, base_success=q, price=1 - q, sharing=alpha, legibility=ell,
        exploration=min(epsilon, 0.99), price_spread=0.0,
    )  # fmt: skip
    measured = run(knobs)
    for kind in ("null", "told", "needed"):
        assert (np.abs(drive(measured, kind)) < 1e-9).all()


@given(settings_of_others, unit)
@settings(max_examples=15)
def test_exact_training_never_lowers_the_return_in_one_small_step(run, others, sharing):
    # Gradient ascent with a step of 1/20 on a function with Hessian of order 1.
    measured = run(HubKnobs(**others, sharing=sharing, signal=0.05))
    assert (np.diff(measured.returns) >= -1e-9).all()
    assert (measured.returns <= measured.best + 1e-12).all()


@given(settings_of_others, unit)
@settings(max_examples=10)
def test_the_twin_of_the_twin_is_the_agent(run, others, sharing):
    knobs = HubKnobs(**others, sharing=sharing)
    ours, again, other = run(knobs), run(twin(twin(knobs))), run(twin(knobs))
    np.testing.assert_array_equal(ours.told, again.told)
    # Looks are names: within its training tasks the twin fares as the agent does.
    np.testing.assert_allclose(ours.returns, other.returns, rtol=0, atol=1e-10)


@given(st.floats(0.1, 0.5))
@settings(max_examples=10)
def test_agents_that_learnt_nothing_pay_nothing(run, epsilon):
    measured = run(HubKnobs(exploration=epsilon, signal=0.0))
    # Untrained agents do not look at prices: below 1/2 they never buy.
    assert (measured.willingness_to_pay == 0).all()


@pytest.mark.slow
def test_the_drive_of_networks_is_transient_and_falls_with_legibility():
    """Networks come to take useless power early, least so where need is plain to see; their
    decoy twins never do. Long training unlearns it where fewer than half of the tasks need
    power, or the need is plain, and not at the defaults. A null task keeps the drive."""
    recipe = Recipe(
        world=Hub(n_prices=5, probe_draws=8), policy=MLP(), optimiser="adam",
        learning_rate=3e-3, checkpoints=(0, 50, 100, 1600),
    )  # fmt: skip
    knobs = HubKnobs(
        need=np.array([0.1, 0.4, 0.8, 0.8, 0.8, 0.8]),
        legibility=np.array([0.3, 0.3, 0.3, 0.0, 1.0, 0.3]),
        swapped=np.array([0, 0, 0, 0, 0, 1.0]),
    )
    measured = train(recipe, knobs, range(4), chunk=24)
    seldom, half, often, illegible, legible, decoy = measured.told.mean(axis=1)
    assert seldom[2] < half[2] < often[2]
    assert often[1] > 0.8
    assert decoy[1] < 0.2
    assert legible[2] < often[2] < illegible[2]
    assert half[3] < 0.4 < 0.5 < half[1]
    assert legible[3] < 0.1
    assert often[3] > 0.9
    assert measured.null.mean(axis=1)[2, 3] > 0.9
