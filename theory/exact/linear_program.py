r"""Exact linear programming, as much as certificates of dominance need.

Gordan's theorem of the alternative: for a matrix $D$ exactly one of the systems
$D v > 0$ and $\lambda^\top D = 0,\ \lambda \ge 0,\ \lambda \ne 0$ has a solution. The
simplex method, phase one, on $D^\top \lambda = 0,\ \sum \lambda = 1,\ \lambda \ge 0$ in
rational arithmetic with Bland's rule (which cannot cycle) finds a $\lambda$, or its dual
solution gives a $v$.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq


def gordan(matrix: Sequence[Sequence[fmpq]]) -> list[fmpq] | dict[int, fmpq]:
    r"""Solve one of Gordan's alternatives.

    Args:
        matrix: the rows of $D$, at least one.

    Returns:
        A list $v$ with $D v > 0$, or a dict of the positive entries of a $\lambda$ with
        sum 1 and $\lambda^\top D = 0$, by row.

    >>> one = fmpq(1)
    >>> gordan([[one, -one], [-one, one]])
    {0: 1/2, 1: 1/2}
    >>> gordan([[one, -one]])
    [0, -1]
    """
    k, n = len(matrix), len(matrix[0])
    size = n + 1
    tableau = [
        [row[i] for row in matrix] + [fmpq(int(i == j)) for j in range(size)] + [fmpq(0)]
        for i in range(n)
    ]
    tableau.append(
        [fmpq(1)] * k + [fmpq(int(n == j)) for j in range(size)] + [fmpq(1)],
    )
    cost = [
        fmpq(0) if k <= j < k + size else -sum([row[j] for row in tableau], start=fmpq(0))
        for j in range(k + size + 1)
    ]
    basis = list(range(k, k + size))
    while gaining := [j for j in range(k) if cost[j] < 0]:
        entering = gaining[0]
        _, _, leaving = min(
            [
                (row[-1] / row[entering], basis[i], i)
                for i, row in enumerate(tableau)
                if row[entering] > 0
            ]
        )
        basis[leaving] = entering
        lead = tableau[leaving][entering]
        pivot_row = tableau[leaving] = [x / lead for x in tableau[leaving]]
        for row in (*[r for i, r in enumerate(tableau) if i != leaving], cost):
            factor = row[entering]
            if factor:
                row[:] = [x - factor * y for x, y in zip(row, pivot_row, strict=True)]
    if cost[-1]:
        return [cost[k + i] - 1 for i in range(n)]
    return {j: row[-1] for j, row in zip(basis, tableau, strict=True) if row[-1]}
