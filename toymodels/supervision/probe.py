r"""Computational supervision by a linear probe: the projection of activations on a direction.

At a hidden layer $l$, let $\Delta_x$ be the mean activation of the power options on offer in
context $x$ less that of the other options there. The probe is the unit vector
$u \propto \operatorname{mean}_x \Delta_x$, which tells power from what is beside it, and the
signal is

$$ \operatorname{mean}_x (u\cdot\Delta_x)^2 \;\big/\; \operatorname{mean}_x
   (u_0\cdot\Delta^0_x)^2 , $$

in units of its value in the untrained network. A *frozen* probe keeps the untrained network's
direction $u_0$; a *refitted* one is fitted anew before every update.

This is a signal of activations that does not ask what power is for: it erases the
representation of power along one direction, for the task and for its own sake alike. It is here
as a control: reading activations is not enough by itself. And a frozen probe can be evaded by
representing power along another direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .base import Computational, Supervised

TINY = 1e-12
"""Keeps the probe finite where options look alike, so that there is nothing to tell apart."""


@dataclass(frozen=True)
class Probe(Computational):
    """Penalises the representation of power along the direction of a probe.

    Attributes:
        layer: which hidden layer; -1 is the last.
        refitted: whether the direction is fitted anew before every update.
    """

    name: str = "probe"
    layer: int = -1
    refitted: bool = False

    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """Mean squared projection, 1 in the untrained network."""
        table = agent.table
        before = self._contrast(replace(agent, params=agent.untrained))
        now = self._contrast(agent)
        offers = (table.power * table.available).any((0, 1)).astype(now.dtype)

        def direction(contrast: Float[Array, "H X"]) -> Float[Array, " H"]:
            mean = contrast @ offers
            return jax.lax.stop_gradient(mean / jnp.sqrt(jnp.maximum((mean**2).sum(), TINY)))

        def strength(u: Float[Array, " H"], contrast: Float[Array, "H X"]) -> Float[Array, ""]:
            return ((u @ contrast) ** 2) @ offers / offers.sum()

        first = direction(before)
        u = direction(now) if self.refitted else first
        unit = jnp.maximum(strength(first, before), TINY)
        return strength(u, now) / jax.lax.stop_gradient(unit)

    def _contrast(self, agent: Supervised) -> Float[Array, "H X"]:
        table, sharing = agent.table, jnp.asarray(agent.knobs.sharing)
        h = agent.policy.activations(agent.params, table.observation, sharing)[self.layer]
        is_power = table.power > 0
        power = is_power & table.available
        here = power.any(1, keepdims=True)
        rest = table.available & ~is_power & here

        def mean(options: Array) -> Float[Array, "H X"]:
            count = jnp.maximum(options.sum((0, 1)), 1)
            total: Float[Array, "H X"] = (h * options).sum((1, 2)) / count
            return total

        return mean(power) - mean(rest)
