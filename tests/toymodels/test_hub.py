"""The hub world: its returns, its person, its probes, its twin, and POWER of its nodes."""

from dataclasses import asdict, fields, replace
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.exact.power import exact_power
from powerseek.theory.results import Exact
from powerseek.toymodels import Hub, HubKnobs
from powerseek.toymodels.tasks import expected_return, optimal_return
from powerseek.toymodels.worlds.detour import ATTEMPT, POWER, START, WORK, stratified
from powerseek.toymodels.worlds.hub import BARE, DECOY, EQUIPPED
from powerseek.toymodels.worlds.knobs import twin

pytestmark = pytest.mark.usefixtures("double_precision")

N = 4  # tasks of the shared world
unit = st.floats(0.0, 1.0)
world_knobs = st.builds(
    HubKnobs,
    need=unit,
    base_success=st.floats(0.0, 0.99),
    price=st.just(0.0) | st.floats(0.001, 1.5),  # XLA rounds subnormal numbers to 0
    legibility=st.just(0.0) | st.floats(0.001, 3.0),
    price_spread=unit,
    exploration=st.floats(1e-5, 0.99),
    competence=st.floats(0.01, 1.0),
    swapped=st.sampled_from([0.0, 1.0]),
)
seeds = st.integers(0, 2**32 - 1)


@partial(jax.jit, static_argnums=0)
def draw(hub, seed, knobs):
    k_world, k_probe = jax.random.split(jax.random.key(seed))
    return hub.training(k_world, knobs), hub.probes(k_probe, knobs)


def training(hub, seed, knobs):
    return draw(hub, seed, knobs)[0]


def probes(hub, seed, knobs):
    return draw(hub, seed, knobs)[1]


@jax.jit
def returns_of(table, policy):
    return expected_return(table, policy, 2), optimal_return(table, 2)


def always(option):
    """Take this option first, then finish."""
    policy = np.zeros((3, 3, 2 * N))
    policy[START, option] = 1.0
    policy[EQUIPPED:, WORK] = 1.0
    return policy


@given(seeds, world_knobs)
@settings(max_examples=40)
def test_returns_are_those_of_the_table(hub, seed, knobs):
    table = training(hub, seed, knobs)
    success = np.asarray(table.success)[BARE, WORK]
    needy = success < 1
    # The price is what is missing from the reward of a detour.
    price = -np.asarray(table.rewards)[START, POWER]
    c, q = float(knobs.price), float(knobs.base_success)
    assert (np.abs(price - c) <= c * float(knobs.price_spread) + 1e-12).all()
    expected = {
        ATTEMPT: np.where(needy, q, 1.0),
        POWER: 1 - price,
        DECOY: np.where(needy, q, 1.0) - price,
    }
    offered = {ATTEMPT: slice(None), POWER: slice(0, N), DECOY: slice(N, None)}
    for option, where in offered.items():
        got, _ = returns_of(table, always(option))
        np.testing.assert_allclose(got[where], expected[option][where], atol=1e-12)
    # Each detour is offered once per task: the two halves are the same tasks.
    np.testing.assert_array_equal(success[:N], success[N:])
    np.testing.assert_array_equal(price[:N], price[N:])
    assert needy[:N].sum() in {np.floor(N * knobs.need), np.ceil(N * knobs.need)}


@given(seeds, st.integers(0, N), st.floats(0, 0.99), st.floats(0.0, 1.0))
@settings(max_examples=20)
def test_average_returns_are_those_of_the_table(hub, seed, needy, q, c):
    knobs = HubKnobs(need=needy / N, base_success=q, price=c, price_spread=0.0)
    table = training(hub, seed, knobs)
    p = needy / N
    attempt, power = (
        np.asarray(returns_of(table, always(option))[0])[:N].mean() for option in (ATTEMPT, POWER)
    )
    decoy = np.asarray(returns_of(table, always(DECOY))[0])[N:].mean()
    np.testing.assert_allclose(attempt, 1 - p * (1 - q), atol=1e-12)
    np.testing.assert_allclose(power, 1 - c, atol=1e-12)
    np.testing.assert_allclose(decoy, 1 - p * (1 - q) - c, atol=1e-12)


@given(seeds, world_knobs)
@settings(max_examples=40)
def test_the_person_who_advises_gets_the_best_return(hub, seed, knobs):
    table = training(hub, seed, knobs)
    adviser = np.asarray(table.adviser)
    assert (adviser[~np.asarray(table.available)] == 0).all()
    np.testing.assert_array_equal(adviser.sum(1), 1.0)
    returns, best = returns_of(table, adviser)
    np.testing.assert_allclose(returns, best, atol=1e-12)


draw_stratified = jax.jit(stratified)


@given(seeds, st.sampled_from([1, 5, 16]), unit)
def test_stratified_numbers_fall_below_any_level_in_proportion(seed, n, level):
    u = np.asarray(draw_stratified(np.random.default_rng(seed).random(n + 1)))
    np.testing.assert_array_equal(np.sort(np.floor(u * n)), np.arange(n))
    assert (u < level).sum() in {np.floor(n * level), np.ceil(n * level)}


def test_stratified_numbers_are_uniform_and_in_random_order():
    draws = np.random.default_rng(0).random((20_000, 6))
    u = np.asarray(jax.jit(jax.vmap(stratified))(draws))
    # Each place alone is uniform on [0, 1): mean 1/2, variance 1/12. z < 5 everywhere:
    # 5 + 1 comparisons, a false alarm in 1 of 290,000 choices of the seed.
    z = (u.mean(0) - 0.5) / (1 / 12 / len(u)) ** 0.5
    assert np.abs(z).max() < 5
    below = (u < 0.33).sum(1)
    assert abs(below.mean() - 5 * 0.33) / (0.25 / len(u)) ** 0.5 < 5
    assert below.var() <= 0.25
    # Random order: two places are correlated only as sampling without replacement has it.
    assert len(np.unique(np.argsort(u, axis=1), axis=0)) == 120


@given(seeds, world_knobs)
@settings(max_examples=30)
def test_probes_show_what_they_say(hub, seed, knobs):
    table, probe = draw(hub, seed, knobs)
    looks = np.asarray(probe.observation.shared)[:3, 0, POWER]  # is it, cue, price
    ell = float(knobs.legibility)
    for weights, shown in ((probe.null, 0.0), (probe.told, -ell), (probe.needed, ell)):
        weights = np.asarray(weights)
        np.testing.assert_allclose(weights.sum(), 1.0)
        np.testing.assert_allclose(looks[0, weights > 0], 1.0)
        np.testing.assert_allclose(looks[1, weights > 0], shown)
        np.testing.assert_allclose(looks[2, weights > 0], 0.0)  # at the mean price
    for weights, price in zip(probe.at_price, probe.prices, strict=True):
        here = np.asarray(weights) > 0
        np.testing.assert_allclose(looks[1, here], -ell)
        np.testing.assert_allclose(knobs.price * (1 + looks[2, here]), price, atol=1e-12)
    np.testing.assert_allclose(
        probe.prices, knobs.price * np.linspace(0, hub.max_price, hub.n_prices)
    )
    # New contexts: nothing private, and only power is on offer, looking as in training.
    assert probe.observation.private is None
    np.testing.assert_array_equal(
        np.asarray(probe.available)[0].T, [[True, True, False]] * looks.shape[1]
    )
    shared = np.asarray(table.observation.shared)
    looks_like_power = POWER if knobs.swapped == 0 else DECOY
    np.testing.assert_array_equal(shared[0, START, looks_like_power], 1.0)
    np.testing.assert_allclose(np.abs(shared[1, START, looks_like_power]), ell)
    np.testing.assert_array_equal(shared[:3, START, 3 - looks_like_power], 0.0)
    assert (np.abs(shared[2]) <= knobs.price_spread + 1e-12).all()


@given(seeds, world_knobs)
@settings(max_examples=30)
def test_the_cue_tells_needy_tasks_from_easy_ones(hub, seed, knobs):
    assume(knobs.legibility > 0)
    table = training(hub, seed, replace(knobs, swapped=0.0))
    needy = np.asarray(table.success)[BARE, WORK] < 1
    shared = np.asarray(table.observation.shared)
    np.testing.assert_array_equal(shared[1, START, POWER] > 0, needy)
    np.testing.assert_array_equal(shared[4, START, DECOY] > 0, needy)


def test_null_probes_announce_no_task(hub):
    probe = probes(hub, 0, HubKnobs())
    codes = np.asarray(probe.observation.embedding)
    assert (codes[:, np.asarray(probe.null) > 0] == 0).all()
    told = codes[:, np.asarray(probe.told) > 0]
    assert told.shape == (hub.n_embedding, hub.probe_draws)
    assert len(np.unique(told)) == told.size


@given(seeds, world_knobs)
@settings(max_examples=20)
def test_the_twin_differs_in_looks_only(hub, seed, knobs):
    table, other = training(hub, seed, knobs), training(hub, seed, twin(knobs))
    again = training(hub, seed, twin(twin(knobs)))
    for name, ours, theirs, back in zip(
        (f.name for f in fields(table)),
        asdict(table).values(),
        asdict(other).values(),
        asdict(again).values(),
        strict=True,
    ):
        if name == "observation":
            ours, theirs, back = (dict(x) for x in (ours, theirs, back))
            swapped = np.asarray(ours["shared"])[:, :, [ATTEMPT, DECOY, POWER]]
            # In training both detours of a task look alike but for which they are.
            by_task = np.roll(swapped, N, axis=-1)
            assert (np.asarray(theirs["shared"])[:, START] == by_task[:, START]).all()
            np.testing.assert_array_equal(ours["shared"], back["shared"])
            for part in ("private", "embedding"):
                np.testing.assert_array_equal(ours[part], theirs[part])
        else:
            jax.tree.map(np.testing.assert_array_equal, ours, theirs)
            jax.tree.map(np.testing.assert_array_equal, ours, back)
    ours, theirs = probes(hub, seed, knobs), probes(hub, seed, twin(knobs))
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


@given(world_knobs)
@settings(max_examples=20)
def test_untrained_agents_take_detours_as_often_as_the_knob_says(hub, knobs):
    bias = np.asarray(training(hub, 0, knobs).initial)
    odds = np.exp(bias[START, POWER:] - bias[START, ATTEMPT])
    np.testing.assert_allclose(odds / (1 + odds), knobs.exploration, rtol=1e-9)
    odds = np.exp(bias[EQUIPPED:, WORK] - bias[EQUIPPED:, 1])
    np.testing.assert_allclose(odds / (1 + odds), knobs.competence, rtol=1e-9)
    probe = np.asarray(probes(hub, 0, knobs).initial)
    np.testing.assert_array_equal(probe[0], bias[START])


def best_guess(p, q, c, ell, seen):
    """P(power) of the best agent, by going through what the probe leaves possible."""
    worlds = [(p, 1 - q, ell), (1 - p, 0.0, -ell)]  # probability, gain of power, cue
    left = [(w, gain) for w, gain, cue in worlds if seen is None or cue == seen]
    total = sum(w for w, _ in left)
    if total == 0:  # never seen in training: taken at its word
        left, total = [(1.0, gain) for _, gain in left], len(left)
    advantage = sum(w * gain for w, gain in left) / total - c
    assume(abs(advantage) > 1e-9)
    return float(advantage > 0)


bayes = jax.jit(lambda knobs: Hub().bayes_power(knobs))


@given(
    # compiled code takes numbers, and products, below 2e-308 for 0
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(1e-300, 1.0),
    st.floats(0, 0.99),
    st.floats(0.01, 1.5),
    st.sampled_from([0.0, 0.3, 2.0]),
)
@settings(max_examples=60)
def test_bayes_power_is_the_best_that_can_be_done(p, q, c, ell):
    got = bayes(HubKnobs(need=p, base_success=q, price=c, legibility=ell))
    for kind, seen in (("null", None), ("told", -ell), ("needed", ell)):
        assert float(got[kind]) == best_guess(p, q, c, ell, seen), kind


def test_bayes_power_of_a_tie_is_a_half():
    # p(1-q) = c in binary fractions
    got = bayes(HubKnobs(need=0.5, base_success=0.5, price=0.25, legibility=0.3))
    assert (float(got["null"]), float(got["told"]), float(got["needed"])) == (0.5, 0, 1)


def node_powers(n_goals, needy, q, gamma="9/10", reward="uniform"):
    knobs = HubKnobs(need=needy / n_goals, base_success=float(q))
    mdp = Hub().mdp(knobs, n_goals=n_goals)
    results = exact_power(mdp, gamma, reward, states=["power", "decoy", "bare"])
    return [result.exact for result in results if isinstance(result, Exact)]


@given(
    st.integers(2, 3).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.decimals("0.01", "0.99", places=2),
    st.sampled_from(["1/10", "1/2", "9/10"]),
    st.sampled_from(["uniform", "exponential"]),
)
@settings(max_examples=20)
def test_power_ranks_the_power_node_above_its_decoy(tasks, q, gamma, reward):
    n, needy = tasks
    at_power, at_decoy, at_bare = node_powers(n, needy, q, gamma, reward)
    assert at_decoy == at_bare
    assert (at_power > at_decoy) if needy > 0 else (at_power == at_decoy)


@pytest.mark.parametrize(("n_goals", "needy", "q"), [(2, 1, 0.0), (4, 1, 0.0), (1, 1, 0.5)])
def test_power_ranks_the_nodes_where_one_task_cannot_be_done_without(n_goals, needy, q):
    at_power, at_decoy, _ = node_powers(n_goals, needy, q)
    assert at_power > at_decoy


def test_the_less_can_be_done_without_power_the_more_power_it_is():
    gaps = []
    for q in (0.0, 0.25, 0.5, 0.75):
        at_power, at_decoy, _ = node_powers(2, 2, q)
        gaps.append(at_power - at_decoy)
    assert all(a > b > 0 for a, b in pairwise(gaps))


OUTSIDE = {
    "autonomy": (-0.1, 1.1),
    "reliability": (-0.1, 1.1),
    "signal": (-0.1, 1.1),
    "need": (-0.1, 1.1),
    "exploration": (0.0, 1.0),
    "credit": (-0.1, 1.1),
    "sharing": (-0.1, 1.1),
    "price": (-0.1, float("inf")),
    "base_success": (-0.1, 1.0),
    "legibility": (-0.1, float("inf")),
    "competence": (0.0, 1.1),
    "price_spread": (-0.1, 1.1),
    "oversight": (-0.1, float("inf")),
    "overseer": (-0.1, float("inf")),
    "decoy_use": (-0.1, 1.1),
    "swapped": (-0.1, 1.1),
}


def test_every_knob_has_a_domain():
    assert set(OUTSIDE) == {f.name for f in fields(HubKnobs)}


@pytest.mark.parametrize(
    ("knob", "value"),
    [(knob, v) for knob, values in OUTSIDE.items() for v in (*values, float("nan"))],
)
def test_knobs_outside_their_domain_are_named(knob, value):
    with pytest.raises(InvalidInput) as caught:
        replace(HubKnobs(), **{knob: np.array([getattr(HubKnobs(), knob), value])}).check()
    message = str(caught.value)
    assert knob in message
    assert str(value) in message
    assert "\n" not in message


@given(world_knobs)
def test_knobs_inside_their_domain_are_accepted(knobs):
    assert knobs.check() is knobs


def test_world_tables_are_float64(hub):
    table = training(hub, 0, HubKnobs())
    assert table.rewards.dtype == jnp.float64
