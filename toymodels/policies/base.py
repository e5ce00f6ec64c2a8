r"""The interface of a policy class.

A policy scores each available option from its observation, $z = g_\theta(\phi)$, and takes
an option with probability $\mathrm{softmax}(z)$. A fixed *initial log-odds* is added to the
score of detours, so that the untrained agent takes one with a chosen probability; it is
not trained.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.toymodels.tasks import Observation

Params = Any
"""Trainable parameters: any pytree of arrays."""


class Policy(ABC):
    r"""A family of scoring functions $g_\theta$; instances are hashable and stateless."""

    name: str

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
