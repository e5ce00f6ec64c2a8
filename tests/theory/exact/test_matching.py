"""Equal keys, found by sorting and in compiled tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from powerseek.theory.exact import matching

WAYS = (10**9, 0)
"""From how many keys on compiled code is used: never, or always."""


def both_ways(monkeypatch, function, *arguments):
    pytest.importorskip("powerseek.theory.exact.compiled_matching")
    results = []
    for many in WAYS:
        monkeypatch.setattr(matching, "_MANY", many)
        results.append(function(*arguments))
    return results


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def faces_of_a_cube(dimension):
    """A vertex of a simple polyhedron on each line: its walls, in columns of any order."""
    corners = np.arange(2**dimension)[:, None] >> np.arange(dimension) & 1
    walls = np.arange(dimension) + dimension * corners
    new = np.full((len(walls), 1), 2 * dimension)
    return np.concatenate([walls, new], axis=1)


@given(st.integers(1, 5), st.integers(0, 2**32))
@settings(max_examples=30)
def test_edges_have_two_ends(patch, dimension, seed):
    """The bases are those of a cone over a cube: two are joined iff they differ in one wall."""
    random = np.random.default_rng(seed)
    walls = random.permuted(random.permutation(faces_of_a_cube(dimension)), axis=1)
    column = np.argmax(walls == 2 * dimension, axis=1)
    numbers = random.integers(2**64, size=2 * dimension + 1, dtype=np.uint64)
    found = both_ways(patch, matching.ends_of_edges, walls, column, numbers)
    pairs = [{frozenset(ends) for ends in np.stack(each, 1).tolist()} for each in found]
    assert pairs[0] == pairs[1]
    assert len(pairs[0]) == dimension * 2 ** (dimension - 1)
    for one, two in pairs[0]:
        left = [set(walls[end // (dimension + 1)]) - {walls.flat[end]} for end in (one, two)]
        assert left[0] == left[1]


def test_sums_that_agree_by_accident_are_noticed(monkeypatch):
    walls = faces_of_a_cube(2)
    column = np.full(4, 2)
    numbers = np.array([1, 1, 1, 1, 5], np.uint64)
    assert both_ways(monkeypatch, matching.ends_of_edges, walls, column, numbers) == [None, None]


@given(arrays.arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 2**40)), st.data())
@settings(max_examples=50)
def test_distinct_keys(patch, keys, data):
    keys = np.concatenate([keys, keys[: data.draw(st.integers(0, 60))]])
    for found, which in both_ways(patch, matching.distinct, keys):
        assert sorted(found.tolist()) == sorted(set(keys.tolist()))
        assert found[which].tolist() == keys.tolist()
