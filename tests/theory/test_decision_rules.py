"""Decision rules: probabilities, and the invariances that define them."""

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.decision_rules import (
    AntiOptimal,
    BestOfK,
    Boltzmann,
    EpsilonGreedy,
    EpsilonOptimal,
    Learner,
    Optimal,
    Quantilising,
    Satisficing,
)
from powerseek.theory.errors import InvalidInput


def ratios(low, high, denominator):
    """Fractions with a given denominator; much cheaper than `st.fractions`."""
    numerators = st.integers(low * denominator, high * denominator)
    return numerators.map(lambda i: Fraction(i, denominator))


utilities = st.lists(ratios(-3, 3, 3), min_size=1, max_size=5)
temperatures = st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(4)])
rational_rules = st.one_of(
    st.just(Optimal()),
    st.just(AntiOptimal()),
    st.builds(EpsilonOptimal, ratios(0, 2, 4)),
    st.builds(EpsilonGreedy, ratios(0, 1, 4)),
    st.builds(Satisficing, ratios(-2, 2, 4)),
    st.builds(Quantilising, ratios(0, 1, 8).filter(bool)),
    st.builds(BestOfK, st.integers(1, 4)),
    st.builds(Learner, ratios(0, 1, 4), st.integers(1, 5)),
)
rules = st.one_of(
    rational_rules,
    st.builds(Boltzmann, temperatures),
)


@given(rational_rules, utilities)
def test_probabilities_sum_to_one_or_nothing_is_chosen(rule, u):
    chances = rule.probabilities(u)
    assert len(chances) == len(u)
    assert min(chances) >= 0
    nothing = isinstance(rule, Satisficing) and max(u) < rule.threshold
    assert sum(chances) == (0 if nothing else 1)


@given(rules, utilities, st.randoms(use_true_random=False))
def test_renaming_options_renames_the_choice(rule, u, random):
    """Determined by utilities: the same under joint permutation (lemma B.11)."""
    order = list(range(len(u)))
    random.shuffle(order)
    moved = [u[i] for i in order]
    for place, i in enumerate(order):
        left, right = rule.probability([i], u), rule.probability([place], moved)
        assert abs(left.value - right.value) <= 1e-15


@given(rules, utilities, st.data())
def test_compare_has_the_sign_of_the_difference(rule, u, data):
    options = st.sets(st.integers(0, len(u) - 1))
    left, right = data.draw(options), data.draw(options)
    gap = rule.probability(left, u).value - rule.probability(right, u).value
    found = rule.compare(left, right, u)
    assert found == -rule.compare(right, left, u)
    if abs(gap) > 1e-12:
        assert found == (1 if gap > 0 else -1)


@given(rational_rules, utilities, ratios(-5, 5, 5))
def test_shifting_all_utilities_changes_only_thresholds(rule, u, shift):
    if not isinstance(rule, Satisficing):
        assert rule.probabilities([x + shift for x in u]) == rule.probabilities(u)


@given(utilities)
def test_anti_optimal_is_optimal_for_the_negative(u):
    assert AntiOptimal().probabilities(u) == Optimal().probabilities([-x for x in u])


@given(utilities, st.integers(1, 3))
def test_best_of_k_against_enumeration_of_all_draws(u, k):
    """Proposition A.11 (5): uniform among the best *distinct* options drawn."""
    expected = [Fraction(0)] * len(u)
    for draw in product(range(len(u)), repeat=k):
        drawn = set(draw)
        best = [c for c in drawn if u[c] == max(u[d] for d in drawn)]
        for c in best:
            expected[c] += Fraction(1, len(best) * len(u) ** k)
    assert BestOfK(k).probabilities(u) == tuple(expected)


@given(utilities)
def test_quantilising_between_random_and_optimal(u):
    everything = Quantilising(1).probabilities(u)
    assert everything == EpsilonGreedy(1).probabilities(u)
    tiny = Quantilising(Fraction(1, 100)).probabilities(u)
    assert tiny == Optimal().probabilities(u)


def test_quantilising_follows_definition_b12():
    """Base (1/2, 1/4, 1/4), q = 1/2: all of the best (1/4), then half of the next."""
    rule = Quantilising("1/2", base=["1/2", "1/4", "1/4"])
    chances = rule.probabilities([Fraction(1), Fraction(2), Fraction(0)])
    assert chances == (Fraction(1, 2), Fraction(1, 2), Fraction(0))
    never = Quantilising(1, base=[0, 1, 0])
    assert never.probabilities([Fraction(9), Fraction(1), Fraction(0)]) == (0, 1, 0)


def test_quantilising_splits_a_tie_by_the_base():
    rule = Quantilising("1/2", base=["1/2", "1/4", "1/4"])
    chances = rule.probabilities([Fraction(1), Fraction(1), Fraction(0)])
    assert chances == (Fraction(2, 3), Fraction(1, 3), Fraction(0))


@given(utilities, ratios(0, 2, 4))
def test_epsilon_optimal_is_satisficing_near_the_best(u, epsilon):
    expected = Satisficing(max(u) - epsilon).probabilities(u)
    assert EpsilonOptimal(epsilon).probabilities(u) == expected


@given(utilities, temperatures)
def test_boltzmann_is_a_certified_softmax(u, temperature):
    rule = Boltzmann(temperature)
    weights = [math.exp(float((x - max(u)) / temperature)) for x in u]
    for c, w in enumerate(weights):
        found = rule.probability([c], u)
        assert found.value == pytest.approx(w / sum(weights), rel=1e-12)
        assert found.bound < 1e-15
    assert rule.probability(range(len(u)), u).value == pytest.approx(1)


def test_boltzmann_compares_what_floats_cannot():
    """Ties that rounding would break, and gaps that rounding would close."""
    tenth = Fraction(1, 10)
    u = [tenth, tenth + Fraction(1, 10**40), 3 * tenth, 3 * tenth]
    rule = Boltzmann(1)
    assert rule.compare([0, 2], [0, 3], u) == 0
    assert rule.compare([0, 2], [1, 3], u) == -1
    assert rule.compare([1], [0], u) == 1
    far = [Fraction(0), Fraction(5000), Fraction(0)]
    assert rule.compare([0, 1], [1], far) == 1  # e^-5000 more


@given(st.lists(ratios(-3, 3, 2), min_size=2, max_size=4), ratios(0, 1, 4), st.integers(1, 4))
def test_learner_against_all_histories(u, epsilon, steps):
    """Every sequence of tries with its probability; of equal options the first one found."""
    n = len(u)
    expected = [Fraction(0)] * n

    def go_on(best, left, chance):
        if left == 0:
            expected[best] += chance
            return
        for tried in range(n):
            share = 1 - epsilon if tried == best else epsilon / (n - 1)
            go_on(tried if u[tried] > u[best] else best, left - 1, chance * share)

    for first in range(n):
        go_on(first, steps - 1, Fraction(1, n))
    found = Learner(epsilon, steps).probabilities(u)
    for value in set(u):
        same = [i for i in range(n) if u[i] == value]
        assert sum(found[i] for i in same) == sum(expected[i] for i in same)


@pytest.mark.parametrize("epsilon", [Fraction(1, 10), Fraction(1, 2)])
def test_a_learner_that_misses_the_best_of_three_arms(epsilon):
    """(2/3)(1 - epsilon/2)^99 after 100 steps, by hand: never the best among 100 tries."""
    missed = 1 - Learner(epsilon, 100).probabilities([Fraction(10), Fraction(5), Fraction(1)])[0]
    assert missed == Fraction(2, 3) * (1 - epsilon / 2) ** 99


def test_temperature_limits():
    u = [Fraction(0), Fraction(1), Fraction(3)]
    assert Boltzmann("1/1000").probability([2], u).value == 1
    assert Boltzmann(10**6).probability([2], u).value == pytest.approx(1 / 3, abs=1e-5)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: EpsilonOptimal(-1), "epsilon"),
        (lambda: EpsilonGreedy(2), "epsilon"),
        (lambda: Learner(2, 1), "epsilon"),
        (lambda: Learner("1/2", 0), "steps"),
        (lambda: Quantilising(0), "q"),
        (lambda: Quantilising("1/2", [1, 1]), "base"),
        (lambda: Quantilising("1/2", [2, -1]), "base"),
        (lambda: Quantilising(1, [1]).probabilities([Fraction(0)] * 2), "base"),
        (lambda: BestOfK(0), "k"),
        (lambda: Boltzmann(0), "temperature"),
        (lambda: Satisficing("high"), "threshold"),
    ],
)
def test_errors_name_the_argument(make, field):
    with pytest.raises(InvalidInput, match=f"^{field}: got "):
        make()
