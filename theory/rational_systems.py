r"""Linear systems over $\mathbb{Q}$, solved exactly (python-flint)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction


def solve_rational(
    rows: Sequence[Mapping[int, Fraction]], right: Sequence[Fraction]
) -> list[Fraction]:
    """The solution of a square system with one solution.

    Args:
        rows: for each equation its coefficients that are not zero, by column.
        right: the right-hand side of each equation.

    Raises:
        ZeroDivisionError: if the system is singular.

    >>> one = Fraction(1)
    >>> solve_rational([{0: one, 1: one}, {0: one, 1: -one}], [Fraction(3), one])
    [Fraction(2, 1), Fraction(1, 1)]
    """
    from flint import fmpq_mat

    from .exact.rational import to_flint, to_fraction

    n = len(rows)
    left = fmpq_mat(n, n)
    for i, row in enumerate(rows):
        for j, x in row.items():
            left[i, j] = to_flint(x)
    column = fmpq_mat(n, 1, [to_flint(x) for x in right])
    return [to_fraction(x) for x in left.solve(column).entries()]
