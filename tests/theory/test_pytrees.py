"""Dataclasses as arguments of compiled functions."""

from dataclasses import dataclass, field

import jax
import pytest

from powerseek.theory.pytrees import pytree
from powerseek.theory.solvers.digraph import DigraphSolver
from powerseek.theory.solvers.stay import StaySolver


def numbered(i):
    """A class of one child, whose program returns its number."""

    class Numbered:
        x: float

        def number(self):
            return i + self.x

    return pytree(dataclass(frozen=True)(Numbered))


def test_compiled_functions_tell_classes_apart():
    """By equality, whatever the hashes: with `jax.tree_util.register_dataclass` it fails."""
    one, two = numbered(1)(0.0), numbered(2)(0.0)
    assert jax.tree.structure(one) != jax.tree.structure(two)
    number = jax.jit(lambda node: node.number())
    assert (number(one), number(two)) == (1, 2)


def test_solvers_have_structures_of_their_own():
    moves = ((0, 1), (1, 0))
    stay, digraph = (jax.tree.structure(kind(moves)) for kind in (StaySolver, DigraphSolver))
    assert stay != digraph
    assert stay == jax.tree.structure(StaySolver(((1, 1), (0, 0))))


@pytree
@dataclass(frozen=True)
class Scaled:
    x: float
    by: int = field(metadata={"static": True})
    also: float


def test_static_fields_belong_to_the_structure():
    node = Scaled(1.0, 2, 3.0)
    leaves, structure = jax.tree.flatten(node)
    assert leaves == [1.0, 3.0]
    assert jax.tree.unflatten(structure, leaves) == node
    assert structure != jax.tree.structure(Scaled(1.0, 4, 3.0))
    assert jax.jit(lambda n: n.x * (n.by + 1))(node) == 3.0


def test_leaves_are_called_by_the_names_of_fields():
    named = jax.tree.leaves_with_path(Scaled(1.0, 2, 3.0))
    paths = [jax.tree_util.keystr(path) for path, _ in named]
    assert paths == [".x", ".also"]


def test_a_child_may_not_be_missing():
    structure = jax.tree.structure(Scaled(1.0, 2, 3.0))
    with pytest.raises(ValueError, match="Too few leaves"):
        jax.tree.unflatten(structure, [1.0])
