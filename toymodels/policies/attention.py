r"""One head of attention over the options on offer: each is scored in view of the others.

With hidden vectors $h_o = \tanh u_o$ from the first layer that all networks share
(`powerseek.toymodels.policies.inputs`),

$$ g_o = h_o + \sum_{o' \text{ on offer}} \operatorname{softmax}_{o'}
   \Bigl(\tfrac{(Q h_o)\cdot(K h_{o'})}{\sqrt d}\Bigr)\, V h_{o'}, \qquad
   z_o = w \cdot \tanh(U g_o + b) $$

(scaled dot-product attention, Vaswani et al., NeurIPS 2017, section 3.2.1). The other
policies score an option from its own looks; this one can compare, so what it thinks of
power may depend on what else there is. No weight belongs to a position: reordering the
options reorders the scores. What is not on offer is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import Observation

from .base import Params, Policy
from .inputs import InputLayer, draw_input_layer, hidden_input


@pytree
@dataclass(frozen=True)
class AttentionParams:
    """Weights; letters as in the module docstring."""

    first: InputLayer
    query: Float[Array, "... H H"]
    key: Float[Array, "... H H"]
    value: Float[Array, "... H H"]
    mix: Float[Array, "... H H"]
    bias: Float[Array, "... H"]
    score: Float[Array, "... H"]


@dataclass(frozen=True)
class Attention(Policy):
    """A single-head attention policy.

    Attributes:
        width: $d$, the length of the hidden vectors.
    """

    name: str = "attention"
    width: int = 16

    def __post_init__(self) -> None:
        if self.width < 1:
            raise InvalidInput.of("width", self.width, "a whole number >= 1")

    def init(self, key: PRNGKeyArray, observation: Observation) -> Params:
        """LeCun-normal weights; the scores' are ten times smaller, so they start near 0."""
        d = self.width
        k_first, k_square, k_score = jax.random.split(key, 3)
        query, keys, value, mix = jax.random.normal(k_square, (4, d, d)) / d**0.5
        return AttentionParams(
            first=draw_input_layer(k_first, observation, d),
            query=query,
            key=keys,
            value=value,
            mix=mix,
            bias=jnp.zeros(d),
            score=0.1 * jax.random.normal(k_score, (d,)) / d**0.5,
        )

    def scores(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "S O X"]:
        """Scores of all options, each in view of those on offer."""
        h = jnp.tanh(hidden_input(params.first, observation, sharing))
        return self.resume(params, h, 0, observation)

    @property
    def depth(self) -> int:
        r"""Two: $h$, and $\tanh(U g + b)$ after attention."""
        return 2

    def activations(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> tuple[Float[Array, "H S O X"], ...]:
        """The hidden vectors before and after the options have seen each other."""
        h = jnp.tanh(hidden_input(params.first, observation, sharing))
        return h, self._attend(params, h, observation)

    def resume(
        self,
        params: Params,
        inner: Float[Array, "H S O X"],
        layer: int,
        observation: Observation,
    ) -> Float[Array, "S O X"]:
        """Scores from the hidden vectors before (0) or after (1) attention."""
        g = self._attend(params, inner, observation) if layer == 0 else inner
        scores: Float[Array, "S O X"] = jnp.einsum("hsox,h->sox", g, params.score)
        return scores

    def _attend(
        self, params: Params, h: Float[Array, "H S O X"], observation: Observation
    ) -> Float[Array, "H S O X"]:
        def through(weights: Float[Array, "H H"], h: Float[Array, "H ..."]) -> Array:
            return jnp.einsum("h...,hk->k...", h, weights)

        match = jnp.einsum("hsox,hspx->sopx", through(params.query, h), through(params.key, h))
        match = match / self.width**0.5
        if observation.available is None:
            share = jax.nn.softmax(match, axis=2)
        else:
            on_offer = observation.available[:, None]
            # Where nothing is on offer, softmax of nothing is not a number.
            none = ~on_offer.any(2, keepdims=True)
            share = jax.nn.softmax(match, axis=2, where=on_offer | none)
        seen = jnp.einsum("sopx,hspx->hsox", share, through(params.value, h))
        return jnp.tanh(through(params.mix, h + seen) + params.bias[:, None, None, None])
