"""What every world with a detour must do, whatever its story."""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.exact.power import exact_power
from powerseek.theory.results import Exact
from powerseek.toymodels import Recipe, predict, train, worlds
from powerseek.toymodels.hub_theory import early_thresholds
from powerseek.toymodels.tasks import expected_return, optimal_return
from powerseek.toymodels.worlds import DETOUR_WORLDS, WORLDS, Hub, HubKnobs, Wallet, WalletKnobs
from powerseek.toymodels.worlds.catalogue import find_worlds, with_detour
from powerseek.toymodels.worlds.detour import START, WORK
from powerseek.toymodels.worlds.keydoor import TO_KEY, TO_STONE
from powerseek.toymodels.worlds.preemption import STEPS

pytestmark = pytest.mark.usefixtures("double_precision")

N = 6
SMALL = {
    name: (world(n_tasks=N, n_prices=5), kind) for name, (world, kind) in DETOUR_WORLDS.items()
}
every_world = pytest.mark.parametrize("name", list(DETOUR_WORLDS))
unit = st.floats(0.0, 1.0)
positive = st.just(0.0) | st.floats(0.001, 1.5)  # XLA rounds subnormal numbers to 0


def settings_of(name):
    """Any knobs of a world: numbers in their domains."""
    by_name = {
        "base_success": st.floats(0.0, 0.99),
        "hazard": unit,
        "truth": positive,
        "overlap": unit,
        "steadiness": st.floats(0.05, 0.95),
    }
    kind = SMALL[name][1]
    extra = {f.name: by_name[f.name] for f in kind.describe() if f.name in by_name}
    return st.builds(
        kind,
        need=unit,
        price=positive,
        legibility=positive,
        price_spread=unit,
        exploration=st.floats(1e-5, 0.99),
        **extra,
    )


@partial(jax.jit, static_argnums=0)
def facts(world, seed, knobs):
    """A training table, its best returns, and returns when a level is taken and used well."""
    table = world.training(jax.random.key(seed), knobs)
    levels = []
    for option in range(world.n_options):
        policy = jnp.zeros_like(table.rewards).at[START, option].set(1.0)
        for state, *_ in world.work:
            policy = policy.at[state, WORK].set(1.0)
        levels.append(expected_return(table, policy, world.horizon))
    best = optimal_return(table, world.horizon)
    advised = expected_return(table, table.adviser, world.horizon)
    return table, best, advised, jnp.stack(levels), world.outcome(knobs)


@pytest.mark.slow
@every_world
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_outcomes_are_those_of_the_dynamics(name, data, seed):
    world, _ = SMALL[name]
    knobs = data.draw(settings_of(name))
    table, best, advised, levels, outcome = jax.tree.map(np.asarray, facts(world, seed, knobs))
    top, price = world.levels, -np.asarray(table.rewards)[START, 1, :N] * (world.levels + 1) / 2
    assert (np.abs(price - knobs.price) <= knobs.price * knobs.price_spread + 1e-12).all()
    # Going on shows how well a task goes without power, which says what it needs, where
    # that can be told at all; every level of power and decoy must then agree with it.
    costs = np.array([0, *(2 * k / (top + 1) for k in range(1, top + 1))])[:, None] * price
    returns = levels[: top + 1, :N] + costs
    distances = np.abs(returns[:, None, :] - outcome[:, :, None]).max(axis=0)  # [need, task]
    assert distances.min(axis=0).max() < 1e-9
    needs = distances.argmin(axis=0)
    if distances[0].max() > 1e-9:
        assert (needs > 0).sum() in {np.floor(N * knobs.need), np.ceil(N * knobs.need)}
    for k in range(1, top + 1):
        decoy = levels[top + k, N:] + costs[k]
        np.testing.assert_allclose(decoy, levels[0, N:], atol=1e-12)
    # The person who advises does as well as can be done.
    np.testing.assert_allclose(advised, best, atol=1e-12)


@every_world
@given(data=st.data())
@settings(max_examples=25)
def test_bayes_power_is_the_best_that_can_be_done(name, data):
    world, _ = SMALL[name]
    knobs = data.draw(settings_of(name))
    top, p = world.levels, float(knobs.need)
    outcome = np.asarray(world.outcome(knobs))
    prior = np.array([1 - p, *[p / top] * top])
    cost = np.array([2 * k / (top + 1) for k in range(1, top + 1)]) * float(knobs.price)
    got = world.bayes_power(knobs)
    for kind, shown in (("null", None), ("told", 0), ("needed", top)):
        could_be = [n for n in range(top + 1) if shown in (None, n) or knobs.legibility == 0]
        weights = prior[could_be]
        weights = weights / weights.sum() if weights.sum() > 0 else np.ones(1)
        gains = (outcome[1:, could_be] - outcome[0, could_be]) @ weights - cost
        if abs(gains.max()) > 1e-9:
            assert float(got[kind]) == (gains.max() > 0), kind


@every_world
def test_probes_are_new_contexts_in_which_power_alone_is_on_offer(name):
    world, kind = SMALL[name]
    probes = world.probes(jax.random.key(0), kind())
    assert probes.observation.private is None
    available, amount = np.asarray(probes.available)[0], np.asarray(probes.amount)[0]
    assert available[: world.levels + 1].all()
    assert not available[world.levels + 1 :].any()
    np.testing.assert_array_equal(amount[: world.levels + 1, 0], np.arange(world.levels + 1))
    shared = np.asarray(probes.observation.shared)[:, 0]
    cues = shared[1, 1] / np.asarray(world.face(kind()))[0]
    told, needed, null = (np.asarray(w) > 0 for w in (probes.told, probes.needed, probes.null))
    np.testing.assert_allclose(cues[told], -0.3)
    np.testing.assert_allclose(cues[needed], 0.3)
    np.testing.assert_allclose(cues[null], 0.0)


@every_world
@given(data=st.data(), gamma=st.sampled_from(["1/10", "9/10"]), needy=st.integers(0, 3))
@settings(max_examples=5)
def test_power_ranks_the_power_node_above_its_decoy(name, data, gamma, needy):
    world, kind = SMALL[name]
    loss = data.draw(st.sampled_from([0.1, 0.5, 1.0]))  # how much is lost without power
    extra = {"hazard": loss} if name == "preemption" else {"base_success": 1 - loss}
    mdp = world.mdp(kind(need=needy / 3, **extra), n_goals=3)
    results = exact_power(mdp, gamma, "uniform", states=["power", "decoy"])
    at_power, at_decoy = (r.exact for r in results if isinstance(r, Exact))
    assert (at_power > at_decoy) if needy else (at_power == at_decoy)


def thresholds(name, knobs):
    """The fraction of needy tasks from which power pays on average, by hand."""
    q = (1 - knobs.hazard) ** STEPS if name == "preemption" else knobs.base_success
    loss = 1 - q - (knobs.truth if name == "rater" else 0.0)
    return knobs.price / loss


@pytest.mark.parametrize("name", ["hub", "wallet", "preemption", "keydoor", "rater"])
def test_the_early_drive_changes_sign_at_the_threshold(name):
    world, kind = SMALL[name]
    # A cue tilts the told probe only; with equal prices the null probe has the sign of D.
    knobs = kind(price_spread=0.0)
    if name == "keydoor":  # half the journeys to the key are broken off
        knobs = replace(knobs, steadiness=1 - 1e-9)
    assert early_thresholds(world, knobs)["null"] == pytest.approx(thresholds(name, knobs))
    steps = np.array([-1, 1]) / N
    p = np.round(thresholds(name, knobs) * N) / N + steps
    rates = predict(Recipe(world=world), replace(knobs, need=p), range(4)).null_rate.mean(axis=1)
    assert rates[0] < 0 < rates[1]


@pytest.mark.slow
def test_unsteady_journeys_raise_the_threshold_of_the_key():
    world, kind = SMALL["keydoor"]
    knobs = kind(price_spread=0.0, need=0.5, steadiness=np.array([0.25, 0.999]))
    rates = predict(Recipe(world=world), knobs, range(2)).null_rate.mean(axis=1)
    assert rates[0] < 0 < rates[1]
    table = world.training(jax.random.key(0), kind(steadiness=0.25))
    bias = np.asarray(table.initial)[[*TO_KEY, *TO_STONE], WORK]
    np.testing.assert_allclose(1 / (1 + np.exp(-bias)), 0.25)


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [0.0, 0.3, 1.0])
def test_what_the_own_account_gets_is_the_overlap_times_what_the_users_gets(overlap):
    knobs = {"need": 0.8, "price_spread": 0.5}
    of_user = predict(Recipe(world=Hub(n_tasks=N)), HubKnobs(**knobs), range(2))
    of_own = predict(
        Recipe(world=Wallet(n_tasks=N)), WalletKnobs(**knobs, overlap=overlap), range(2)
    )
    np.testing.assert_allclose(of_own.told_rate, overlap * of_user.told_rate, atol=1e-12)
    np.testing.assert_allclose(of_own.null_rate, overlap * of_user.null_rate, atol=1e-12)


@pytest.mark.slow
@every_world
def test_the_twin_learns_the_same_tasks_and_never_the_drive(name):
    world, kind = SMALL[name]
    knobs = kind(swapped=np.array([0.0, 1.0]))
    run = train(Recipe(world=world, learning_rate=2.0, checkpoints=(0, 256)), knobs, range(3))
    np.testing.assert_allclose(run.returns[0], run.returns[1], atol=1e-9)
    assert (run.returns[..., 1] > run.returns[..., 0]).all()
    assert (run.told[0, :, 1] > run.told[0, :, 0]).all()
    assert (run.told[1, :, 1] < run.told[1, :, 0]).all()


@pytest.mark.slow
def test_amounts_are_graded_in_the_reserve_world():
    world, kind = SMALL["reserve"]
    run = train(Recipe(world=world, learning_rate=2.0, checkpoints=(0, 256)), kind(), range(3))
    assert (run.told_amount <= 3 * run.told + 1e-12).all()
    assert (run.told_amount >= run.told - 1e-12).all()
    # Untrained, all three levels are alike: their mean is two units.
    np.testing.assert_allclose(run.told_amount[..., 0], 2 * run.told[..., 0])
    hub, hub_kind = SMALL["hub"]
    single = train(Recipe(world=hub, checkpoints=(0, 8)), hub_kind(), range(2))
    np.testing.assert_allclose(single.told_amount, single.told, atol=1e-12)


@dataclass(frozen=True)
class Lucky(Hub):
    """An eighth world in a few lines: even with power a task may fail."""

    name: str = "lucky"

    def course(self, knobs, needed):
        course = super().course(knobs, needed)
        return replace(course, success=0.5 * course.success)

    def outcome(self, knobs):
        return 0.5 * super().outcome(knobs)


def test_a_new_world_is_a_class():
    world = Lucky(n_tasks=N, n_prices=5)
    run = train(Recipe(world=world, checkpoints=(0, 128)), HubKnobs(price=0.05), range(2))
    assert (run.success[..., -1] <= 0.5).all()
    assert (run.told[..., -1] > run.told[..., 0]).all()


HARBOUR = '''
"""The harbour world: a hub by the sea."""

from dataclasses import dataclass

from powerseek.toymodels.worlds.hub import Hub, HubKnobs


@dataclass(frozen=True)
class Harbour(Hub):
    """The eighth world."""

    name: str = "harbour"


WORLD = (Harbour, HubKnobs)
'''


def test_a_new_world_is_one_file(tmp_path, monkeypatch):
    (tmp_path / "harbour.py").write_text(HARBOUR, encoding="utf-8")
    folders = [*worlds.__path__, str(tmp_path)]
    monkeypatch.setattr(worlds, "__path__", folders)
    found = find_worlds(folders)
    assert next(iter(found)) == "hub"
    assert set(found) == {*WORLDS, "harbour"}
    harbour, knobs = with_detour(found)["harbour"]
    run = train(Recipe(world=harbour(n_tasks=N, n_prices=5), checkpoints=(0, 8)), knobs(), range(2))
    hub = train(Recipe(world=Hub(n_tasks=N, n_prices=5), checkpoints=(0, 8)), HubKnobs(), range(2))
    np.testing.assert_allclose(run.told, hub.told, atol=1e-12)
