"""Room to spare changes nothing that an agent does or learns."""

from dataclasses import asdict, replace

import jax
import numpy as np
import pytest

from powerseek.toymodels import MLP, Linear, Recipe, predict, train
from powerseek.toymodels.algorithms import ActorCritic
from powerseek.toymodels.learning import draw_agent
from powerseek.toymodels.policies import Attention
from powerseek.toymodels.worlds import DETOUR_WORLDS, Hub, HubKnobs
from powerseek.toymodels.worlds.padded import Padded, Room

CHECKPOINTS = (0, 1, 16)


@pytest.mark.parametrize(
    "policy",
    [
        Linear(),
        pytest.param(MLP(hidden=(4, 4)), marks=pytest.mark.slow),
        pytest.param(Attention(width=4), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", ["reserve", "preemption"])
def test_training_and_prediction_are_those_of_the_world(name, policy):
    world, knobs = DETOUR_WORLDS[name][0](n_tasks=4), DETOUR_WORLDS[name][1]()
    room = Room(features=10, states=8, options=8, horizon=5)
    recipe = Recipe(world=world, policy=policy, learning_rate=0.5, checkpoints=CHECKPOINTS)
    padded = replace(recipe, world=Padded(world, room))
    for run in (train, predict):
        plain, there = asdict(run(recipe, knobs, range(3))), asdict(run(padded, knobs, range(3)))
        for quantity, values in plain.items():
            np.testing.assert_allclose(there[quantity], values, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("policy", [MLP(hidden=(4,)), Attention(width=4)])
def test_networks_are_drawn_as_without_the_room(policy):
    room = Room(features=10, states=8, options=8, horizon=5)
    recipe = Recipe(world=Hub(n_tasks=4), policy=policy)
    padded = replace(recipe, world=Padded(recipe.labelled_world, room))
    plain, there = (draw_agent(r, 0, 1, HubKnobs()).params for r in (recipe, padded))
    used = np.ones(len(there.first.weights), bool)
    n_shared = len(plain.first.weights) - recipe.labelled_world.n_embedding
    used[n_shared : room.features] = False
    np.testing.assert_array_equal(there.first.weights[used], plain.first.weights)
    assert (there.first.weights[~used] == 0).all()
    for a, b in zip(jax.tree.leaves(there)[1:], jax.tree.leaves(plain)[1:], strict=True):
        if a.shape == b.shape:  # all but the private vectors, which start at 0
            np.testing.assert_array_equal(a, b)


def test_the_room_is_the_least_in_which_all_fit():
    worlds = [(world(), knobs()) for world, knobs in DETOUR_WORLDS.values()]
    for_each = [Room.for_all([pair]) for pair in worlds]
    together = Room.for_all(worlds)
    for name in ("features", "states", "options", "horizon"):
        assert getattr(together, name) == max(getattr(room, name) for room in for_each)


@pytest.mark.slow
def test_a_critic_learns_there_as_anywhere():
    recipe = Recipe(world=Hub(n_tasks=4), algorithm=ActorCritic(), checkpoints=(0, 256))
    padded = replace(recipe, world=Padded(recipe.labelled_world, Room(9, 4, 4, 3)))
    before, after = train(padded, HubKnobs(), range(8)).returns[0].mean(0)
    assert after > before + 0.1
