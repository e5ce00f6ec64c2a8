"""Batched solvers: one small world, thousands of reward functions at once."""

from .batch import SolvedBatch, solve_many
from .dispatch import solver_for
from .solver import Solution, Solver

__all__ = ["Solution", "SolvedBatch", "Solver", "solve_many", "solver_for"]
