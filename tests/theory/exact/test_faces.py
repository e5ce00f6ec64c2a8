"""Measures of faces, against triangulations of their vertices in floats."""

import itertools
import math

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from powerseek.theory.exact.expectation import Law, cell_integrals, reduce
from powerseek.theory.exact.faces import FaceMeasures
from powerseek.theory.exact.policies import distinct_choices
from powerseek.theory.exact.structure import nondominated_rows
from powerseek.theory.exact.subdivision import members, subdivide
from powerseek.theory.gallery import random_deterministic

laws = st.sampled_from(list(Law))


def measured(rows, law):
    """A subdivision, the measures of its faces, and all of them that its cells need."""
    subdivision, known = subdivide(rows, law.base), {}
    faces = FaceMeasures(subdivision, known=known)
    cell_integrals(subdivision, faces, dict.fromkeys(law.base.peels(len(rows[0])), 1))
    return subdivision, faces, known


def by_triangulation(subdivision, closure, walls):
    r"""Volume and moment of a face, given all walls that contain it, by some of them.

    With coordinates $y_J$ that tell its points apart,
    $\omega_S = dy_J / |\det(\alpha_S, y_J)|$.
    """
    sets = [wall.vertices for wall in subdivision.walls]
    on = [k for k in range(len(subdivision.points)) if all(sets[w] >> k & 1 for w in closure)]
    points = np.array([[float(c) for c in subdivision.points[k][:-1]] for k in on])
    rows = [*subdivision.hull, *[subdivision.walls[w].row for w in walls]]
    forms = np.array([[float(c) for c in row[:-1]] for row in rows])
    n = points.shape[1]
    k = n - len(forms)
    bases = [
        np.vstack([forms, np.eye(n)[list(free)]]) for free in itertools.combinations(range(n), k)
    ]
    scale, free = max(
        (abs(np.linalg.det(basis)), free)
        for basis, free in zip(bases, itertools.combinations(range(n), k), strict=True)
    )
    flat = points[:, list(free)]
    if k == 0:
        simplices = [[0]]
    elif k == 1:
        simplices = [[flat.argmin(), flat.argmax()]]
    else:
        simplices = Delaunay(flat).simplices
    volume = moment = 0.0
    for simplex in simplices:
        edges = flat[simplex[1:]] - flat[simplex[0]]
        part = abs(np.linalg.det(edges)) / math.factorial(k) / scale
        volume += part
        moment += part * points[simplex, 0].mean()
    return volume, moment


def independent(subdivision, walls):
    rows = [*subdivision.hull, *[subdivision.walls[w].row for w in walls]]
    forms = np.array([[float(c) for c in row[:-1]] for row in rows])
    return np.linalg.matrix_rank(forms) == len(forms)


def check(rows, law):
    """Every face by every choice of as many walls; returns how many faces have a choice."""
    subdivision, faces, known = measured(rows, law)
    with_a_choice = 0
    for closure, face in known.items():
        around = members(closure)
        some = [
            walls
            for walls in itertools.combinations(around, len(members(face.walls)))
            if independent(subdivision, walls)
        ]
        assert tuple(members(face.walls)) in some
        assert face.walls & ~face.basis == 0
        assert independent(subdivision, members(face.basis))
        with_a_choice += len(some) > 1
        for walls in some:
            found = faces._by(sum(1 << w for w in walls), face)
            expected = by_triangulation(subdivision, around, walls)
            np.testing.assert_allclose([float(x) for x in found], expected, rtol=1e-7, atol=1e-12)
    return with_a_choice


def rows_of(mdp):
    return reduce(nondominated_rows(distinct_choices(mdp), 0, fmpq(2, 3))).rows


@pytest.mark.parametrize("law", list(Law))
def test_faces_in_which_more_walls_meet_than_necessary(law):
    """Some of the faces of this world's cells are met again with other walls."""
    assert check(rows_of(random_deterministic(22, 6)), law) > 10


@given(st.data(), laws)
@settings(max_examples=100)
def test_every_face_by_every_choice_of_walls(worlds, data, law):
    rows = rows_of(data.draw(worlds.mdps(max_states=5, deterministic=True)))
    if rows[0]:
        check(rows, law)
