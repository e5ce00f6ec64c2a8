"""Linear systems over the rational numbers and over the rational functions of gamma."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq, fmpq_mat

from .subdivision import Number


def solve_regular(
    matrix: Sequence[Sequence[Number]], constant: Sequence[Number]
) -> Sequence[Number]:
    """The solution of ``matrix x = constant`` for a regular matrix.

    >>> solve_regular([[fmpq(2), fmpq(1)], [fmpq(0), fmpq(1)]], [fmpq(3), fmpq(1)])
    [1, 1]
    """
    n = len(constant)
    entries = [*constant, *[c for row in matrix for c in row]]
    if all(isinstance(c, fmpq) for c in entries):
        solution: list[fmpq] = fmpq_mat(matrix).solve(fmpq_mat(n, 1, constant)).entries()
        return solution
    rows = [[*row, -c] for row, c in zip(matrix, constant, strict=True)]
    extended = solve(rows, n)
    if extended is None:
        raise ZeroDivisionError("the matrix is singular")
    return extended[:-1]


def solve(rows: Sequence[Sequence[Number]], n: int) -> tuple[Number, ...] | None:
    """The solution of ``row . (x, 1) = 0`` for the first ``n`` independent rows.

    Args:
        rows: of length ``n + 1``, the constant last.
        n: number of unknowns.

    Returns:
        The vector ``(x, 1)``, or None if fewer than ``n`` rows are independent.

    >>> solve([[fmpq(2), fmpq(0), fmpq(-1)], [fmpq(1), fmpq(1), fmpq(-1)]], 2)
    (1/2, 1/2, 1)
    """
    echelon: list[tuple[int, Sequence[Number]]] = []
    for row in rows:
        for pivot, known in echelon:
            c = row[pivot]
            if c:
                row = [x - c * y if y else x for x, y in zip(row, known, strict=True)]
        place = next((j for j in range(n) if row[j]), None)
        if place is None:
            continue
        lead = row[place]
        echelon.append((place, [c / lead if c else c for c in row]))
        if len(echelon) == n:
            return _substituted(echelon, n)
    return None if n else (fmpq(1),)


def determinant(matrix: Sequence[Sequence[Number]]) -> Number:
    """The determinant of a square matrix.

    >>> determinant([[fmpq(0), fmpq(2)], [fmpq(3), fmpq(1)]])
    -6
    """
    if all(isinstance(c, fmpq) for row in matrix for c in row):
        return fmpq_mat(matrix).det()
    rows, product = list(matrix), fmpq(1)
    while rows:
        place = next((k for k, row in enumerate(rows) if row[0]), None)
        if place is None:
            return fmpq(0)
        lead, *others = rows.pop(place)
        product = product * lead * (-1) ** place
        rows = [
            [x - row[0] / lead * y if y else x for x, y in zip(row[1:], others, strict=True)]
            if row[0]
            else row[1:]
            for row in rows
        ]
    return product


def _substituted(echelon: Sequence[tuple[int, Sequence[Number]]], n: int) -> tuple[Number, ...]:
    solution: list[Number] = [fmpq(0)] * n + [fmpq(1)]
    for pivot, row in reversed(echelon):
        terms = [c * x for c, x in zip(row, solution, strict=True) if c and x]
        solution[pivot] = -sum(terms, start=fmpq(0))
    return tuple(solution)
