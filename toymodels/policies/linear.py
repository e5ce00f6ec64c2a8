r"""Linear policies with a kernel: part shared between contexts, part private to each.

$$ z = \sqrt\alpha\; w \cdot \phi_{\text{shared}} + \sqrt{1-\alpha}\; v_{\text{private}} $$

so gradient descent moves the score of option $i$ when option $j$ is pushed in proportion to

$$ K(i, j) = \alpha\, \phi_i \cdot \phi_j + (1 - \alpha)\, [\,i \text{ and } j
   \text{ have the same private weight}\,]. $$

$\alpha = 0$ is the tabular policy: nothing learnt in one context reaches another.
$\alpha = 1$ shares everything that the features share.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import Observation

from .base import Params, Policy


@pytree
@dataclass(frozen=True)
class LinearParams:
    """Weights of the shared features, and one private weight per trained option."""

    shared: Float[Array, "... F"]
    private: Float[Array, "... S O X"]


@dataclass(frozen=True)
class Linear(Policy):
    """The linear-kernel policy; starts at zero."""

    name: str = "linear"

    def init(self, key: PRNGKeyArray, observation: Observation) -> Params:
        """All weights zero (the key is not used)."""
        del key
        n_shared = observation.shared.shape[0]
        return LinearParams(jnp.zeros(n_shared), jnp.zeros(observation.private_shape))

    def scores(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "S O X"]:
        """Scores of all options (see the module docstring)."""
        weights = params.shared[:, None, None, None]
        scores: Float[Array, "S O X"] = jnp.sqrt(sharing) * (weights * observation.shared).sum(0)
        if observation.private is not None:
            scores = scores + jnp.sqrt(1 - sharing) * observation.private * params.private
        return jnp.broadcast_to(scores, observation.shape)


@dataclass(frozen=True)
class Tabular(Linear):
    """A table of scores, one per known (context, option): no sharing whatever the knob."""

    name: str = "tabular"

    def scores(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "S O X"]:
        """The linear policy at sharing 0."""
        return super().scores(params, observation, jnp.zeros_like(sharing))
