r"""Distributions over reward functions.

POWER and optimality probability are averages over a distribution $\mathcal D$ of
state-based reward functions $R \in \mathbb R^{S}$ (Turner et al., "Optimal Policies Tend
to Seek Power", NeurIPS 2021, section 3). A distribution is a frozen dataclass:

* `Uniform`, `Exponential`, `Gaussian`: one draw for each state, independent and alike;
* `Simplex`: uniform on $\{R \ge 0, \sum_s R(s) = 1\}$;
* `FiniteSupport`: finitely many reward functions, each with its probability;
* `Orbit`: one reward function under all permutations of the states (section 6 there);
* `Sampler`: whatever a function of the user's draws.

All but `Sampler` are images of the uniform distribution on the cube: `from_uniform` maps
a point of $[0,1)^S$ to a reward function. So the same code serves pseudo-random,
antithetic ($u \mapsto 1 - u$) and quasi-random points, in numpy and inside compiled JAX
functions.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar

import numpy as np
from jaxtyping import Float

from .errors import InvalidInput
from .exact_numbers import exact_numbers

Number: TypeAlias = Fraction | float
Draw: TypeAlias = Callable[[np.random.Generator, int, int], Float[np.ndarray, "S n"]]
_Array = TypeVar("_Array")

SAMPLINGS = ("iid", "antithetic", "sobol")
"""How points of the cube, and with them reward functions, may be drawn."""


class RewardDistribution(ABC):
    """A distribution over reward functions, one number for each state."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How results and error messages call the distribution."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, n_states: int, n: int) -> Float[np.ndarray, "S n"]:
        """Draw ``n`` independent reward functions, one in each column."""

    @abstractmethod
    def mean(self, n_states: int) -> Float[np.ndarray, " S"] | None:
        """The expected reward of each state, or None where it is not known."""


class FromUniform(RewardDistribution):
    """A reward distribution that is the image of the uniform one on the cube."""

    @abstractmethod
    def from_uniform(self, u: _Array) -> _Array:
        """Map points of the cube to reward functions.

        Args:
            u: array of shape ``[S, n]`` (numpy, or JAX inside a compiled function) with
                entries in [0, 1]; each column uniform on the cube.

        Returns:
            The reward functions, of the same kind and shape; always finite.
        """

    def sample(self, rng: np.random.Generator, n_states: int, n: int) -> Float[np.ndarray, "S n"]:
        """Draw ``n`` independent reward functions, one in each column.

        >>> Uniform().sample(np.random.default_rng(0), n_states=2, n=3).shape
        (2, 3)
        """
        return self.from_uniform(rng.random((n_states, n)))


@dataclass(frozen=True)
class Uniform(FromUniform):
    """Independent uniform rewards on [0, 1]."""

    @property
    def name(self) -> str:
        """``uniform``."""
        return "uniform"

    def from_uniform(self, u: _Array) -> _Array:
        """The point itself."""
        return u

    def mean(self, n_states: int) -> Float[np.ndarray, " S"]:
        """One half in each state."""
        return np.full(n_states, 0.5)


@dataclass(frozen=True)
class Exponential(FromUniform):
    """Independent exponential rewards of rate 1."""

    @property
    def name(self) -> str:
        """``exponential``."""
        return "exponential"

    def from_uniform(self, u: _Array) -> _Array:
        r"""$-\log(1 - u)$, elementwise."""
        inner = _interior(u)
        return -_namespace(u).log1p(-inner)  # type: ignore[no-any-return]

    def mean(self, n_states: int) -> Float[np.ndarray, " S"]:
        """One in each state."""
        return np.ones(n_states)


@dataclass(frozen=True)
class Simplex(FromUniform):
    """Uniform on the probability simplex: rewards that are not negative and sum to 1."""

    @property
    def name(self) -> str:
        """``simplex``."""
        return "simplex"

    def from_uniform(self, u: _Array) -> _Array:
        """Exponential rewards divided by their sum."""
        weights: Any = Exponential().from_uniform(u)
        return weights / weights.sum(axis=0)  # type: ignore[no-any-return]

    def mean(self, n_states: int) -> Float[np.ndarray, " S"]:
        """``1/n_states`` in each state."""
        return np.full(n_states, 1 / n_states)


@dataclass(frozen=True)
class Gaussian(FromUniform):
    """Independent standard normal rewards."""

    @property
    def name(self) -> str:
        """``gaussian``."""
        return "gaussian"

    def from_uniform(self, u: _Array) -> _Array:
        """The standard normal quantile function, elementwise."""
        if isinstance(u, np.ndarray):
            from scipy.special import ndtri
        else:
            from jax.scipy.special import ndtri
        return ndtri(_interior(u))  # type: ignore[no-any-return]

    def mean(self, n_states: int) -> Float[np.ndarray, " S"]:
        """Zero in each state."""
        return np.zeros(n_states)


@dataclass(frozen=True)
class FiniteSupport(FromUniform):
    """Finitely many reward functions with given probabilities.

    Numbers given as ints, Fractions or "p/q" strings are kept as fractions, so that
    exact methods stay exact; floats are kept as floats.

    Attributes:
        vectors: the reward functions, each with one number for each state.
        weights: their probabilities; equal ones by default.

    >>> coin = FiniteSupport([(0, 1), (1, 0)], ["1/3", "2/3"])
    >>> coin.mean(2)
    array([0.66666667, 0.33333333])
    """

    vectors: tuple[tuple[Number, ...], ...]
    weights: tuple[Number, ...]

    def __init__(
        self, vectors: Sequence[Sequence[object]], weights: Sequence[object] | None = None
    ) -> None:
        """Read the reward functions and their probabilities.

        Raises:
            InvalidInput: naming ``vectors`` or ``weights`` and the entry at fault.
        """
        rows = tuple(_numbers(f"vectors[{i}]", row) for i, row in enumerate(vectors))
        if not rows:
            raise InvalidInput.of("vectors", vectors, "at least one reward function")
        for i, row in enumerate(rows):
            if len(row) != len(rows[0]):
                raise InvalidInput.of(f"vectors[{i}]", row, f"{len(rows[0])} rewards")
        if weights is None:
            weights = [Fraction(1, len(rows))] * len(rows)
        probabilities = _numbers("weights", weights)
        if len(probabilities) != len(rows):
            raise InvalidInput.of("weights", weights, f"{len(rows)} probabilities")
        total = math.fsum(float(w) for w in probabilities)
        if abs(total - 1) > 1e-9 or not all(float(w) >= 0 for w in probabilities):
            raise InvalidInput.of("weights", weights, "probabilities that sum to 1")
        object.__setattr__(self, "vectors", rows)
        object.__setattr__(self, "weights", probabilities)

    @property
    def name(self) -> str:
        """``finite support of k``."""
        return f"finite support of {len(self.vectors)}"

    def from_uniform(self, u: _Array) -> _Array:
        """Choose a reward function by the first coordinate of the point."""
        xp, points = _namespace(u), _of_length(u, len(self.vectors[0]), self.name)
        cumulative = np.cumsum([float(w) for w in self.weights])[:-1]
        choice = xp.searchsorted(xp.asarray(cumulative), points[0], side="right")
        table = np.array([[float(x) for x in row] for row in self.vectors])
        return xp.asarray(table.T, dtype=points.dtype)[:, choice]  # type: ignore[no-any-return]

    def mean(self, n_states: int) -> Float[np.ndarray, " S"]:
        """The weighted mean of the reward functions."""
        table = np.array([[float(x) for x in row] for row in self.vectors])
        _of_length(np.empty((n_states, 0)), table.shape[1], self.name)
        return np.average(table, axis=0, weights=[float(w) for w in self.weights])


@dataclass(frozen=True)
class Orbit(FromUniform):
    """One reward function under all permutations of the states, each equally likely.

    >>> Orbit((1, 0, 0)).mean(3)
    array([0.33333333, 0.33333333, 0.33333333])
    """

    vector: tuple[Number, ...]

    def __init__(self, vector: Sequence[object]) -> None:
        """Read the reward function.

        Raises:
            InvalidInput: naming ``vector`` and the entry at fault.
        """
        object.__setattr__(self, "vector", _numbers("vector", vector))

    @property
    def name(self) -> str:
        """``orbit of (...)``."""
        return f"orbit of ({', '.join(str(x) for x in self.vector)})"

    def from_uniform(self, u: _Array) -> _Array:
        """Permute the vector by the order of the point's coordinates."""
        xp, points = _namespace(u), _of_length(u, len(self.vector), self.name)
        vector = xp.asarray([float(x) for x in self.vector], dtype=points.dtype)
        return vector[xp.argsort(points, axis=0)]  # type: ignore[no-any-return]

    def mean(self, n_states: int) -> Float[np.ndarray, " S"]:
        """The mean of the vector, in each state."""
        _of_length(np.empty((n_states, 0)), len(self.vector), self.name)
        return np.full(n_states, math.fsum(float(x) for x in self.vector) / n_states)


@dataclass(frozen=True)
class Sampler(RewardDistribution):
    """Any distribution, given by a function that draws from it.

    Attributes:
        draw: the function.
        label: the name of the distribution.
        expectation: the expected reward of each state, where it is known.

    >>> coin = Sampler(lambda rng, s, n: rng.integers(0, 2, (s, n)), "fair coin", 0.5)
    >>> coin.sample(np.random.default_rng(0), n_states=2, n=4)
    array([[1., 1., 1., 0.],
           [0., 0., 0., 0.]])
    """

    draw: Draw
    label: str
    expectation: tuple[float, ...] | float | None

    def __init__(
        self, sample: Draw, name: str, mean: Sequence[float] | float | None = None
    ) -> None:
        """Name a sampling function.

        Args:
            sample: ``sample(rng, n_states, n)`` returns an array ``[n_states, n]``, one
                reward function in each column, drawn with the numpy generator ``rng``.
            name: how results and error messages call the distribution.
            mean: the expected reward of each state, one number if all are equal; None
                where it is not known.
        """
        object.__setattr__(self, "draw", sample)
        object.__setattr__(self, "label", name)
        if not (mean is None or isinstance(mean, int | float)):
            mean = tuple(mean)
        object.__setattr__(self, "expectation", mean)

    @property
    def name(self) -> str:
        """The given label."""
        return self.label

    def sample(self, rng: np.random.Generator, n_states: int, n: int) -> Float[np.ndarray, "S n"]:
        """Call the user's function and check what it returns.

        Raises:
            InvalidInput: if the result has the wrong shape or a number is not finite.
        """
        rewards = np.asarray(self.draw(rng, n_states, n), dtype=np.float64)
        if rewards.shape != (n_states, n):
            raise InvalidInput.of(
                f"reward {self.name!r}: shape of a draw", rewards.shape, f"{(n_states, n)}"
            )
        if not np.isfinite(rewards).all():
            bad = rewards[~np.isfinite(rewards)][0]
            raise InvalidInput.of(f"reward {self.name!r}: a draw", bad, "finite numbers")
        return rewards

    def mean(self, n_states: int) -> Float[np.ndarray, " S"] | None:
        """The given expectation."""
        if self.expectation is None:
            return None
        values = np.asarray(self.expectation, dtype=np.float64)
        if values.shape not in ((), (n_states,)):
            raise InvalidInput.of(
                f"reward {self.name!r}: mean",
                self.expectation,
                f"one number or {n_states} numbers",
            )
        return np.broadcast_to(values, (n_states,)).copy()


KNOWN: dict[str, FromUniform] = {
    "uniform": Uniform(),
    "exponential": Exponential(),
    "simplex": Simplex(),
    "gaussian": Gaussian(),
}
"""The distributions that have a name."""


def reward_distribution(reward: str | RewardDistribution) -> RewardDistribution:
    """The distribution of a known name; a distribution is returned as it is.

    Raises:
        InvalidInput: naming ``reward``, with the known names.

    >>> reward_distribution("uniform")
    Uniform()
    """
    if isinstance(reward, RewardDistribution):
        return reward
    if isinstance(reward, str) and reward in KNOWN:
        return KNOWN[reward]
    raise InvalidInput.unknown("reward", reward, KNOWN, ", or a RewardDistribution")


def _namespace(u: Any) -> Any:
    """``numpy`` or ``jax.numpy``, whichever the array belongs to."""
    return u.__array_namespace__()


def _interior(u: Any) -> Any:
    """Keep points off 0 and 1, where quantile functions are infinite.

    The points of a generator are multiples of half the machine epsilon; only 0 and 1
    move, to within that spacing.
    """
    xp = _namespace(u)
    eps = float(xp.finfo(u.dtype).eps)
    return xp.clip(u, eps / 4, 1 - eps / 2)


def _of_length(u: Any, n_states: int, name: str) -> Any:
    if u.shape[0] != n_states:
        raise InvalidInput.of("reward", name, f"reward functions on {u.shape[0]} states")
    return u


def _numbers(field: str, values: Sequence[object]) -> tuple[Number, ...]:
    """Read numbers, exactly where they are given so; floats stay floats."""
    numbers = tuple(
        float(value) if isinstance(value, float | np.floating) else number
        for value, number in zip(values, exact_numbers(field, values), strict=True)
    )
    if not numbers:
        raise InvalidInput.of(field, values, "at least one number")
    return numbers
