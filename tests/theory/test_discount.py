"""Discount rates are read exactly, and absurd ones refused at once."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.discount import discount, float_discount
from powerseek.theory.errors import InvalidInput


@given(st.fractions(min_value=0, max_value=1).filter(lambda g: 0 < g < 1))
def test_fractions_and_their_strings_are_exact(gamma: Fraction) -> None:
    assert discount(gamma) == discount(str(gamma)) == gamma


@given(st.decimals(min_value="0.001", max_value="0.999", places=3))
def test_floats_mean_the_decimal_that_prints_them(gamma) -> None:
    assert discount(float(gamma)) == Fraction(str(gamma))


@pytest.mark.parametrize(
    "value", [0, 1, -0.5, 1.5, "x", "", "1/0", "1e-999999999", float("nan"), None, True]
)
def test_others_are_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="gamma"):
        discount(value)


@given(st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True))
def test_floats_survive(gamma: float) -> None:
    assert float_discount(gamma) == gamma


NEAR = [Fraction(1, 10**400), 1 - Fraction(1, 10**20), "1e-999", "0." + "9" * 99]


@pytest.mark.parametrize("value", NEAR)
def test_rates_that_round_to_0_or_1_are_refused_where_floats_are_used(value: object) -> None:
    assert 0 < discount(value) < 1
    with pytest.raises(InvalidInput, match=r"^gamma: got .* float64 tells from 0 and 1"):
        float_discount(value)
