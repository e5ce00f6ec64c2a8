r"""Reward functions in blocks of lanes, drawn at random or quasi-random.

* ``iid``: independent uniform points from a counter: the number in place $i$ is a hash
  of $\text{start} + i \cdot \phi$ (SplitMix64: Steele, Lea & Flood, "Fast splittable
  pseudorandom number generators", OOPSLA 2014). A block needs nothing but its number, so
  results do not depend on how blocks are dealt out, and XLA makes 20 times as many of
  them in a second as with its own generators.
* ``antithetic``: lanes in pairs $u$ and $1 - u$; one pair is one independent draw.
* ``sobol``: scrambled Sobol points (Owen 1998, in scipy's form), several independent
  scrambles, whose means are the independent draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float, UInt64

from .errors import InvalidInput
from .rewards import SAMPLINGS, FromUniform, RewardDistribution

MAX_SOBOL_STATES = 21_201
"""Number of dimensions for which Sobol direction numbers are known."""


def seed_sequence(seed: int, stream: int, number: int = 0) -> np.random.SeedSequence:
    """Where the numbers of one part of a stream of a seed come from.

    Every part has entropy of its own: words of 32 bits, of which the first is the lowest of
    the seed, the second the stream, the third and fourth the number, and whatever follows the
    rest of the seed. (Given a tuple, numpy writes its integers one after the other in as many
    words as each needs, and 0 for words that are missing: ``(2**32, 0)`` is ``(0, 1)``.)

    Args:
        seed: at least 0.
        stream: less than 2**32.
        number: of a block or a scramble, less than 2**64.

    >>> seed_sequence(2**40 + 7, 1).entropy
    (7, 1, 0, 0, 256)
    """
    word = 2**32
    words = [seed % word, stream, number % word, number // word]
    while seed := seed // word:
        words.append(seed % word)
    return np.random.SeedSequence(tuple(words))


@dataclass(frozen=True)
class BlockSource:
    """Independent reward functions in numbered blocks of lanes.

    Attributes:
        distribution: the distribution of rewards.
        n_states: number of states.
        lanes: reward functions in a block.
        seed: the seed.
        stream: number of the stream; different streams are independent.
        paired: whether the second half of the lanes is antithetic to the first.
    """

    distribution: RewardDistribution
    n_states: int
    lanes: int
    seed: int
    stream: int = 0
    paired: bool = False

    def blocks(self, first: int, n_blocks: int) -> Float[Array, "B S L"]:
        """Blocks ``first``, ``first + 1``, ... Call with x64 enabled."""
        distribution = self.distribution
        if isinstance(distribution, FromUniform):
            start = seed_sequence(self.seed, self.stream).generate_state(1, np.uint64)[0]
            blocks: Array = _cube_blocks(
                distribution,
                jnp.uint64(start),
                jnp.uint64(first),
                (n_blocks, self.n_states, self.lanes),
                self.paired,
            )
            return blocks
        drawn = [
            distribution.sample(
                np.random.default_rng(seed_sequence(self.seed, self.stream, first + b)),
                self.n_states,
                self.lanes,
            )
            for b in range(n_blocks)
        ]
        return jnp.asarray(np.stack(drawn))


class SobolSource:
    """One scrambled Sobol sequence of reward functions, in consecutive blocks of lanes."""

    def __init__(
        self, distribution: FromUniform, n_states: int, lanes: int, seed: int, scramble: int
    ) -> None:
        """Start the sequence; ``scramble`` numbers the independent scrambles of a seed."""
        from scipy.stats import qmc

        self.distribution, self.n_states, self.lanes = distribution, n_states, lanes
        generator = np.random.default_rng(seed_sequence(seed, 2, scramble))
        self._points = qmc.Sobol(n_states, scramble=True, bits=52, rng=generator)

    def blocks(self, n_blocks: int) -> Float[Array, "B S L"]:
        """The next blocks; ``n_blocks`` must be a power of two. Call with x64 enabled."""
        points = self._points.random(n_blocks * self.lanes)
        blocks = points.reshape(n_blocks, self.lanes, self.n_states).transpose(0, 2, 1)
        mapped: Array = _map_blocks(self.distribution, jnp.asarray(np.ascontiguousarray(blocks)))
        return mapped


def check_sampling(sampling: str, reward: RewardDistribution, n_states: int) -> None:
    """Refuse ways of sampling that are unknown or do not fit the distribution.

    Raises:
        InvalidInput: naming ``sampling``.
    """
    if sampling not in SAMPLINGS:
        raise InvalidInput.unknown("sampling", sampling, SAMPLINGS)
    if sampling != "iid" and not isinstance(reward, FromUniform):
        raise InvalidInput.of("sampling", sampling, f"'iid' for rewards {reward.name!r}")
    if sampling == "sobol" and n_states > MAX_SOBOL_STATES:
        raise InvalidInput.of(
            "sampling", sampling, f"'iid' or 'antithetic' beyond {MAX_SOBOL_STATES} states"
        )


@partial(jax.jit, static_argnames=("distribution", "shape", "paired"))
def _cube_blocks(
    distribution: FromUniform,
    start: UInt64[Array, ""],
    first: UInt64[Array, ""],
    shape: tuple[int, int, int],
    paired: bool,
) -> Float[Array, "B S L"]:
    n_blocks, n_states, lanes = shape
    drawn = lanes // 2 if paired else lanes
    places = lax.iota(jnp.uint64, n_states * drawn).reshape(n_states, drawn)

    def block(number: Array) -> Array:
        u = _uniform(start, places + number * jnp.uint64(n_states * drawn))
        if paired:
            u = jnp.concatenate([u, 1 - u], axis=1)
        return distribution.from_uniform(u)

    blocks: Array = lax.map(block, first + lax.iota(jnp.uint64, n_blocks))
    return blocks


@partial(jax.jit, static_argnames=("distribution",))
def _map_blocks(distribution: FromUniform, points: Float[Array, "B S L"]) -> Float[Array, "B S L"]:
    blocks: Array = lax.map(distribution.from_uniform, points)
    return blocks


def _uniform(start: UInt64[Array, ""], place: UInt64[Array, "S L"]) -> Float[Array, "S L"]:
    """SplitMix64 of a counter, to 53 bits in [0, 1)."""
    x = start + place * jnp.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> jnp.uint64(30))) * jnp.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> jnp.uint64(27))) * jnp.uint64(0x94D049BB133111EB)
    x = x ^ (x >> jnp.uint64(31))
    points: Array = (x >> jnp.uint64(11)).astype(jnp.float64) * 2.0**-53
    return points
