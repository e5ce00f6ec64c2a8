"""Published claims that do not hold as stated, recomputed two ways."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.corrections import drest_return, up_is_optimal
from powerseek.theory.errors import InvalidInput


def test_up_at_the_published_rate():
    assert up_is_optimal("0.12") == Fraction(2984441, 5859375)


@pytest.mark.parametrize("gamma", [0.12, 0.5, 0.9])
def test_up_against_simulation(gamma):
    """10^6 draws; 5 standard errors (0.0025) fail 1 run in 1.7 million."""
    rng = np.random.default_rng(11)
    r2, r3, r4, r5, r6 = np.sqrt(rng.random((5, 10**6)))  # F(x) = x^2
    right = (1 - gamma) * (r3 + gamma * r4) + gamma**2 * np.maximum(r5, r6)
    assert abs((r2 >= right).mean() - float(up_is_optimal(gamma))) < 0.0025


def test_no_rate_comes_near_the_published_probability():
    rates = [Fraction(i, 1000) for i in range(1, 1000)]
    assert max(map(up_is_optimal, rates)) < Fraction(512, 1000)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=3).filter(any), st.integers(1, 4))
def test_drest_return_against_all_sequences_of_lengths(weights, rounds):
    """The definition: sum over sequences of probability times the pay of each round."""
    k, root = len(weights), Fraction(2, 3)
    p = [Fraction(w, sum(weights)) for w in weights]
    total = Fraction(0)
    for lengths in product(range(k), repeat=rounds):
        chance, pay = Fraction(1), Fraction(0)
        for i, length in enumerate(lengths):
            chance *= p[length]
            pay += root ** (k * lengths[:i].count(length) - i)
        total += chance * pay
    assert drest_return(p, rounds, root) == total


def test_drest_is_not_maximised_by_neutrality():
    """n = 8, lambda = 1/4, k = 2: choosing one length three times in four pays more."""
    neutral = drest_return(["1/2", "1/2"], 8, "1/2")
    assert drest_return(["1/4", "3/4"], 8, "1/2") - neutral == Fraction(13191189, 4194304)


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=3).filter(any),
    st.integers(1, 6),
    st.sampled_from([Fraction(1, 2), Fraction(3, 4), Fraction(19, 20)]),
)
def test_drest_favours_neutrality_in_short_meta_episodes(weights, rounds, root):
    """Each term of the return is concave in p when rounds * (1 - lambda) <= 2."""
    k = len(weights)
    if rounds * (1 - root**k) <= 2:
        neutral = drest_return([Fraction(1, k)] * k, rounds, root)
        p = [Fraction(w, sum(weights)) for w in weights]
        assert drest_return(p, rounds, root) <= neutral


@pytest.mark.parametrize(
    ("lengths", "rounds", "root", "field"),
    [
        (["1/2", "1/3"], 2, "1/2", "lengths"),
        ([], 2, "1/2", "lengths"),
        ([2, -1], 2, "1/2", "lengths"),
        ([1], 0, "1/2", "rounds"),
        ([1], 2, 1, "root"),
        ([1], 2, "x", "root"),
    ],
)
def test_errors(lengths, rounds, root, field):
    with pytest.raises(InvalidInput, match=f"^{field}: got "):
        drest_return(lengths, rounds, root)
