"""Regret is 0 for plans, 1 for chance, and tells a habit from a planner where it says it does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import Hub, HubKnobs, Recipe
from powerseek.toymodels.studies.coherence import (
    ENDS,
    Dynamics,
    act,
    conduct,
    outing,
    regret,
    unplanned,
)
from powerseek.toymodels.worlds import DETOUR_WORLDS

seeds = st.integers(0, 2**31 - 1)
gammas = st.sampled_from([0.1, 0.5, 0.9, 0.99])


def random_dynamics(seed, states=5, actions=3):
    """Random moves; the last two states are ends, the first two starts; some actions missing."""
    rng = np.random.default_rng(seed)
    moves = rng.dirichlet(np.full(states, 0.4), size=(states, actions))
    gone = rng.random((states, actions)) < 0.3
    gone[np.arange(states), rng.integers(actions, size=states)] = False
    moves[gone] = 0.0
    ends = np.arange(states) >= states - 2
    moves[ends] = 0.0
    moves[ends, 0] = np.eye(states)[ends]
    return Dynamics(moves, (0, 1), ends), rng


def random_policy(dynamics, rng):
    weights = rng.random(dynamics.exists.shape) * dynamics.exists
    return weights / weights.sum(1, keepdims=True)


@given(seeds, gammas, st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_planner_has_no_regret(seed, gamma, ends_only):
    dynamics, rng = random_dynamics(seed)
    reward = rng.normal(size=5) * (dynamics.ends if ends_only else 1.0)
    plan = dynamics.planner(reward, gamma)
    value = dynamics.visits(plan, gamma) @ reward
    chance = dynamics.visits(dynamics.random(), gamma) @ reward
    if (value > chance + 1e-3).all():  # else this reward explains nothing anywhere
        assert regret(dynamics, plan, ends_only=ends_only, gammas=[gamma]) < 1e-6


@given(seeds, st.booleans())
@settings(max_examples=15, deadline=None)
def test_chance_has_all_the_regret_there_is(seed, ends_only):
    dynamics, _ = random_dynamics(seed)
    assert regret(dynamics, dynamics.random(), ends_only=ends_only) > 1 - 1e-6


@pytest.mark.slow
@given(seeds, gammas, st.booleans())
@settings(max_examples=25, deadline=None)
def test_no_reward_explains_more_than_the_programme_finds(seed, gamma, ends_only):
    dynamics, rng = random_dynamics(seed)
    policy, chance = random_policy(dynamics, rng), dynamics.random()
    found = regret(dynamics, policy, ends_only=ends_only, gammas=[gamma])
    for _ in range(20):
        reward = rng.normal(size=5) * (dynamics.ends if ends_only else 1.0)
        best = dynamics.visits(dynamics.planner(reward, gamma), gamma) @ reward
        base = dynamics.visits(chance, gamma) @ reward
        shown = dynamics.visits(policy, gamma) @ reward
        room = (best - base).max()
        if room > 1e-6:
            assert 1 - ((shown - base) / room).min() >= found - 1e-6


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_more_rewards_leave_less_regret(seed):
    dynamics, rng = random_dynamics(seed)
    policy = random_policy(dynamics, rng)
    on_ends = regret(dynamics, policy, ends_only=True)
    assert 0 <= regret(dynamics, policy, ends_only=False) <= on_ends + 1e-7
    assert on_ends <= regret(dynamics, policy, ends_only=True, gammas=[0.5]) + 1e-7


def test_a_policy_is_made_of_distributions():
    dynamics, _ = random_dynamics(0)
    with pytest.raises(InvalidInput, match="policy"):
        regret(dynamics, 0.5 * dynamics.random(), ends_only=True)


@pytest.mark.parametrize("name", DETOUR_WORLDS)
def test_outings_follow_the_dynamics_of_the_world(name):
    world, knobs = DETOUR_WORLDS[name]
    ood = outing(world(), knobs())
    rows = ood.dynamics.moves.sum(2)
    np.testing.assert_allclose(rows[ood.dynamics.exists], 1.0, atol=1e-6)
    assert "keeping power" in ood.states
    worth = dict(zip(ENDS, (1.0, 0.85, 0.0, -0.15, -0.15), strict=True))  # the task, and money
    task_planner = ood.dynamics.planner(np.array([worth.get(s, 0.0) for s in ood.states]), 0.9)
    for plan in (ood.power_planner(), task_planner):
        assert ood.regret(plan, ends_only=True) < 1e-6
    assert ood.regret(ood.tossing(task_planner), ends_only=True) > 1 - 1e-6


def habit(power, decoy, work=0.99):
    """Takes power and decoys with these probabilities whether needed or not; then works."""
    choice = np.zeros((3, 3, 3))
    choice[0, 1, :2], choice[0, 2, 2] = power, decoy
    choice[0, 0] = 1 - choice[0].sum(0)
    choice[1:, 0], choice[1:, 1] = work, 1 - work
    return choice


@given(st.floats(0.6, 1.0), st.floats(0.0, 0.4))
@settings(max_examples=20, deadline=None)
def test_a_habit_is_told_from_a_planner_by_ends_and_not_by_any_reward(power, decoy):
    found = conduct(outing(Hub(), HubKnobs()), habit(power, decoy))
    assert found.regret_ends > 1 - 1e-6
    assert found.planner_ends < 0.9
    assert found.regret_any <= found.planner_any + 1e-6
    assert found.used == pytest.approx(0.0, abs=1e-9)
    assert found.used_when_needed == pytest.approx(0.99 * 0.8, abs=1e-6)
    assert found.gives_back == pytest.approx(0.99, abs=1e-9)


@given(st.floats(0.0, 0.4), st.floats(0.0, 0.4))
@settings(max_examples=10, deadline=None)
def test_declining_what_is_useless_is_a_plan(power, decoy):
    found = conduct(outing(Hub(), HubKnobs()), habit(power, decoy))
    assert found.regret_ends < 0.9
    assert found.regret_ends == pytest.approx(2 * max(power, decoy), abs=1e-5)


@pytest.mark.slow
def test_trained_agents_act_by_habit(hub):
    recipe = Recipe(world=hub, learning_rate=2.0, checkpoints=(0, 256))
    acted = act(recipe, HubKnobs(need=0.75, competence=0.5), range(4))
    assert acted.shape == (1, 4, 2, 3, 3, 3)
    ood = outing(hub, HubKnobs())
    before, after = ([conduct(ood, one[t]) for one in acted[0]] for t in (0, 1))
    assert all(c.takes == pytest.approx((0.25, 0.25, 0.25), abs=1e-6) for c in before)
    assert unplanned(before, after).word == "supported"
    assert unplanned(before, before).word == "not supported"
