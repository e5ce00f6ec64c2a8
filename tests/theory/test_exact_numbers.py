"""Numbers as the rationals that are meant."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.exact_numbers import exact_number, exact_numbers


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_survives(x):
    assert float(exact_number("x", x)) == x


@given(st.fractions(max_denominator=10**6))
def test_fractions_and_their_text_survive(x):
    assert exact_numbers("x", [x, str(x)]) == (x, x)


def test_shortest_decimal_not_the_binary_fraction():
    assert exact_number("x", 0.1) == Fraction(1, 10)
    assert exact_number("x", np.float64(0.1)) == Fraction(1, 10)
    assert exact_number("x", np.int32(7)) == 7


@pytest.mark.parametrize("bad", [True, "x", "1/0", None, float("nan"), float("inf"), [1]])
def test_anything_else_is_refused_by_name(bad):
    with pytest.raises(InvalidInput, match=r"^rewards\[0\]: got "):
        exact_numbers("rewards", [bad])
