r"""Real algebraic numbers between 0 and 1, as breakpoints of discount rates.

A root of an integer polynomial $p$ is held as an irreducible factor of $p$ and an interval
with rational ends that holds no other root of that factor. Roots are isolated by
Descartes' rule of signs: the number of sign changes in the coefficients of
$(1+x)^n p\bigl(\tfrac{a + b x}{1+x}\bigr)$ is at least the number of roots in $(a, b)$ and
differs from it by an even number, and bisection ends with 0 or 1 of them (Vincent,
Collins & Akritas 1976).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from functools import total_ordering
from typing import Any

from flint import fmpq, fmpz_poly

from .rational import to_flint
from .rational_functions import coefficients


@total_ordering
class AlgebraicNumber:
    """A real root of an irreducible integer polynomial.

    >>> half, golden = roots_in_unit_interval(fmpz_poly([-1, 2]) * fmpz_poly([-1, 1, 1]))
    >>> half, golden, half < golden, golden.is_rational
    (AlgebraicNumber(1/2), AlgebraicNumber(root 0 of [-1, 1, 1] near 0.618034), True, False)
    """

    def __init__(self, polynomial: fmpz_poly, index: int, low: Fraction, high: Fraction) -> None:
        """Root number ``index``, from 0, in (0, 1) of ``polynomial``, alone in (low, high).

        A rational number is a root of a linear polynomial, and ``low == high``.
        """
        self.polynomial = polynomial
        self.index = index
        self._low, self._high = low, high

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by coefficients."""
        polynomial = coefficients(self.polynomial)
        return AlgebraicNumber._restored, (polynomial, self.index, self._low, self._high)

    @classmethod
    def _restored(
        cls, polynomial: tuple[int, ...], index: int, low: Fraction, high: Fraction
    ) -> AlgebraicNumber:
        return cls(fmpz_poly(list(polynomial)), index, low, high)

    @classmethod
    def rational(cls, x: Fraction) -> AlgebraicNumber:
        """A rational number."""
        return cls(fmpz_poly([-x.numerator, x.denominator]), 0, x, x)

    @property
    def is_rational(self) -> bool:
        """Whether the number is rational."""
        return self._low == self._high

    @property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """An interval that holds the number; a single point if it is rational."""
        return self._low, self._high

    def refine(self) -> None:
        """Halve the interval."""
        if self.is_rational:
            return
        middle = (self._low + self._high) / 2
        below = _sign(self.polynomial, self._low)
        if _sign(self.polynomial, middle) == below:
            self._low = middle
        else:
            self._high = middle

    def compare(self, x: Fraction) -> int:
        """-1, 0 or 1 as the number is less than, equal to or greater than ``x``."""
        if self.is_rational:
            return (self._low > x) - (self._low < x)
        while self._low < x < self._high:
            self.refine()
        return 1 if x <= self._low else -1

    def __float__(self) -> float:
        while self._high - self._low > Fraction(1, 2**60):
            self.refine()
        return float(self._low)

    def _key(self) -> tuple[object, ...]:
        return (self.index, *coefficients(self.polynomial))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AlgebraicNumber):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __lt__(self, other: AlgebraicNumber) -> bool:
        if self == other:
            return False
        while self._low < other._high and other._low < self._high:
            self.refine()
            other.refine()
        return self._high <= other._low

    def __repr__(self) -> str:
        if self.is_rational:
            return f"AlgebraicNumber({self._low})"
        root = f"root {self.index} of {list(coefficients(self.polynomial))}"
        return f"AlgebraicNumber({root} near {float(self):.6g})"

    def to_sympy(self) -> Any:
        """The same number in sympy: rational, in square roots, or a ``CRootOf``."""
        import sympy

        if self.is_rational:
            return sympy.Rational(self._low.numerator, self._low.denominator)
        c = coefficients(self.polynomial)
        if len(c) == 3:
            root = sympy.sqrt(c[1] ** 2 - 4 * c[2] * c[0])
            candidates: list[Any] = [(-c[1] + s * root) / (2 * c[2]) for s in (1, -1)]
        else:
            x = sympy.Symbol("x")
            candidates = sympy.real_roots(sympy.Poly(c[::-1], x))
        near = float(self)
        return min(candidates, key=lambda candidate: abs(float(candidate) - near))


def roots_in_unit_interval(polynomial: fmpz_poly) -> list[AlgebraicNumber]:
    """The different roots strictly between 0 and 1, in increasing order.

    >>> roots_in_unit_interval(fmpz_poly([1, 0, -2]))
    [AlgebraicNumber(root 0 of [-1, 0, 2] near 0.707107)]
    """
    return roots_of_all([polynomial])


def roots_of_all(polynomials: Iterable[fmpz_poly]) -> list[AlgebraicNumber]:
    """The different roots of several polynomials strictly between 0 and 1, sorted."""
    unit = (Fraction(0), Fraction(1))
    factors: dict[tuple[int, ...], fmpz_poly] = {}
    for polynomial in {coefficients(p): p for p in polynomials}.values():
        if polynomial.degree() > 0 and _sign_changes(polynomial, *unit):
            for factor, _ in polynomial.factor()[1]:
                factors[coefficients(factor)] = factor
    roots: list[AlgebraicNumber] = []
    for factor in factors.values():
        if factor.degree() == 1:
            root = Fraction(-int(factor[0]), int(factor[1]))
            roots += [AlgebraicNumber.rational(root)] if 0 < root < 1 else []
        else:
            intervals = _isolated(factor, *unit)
            roots += [AlgebraicNumber(factor, k, a, b) for k, (a, b) in enumerate(intervals)]
    return sorted(roots)


def rational_between(low: AlgebraicNumber, high: AlgebraicNumber) -> Fraction:
    """A rational number with small denominator strictly between two numbers.

    >>> zero, one = [AlgebraicNumber.rational(Fraction(x)) for x in (0, 1)]
    >>> rational_between(zero, one)
    Fraction(1, 2)
    """
    while low.bounds[1] >= high.bounds[0]:
        low.refine()
        high.refine()
    a, b = low.bounds[1], high.bounds[0]
    third = (b - a) / 3
    return _simplest(a + third, b - third)


def _simplest(a: Fraction, b: Fraction) -> Fraction:
    """The fraction with the smallest denominator in [a, b], 0 <= a < b."""
    whole = -(-a.numerator // a.denominator)
    if whole <= b:
        return Fraction(whole)
    return whole - 1 + 1 / _simplest(1 / (b - whole + 1), 1 / (a - whole + 1))


def _sign(polynomial: fmpz_poly, x: Fraction) -> int:
    value = fmpq(polynomial(to_flint(x)))
    return int(value > 0) - int(value < 0)


def _sign_changes(polynomial: fmpz_poly, a: Fraction, b: Fraction) -> int:
    """Descartes' bound for the number of roots in (a, b), exact if it is 0 or 1."""
    q, n = a.denominator * b.denominator, polynomial.degree()
    inner, moved = fmpz_poly([int(a * q), int((b - a) * q)]), fmpz_poly([])
    for k in range(n, -1, -1):
        moved = moved * inner + polynomial[k] * q ** (n - k)
    reversed_ = fmpz_poly(list(reversed(coefficients(moved))))
    signs = [c > 0 for c in coefficients(reversed_(fmpz_poly([1, 1]))) if c]
    return sum([s != t for s, t in itertools.pairwise(signs)])


def _isolated(polynomial: fmpz_poly, a: Fraction, b: Fraction) -> list[tuple[Fraction, Fraction]]:
    """Disjoint intervals, one for each root in (a, b) of an irreducible polynomial."""
    changes = _sign_changes(polynomial, a, b)
    if changes < 2:
        return [(a, b)] * changes
    middle = (a + b) / 2
    return _isolated(polynomial, a, middle) + _isolated(polynomial, middle, b)
