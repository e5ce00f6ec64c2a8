import itertools
import math
import random

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.exact.double_description import Cone, Ray
from powerseek.theory.exact.expectation import Law, best_probabilities, expected_maximum
from powerseek.theory.exact.policies import distinct_choices
from powerseek.theory.exact.power import exact_power
from powerseek.theory.exact.structure import nondominated_rows, stand_ins
from powerseek.theory.exact.symmetry import automorphisms, orbits, representatives
from powerseek.theory.mdp import MDP

laws = st.sampled_from(list(Law))


def rows_of(mdp):
    return nondominated_rows(distinct_choices(mdp), 0, fmpq(2, 3))


@given(st.data(), laws)
@settings(max_examples=60)
def test_as_the_cone_route(oracles, worlds, data, law):
    rows = rows_of(data.draw(worlds.mdps(max_states=4)))
    assert expected_maximum(rows, law) == oracles.expected_maximum(rows, law.value)


@given(st.data(), laws)
@settings(max_examples=10)
def test_as_the_cone_route_in_five_coordinates(oracles, worlds, data, law):
    rows = rows_of(data.draw(worlds.mdps(max_states=5, deterministic=True)))
    assert expected_maximum(rows, law) == oracles.expected_maximum(rows, law.value)


@given(st.data(), laws)
@settings(max_examples=30)
def test_permuting_coordinates_changes_nothing(worlds, data, law):
    rows = rows_of(data.draw(worlds.mdps()))
    order = data.draw(st.permutations(range(len(rows[0]))))
    permuted = [[row[i] for i in order] for row in rows]
    assert expected_maximum(rows, law) == expected_maximum(permuted, law)


@given(st.data(), laws)
@settings(max_examples=30)
def test_probabilities_sum_to_one(worlds, data, law):
    probabilities = best_probabilities(rows_of(data.draw(worlds.mdps())), law)
    assert sum(probabilities) == 1
    assert all(p > 0 for p in probabilities)


def test_probabilities_against_samples():
    """200,000 draws; each of the comparisons at 5 standard errors: false alarm < 1e-5."""
    rng = np.random.default_rng(0)
    from powerseek.theory.gallery import random_stochastic

    rows = rows_of(random_stochastic(1, n_states=4))
    table = np.array([[float(c) for c in row] for row in rows])
    for law, draw in ((Law.UNIFORM, rng.random), (Law.EXPONENTIAL, rng.standard_exponential)):
        best = np.argmax(table @ draw((4, 200_000)), axis=0)
        for k, p in enumerate(best_probabilities(rows, law)):
            spread = math.sqrt(float(p * (1 - p)) / 200_000)
            assert abs((best == k).mean() - float(p)) < 5 * spread


@pytest.mark.parametrize("k", range(2, 7))
def test_order_statistics(k):
    """E max of k uniforms is k/(k+1); of k exponentials the harmonic number."""
    rows = [[fmpq(int(i == j)) for j in range(k)] for i in range(k)]
    assert expected_maximum(rows, Law.UNIFORM) == fmpq(k, k + 1)
    harmonic = sum([fmpq(1, i) for i in range(1, k + 1)])
    assert expected_maximum(rows, Law.EXPONENTIAL) == harmonic


@pytest.mark.parametrize(("n", "k"), [(4, 2), (5, 2), (5, 3), (6, 3)])
def test_sums_of_the_largest(n, k):
    """E of the sum of the k largest of n, where many cells meet in a vertex."""
    rows = [
        [fmpq(int(i in some)) for i in range(n)] for some in itertools.combinations(range(n), k)
    ]
    assert expected_maximum(rows, Law.UNIFORM) == fmpq(sum(range(n - k + 1, n + 1)), n + 1)
    largest = [sum([fmpq(1, i) for i in range(j + 1, n + 1)]) for j in range(k)]
    assert expected_maximum(rows, Law.EXPONENTIAL) == sum(largest)


@pytest.mark.parametrize("law", list(Law))
def test_symmetry_is_only_a_shortcut(law, monkeypatch):
    from powerseek.theory.exact import expectation
    from powerseek.theory.gallery import complete

    rows = rows_of(complete(4))
    assert len(automorphisms(rows)) >= 2
    monkeypatch.setattr(expectation, "by_vertices", lambda rows, law: False)
    quick = expected_maximum(rows, law)
    monkeypatch.setattr(expectation, "automorphisms", lambda rows: [])
    assert expected_maximum(rows, law) == quick


def test_a_hidden_symmetry_is_found():
    """A cyclic shift without any transposition."""
    shifts = [(1, 2, 3), (2, 3, 1), (3, 1, 2)]
    (generator,) = automorphisms(shifts)
    assert sorted(generator) == [0, 1, 2]
    assert orbits([(0,), (1,), (2,)], [generator]) == {(0,): 3}


@given(
    st.integers(2, 6).flatmap(
        lambda m: st.lists(
            st.lists(st.integers(0, 2), min_size=m, max_size=m).map(tuple),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
)
@settings(max_examples=300)
def test_automorphisms_map_the_rows_to_themselves(rows):
    for permutation in automorphisms(rows):
        assert {tuple(row[k] for k in permutation) for row in rows} == set(rows)


def test_double_description_against_brute_force():
    """A cube cut by random planes: the rays found are all and only the extreme ones."""
    rng = random.Random(1)
    for _ in range(20):
        corners = [(1, x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
        rays = [Ray(c, sum(1 << (i if c[i + 1] else i + 3) for i in range(3))) for c in corners]
        for a in rays:
            a.neighbours = {
                b for b in rays if sum(p != q for p, q in zip(a.vector, b.vector, strict=True)) == 1
            }
        cone = Cone(rays, 6, gauge=(1, 0, 0, 0))
        rows = [
            (1, -1, 0, 0),
            (1, 0, -1, 0),
            (1, 0, 0, -1),
            (0, 1, 0, 0),
            (0, 0, 1, 0),
            (0, 0, 0, 1),
        ]
        while len(rows) < 9:
            row = (rng.randint(1, 6), *[rng.randint(-5, 5) for _ in range(3)])
            if any(_value(row, r.vector) < 0 for r in cone.rays):
                cone.cut(row)
                rows.append(row)
        assert {r.vector for r in cone.rays} == _brute_force_vertices(rows)


def _value(row, vector):
    return sum(a * b for a, b in zip(row, vector, strict=True))


def _brute_force_vertices(rows):
    from itertools import combinations

    from flint import fmpq_mat

    found = set()
    for some in combinations(rows, 3):
        matrix = fmpq_mat(3, 3, [c for row in some for c in row[1:]])
        if matrix.rank() < 3:
            continue
        point = matrix.solve(fmpq_mat(3, 1, [-row[0] for row in some])).entries()
        if all(
            row[0] + sum([c * x for c, x in zip(row[1:], point, strict=True)]) >= 0 for row in rows
        ):
            scale = math.lcm(*[int(x.q) for x in point])
            found.add((scale, *[int(x * scale) for x in point]))
    return found


@given(st.data())
@settings(max_examples=60)
def test_symmetries_of_worlds_by_brute_force(worlds, data):
    """Which states some permutation exchanges, of all permutations that keep the world."""
    choices = distinct_choices(data.draw(worlds.mdps(max_actions=3)))
    n = len(choices)
    world = [{frozenset(row) for _, row in available} for available in choices]
    first = list(range(n))
    for to in itertools.permutations(range(n)):
        moved = [{frozenset((to[t], p) for t, p in row) for row in rows} for rows in world]
        if all(moved[s] == world[to[s]] for s in range(n)):
            first = [min(first[s], to[s]) for s in range(n)]
    assert representatives(choices) == first


def test_states_with_the_same_actions_share_an_integral():
    """Whatever their actions are called, and in whatever order they come."""
    world = MDP.from_successors({"a": ["b", "c"], "b": ["c", "b"], "c": ["a"], "d": ["c", "b"]})
    choices = distinct_choices(world)
    assert stand_ins(choices, range(4)) == {0: 0, 1: 0, 2: 2, 3: 0}
    found = [exact_power(world, "2/3", states=[s])[0] for s in "abd"]
    assert len(set(found)) == 1
