r"""Stochastic worlds in which a state has few successors, such as gridworlds with slips.

A sweep gathers the values of each state's successors once, and combines them for each
action. What all actions of a state have in common, $C(s, t) = \min_a P_a(s, t)$, is
added only once:
$$\max_a \sum_t P_a(s, t) v(t) = \sum_t C(s, t) v(t)
  + \max_a \sum_t \bigl(P_a(s, t) - C(s, t)\bigr) v(t),$$
and where an action is "as intended with some probability, else the same noise for all",
one term for each action is left. Successors are held in *slots*, and slot $a$ of a state
holds the likeliest own successor of action $a$, so that in such worlds the $a$-th sum
has a single term in all states.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from powerseek.theory.mdp import MDP
from powerseek.theory.pytrees import pytree

from .extrapolation import first_values, solve_by_sweeps
from .lanes import AnyArray, Lanes, Scalar, maximum, rows
from .solver import Solution, Solver, unsolved

PLAIN_SWEEPS = 4

ROUNDING = 4 * float(np.finfo(np.float64).eps)


@pytree
@dataclass(frozen=True)
class SparseSolver(Solver):
    """Solves stochastic worlds with few successors for each state.

    Attributes:
        slots: the state in each slot.
        shared: the probability of each slot that all actions have in common; None where
            it is 0 in all states.
        own: for each action, the rest of the probability of each slot, likewise.
        staying: the largest probability of staying in each state.
    """

    slots: tuple[Int[AnyArray, " S"], ...]
    shared: tuple[Float[AnyArray, " S"] | None, ...]
    own: tuple[tuple[Float[AnyArray, " S"] | None, ...], ...]
    staying: Float[AnyArray, " S"]

    @classmethod
    def of(cls, mdp: MDP) -> SparseSolver:
        """Lay out the transitions of a world in slots."""
        n, width = mdp.n_states, mdp.max_actions
        laid_out = [_lay_out(mdp, s) for s in range(n)]
        n_slots = max(1, *(len(slots) for slots, _, _ in laid_out))
        slots = np.tile(np.arange(n, dtype=np.int32)[:, None], (1, n_slots))
        shared, own = np.zeros((n, n_slots)), np.zeros((n, width, n_slots))
        for s, (found, common, rest) in enumerate(laid_out):
            slots[s, : len(found)] = found
            shared[s, : len(found)] = common
            own[s, :, : len(found)] = rest
        return cls(
            tuple(slots.T),
            _present(shared.T),
            tuple(_present(weights) for weights in own.transpose(1, 2, 0)),
            staying_probabilities(mdp),
        )

    @property
    def terms(self) -> int:
        """Number of terms of the longest sum."""
        return 2 * len(self.slots)

    def lookahead(self, values: Lanes) -> Lanes:
        """What is shared, plus the best of what is each action's own."""
        found = [rows(values, slot) for slot in self.slots]
        best = reduce(maximum, (_weigh(weights, found) for weights in self.own))
        return _weigh(self.shared, found) + best

    def policy_matrix(self, values: Float[Array, " S"]) -> Float[Array, "S S"]:
        """Transition matrix of the greedy policy of one lane's values."""
        n = values.shape[0]
        found = [rows(values[:, None], slot) for slot in self.slots]
        action = jnp.stack([_weigh(weights, found)[:, 0] for weights in self.own]).argmax(0)
        matrix = jnp.zeros((n, n), values.dtype)
        for u, slot in enumerate(self.slots):
            weight = jnp.zeros(n, values.dtype)
            for a, weights in enumerate(self.own):
                if (own := weights[u]) is not None:
                    weight = jnp.where(action == a, own, weight)
            if (shared := self.shared[u]) is not None:
                weight = weight + shared
            matrix = matrix.at[jnp.arange(n), slot].add(weight.astype(values.dtype))
        return matrix

    def solve(self, rewards: Lanes, gamma: Scalar, tolerance: Scalar) -> Solution:
        """Sweeps with extrapolation until all lanes are certified."""
        return solve_by_sweeps(
            self.lookahead,
            self.policy_matrix,
            rewards,
            first_values(rewards, self.staying, gamma),
            unsolved(rewards),
            gamma,
            tolerance,
            plain_sweeps=PLAIN_SWEEPS,
            terms=self.terms,
        )


def staying_probabilities(mdp: MDP) -> Float[np.ndarray, " S"]:
    """The largest probability with which some action stays in each state."""
    return np.array(
        [
            max(float(p) if t == s else 0.0 for row in available for t, p in row)
            for s, available in enumerate(mdp.rows)
        ]
    )


def _lay_out(
    mdp: MDP, s: int
) -> tuple[list[int], Float[np.ndarray, " U"], Float[np.ndarray, "A U"]]:
    """Slots of one state, with the shared and the own probabilities in them."""
    width = mdp.max_actions
    rows_of_s = [{t: float(p) for t, p in row} for row in mdp.rows[s]]
    rows_of_s += [rows_of_s[0]] * (width - len(rows_of_s))
    successors = sorted({t for row in rows_of_s for t in row})
    common = {t: min(row.get(t, 0.0) for row in rows_of_s) for t in successors}
    rest = [
        {t: p - common[t] for t, p in row.items() if p > common[t] + ROUNDING} for row in rows_of_s
    ]
    slots: list[int | None] = [max(r, key=r.__getitem__) if r else None for r in rest]
    for t in successors:
        if t not in slots:
            if None in slots:
                slots[slots.index(None)] = t
            else:
                slots.append(t)
    filled = [s if t is None else t for t in slots]
    shared, own = np.zeros(len(slots)), np.zeros((width, len(slots)))
    for t, p in common.items():
        shared[slots.index(t)] = p
    for a, row in enumerate(rest):
        for t, p in row.items():
            own[a, a if slots[a] == t else slots.index(t)] = p
    return filled, shared, own


def _present(
    weights: Float[np.ndarray, "U S"],
) -> tuple[Float[np.ndarray, " S"] | None, ...]:
    """One array for each slot, None where it is 0 in all states."""
    return tuple(row if row.any() else None for row in weights)


def _weigh(weights: tuple[Float[AnyArray, " S"] | None, ...], found: list[Lanes]) -> Lanes:
    """The weighted sum over the slots."""
    terms = [
        jnp.asarray(weight, values.dtype)[:, None] * values
        for weight, values in zip(weights, found, strict=True)
        if weight is not None
    ]
    return sum(terms[1:], start=terms[0]) if terms else jnp.zeros_like(found[0])
