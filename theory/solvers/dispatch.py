"""Which solver a world gets.

1. deterministic, and every state may stay: `StaySolver`, monotone sweeps;
2. deterministic: `DigraphSolver`, Howard's policy iteration by pointer doubling;
3. stochastic: `SparseSolver` or `DenseSolver`, whichever sweeps faster by the number of
   operations (a matrix product does about three times as many in the same time).
"""

from __future__ import annotations

from powerseek.theory.errors import TooLarge
from powerseek.theory.mdp import MDP

from .dense import DenseSolver
from .digraph import DigraphSolver
from .solver import Solver
from .sparse import SparseSolver
from .stay import StaySolver

PRODUCT_SPEEDUP = 3
"""How many times faster a matrix product is than gathers, for each operation."""

MAX_ELEMENTS = 2**28
"""Largest number of transition entries laid out (2 GiB of float64)."""


def solver_for(mdp: MDP) -> Solver:
    """The solver that suits the structure of a world.

    Raises:
        TooLarge: if its transitions do not fit in memory.

    >>> type(solver_for(MDP.from_successors({"a": ["a", "b"], "b": ["b"]}))).__name__
    'StaySolver'
    >>> type(solver_for(MDP.from_successors({"a": ["b"], "b": ["a"]}))).__name__
    'DigraphSolver'
    """
    if StaySolver.applies(mdp):
        return StaySolver.of(mdp)
    if DigraphSolver.applies(mdp):
        return DigraphSolver.of(mdp)
    n, width = mdp.n_states, mdp.max_actions
    n_slots = max(len(mdp.successors(s)) for s in range(n))
    sparse, dense = n * n_slots * (width + 1), n * n * width
    if min(sparse, dense) > MAX_ELEMENTS:
        raise TooLarge(f"mdp: {n} states with up to {n_slots} successors, too large to lay out")
    if dense <= PRODUCT_SPEEDUP * sparse:
        return DenseSolver.of(mdp)
    return SparseSolver.of(mdp)
