"""Dataclasses that compiled functions take as arguments.

`jax.tree_util.register_dataclass` makes two classes with equally many fields the same
structure: in JAX 0.10 ``tree_structure(A(1)) == tree_structure(B(1))``, although their
hashes differ. Caches of compiled functions look structures up by hash and then by equality,
so now and then, when two hashes happen to share a bucket, a function is run with the program
that was compiled for another class: of 300 such classes some forty were; here it was one solver
in place of another, without an error. `pytree` registers the class as a node of its own kind,
which JAX does tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from jax.tree_util import GetAttrKey, register_pytree_with_keys

_Class = TypeVar("_Class", bound=type)


def pytree(cls: _Class) -> _Class:
    """Make a dataclass a pytree, of a structure that no other class shares.

    Fields with ``metadata={"static": True}`` belong to the structure and must be hashable;
    all others are children.

    Args:
        cls: a dataclass, all of whose fields are arguments of its constructor.

    Returns:
        The class itself, so that this can be used as a decorator.

    >>> from dataclasses import dataclass
    >>> import jax
    >>> @pytree
    ... @dataclass(frozen=True)
    ... class Line:
    ...     slope: float
    ...     height: float
    >>> jax.tree.map(lambda x: 2 * x, Line(1.0, 3.0))
    Line(slope=2.0, height=6.0)
    """
    static = tuple(f.name for f in fields(cls) if f.metadata.get("static", False))
    children = tuple(f.name for f in fields(cls) if f.name not in static)
    keys = tuple(GetAttrKey(name) for name in children)

    def flatten(node: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return _values(node, children), _values(node, static)

    def flatten_with_keys(node: Any) -> tuple[tuple[tuple[object, Any], ...], tuple[Any, ...]]:
        return tuple(zip(keys, _values(node, children), strict=True)), _values(node, static)

    def unflatten(aside: tuple[Any, ...], values: Iterable[Any]) -> Any:
        return cls(**dict(zip(static + children, (*aside, *values), strict=True)))

    register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    return cls


def _values(node: object, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(node, name) for name in names)
