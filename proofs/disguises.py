"""The same world under other labels, or with rewards in another unit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.toymodels.moves import Dense, probabilities
from powerseek.toymodels.tasks import TaskTable
from powerseek.toymodels.worlds import Knobs, ProbeTable, WrappedWorld


@dataclass(frozen=True)
class Relabelled(WrappedWorld):
    """States, options and contexts in a random order, in training and in the probes."""

    def training(self, key: PRNGKeyArray, knobs: Knobs) -> TaskTable:
        """The tasks, in another order of everything."""
        table = self.world.training(key, knobs)
        states, options, contexts = table.available.shape
        k_state, k_option, k_context = jax.random.split(jax.random.fold_in(key, 1), 3)
        s = jax.random.permutation(k_state, states)
        o = jax.random.permutation(k_option, options)
        x = jax.random.permutation(k_context, contexts)

        def move(values: Float[Array, "S O X"]) -> Float[Array, "S O X"]:
            return values[s][:, o][..., x]

        seen = table.observation
        assert seen.private is not None
        return TaskTable(
            observation=replace(
                seen,
                shared=seen.shared[:, s][:, :, o][..., x],
                private=move(seen.private),
                embedding=seen.embedding[:, x],
            ),
            available=move(table.available),
            moves=Dense(move(probabilities(table.moves))[:, :, s]),
            rewards=move(table.rewards),
            start=table.start[s][:, x],
            weight=table.weight[x],
            success=move(table.success),
            adviser=move(table.adviser),
            detour=table.detour[s],
            power=move(table.power),
            initial=table.initial[s][:, o],
        )

    def probes(self, key: PRNGKeyArray, knobs: Knobs) -> ProbeTable:
        """The probes, in another order of options and contexts."""
        table = self.world.probes(key, knobs)
        _, options, contexts = table.available.shape
        k_option, k_context = jax.random.split(jax.random.fold_in(key, 1))
        o = jax.random.permutation(k_option, options)
        x = jax.random.permutation(k_context, contexts)
        seen = table.observation
        return ProbeTable(
            observation=replace(
                seen, shared=seen.shared[:, :, o][..., x], embedding=seen.embedding[:, x]
            ),
            available=table.available[:, o][..., x],
            amount=table.amount[:, o][..., x],
            initial=table.initial[:, o],
            null=table.null[x],
            told=table.told[x],
            needed=table.needed[x],
            prices=table.prices,
            at_price=table.at_price[:, x],
        )


@dataclass(frozen=True)
class Rescaled(WrappedWorld):
    """Rewards in another unit.

    Attributes:
        factor: what every reward is multiplied by.
    """

    factor: float = 1.0

    def training(self, key: PRNGKeyArray, knobs: Knobs) -> TaskTable:
        """The tasks, with other rewards."""
        table = self.world.training(key, knobs)
        return replace(table, rewards=jnp.asarray(self.factor) * table.rewards)
