r"""Averages over reward functions: draw, solve, accumulate, in blocks of lanes.

Memory does not grow with the number of samples: a chunk of blocks is drawn and solved on
all devices while the one before it is merged, and only its moments are kept. Chunks have
the same size whatever the number of devices, so a seed gives the same numbers on all.

The draws whose standard error is taken are independent: single reward functions,
antithetic pairs, or the means of whole scrambled Sobol sequences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from .discount import float_discount
from .errors import InvalidInput
from .mdp import MDP
from .rewards import FromUniform, RewardDistribution, reward_distribution
from .sampling import BlockSource, SobolSource, check_sampling
from .solvers.batch import over_devices, require_tolerance
from .solvers.dispatch import solver_for
from .solvers.lanes import Lanes, Scalar, lanes_per_block
from .solvers.solver import Solution, Solver

Progress = Callable[[int, int], None]

TOLERANCE = {"float64": 1e-6, "float32": 1e-4}
"""Largest error of a solve, by default, for each precision."""

MAX_SAMPLES = 10**9
"""Where a run towards a standard error gives up, by default."""

MIN_SAMPLES = 8192
"""Reward functions drawn before a standard error is believed."""

MIN_SEQUENCES = 16
"""Scrambled Sobol sequences behind a standard error, at least."""

CHUNK_ELEMENTS = 2**20
"""Rewards in memory at a time, about (8 MiB)."""


class Observable(Protocol):
    """What is averaged over reward functions: a pytree that can be called."""

    def __call__(self, solver: Solver, rewards: Lanes, solution: Solution) -> Float[Array, "K L"]:
        """The quantities of each lane."""
        ...


@dataclass
class Moments:
    """Count, mean and sum of squared deviations of independent draws.

    Groups are merged by the update of Chan, Golub & LeVeque ("Updating formulae and a
    pairwise algorithm for computing sample variances", 1979), which does not cancel.

    >>> moments = Moments()
    >>> for numbers in ([1.0, 2.0], [6.0]):
    ...     moments.merge(*group_moments(np.ones(len(numbers)), np.array([numbers]).T))
    >>> moments.mean.tolist(), moments.stderr.round(3).tolist()
    ([3.0], [1.528])
    """

    count: int = 0
    mean: Float[np.ndarray, " K"] = field(default_factory=lambda: np.zeros(1))
    squares: Float[np.ndarray, " K"] = field(default_factory=lambda: np.zeros(1))

    def merge(
        self, count: int, mean: Float[np.ndarray, " K"], squares: Float[np.ndarray, " K"]
    ) -> None:
        """Add a group of draws."""
        total = self.count + count
        shift = mean - self.mean
        self.squares = self.squares + squares + shift**2 * (self.count * count / total)
        self.mean = self.mean + shift * (count / total)
        self.count = total

    @property
    def stderr(self) -> Float[np.ndarray, " K"]:
        """Standard errors of the means; infinite for fewer than two draws."""
        if self.count < 2:
            return np.full_like(self.mean, math.inf)
        return np.sqrt(self.squares / (self.count - 1) / self.count)


def group_moments(
    counts: Float[np.ndarray, " B"],
    means: Float[np.ndarray, "B K"],
    squares: Float[np.ndarray, "B K"] | float = 0.0,
) -> tuple[int, Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """Merge the moments of several groups, at least one of them not empty."""
    total = counts.sum()
    mean = counts @ means / total
    between = counts @ (means - mean) ** 2
    within = np.sum(squares, axis=0)
    return int(total), mean, within + between


@dataclass(frozen=True)
class Run:
    """One Monte Carlo run: validated arguments, and the loop over chunks.

    Attributes:
        mdp: the world.
        solver: its solver.
        gamma: the discount rate.
        reward: the distribution of rewards.
        samples: how many reward functions to draw, if there is no target.
        seed: the seed.
        sampling: ``iid``, ``antithetic`` or ``sobol``.
        target_stderr: the standard error to reach, or None.
        max_samples: where a run towards it gives up.
        tolerance: the largest certified error of a solve.
        dtype: the precision of the solves.
    """

    mdp: MDP
    solver: Solver
    gamma: float
    reward: RewardDistribution
    samples: int
    seed: int
    sampling: str
    target_stderr: float | None
    max_samples: int
    tolerance: float
    dtype: str

    @classmethod
    def of(
        cls,
        mdp: MDP,
        gamma: object,
        reward: str | RewardDistribution,
        *,
        samples: int,
        seed: int,
        sampling: str,
        target_stderr: float | None,
        max_samples: int,
        tolerance: float | None,
        dtype: str = "float64",
    ) -> Run:
        """Validate the arguments of a run.

        Raises:
            InvalidInput: naming the argument at fault.
        """
        rate = float_discount(gamma)
        distribution = reward_distribution(reward)
        check_sampling(sampling, distribution, mdp.n_states)
        for name, number in (("samples", samples), ("max_samples", max_samples)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 2:
                raise InvalidInput.of(name, number, "an integer, at least 2")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise InvalidInput.of("seed", seed, "an integer, at least 0")
        if target_stderr is not None and not 0 < target_stderr < math.inf:
            raise InvalidInput.of("target_stderr", target_stderr, "a positive number")
        if dtype not in TOLERANCE:
            raise InvalidInput.of("dtype", dtype, f"one of {', '.join(TOLERANCE)}")
        if tolerance is None:
            tolerance = TOLERANCE[dtype]
        if not 0 < tolerance < math.inf:
            raise InvalidInput.of("tolerance", tolerance, "a positive number")
        return cls(
            mdp=mdp,
            solver=solver_for(mdp),
            gamma=rate,
            reward=distribution,
            samples=samples,
            seed=seed,
            sampling=sampling,
            target_stderr=target_stderr,
            max_samples=max_samples,
            tolerance=tolerance,
            dtype=dtype,
        )

    @property
    def lanes(self) -> int:
        """Reward functions in a block."""
        return lanes_per_block(self.mdp.n_states)

    @property
    def planned(self) -> int:
        """How many reward functions may be drawn."""
        return self.samples if self.target_stderr is None else self.max_samples

    def pilot(
        self, observable: Observable, samples: int
    ) -> tuple[Float[np.ndarray, "K n"], Float[np.ndarray, "S n"]]:
        """Values and rewards of about so many draws of a stream of its own."""
        n_blocks = _power_of_two(samples / self.lanes)
        source = BlockSource(self.reward, self.mdp.n_states, self.lanes, self.seed, stream=1)
        blocks = _padded(source.blocks(0, n_blocks))
        values = block_values(
            self.solver,
            observable,
            blocks,
            jnp.float64(self.gamma),
            jnp.float64(self.tolerance),
        )
        flat = [np.asarray(x)[:n_blocks].transpose(1, 0, 2) for x in (values, blocks)]
        return flat[0].reshape(len(flat[0]), -1), flat[1].reshape(len(flat[1]), -1)

    def average(
        self, observable: Observable, progress: Progress | None
    ) -> tuple[Moments, float, int]:
        """Draw, solve and average until there are enough samples; x64 must be enabled.

        Returns:
            The moments of independent draws, the largest certified error of a solve, and
            how many reward functions were solved.

        Raises:
            InvalidInput: naming ``tolerance``, if a solve is not certified to it.
        """
        merged, bound, drawn = Moments(), 0.0, 0
        groups = self._sequences if self.sampling == "sobol" else self._chunks
        for count, mean, squares, error, n in groups(observable):
            merged.merge(count, mean, squares)
            bound, drawn = float(np.maximum(bound, error)), drawn + n
            require_tolerance(bound, self.tolerance, self.gamma)
            in_all = self._in_all(merged, drawn)
            if progress is not None:
                progress(drawn, in_all)
            if drawn >= in_all:
                break
        return merged, bound, drawn

    def _in_all(self, merged: Moments, drawn: int) -> int:
        """How many reward functions it will take, as far as one can tell."""
        if self.target_stderr is None:
            return max(drawn, self.samples)
        independent = MIN_SEQUENCES if self.sampling == "sobol" else 2
        if drawn >= self.max_samples:
            return drawn
        if drawn < MIN_SAMPLES or merged.count < independent:
            return max(drawn + 1, MIN_SAMPLES)
        ratio = float(merged.stderr.max()) / self.target_stderr
        if ratio <= 1:
            return drawn
        return max(drawn + 1, min(self.max_samples, math.ceil(drawn * ratio**2)))

    def _chunks(self, observable: Observable) -> Iterator[_Group]:
        """Moments of chunks of independent draws; the next is solved meanwhile."""
        paired = self.sampling == "antithetic"
        source = BlockSource(self.reward, self.mdp.n_states, self.lanes, self.seed, paired=paired)
        planned = self.planned + self.planned % 2 if paired else self.planned
        wanted = planned if self.target_stderr is None else min(planned, MIN_SAMPLES)
        size = self._chunk_size(wanted)
        before: _Pending | None = None
        for first in range(0, -(-planned // self.lanes), size):
            left = planned - self.lanes * (first + np.arange(size))
            pending = self._dispatch(
                observable, source.blocks(first, size), left.clip(0, self.lanes), paired
            )
            if before is not None:
                yield before.group()
            before = pending
        if before is not None:
            yield before.group()

    def _sequences(self, observable: Observable) -> Iterator[_Group]:
        """The mean of one scrambled Sobol sequence after the other, as single draws."""
        if not isinstance(self.reward, FromUniform):
            raise TypeError("check_sampling admits maps from the cube only")
        length = 2 ** max(0, int(math.log2(self.samples / MIN_SEQUENCES)))
        size = self._chunk_size(length)
        for scramble in range(-(-self.planned // length)):
            source = SobolSource(self.reward, self.mdp.n_states, self.lanes, self.seed, scramble)
            sequence, error = Moments(), 0.0
            for first in range(0, -(-length // self.lanes), size):
                left = length - self.lanes * (first + np.arange(size))
                blocks = source.blocks(size)
                chunk = self._dispatch(observable, blocks, left.clip(0, self.lanes), False)
                count, mean, squares, worst, _ = chunk.group()
                sequence.merge(count, mean, squares)
                error = float(np.maximum(error, worst))
            yield 1, sequence.mean, np.zeros_like(sequence.mean), error, length

    def _chunk_size(self, samples: int) -> int:
        """Blocks in a chunk: a power of two, no more than needed."""
        fits = CHUNK_ELEMENTS // (self.mdp.n_states * self.lanes)
        most = _power_of_two((max(1, fits) + 1) / 2)
        return min(most, _power_of_two(samples / self.lanes))

    def _dispatch(
        self,
        observable: Observable,
        blocks: Float[Array, "B S L"],
        valid: Int[np.ndarray, " B"],
        paired: bool,
    ) -> _Pending:
        """Start solving a chunk; does not wait for it."""
        padded = _padded(blocks)
        counts = np.zeros(len(padded), dtype=np.int64)
        counts[: len(valid)] = valid
        means, squares, errors = block_moments(
            self.solver,
            observable,
            padded,
            counts,
            jnp.float64(self.gamma),
            jnp.float64(self.tolerance),
            paired,
            self.dtype,
        )
        return _Pending(valid, paired, means, squares, errors)


_Group = tuple[int, Float[np.ndarray, " K"], Float[np.ndarray, " K"], float, int]
"""Count, mean and squares of independent draws; largest error; reward functions solved."""


@dataclass(frozen=True)
class _Pending:
    """A chunk that is being solved."""

    valid: Int[np.ndarray, " B"]
    paired: bool
    means: Float[Array, "P K"]
    squares: Float[Array, "P K"]
    errors: Float[Array, " P"]

    def group(self) -> _Group:
        """Wait for the results and merge them."""
        n = len(self.valid)
        counts = (self.valid // 2 if self.paired else self.valid).astype(np.float64)
        count, mean, squares = group_moments(
            counts, np.asarray(self.means)[:n], np.asarray(self.squares)[:n]
        )
        return count, mean, squares, float(self.errors.max()), int(self.valid.sum())


@partial(jax.jit, static_argnames=("paired", "dtype"))
def block_moments(
    solver: Solver,
    observable: Observable,
    blocks: Float[Array, "B S L"],
    valid: Int[Array, " B"],
    gamma: Scalar,
    tolerance: Scalar,
    paired: bool,
    dtype: str,
) -> tuple[Float[Array, "B K"], Float[Array, "B K"], Float[Array, " B"]]:
    """Mean, sum of squared deviations and largest error of each block.

    Args:
        solver: the solver of the world.
        observable: what is averaged.
        blocks: the reward functions.
        valid: how many reward functions of each block count.
        gamma: the discount rate.
        tolerance: the error to which to solve.
        paired: whether the two halves of the lanes are antithetic; a pair is one draw.
        dtype: the precision of the solves.
    """

    def one(
        shared: tuple[Solver, Observable, Scalar, Scalar],
        block: tuple[Lanes, Int[Array, ""]],
    ) -> tuple[Array, Array, Array]:
        solver, observable, gamma, tolerance = shared
        rewards, n = block
        values, error = _observe(solver, observable, rewards, gamma, tolerance, dtype)
        lane = jnp.arange(rewards.shape[1])
        if paired:
            half, n = rewards.shape[1] // 2, n // 2
            values = (values[:, :half] + values[:, half:]) / 2
            error, lane = jnp.maximum(error[:half], error[half:]), lane[:half]
        counts = (lane < n).astype(jnp.float64)
        mean = values @ counts / jnp.maximum(n, 1)
        squares = (values - mean[:, None]) ** 2 @ counts
        return mean, squares, jnp.where(lane < n, error, 0).max()

    moments: tuple[Array, Array, Array] = over_devices(
        one, (solver, observable, gamma, tolerance), (blocks, valid)
    )
    return moments


@jax.jit
def block_values(
    solver: Solver,
    observable: Observable,
    blocks: Float[Array, "B S L"],
    gamma: Scalar,
    tolerance: Scalar,
) -> Float[Array, "B K L"]:
    """The values of an observable for each reward function."""
    values: Array = over_devices(
        lambda shared, rewards: _observe(
            shared[0], shared[1], rewards, shared[2], shared[3], "float64"
        )[0],
        (solver, observable, gamma, tolerance),
        blocks,
    )
    return values


def _observe(
    solver: Solver,
    observable: Observable,
    rewards: Lanes,
    gamma: Scalar,
    tolerance: Scalar,
    dtype: str,
) -> tuple[Float[Array, "K L"], Float[Array, " L"]]:
    """Solve a block; in single precision, bound what rounding its input does as well."""
    rate, narrow = gamma.astype(dtype), rewards.astype(dtype)
    solution = solver.solve(narrow, rate, tolerance.astype(dtype))
    error = solution.error.astype(jnp.float64)
    if dtype == "float32":
        eps = float(np.finfo(np.float32).eps)
        error = error + eps * jnp.abs(rewards).max(axis=0) * (1 + 1 / (1 - gamma))
    return observable(solver, rewards, Solution(solution.values, error)), error


def _power_of_two(number: float) -> int:
    """The smallest power of two that is not less."""
    return int(2 ** max(0, math.ceil(math.log2(number))))


def _padded(blocks: Array) -> Array:
    """Blocks, the first repeated until every device gets equally many."""
    missing = -len(blocks) % jax.local_device_count()
    return jnp.concatenate([blocks, blocks[:1].repeat(missing, axis=0)]) if missing else blocks
