r"""The interface of a policy class.

A policy scores each available option from its observation, $z = g_\theta(\phi)$, and takes
an option with probability $\mathrm{softmax}(z)$. A fixed *initial log-odds* is added to the
score of detours, so that the untrained agent takes one with a chosen probability; it is
not trained.

Networks compute scores through *hidden layers*, and show them: `Policy.activations` gives the
activations $h_1, \dots, h_L$ of every option, and `Policy.resume` goes on from those of any
layer, so that whoever looks inside may also change what is there:

$$ \mathrm{resume}_l(h_l) = z \quad\text{for every } l . $$
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.tasks import Observation

Params = Any
"""Trainable parameters: any pytree of arrays."""


class Policy(ABC):
    r"""A family of scoring functions $g_\theta$; instances are hashable and stateless.

    Attributes:
        long_sums: whether it trains faster by kernels for long sums, such as those over all
            options in the gradient of a bias (`powerseek.toymodels.compiler`); numbers differ
            by rounding only.
    """

    name: str
    long_sums: ClassVar[bool] = False

    @abstractmethod
    def init(self, key: PRNGKeyArray, observation: Observation) -> Params:
        """Initial parameters for training contexts that look like this."""

    @abstractmethod
    def scores(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "S O X"]:
        r"""Scores of all options.

        Args:
            params: what `init` returned, or a trained version of it.
            observation: what the agent sees.
            sharing: the knob $\alpha \in [0, 1]$: how much of the representation is
                shared between contexts.
        """

    @property
    def depth(self) -> int:
        """$L$, the number of hidden layers; 0 if scores are read off the observation."""
        return 0

    def activations(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> tuple[Float[Array, "H S O X"], ...]:
        """Activations of every hidden layer, from the first to the last.

        Raises:
            InvalidInput: if the policy has no hidden layer.
        """
        del params, observation, sharing
        raise InvalidInput.of("policy", self.name, "a network, which has hidden layers")

    def resume(
        self,
        params: Params,
        inner: Float[Array, "H S O X"],
        layer: int,
        observation: Observation,
    ) -> Float[Array, "S O X"]:
        """Scores of all options, from the activations of one hidden layer on.

        Raises:
            InvalidInput: if the policy has no hidden layer.
        """
        del params, inner, layer, observation
        raise InvalidInput.of("policy", self.name, "a network, which has hidden layers")
