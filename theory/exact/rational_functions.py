r"""The field $\mathbb{Q}(\gamma)$: rational functions of the discount rate.

A rational function is held as a quotient of two integer polynomials without common
factor, the denominator with positive leading coefficient; so equal functions are equal
as pairs. Sums and products divide out common factors before multiplying (Henrici 1956).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from flint import fmpq, fmpz_poly

Scalar: TypeAlias = int | fmpq

_ONE = fmpz_poly([1])


class RationalFunction:
    r"""An element of $\\mathbb{Q}(\\gamma)$.

    Attributes:
        numerator: an integer polynomial.
        denominator: an integer polynomial without common factor with the numerator.

    >>> g = RationalFunction.gamma()
    >>> (1 - g * g) / (1 - g)
    RationalFunction([1, 1], [1])
    >>> (1 / (1 + g))(fmpq(1, 2))
    2/3
    """

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: fmpz_poly, denominator: fmpz_poly = _ONE) -> None:
        """The quotient of two polynomials without common factor."""
        if denominator[denominator.degree()] < 0:
            numerator, denominator = -numerator, -denominator
        self.numerator = numerator
        self.denominator = denominator

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by coefficients."""
        parts = coefficients(self.numerator), coefficients(self.denominator)
        return RationalFunction.quotient, parts

    @classmethod
    def gamma(cls) -> RationalFunction:
        """The discount rate itself."""
        return cls(fmpz_poly([0, 1]))

    @classmethod
    def quotient(cls, numerator: Sequence[int], denominator: Sequence[int]) -> RationalFunction:
        """From the coefficients of any two polynomials, constant terms first.

        >>> RationalFunction.quotient([2, 2], [0, 4])
        RationalFunction([1, 1], [0, 2])
        """
        return cls(fmpz_poly(list(numerator))) / cls(fmpz_poly(list(denominator)))

    @classmethod
    def of(cls, x: RationalFunction | Scalar) -> RationalFunction:
        """A number as a constant function."""
        if isinstance(x, RationalFunction):
            return x
        number = fmpq(x)
        return cls(fmpz_poly([number.p]), fmpz_poly([number.q]))

    def __call__(self, gamma: fmpq) -> fmpq:
        """The value at a rational number that is no pole."""
        return fmpq(self.numerator(gamma)) / fmpq(self.denominator(gamma))

    def sign(self, gamma: fmpq) -> int:
        """The sign of the value at a rational number; 0 also at a pole."""
        value = fmpq(self.numerator(gamma)) * fmpq(self.denominator(gamma))
        return int(value > 0) - int(value < 0)

    def derivative(self) -> RationalFunction:
        """The derivative with respect to gamma.

        >>> RationalFunction.quotient([1], [1, 1]).derivative()
        RationalFunction([-1], [1, 2, 1])
        """
        n, d = self.numerator, self.denominator
        top = RationalFunction(n.derivative() * d - n * d.derivative())
        return top / RationalFunction(d * d)

    def __add__(self, other: RationalFunction | Scalar) -> RationalFunction:
        if not other:
            return self
        other = RationalFunction.of(other)
        n1, d1, n2, d2 = *_parts(self), *_parts(other)
        common = d1.gcd(d2)
        if common == _ONE:
            return RationalFunction(n1 * d2 + n2 * d1, d1 * d2)
        rest1, rest2 = d1 // common, d2 // common
        top = n1 * rest2 + n2 * rest1
        again = top.gcd(common)
        return RationalFunction(top // again, rest1 * (d2 // again))

    def __mul__(self, other: RationalFunction | Scalar) -> RationalFunction:
        other = RationalFunction.of(other)
        n1, d1, n2, d2 = *_parts(self), *_parts(other)
        a, b = n1.gcd(d2), n2.gcd(d1)
        if not n1 or not n2:
            return RationalFunction(fmpz_poly([]))
        return RationalFunction((n1 // a) * (n2 // b), (d1 // b) * (d2 // a))

    def __truediv__(self, other: RationalFunction | Scalar) -> RationalFunction:
        other = RationalFunction.of(other)
        if not other:
            raise ZeroDivisionError("division by the zero function")
        return self * RationalFunction(other.denominator, other.numerator)

    def __neg__(self) -> RationalFunction:
        return RationalFunction(-self.numerator, self.denominator)

    def __sub__(self, other: RationalFunction | Scalar) -> RationalFunction:
        return self + (-RationalFunction.of(other))

    def __rsub__(self, other: Scalar) -> RationalFunction:
        return RationalFunction.of(other) - self

    def __rtruediv__(self, other: Scalar) -> RationalFunction:
        return RationalFunction.of(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> RationalFunction:
        return RationalFunction(self.numerator**exponent, self.denominator**exponent)

    def __bool__(self) -> bool:
        return bool(self.numerator)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | fmpq):
            other = RationalFunction.of(other)
        if not isinstance(other, RationalFunction):
            return NotImplemented
        return bool(self.numerator == other.numerator and self.denominator == other.denominator)

    def __hash__(self) -> int:
        return hash((coefficients(self.numerator), coefficients(self.denominator)))

    def __repr__(self) -> str:
        n, d = coefficients(self.numerator), coefficients(self.denominator)
        return f"RationalFunction({list(n)}, {list(d)})"

    def to_sympy(self, symbol: Any) -> Any:
        """The same function as a factored sympy expression."""
        import sympy

        n, d = _parts(self)
        top, bottom = [
            sympy.Poly([int(c) for c in reversed(p.coeffs())] or [0], symbol).as_expr()
            for p in (n, d)
        ]
        return sympy.factor(top / bottom)


def coefficients(polynomial: fmpz_poly) -> tuple[int, ...]:
    """The coefficients of a polynomial, constant term first.

    >>> coefficients(fmpz_poly([1, 0, 2]))
    (1, 0, 2)
    """
    return tuple([int(c) for c in polynomial.coeffs()])


def _parts(f: RationalFunction) -> tuple[fmpz_poly, fmpz_poly]:
    return f.numerator, f.denominator
