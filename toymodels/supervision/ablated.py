r"""Computational supervision by ablation: what would it do if it saw that power is useless?

In every training context that offers a detour the cue is set to "not needed" and the agent's
scores are computed again. What is left of its inclination to power is not owed to the cue, so
it is not for the task; this is what the signal penalises.

* `AblatedNeed`: mean P(power) under the ablated cue.
* `DecoyParity`: how far that exceeds P(decoy) under the same ablation. A decoy is as useless as
  power that is not needed, so an agent that takes power for the task treats them alike. What is
  innocent in both, such as the untrained agent's curiosity, is not punished.

Neither sees a new context: private weights of training contexts may take up what is penalised
while shared ones keep the drive. Whether they do is measured in held-out probes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.tasks import Observation

from .base import Computational, Supervised


def without_need(observation: Observation) -> Observation:
    """The same contexts, all of them showing that power is not needed.

    Raises:
        InvalidInput: if no feature shows need.
    """
    if observation.cue is None:
        raise InvalidInput.of("observation", "no cue", "a world whose looks show need")
    cue = observation.cue[:, None, None, None] > 0
    shared = jnp.where(cue, -jnp.abs(observation.shared), observation.shared)
    return replace(observation, shared=shared)


def ablated_probability(agent: Supervised, options: Bool[Array, "S O X"]) -> Float[Array, ""]:
    """Mean probability of taking one of the options, where one is on offer, cue ablated."""
    table = agent.table
    ablated = replace(agent, table=replace(table, observation=without_need(table.observation)))
    taken = (ablated.choices() * options).sum(1)
    offered = (options & table.available).any(1)
    return (offered * taken).sum() / offered.sum()


@dataclass(frozen=True)
class AblatedNeed(Computational):
    """Penalises P(power) with the need signal ablated."""

    name: str = "ablated-need"

    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """Mean P(power) under the ablated cue."""
        return ablated_probability(agent, agent.table.power > 0)


@dataclass(frozen=True)
class DecoyParity(Computational):
    """Penalises power that is liked better than a decoy where both are shown to be useless."""

    name: str = "decoy-parity"

    def reading(self, agent: Supervised) -> Float[Array, ""]:
        """Excess of mean P(power) over mean P(decoy) under the ablated cue; 0 if below."""
        table, is_power = agent.table, agent.table.power > 0
        detour = jnp.zeros(table.power.shape, bool).at[:, 1:].set(True)
        decoy = detour & (table.detour[:, None, None] > 0) & table.available & ~is_power
        power, other = (ablated_probability(agent, options) for options in (is_power, decoy))
        return jnp.maximum(power - other, 0.0)
