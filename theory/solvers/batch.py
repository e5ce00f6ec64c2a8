r"""Long batches of reward functions: blocks of lanes, spread over the host's devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as Spec
from jaxtyping import Float

from powerseek.theory.discount import float_discount
from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp import MDP

from .dispatch import solver_for
from .lanes import Scalar, lanes_per_block
from .solver import Solution, Solver


@dataclass(frozen=True)
class SolvedBatch:
    """Optimal values of a batch of reward functions.

    Attributes:
        values: $V^*$, one column for each reward function.
        bound: a proven bound on how far any of them is off.
    """

    values: Float[np.ndarray, "S n"]
    bound: float


def solve_many(
    mdp: MDP,
    rewards: Float[np.ndarray, "S n"],
    gamma: object,
    *,
    tolerance: float = 1e-6,
) -> SolvedBatch:
    r"""Solve one world for many reward functions.

    Args:
        mdp: the world.
        rewards: state-based reward functions, one in each column.
        gamma: the discount rate, in (0, 1).
        tolerance: the largest error allowed in $V^*$.

    Returns:
        The optimal values, and a proven bound on their error.

    Raises:
        InvalidInput: if an argument is out of its domain, or the tolerance is finer than
            float64 can certify at this discount rate.

    >>> world = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
    >>> solve_many(world, np.array([[0.0], [1.0]]), "1/2").values[:, 0].round(9)
    array([1., 2.])
    """
    rewards = np.asarray(rewards, dtype=np.float64)
    if rewards.ndim != 2 or rewards.shape[0] != mdp.n_states:
        raise InvalidInput.of("rewards", rewards.shape, f"an array of shape ({mdp.n_states}, n)")
    if not np.isfinite(rewards).all():
        raise InvalidInput.of("rewards", "inf or nan", "finite numbers")
    rate = float_discount(gamma)
    n = rewards.shape[1]
    if n == 0:
        return SolvedBatch(rewards.copy(), 0.0)
    blocks = to_blocks(rewards, lanes_per_block(mdp.n_states))
    with jax.enable_x64(True):
        solution = solve_blocks(
            solver_for(mdp), blocks, jnp.float64(rate), jnp.float64(tolerance * (1 - rate))
        )
        values = np.asarray(solution.values).transpose(1, 0, 2).reshape(mdp.n_states, -1)
        error = float(solution.error.max())
    bound = error / (1 - rate)
    require_tolerance(bound, tolerance, rate)
    return SolvedBatch(values[:, :n] / (1 - rate), bound)


def require_tolerance(bound: float, tolerance: float, gamma: float) -> None:
    """Refuse results that are not certified to the tolerance asked for.

    Raises:
        InvalidInput: naming ``tolerance`` and what can be reached.
    """
    if not bound <= tolerance:
        raise InvalidInput.of(
            "tolerance",
            tolerance,
            f"at least {bound:.1e}, the best that is certified at gamma = {gamma!r}",
        )


def to_blocks(rewards: Float[np.ndarray, "S n"], lanes: int) -> Float[np.ndarray, "B S L"]:
    """Cut columns into whole blocks; the last column is repeated to fill the last one."""
    n_states, n = rewards.shape
    devices = jax.local_device_count()
    n_blocks = -(-n // (lanes * devices)) * devices
    padded = np.concatenate(
        [rewards, np.repeat(rewards[:, -1:], n_blocks * lanes - n, axis=1)], axis=1
    )
    return np.ascontiguousarray(padded.reshape(n_states, n_blocks, lanes).transpose(1, 0, 2))


def over_devices(function: Callable[..., Any], shared: Any, blocks: Any) -> Any:
    """``function(shared, block)`` for every block, the blocks dealt out to the devices.

    Args:
        function: what to do with one block.
        shared: a pytree that every call gets whole.
        blocks: a pytree of arrays whose first axis runs over the blocks; its length must
            be a multiple of the number of devices.
    """

    def deal(shared: Any, blocks: Any) -> Any:
        return lax.map(lambda block: function(shared, block), blocks)

    devices = np.array(jax.local_devices())
    if len(devices) == 1:
        return deal(shared, blocks)
    return jax.shard_map(
        deal,
        mesh=Mesh(devices, ("device",)),
        in_specs=(Spec(), Spec("device")),  # type: ignore[no-untyped-call]
        out_specs=Spec("device"),  # type: ignore[no-untyped-call]
        check_vma=False,
    )(shared, blocks)


@jax.jit
def solve_blocks(
    solver: Solver, blocks: Float[Array, "B S L"], gamma: Scalar, tolerance: Scalar
) -> Solution:
    """Solve blocks of reward functions, in normalised values."""
    solved: Solution = over_devices(
        lambda shared, block: shared[0].solve(block, shared[1], shared[2]),
        (solver, gamma, tolerance),
        blocks,
    )
    return solved
