r"""A small multilayer perceptron that scores each option from all that is seen of it.

Its first layer (`powerseek.toymodels.policies.inputs`) mixes shared features with what is
private to a context in proportions $\sqrt\alpha$ and $\sqrt{1-\alpha}$, so that $\alpha = 0$
switches generalisation to new contexts off exactly, as it does in the linear policy.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import Observation

from .base import Params, Policy
from .inputs import InputLayer, draw_input_layer, hidden_input

Layer = tuple[Float[Array, "... I J"], Float[Array, "... J"]]
"""Weights and bias."""


@pytree
@dataclass(frozen=True)
class MLPParams:
    """The first layer, and the layers above it."""

    first: InputLayer
    rest: list[Layer]


@dataclass(frozen=True)
class MLP(Policy):
    """Tanh layers, then a linear score; LeCun-normal weights, small last layer.

    Attributes:
        hidden: widths of the hidden layers.
    """

    long_sums: ClassVar[bool] = True

    name: str = "mlp"
    hidden: tuple[int, ...] = (32, 32)

    def init(self, key: PRNGKeyArray, observation: Observation) -> Params:
        """Random weights; the last layer is ten times smaller, so scores start near 0."""
        key, sub = jax.random.split(key)
        first = draw_input_layer(sub, observation, self.hidden[0])
        rest = []
        for i, (fan_in, fan_out) in enumerate(itertools.pairwise((*self.hidden, 1))):
            key, sub = jax.random.split(key)
            scale = (0.1 if i == len(self.hidden) - 1 else 1.0) / fan_in**0.5
            rest.append((scale * jax.random.normal(sub, (fan_in, fan_out)), jnp.zeros(fan_out)))
        return MLPParams(first, rest)

    def scores(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "S O X"]:
        """Scores of all options."""
        return self.resume(params, self._first(params, observation, sharing), 0, observation)

    @property
    def depth(self) -> int:
        """One per entry of `hidden`."""
        return len(self.hidden)

    def activations(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> tuple[Float[Array, "H S O X"], ...]:
        """What every tanh layer puts out."""
        h = [self._first(params, observation, sharing)]
        for layer in params.rest[:-1]:
            h.append(jnp.tanh(_affine(layer, h[-1])))
        return tuple(h)

    def resume(
        self,
        params: Params,
        inner: Float[Array, "H S O X"],
        layer: int,
        observation: Observation,
    ) -> Float[Array, "S O X"]:
        """Scores from one tanh layer on."""
        del observation
        h = inner
        for upper in params.rest[layer:-1]:
            h = jnp.tanh(_affine(upper, h))
        scores: Float[Array, "S O X"] = _affine(params.rest[-1], h)[0]
        return scores

    def _first(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "H S O X"]:
        return jnp.tanh(hidden_input(params.first, observation, sharing))


def _affine(layer: Layer, h: Float[Array, "I S O X"]) -> Float[Array, "J S O X"]:
    weights, bias = layer
    return jnp.einsum("hsox,hk->ksox", h, weights) + bias[:, None, None, None]
