"""The gallery of worlds and the builders of families."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.gallery import (
    complete,
    gallery,
    grid,
    load,
    random_deterministic,
    random_stochastic,
    star,
    tree,
)

AIMA = {"walls": [(1, 1)], "terminal": [(0, 3), (1, 3)]}


@pytest.mark.parametrize("name", gallery())
def test_every_world_says_what_it_is(name):
    world = gallery()[name]
    assert world.name == name
    assert load(name) is world.mdp
    assert world.mdp.is_exact
    assert re.fullmatch(r".{20,90}\.", world.description)
    assert world.source
    assert set(world.positions) == set(world.mdp.states)
    assert len(set(world.positions.values())) == world.mdp.n_states


@pytest.mark.parametrize(
    ("name", "built"),
    [
        ("grid-1x3", grid(1, 3)),
        ("grid-3x3", grid(3, 3)),
        ("grid-5x5", grid(5, 5)),
        ("grid-2x2-slippery", grid(2, 2, slip="1/5")),
        ("star-3", star(3)),
        ("star-10", star(10)),
        ("tree-2x3", tree(2, 3)),
        ("complete-4", complete(4)),
        ("aima-4x3", grid(3, 4, **AIMA)),
        ("aima-4x3-slippery", grid(3, 4, stay=False, slip=0.2, bump=True, **AIMA)),
    ],
)
def test_families_in_the_gallery_are_those_the_builders_make(name, built):
    assert load(name) == built


def test_unknown_worlds_are_answered_with_the_known_ones():
    with pytest.raises(InvalidInput, match=r"gallery: got 'tea', expected one of: .*wait"):
        load("tea")


@given(st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_deterministic_grids_are_symmetric_neighbour_graphs(rows, columns, stay):
    if rows == columns == 1 and not stay:
        with pytest.raises(InvalidInput, match="at least one action"):
            grid(rows, columns, stay=stay)
        return
    mdp = grid(rows, columns, stay=stay)
    assert mdp.n_states == rows * columns
    assert mdp.is_deterministic
    for s in range(mdp.n_states):
        here = divmod(s, columns)
        for t in mdp.successors(s):
            there = divmod(t, columns)
            distance = abs(here[0] - there[0]) + abs(here[1] - there[1])
            assert distance == (0 if s == t else 1)
            assert s in mdp.successors(t)
        assert ("stay" in mdp.actions[s]) == stay
    moves = sum(len(a) for a in mdp.actions) - stay * mdp.n_states
    assert moves == 2 * (rows * (columns - 1) + columns * (rows - 1))


def test_slipping_goes_to_both_sides():
    middle = grid(3, 3, slip="1/5")
    row = middle.rows[middle.index("r1c1")][middle.action_index("r1c1", "left")]
    assert {middle.states[t]: p for t, p in row} == {
        "r1c0": Fraction(4, 5),
        "r0c1": Fraction(1, 10),
        "r2c1": Fraction(1, 10),
    }


def test_bumping_keeps_the_agent_in_place():
    """The textbook grid: up against the wall next to the start, (4/5 stay, 1/10, 1/10)."""
    mdp = load("aima-4x3-slippery")
    row = mdp.rows[mdp.index("r2c1")][mdp.action_index("r2c1", "up")]
    assert {mdp.states[t]: p for t, p in row} == {
        "r2c1": Fraction(4, 5),
        "r2c0": Fraction(1, 10),
        "r2c2": Fraction(1, 10),
    }
    assert [a for a in mdp.actions if a == ("stay",)] == [("stay",), ("stay",)]


@given(st.integers(1, 3), st.integers(1, 3))
def test_trees_have_all_their_nodes(depth, branching):
    mdp = tree(depth, branching)
    assert mdp.n_states == sum(branching**level for level in range(depth + 1))
    assert sum(s in mdp.successors(s) for s in range(mdp.n_states)) == branching**depth
    assert mdp.reachable(0) == frozenset(range(mdp.n_states))


@given(st.integers(0, 10**6), st.integers(1, 7), st.data())
def test_random_digraphs_have_distinct_edges_and_repeat_with_their_seed(seed, n, data):
    degree = data.draw(st.integers(1, n))
    mdp = random_deterministic(seed, n, degree)
    assert mdp.is_deterministic
    assert all(len(mdp.successors(s)) == degree for s in range(n))
    assert mdp == random_deterministic(seed, n, degree)


@given(st.integers(0, 10**6), st.integers(2, 6), st.data())
def test_random_mdps_have_the_rows_that_were_asked_for(seed, n, data):
    n_next = data.draw(st.integers(2, n))
    mdp = random_stochastic(seed, n, 3, n_next, denominator=12)
    assert mdp.is_exact
    for rows in mdp.rows:
        assert len(rows) == 3
        for row in rows:
            assert len(row) == n_next
            assert all((12 * p).denominator == 1 and p > 0 for _, p in row)
    assert mdp == random_stochastic(seed, n, 3, n_next, denominator=12)


def test_seeds_matter():
    assert random_stochastic(0) != random_stochastic(1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: grid(0, 3), "rows: got 0, expected an integer, at least 1"),
        (lambda: grid(3, 2.0), "columns: got 2.0, expected an integer"),
        (lambda: grid(2, 2, slip=1.5), "slip: got 1.5, expected a probability"),
        (lambda: grid(2, 2, slip="a lot"), "slip: got 'a lot', expected"),
        (lambda: star(0), "k: got 0, expected"),
        (lambda: star(True), "k: got True, expected"),
        (lambda: tree(0, 2), "depth: got 0, expected"),
        (lambda: tree(2, 0), "branching: got 0, expected"),
        (lambda: complete(-1), "n: got -1, expected"),
        (lambda: random_deterministic(-1), "seed: got -1, expected"),
        (lambda: random_deterministic(0, 2, 3), "n_states: got 2, expected as many"),
        (lambda: random_stochastic(0, 2, 1, 3), "n_states: got 2, expected as many"),
        (lambda: random_stochastic(0, denominator=1), "denominator: got 1, expected"),
    ],
)
def test_parameters_out_of_range_are_named(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()
