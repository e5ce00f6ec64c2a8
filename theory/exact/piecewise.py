r"""Distribution functions of sums and maxima of independent uniform rewards.

The distribution function of $\sum_i c_i U_i$ with independent uniform $U_i$ on $[0,1]$ is
a piecewise polynomial. So is that of a maximum of independent such variables (a
product), of a multiple, and of the sum with one more scaled uniform (a moving average:
$\Pr(X + cU \le x) = \frac1c \int_{x-c}^{x} F$).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_poly


@dataclass(frozen=True, slots=True)
class PiecewiseCDF:
    """A distribution function that is 0 left of its breaks, 1 right of them.

    Attributes:
        breaks: increasing numbers.
        pieces: ``pieces[i]`` is the function from ``breaks[i]`` to ``breaks[i + 1]``.

    >>> one = PiecewiseCDF.of_reward(fmpq(1))
    >>> one.mean(), (one * one).mean(), one.plus_reward(fmpq(3)).mean()
    (1/2, 2/3, 2)
    """

    breaks: tuple[fmpq, ...]
    pieces: tuple[fmpq_poly, ...]

    @classmethod
    def of_reward(cls, scale: fmpq) -> PiecewiseCDF:
        """The distribution function of ``scale * U``, scale > 0."""
        return cls((fmpq(0), scale), (fmpq_poly([0, 1 / scale]),))

    def __mul__(self, other: PiecewiseCDF) -> PiecewiseCDF:
        """The distribution function of the maximum of independent variables."""
        breaks = sorted({*self.breaks, *other.breaks})
        start = max(self.breaks[0], other.breaks[0])
        breaks = [b for b in breaks if b >= start]
        pieces = [self._right_of(b) * other._right_of(b) for b in breaks[:-1]]
        return PiecewiseCDF(tuple(breaks), tuple(pieces))

    def scaled(self, c: fmpq) -> PiecewiseCDF:
        """The distribution function of ``c * X``, c > 0."""
        inner = fmpq_poly([0, 1 / c])
        return PiecewiseCDF(
            tuple([b * c for b in self.breaks]), tuple([p(inner) for p in self.pieces])
        )

    def plus_reward(self, scale: fmpq) -> PiecewiseCDF:
        """The distribution function of ``X + scale * U``, U independent of X."""
        integrals, area = [], fmpq(0)
        for left, right, piece in zip(self.breaks, self.breaks[1:], self.pieces, strict=False):
            integral = piece.integral()
            integral += area - integral(left)
            integrals.append(integral)
            area = integral(right)
        beyond = fmpq_poly([area - self.breaks[-1], 1])
        antiderivative = _Pieces(self.breaks, (*integrals, beyond))
        shift = fmpq_poly([-scale, 1])
        breaks = sorted({*self.breaks, *[b + scale for b in self.breaks]})
        pieces = [
            (antiderivative.right_of(b) - antiderivative.right_of(b - scale)(shift)) / scale
            for b in breaks[:-1]
        ]
        return PiecewiseCDF(tuple(breaks), tuple(pieces))

    def mean(self) -> fmpq:
        """The expectation."""
        total = self.breaks[-1]
        for left, right, piece in zip(self.breaks, self.breaks[1:], self.pieces, strict=False):
            integral = piece.integral()
            total -= integral(right) - integral(left)
        return total

    def _right_of(self, x: fmpq) -> fmpq_poly:
        return _Pieces(self.breaks, (*self.pieces, fmpq_poly([1]))).right_of(x)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """A function that is 0 left of its breaks; the last piece has no right end."""

    breaks: Sequence[fmpq]
    pieces: Sequence[fmpq_poly]

    def right_of(self, x: fmpq) -> fmpq_poly:
        i = bisect_right(self.breaks, x)
        return self.pieces[i - 1] if i else fmpq_poly([0])
