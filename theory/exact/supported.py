"""The reward distributions that the exact methods know."""

from __future__ import annotations

from powerseek.theory.errors import InvalidInput
from powerseek.theory.rewards import (
    Exponential,
    RewardDistribution,
    Simplex,
    Uniform,
)

from .expectation import Law


def law_of(reward: RewardDistribution) -> Law:
    """The law of independent coordinates behind a reward distribution.

    Exponential rewards divided by their sum are uniform on the simplex, and independent
    of the sum; so expectations of maxima differ only by the mean of the sum, the number
    of states, and probabilities of being best do not differ.

    Raises:
        InvalidInput: naming ``reward``, for other distributions.

    >>> law_of(Simplex())
    <Law.EXPONENTIAL: 'exponential'>
    """
    if isinstance(reward, Uniform):
        return Law.UNIFORM
    if isinstance(reward, Exponential | Simplex):
        return Law.EXPONENTIAL
    raise InvalidInput.of(
        "reward", reward.name, "for exact results one of uniform, exponential, simplex"
    )
