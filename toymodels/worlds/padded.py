"""A world with room to spare, so that worlds of different sizes share one compiled function.

States that are never reached, options that are never on offer, features that are always 0
and steps after the episode has ended change nothing that an agent does or learns: networks
start from the weights that they would have without the room, with 0 for the features that are
always 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from powerseek.toymodels.moves import Dense, probabilities
from powerseek.toymodels.tasks import Observation, TaskTable

from .base import LabelledWorld, ProbeTable, WrappedWorld


@dataclass(frozen=True)
class Room:
    """How much there is of everything: features, states, options, steps."""

    features: int
    states: int
    options: int
    horizon: int

    @classmethod
    def for_all(cls, worlds: Iterable[tuple[LabelledWorld, Any]]) -> Room:
        """The least room in which every (world, knobs) fits.

        >>> from powerseek.toymodels.worlds import Hub, HubKnobs, Keydoor, KeydoorKnobs
        >>> Room.for_all([(Hub(), HubKnobs()), (Keydoor(), KeydoorKnobs())])
        Room(features=9, states=7, options=3, horizon=4)
        """
        sizes = []
        for world, knobs in worlds:
            table = jax.eval_shape(world.training, jax.random.key(0), knobs)
            sizes.append((*table.observation.shared.shape[:3], world.horizon))
        return cls(*np.max(sizes, axis=0).tolist())


@dataclass(frozen=True)
class Padded(WrappedWorld):
    """A world in a room at least as large as itself.

    Attributes:
        room: its size from now on.
    """

    room: Room

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """The room's."""
        return self.room.horizon

    def _see(self, seen: Observation, states: int) -> Observation:
        to = (self.room.features, states, self.room.options)
        used = jnp.ones(seen.shared.shape[0], bool) if seen.used is None else seen.used
        return replace(
            seen,
            shared=_grow(seen.shared, *to),
            private=None if seen.private is None else _grow(seen.private, *to[1:]),
            cue=None if seen.cue is None else _grow(seen.cue, to[0]),
            used=_grow(used, to[0]),
        )

    def training(self, key: PRNGKeyArray, knobs: Any) -> TaskTable:
        """The world's own tasks, with room to spare."""
        table = self.world.training(key, knobs)
        states, options = self.room.states, self.room.options
        choices = {
            name: _grow(getattr(table, name), states, options)
            for name in ("available", "rewards", "success", "adviser", "power", "initial")
        }
        return replace(
            table,
            observation=self._see(table.observation, states),
            moves=Dense(_grow(probabilities(table.moves), states, options, states)),
            start=_grow(table.start, states),
            detour=_grow(table.detour, states),
            **choices,
        )

    def probes(self, key: PRNGKeyArray, knobs: Any) -> ProbeTable:
        """The world's own probes, with room to spare."""
        probes = self.world.probes(key, knobs)
        choices = {
            name: _grow(getattr(probes, name), 1, self.room.options)
            for name in ("available", "amount", "initial")
        }
        return replace(probes, observation=self._see(probes.observation, 1), **choices)


def _grow(array: Array, *sizes: int) -> Array:
    """Add zeros at the end of the first axes, up to these sizes."""
    spare = [(0, size - there) for size, there in zip(sizes, array.shape, strict=False)]
    return jnp.pad(array, spare + [(0, 0)] * (array.ndim - len(spare)))
