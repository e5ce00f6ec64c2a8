r"""Functions on (0, 1) that are rational between algebraic breakpoints.

$$ \phi(\gamma) = \phi_i(\gamma) \quad \text{for } b_{i-1} \le \gamma \le b_i, \qquad
   0 = b_0 < b_1 < \dots < b_k = 1, $$

with $\phi_i \in \mathbb{Q}(\gamma)$ and algebraic numbers $b_i$. POWER is continuous, so
pieces agree where they meet; they often do so to a high order, which is why breakpoints
are kept exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpz_poly

from powerseek.theory.errors import InvalidInput
from powerseek.theory.exact_numbers import exact_number

from .algebraic import AlgebraicNumber, rational_between, roots_in_unit_interval
from .rational import to_flint, to_fraction
from .rational_functions import RationalFunction, coefficients

ZERO = AlgebraicNumber.rational(Fraction(0))
ONE = AlgebraicNumber.rational(Fraction(1))


@dataclass(frozen=True)
class Piece:
    """A rational function on an interval.

    Attributes:
        low: the left end.
        high: the right end.
        value: the function in between.
    """

    low: AlgebraicNumber
    high: AlgebraicNumber
    value: RationalFunction


@dataclass(frozen=True)
class PiecewiseRational:
    """A piecewise rational function on (0, 1).

    Attributes:
        pieces: from left to right, each beginning where the one before ends, neighbours
            different; the first from 0, the last to 1.

    >>> g = RationalFunction.gamma()
    >>> f = PiecewiseRational.joined([Piece(ZERO, ONE, 1 / (1 + g))])
    >>> f.at(Fraction(1, 2)), f.limit_at_one
    (Fraction(2, 3), Fraction(1, 2))
    """

    pieces: tuple[Piece, ...]

    @classmethod
    def joined(cls, pieces: Iterable[Piece]) -> PiecewiseRational:
        """From pieces in any order, with equal neighbours merged."""
        merged: list[Piece] = []
        for piece in sorted(pieces, key=lambda piece: piece.low):
            if merged and merged[-1].value == piece.value:
                merged[-1] = Piece(merged[-1].low, piece.high, piece.value)
            else:
                merged.append(piece)
        return cls(tuple(merged))

    @property
    def breakpoints(self) -> tuple[AlgebraicNumber, ...]:
        """Where the pieces meet."""
        return tuple([piece.low for piece in self.pieces[1:]])

    def at(self, gamma: Fraction) -> Fraction:
        """The value at a rational number in (0, 1)."""
        piece = next(p for p in self.pieces if p.high.compare(gamma) >= 0)
        return to_fraction(piece.value(to_flint(gamma)))

    @property
    def limit_at_zero(self) -> Fraction:
        """The limit from the right at 0."""
        return to_fraction(self.pieces[0].value(to_flint(Fraction(0))))

    @property
    def limit_at_one(self) -> Fraction:
        """The limit from the left at 1."""
        return to_fraction(self.pieces[-1].value(to_flint(Fraction(1))))

    def derivative(self) -> PiecewiseRational:
        """The derivative, piece by piece."""
        return PiecewiseRational.joined(
            [Piece(p.low, p.high, p.value.derivative()) for p in self.pieces]
        )

    def to_sympy(self, symbol: Any) -> Any:
        """The same function in sympy: an expression, or a ``Piecewise`` of several."""
        import sympy

        *others, last = self.pieces
        if not others:
            return last.value.to_sympy(symbol)
        cases = [(p.value.to_sympy(symbol), symbol <= p.high.to_sympy()) for p in others]
        return sympy.Piecewise(*cases, (last.value.to_sympy(symbol), True))


@dataclass(frozen=True)
class Crossing:
    """A discount rate at which the order of two functions changes.

    Attributes:
        gamma: where.
        before: sign of the difference just before, -1, 0 or 1.
        after: sign of the difference just after.
    """

    gamma: AlgebraicNumber
    before: int
    after: int


def common_intervals(
    functions: Sequence[PiecewiseRational],
) -> list[tuple[AlgebraicNumber, AlgebraicNumber, list[RationalFunction]]]:
    """The intervals on which all functions are rational, and what they are there."""
    ends = sorted({p.high for f in functions for p in f.pieces} | {ONE})
    result = []
    for low, high in zip([ZERO, *ends[:-1]], ends, strict=True):
        values = [next(p.value for p in f.pieces if high <= p.high) for f in functions]
        result.append((low, high, values))
    return result


def order_changes(f: PiecewiseRational, g: PiecewiseRational) -> tuple[Crossing, ...]:
    """Every discount rate in (0, 1) at which the sign of ``f - g`` changes.

    Points where two functions touch without exchanging their order are not among them.
    """
    signs: list[tuple[AlgebraicNumber, int]] = []
    for low, high, (left, right) in common_intervals([f, g]):
        difference = left - right
        inside = [
            root
            for root in roots_in_unit_interval(difference.numerator or fmpz_poly([1]))
            if low < root < high
        ]
        ends = [low, *inside, high]
        for a, b in itertools.pairwise(ends):
            signs.append((a, difference.sign(to_flint(rational_between(a, b)))))
    return tuple(
        [
            Crossing(point, before, after)
            for (_, before), (point, after) in itertools.pairwise(signs)
            if before != after
        ]
    )


def number_to_json(x: AlgebraicNumber) -> object:
    """A fraction as a string, any other number as a polynomial and its interval."""
    low, high = x.bounds
    if x.is_rational:
        return str(low)
    return {
        "root_of": [str(c) for c in coefficients(x.polynomial)],
        "index": x.index,
        "between": [str(low), str(high)],
    }


def number_from_json(document: Any) -> AlgebraicNumber:
    """The inverse of `number_to_json`.

    Raises:
        KeyError, TypeError, ValueError, IndexError: if it is no such number.
    """
    if isinstance(document, str):
        return AlgebraicNumber.rational(exact_number("number", document))
    polynomial = fmpz_poly([int(c) for c in document["root_of"]])
    root = roots_in_unit_interval(polynomial)[int(document["index"])]
    low, high = [exact_number("between", x) for x in document["between"]]
    if not (root.compare(low) >= 0 >= root.compare(high)):
        raise ValueError("the root is not between these numbers")
    return root


def pieces_to_json(function: PiecewiseRational) -> list[object]:
    """The pieces as JSON values; coefficients are strings, constant terms first."""
    return [
        {
            "from": number_to_json(piece.low),
            "to": number_to_json(piece.high),
            "numerator": [str(c) for c in coefficients(piece.value.numerator)],
            "denominator": [str(c) for c in coefficients(piece.value.denominator)],
        }
        for piece in function.pieces
    ]


def pieces_from_json(document: Any) -> PiecewiseRational:
    """The inverse of `pieces_to_json`.

    Raises:
        InvalidInput: naming the piece at fault.
    """
    if not isinstance(document, list) or not document:
        raise InvalidInput.of("pieces", document, "a list of at least one piece")
    pieces: list[Piece] = []
    for i, entry in enumerate(document):
        try:
            low, high = number_from_json(entry["from"]), number_from_json(entry["to"])
            numerator, denominator = [
                [int(c) for c in entry[part]] for part in ("numerator", "denominator")
            ]
            piece = Piece(low, high, RationalFunction.quotient(numerator, denominator))
        except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
            expected = "from, to, numerator and denominator of a rational function"
            raise InvalidInput.of(f"pieces[{i}]", entry, expected) from None
        if piece.low != (pieces[-1].high if pieces else ZERO) or not piece.low < piece.high:
            raise InvalidInput.of(f"pieces[{i}]", entry, "a piece that begins where the last ends")
        pieces.append(piece)
    if pieces[-1].high != ONE:
        raise InvalidInput.of(f"pieces[{len(pieces) - 1}]", document[-1], "a last piece up to 1")
    return PiecewiseRational(tuple(pieces))
