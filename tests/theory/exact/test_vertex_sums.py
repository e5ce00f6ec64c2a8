"""Sums over vertices modulo primes, against sums over faces in rationals."""

import itertools
import sys

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from powerseek.theory.exact import array_sums, expectation, vertex_sums
from powerseek.theory.exact.basis_classes import basis_classes
from powerseek.theory.exact.epigraph import bases, parities
from powerseek.theory.exact.expectation import Law, best_probabilities, expected_maximum, reduce
from powerseek.theory.exact.policies import distinct_choices
from powerseek.theory.exact.residues import (
    from_residues,
    inverse,
    power,
    primes,
    residue,
    solve,
    weighted_sum,
)
from powerseek.theory.exact.structure import nondominated_rows
from powerseek.theory.gallery import grid, random_deterministic, random_stochastic

PRIME = 2**29 - 3


def drawn_rows(data, worlds, **limits):
    mdp = data.draw(worlds.mdps(**limits))
    rows = nondominated_rows(distinct_choices(mdp), 0, fmpq(2, 3))
    reduced = reduce(rows).rows
    assume(reduced[0])
    return reduced


def by_faces(function, rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expectation, "by_vertices", lambda rows, law: False)
        return function(rows, Law.UNIFORM)


@given(st.data())
@settings(max_examples=60)
def test_as_faces(worlds, data):
    rows = drawn_rows(data, worlds, max_states=5)
    mean, probabilities = vertex_sums.vertex_sums(rows, pieces=True)
    assert mean == by_faces(expected_maximum, rows)
    assert probabilities == by_faces(best_probabilities, rows)


@pytest.mark.parametrize(
    "mdp",
    [
        random_deterministic(1, 7),
        random_deterministic(4, 6, 3),
        random_stochastic(0, 5),
        grid(2, 4),
    ],
    ids=str,
)
def test_as_faces_in_larger_worlds(mdp):
    rows = reduce(nondominated_rows(distinct_choices(mdp), 0, fmpq(9, 10))).rows
    mean, probabilities = vertex_sums.vertex_sums(rows, pieces=True)
    assert mean == by_faces(expected_maximum, rows)
    assert sum(probabilities) == 1
    assert mean == vertex_sums.vertex_sums(rows)[0]


@given(st.data())
@settings(max_examples=40)
def test_bases_are_bases_of_vertices(worlds, data):
    """Each solves to its vertex, which is in the epigraph, and signs are right."""
    rows = drawn_rows(data, worlds, max_states=5)
    found, m = bases(rows), len(rows[0])
    unit = np.eye(m + 1, dtype=int).tolist()
    walls = [(*unit[i], 0) for i in range(m)]
    walls += [(*[-c for c in unit[i]], 1) for i in range(m)]
    walls += [(*[-c for c in row], 1, 0) for row in rows]
    seen = set()
    for numbers, sign, at in zip(found.walls.tolist(), found.signs, found.at, strict=True):
        assert numbers == sorted(set(numbers))
        seen.add(tuple(numbers))
        chosen = [[fmpq(c) for c in walls[w]] for w in numbers]
        determinant = fmpq_mat([row[:-1] for row in chosen]).det()
        assert determinant * int(sign) > 0
        w, height, *rewards = [int(c) for c in found.vertices[at]]
        point = [*[fmpq(c, w) for c in rewards], fmpq(height, w * found.scale), fmpq(1)]
        for row in chosen:
            assert sum([a * b for a, b in zip(row, point, strict=True)]) == 0
        for row in walls:
            assert sum([a * b for a, b in zip(row, point, strict=True)]) >= 0
    assert len(seen) == len(found.walls)


def test_a_simple_epigraph_has_its_vertices_as_bases():
    """max(r_1, r_2) over the square: the diagonal from 0 to (1, 1), and two more corners."""
    found = bases([[fmpq(1), fmpq(0)], [fmpq(0), fmpq(1)]])
    assert len(found.vertices) == 4
    assert len(found.walls) == 6


def test_edges_are_told_apart_even_if_their_numbers_agree_at_first(monkeypatch):
    rows = nondominated_rows(distinct_choices(random_deterministic(1, 5)), 0, fmpq(9, 10))
    usual = bases(rows)

    class Unlucky:
        """Random numbers that come out equal every other time."""

        def __init__(self):
            self.random, self.times = np.random.Generator(np.random.PCG64(0)), 0

        def integers(self, high, size, dtype):
            self.times += 1
            numbers = self.random.integers(high, size=size, dtype=dtype)
            return numbers if self.times % 2 == 0 else 0 * numbers

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Unlucky())
    found = bases(rows)
    assert found.walls.tolist() == usual.walls.tolist()
    assert found.signs.tolist() == usual.signs.tolist()


def test_a_row_that_is_never_greatest_is_refused():
    rows = [[fmpq(2), fmpq(0)], [fmpq(0), fmpq(2)], [fmpq(1), fmpq(1)]]
    with pytest.raises(ValueError, match="nowhere the greatest"):
        bases(rows)


@given(st.data())
@settings(max_examples=40)
def test_denominators_are_multiples_of_the_true_ones(worlds, data):
    rows = drawn_rows(data, worlds, max_states=5)
    whole, each = vertex_sums.denominators(bases(rows))
    mean, probabilities = vertex_sums.vertex_sums(rows, pieces=True)
    assert whole % int(mean.q) == 0
    assert all(each % int(p.q) == 0 for p in probabilities)


@pytest.mark.parametrize("many", [0, 10**9], ids=["compiled", "arrays"])
@given(st.data())
@settings(max_examples=20)
def test_small_primes_that_divide_denominators_are_passed_over(worlds, many, data):
    rows = drawn_rows(data, worlds, max_states=4, deterministic=True)
    usual = vertex_sums.vertex_sums(rows, pieces=True)
    small = [p for p in range(3, 5000, 2) if all(p % d for d in range(2, int(p**0.5) + 1))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vertex_sums, "primes", lambda: itertools.chain(small, primes()))
        patch.setattr(vertex_sums, "_MANY", many)
        assert vertex_sums.vertex_sums(rows, pieces=True) == usual


def test_a_prime_may_divide_the_denominator_of_a_row_and_not_that_of_the_mean(monkeypatch):
    """It is of no use either."""
    rows = [[2, 0, 0, 0], [fmpq(8, 19), 0, fmpq(18, 19), fmpq(12, 19)]]
    rows += [[0, 0, fmpq(2, 3), fmpq(4, 3)], [0, fmpq(4, 5), fmpq(6, 5), 0]]
    rows = [[fmpq(x) for x in row] for row in rows]
    assert vertex_sums.denominators(bases(rows))[0] % 19
    usual = vertex_sums.vertex_sums(rows)
    monkeypatch.setattr(vertex_sums, "primes", lambda: itertools.chain([19], primes()))
    assert vertex_sums.vertex_sums(rows) == usual


@given(st.data())
@settings(max_examples=40)
def test_compiled_sums_are_those_on_arrays(worlds, data):
    """Term by term the same, whatever number of primes is worked on at once."""
    compiled = pytest.importorskip("powerseek.theory.exact.compiled_sums")
    rows = drawn_rows(data, worlds, max_states=5)
    n_primes = data.draw(st.integers(1, 40))
    p = np.array(list(itertools.islice(primes(), n_primes)), np.uint64)
    f = np.array([[[residue(x, q) for q in p.tolist()] for x in row] for row in rows], p.dtype)
    c = np.random.default_rng(data.draw(st.integers(0, 99))).integers(p, size=f.shape[1:])
    each = data.draw(st.booleans())
    for classes in basis_classes(bases(rows)):
        sums = [np.full((1 + len(rows), n_primes), 5, np.uint64) for _ in range(2)]
        for module, found in zip((compiled, array_sums), sums, strict=True):
            assert module.add_terms(classes, f, c.astype(np.uint64), p, found, each).all()
        assert sums[0].tolist() == sums[1].tolist()


def test_primes_that_divide_a_determinant_are_of_no_use():
    """Compiled, none is if it is the first, by which pivots are chosen."""
    compiled = pytest.importorskip("powerseek.theory.exact.compiled_sums")
    rows = [[fmpq(5), fmpq(0), fmpq(0)], [fmpq(0), fmpq(2), fmpq(3)]]
    (both,) = [c for c in basis_classes(bases(rows)) if len(c.pieces) == 2]

    def usable(module, *moduli):
        p = np.array(moduli, np.uint64)
        f = np.array([[[residue(x, q) for q in moduli] for x in row] for row in rows], p.dtype)
        c = np.array([[40_001], [90_001], [70_007]], np.uint64) % p
        return module.add_terms(both, f, c, p, np.zeros((3, len(p)), np.uint64), False).tolist()

    assert usable(array_sums, 5, PRIME) == [False, True]
    assert usable(compiled, PRIME, 5) == [True, False]
    assert usable(compiled, 5, PRIME) == [False, False]


@pytest.mark.parametrize("mdp", [random_deterministic(2, 9), grid(2, 4)], ids=str)
def test_compiled_results_are_those_of_arrays(mdp, monkeypatch):
    rows = reduce(nondominated_rows(distinct_choices(mdp), 0, fmpq(9, 10))).rows
    monkeypatch.setattr(vertex_sums, "_MANY", 10**9)
    usual = vertex_sums.vertex_sums(rows, pieces=True)
    monkeypatch.setattr(vertex_sums, "_MANY", 0)
    assert vertex_sums.add_terms_of_many() is not array_sums.add_terms
    assert vertex_sums.vertex_sums(rows, pieces=True) == usual


def test_without_numba_sums_are_on_arrays(monkeypatch):
    monkeypatch.delitem(sys.modules, "powerseek.theory.exact.compiled_sums", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert vertex_sums.add_terms_of_many.__wrapped__() is array_sums.add_terms


def test_a_wrong_denominator_is_noticed(monkeypatch):
    rows = nondominated_rows(distinct_choices(random_deterministic(1, 5)), 0, fmpq(9, 10))
    rows = reduce(rows).rows
    monkeypatch.setattr(vertex_sums, "denominators", lambda found: (7, 7))
    with pytest.raises(ArithmeticError, match="do not belong together"):
        vertex_sums.vertex_sums(rows)


@given(st.lists(st.permutations(range(5)), min_size=1, max_size=5))
def test_parities_are_those_of_permutation_matrices(permutations):
    expected = [round(np.linalg.det(np.eye(5)[list(p)])) for p in permutations]
    assert parities(np.array(permutations)).tolist() == expected


@given(st.integers(-(10**40), 10**40))
def test_an_integer_is_found_from_its_residues(x):
    moduli = list(itertools.islice(primes(), 5))
    assert from_residues([x % p for p in moduli], moduli) == x


@given(st.lists(st.integers(0, PRIME - 1), min_size=1, max_size=9), st.integers(0, 40))
def test_inverses_and_powers(numbers, exponent):
    p, x = np.array(PRIME, np.uint64), np.array(numbers, np.uint64)[:, None]
    expected = [pow(a, -1, PRIME) if a else 0 for a in numbers]
    assert inverse(x, p).ravel().tolist() == expected
    assert power(x, exponent, p).ravel().tolist() == [pow(a, exponent, PRIME) for a in numbers]


def test_the_largest_sums_do_not_overflow():
    p = np.array(PRIME, np.uint64)
    most = np.full((20, 3), PRIME - 1, np.uint64)
    total = weighted_sum(2 * most[0], most, 2 * most, p)
    assert total.tolist() == [(-2 + 40) % PRIME] * 3


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_solutions_of_equations_over_the_rationals(n, seed):
    """With coefficients that are often 0, so that some systems are singular."""
    random = np.random.default_rng(seed)
    tables = random.integers(-1, 3, size=(4, n, n + 1))
    moduli = [PRIME, 101]
    p = np.array(moduli, np.uint64)
    systems = np.stack([tables % q for q in moduli], axis=-1).astype(np.uint64)
    found = solve(systems.transpose(1, 2, 0, 3), p, random)
    for k, table in enumerate(tables.tolist()):
        matrix = fmpq_mat([row[:-1] for row in table])
        determinant = matrix.det()
        for place, q in enumerate(moduli):
            inverse_determinant = int(found.inverse_determinants[k, place])
            if determinant == 0 or int(determinant.p) % q == 0:
                assert inverse_determinant == 0
            elif inverse_determinant or q == PRIME:
                assert inverse_determinant == residue(1 / determinant, q)
                right = fmpq_mat([[row[-1]] for row in table])
                solution = [residue(x, q) for x in matrix.solve(right).entries()]
                assert found.unknowns[:, k, place].tolist() == solution


@pytest.mark.parametrize(
    ("mdp", "law", "route"),
    [
        (random_deterministic(1, 7), Law.UNIFORM, True),
        (random_deterministic(1, 7), Law.EXPONENTIAL, False),
        (random_deterministic(1, 4), Law.UNIFORM, False),
        (random_stochastic(0, 6), Law.UNIFORM, False),
    ],
    ids=["deterministic", "exponential", "few coordinates", "long denominators"],
)
def test_the_route_is_chosen_by_the_size_of_numbers(mdp, law, route, monkeypatch):
    """And taken: the other one is out of order."""
    rows = nondominated_rows(distinct_choices(mdp), 0, fmpq(9, 10))
    assert expectation.by_vertices(reduce(rows).rows, law) == route
    monkeypatch.delattr(expectation, "FaceMeasures" if route else "vertex_sums")
    assert expected_maximum(rows, law) > 0
