r"""Stochastic worlds in which most transitions are possible: one matrix product a sweep.

The transition matrices of all actions are stacked to ``[A S, S]``, so that a sweep of a
block of lanes is a single matrix product, at the speed of the machine. Such worlds mix
fast: the span of $V_{k+1} - V_k$ shrinks by the second eigenvalue of the optimal policy's
transitions, not by $\gamma$, and 8 to 11 sweeps with MacQueen's bounds do whatever
$\gamma$ is, where plain value iteration needs a thousand. All but one of them run in
single precision, at twice the speed: see `powerseek.theory.solvers.refinement`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .extrapolation import first_values, solve_by_sweeps
from .lanes import AnyArray, Lanes, Scalar, maximum
from .refinement import refine, sweep_while_fast
from .solver import Solution, Solver
from .sparse import staying_probabilities


@pytree
@dataclass(frozen=True)
class DenseSolver(Solver):
    """Solves any world by matrix products.

    Attributes:
        matrices: the transition matrix of each action.
        staying: the largest probability of staying in each state.
    """

    matrices: Float[AnyArray, "A S S"]
    staying: Float[AnyArray, " S"]

    @classmethod
    def of(cls, mdp: MDP) -> DenseSolver:
        """Lay out the transition matrices of a world."""
        matrices = np.ascontiguousarray(mdp.transition_tensor().transpose(1, 0, 2))
        return cls(matrices, staying_probabilities(mdp))

    @property
    def terms(self) -> int:
        """Number of terms of the longest sum."""
        return self.matrices.shape[1]

    def expected(self, values: Lanes) -> Float[Array, "A S L"]:
        """The expected value of each action, from one matrix product."""
        matrices = jnp.asarray(self.matrices, values.dtype)
        n_actions, n, _ = matrices.shape
        return (matrices.reshape(-1, n) @ values).reshape(n_actions, n, -1)

    def lookahead(self, values: Lanes) -> Lanes:
        """The best expected value over the actions."""
        best: Lanes = reduce(maximum, self.expected(values))
        return best

    def policy_matrix(self, values: Float[Array, " S"]) -> Float[Array, "S S"]:
        """Transition matrix of the greedy policy of one lane's values."""
        matrices = jnp.asarray(self.matrices, values.dtype)
        action = (matrices @ values).argmax(axis=0)
        return matrices[action, jnp.arange(values.shape[0])]

    def solve(self, rewards: Lanes, gamma: Scalar, tolerance: Scalar) -> Solution:
        """Sweeps as long as they make fast progress, then with extrapolation."""
        now, rate = rewards.astype(jnp.float32), gamma.astype(jnp.float32)
        values, best = sweep_while_fast(
            lambda v: now + rate * self.lookahead(v),
            first_values(now, self.staying, rate),
            gamma,
            tolerance,
            sweeps=2,
            terms=self.terms,
        )
        if rewards.dtype == jnp.float64:
            values = values.astype(jnp.float64)
            values, best = refine(
                self.expected, rewards, values, best, gamma, tolerance, terms=self.terms
            )
        return solve_by_sweeps(
            self.lookahead,
            self.policy_matrix,
            rewards,
            values,
            best,
            gamma,
            tolerance,
            plain_sweeps=0,
            terms=self.terms,
        )
