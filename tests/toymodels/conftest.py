"""One small world and few recipes, shared by all modules so that XLA compiles little."""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from powerseek.toymodels import Hub, Measurement, Recipe, train
from powerseek.toymodels.moves import Dense
from powerseek.toymodels.tasks import Observation, TaskTable

CHUNK = 32
"""Agents per compiled call in every test."""


@pytest.fixture(scope="module")
def double_precision() -> Iterator[None]:
    """Double precision for tests that call the array functions directly."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def hub() -> Hub:
    return Hub(n_tasks=4, n_prices=5, probe_draws=2)


@pytest.fixture(scope="session")
def learner(hub: Hub) -> Recipe:
    """Exact gradient ascent on a linear policy; learning rate 1."""
    return Recipe(world=hub, checkpoints=(0, 1, 2, 4, 8, 16, 32, 64, 128, 256))


@pytest.fixture(scope="session")
def run(learner: Recipe) -> Callable[..., Measurement]:
    """Train the shared learner: ``run(knobs, seeds=range(2))``."""

    def train_learner(knobs, seeds=range(2), **options):
        return train(learner, knobs, seeds, chunk=CHUNK, **options)

    return train_learner


@pytest.fixture(scope="session")
def random_table() -> Callable[..., TaskTable]:
    """A table with every entry random: branching moves, leaks, missing options."""

    def draw(seed, states=3, options=3, contexts=4):
        rng = np.random.default_rng(seed)
        shape = (states, options, contexts)
        always = rng.integers(options, size=(states, 1, contexts))
        available = rng.random(shape) < 0.6
        np.put_along_axis(available, always, True, axis=1)
        moves = rng.dirichlet(np.full(states + 1, 0.5), size=shape)[..., :states]
        advice = rng.random(shape) * available
        return TaskTable(
            observation=Observation(
                shared=jnp.asarray(rng.normal(size=(2, *shape))),
                private=jnp.ones(shape),
                embedding=jnp.asarray(rng.normal(size=(3, contexts))),
            ),
            available=jnp.asarray(available),
            moves=Dense(jnp.asarray(np.moveaxis(moves, -1, 2))),
            rewards=jnp.asarray(rng.normal(size=shape)),
            start=jnp.asarray(rng.dirichlet(np.ones(states), size=contexts).T),
            weight=jnp.asarray(rng.uniform(0.1, 1.0, size=contexts)),
            success=jnp.asarray(rng.random(shape)),
            adviser=jnp.asarray(advice / advice.sum(axis=1, keepdims=True)),
            detour=jnp.asarray(np.arange(states) % 2 == 0, float),
            power=jnp.zeros(shape).at[0, 1].set(1.0),
            initial=jnp.zeros((states, options, 1)),
        )

    return draw
