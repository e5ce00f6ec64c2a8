"""Mutants: small wrong changes to a module, one at a time.

A test suite is as good as the wrong code it notices. Each mutant changes one place in a
module's syntax tree: a comparison, an arithmetic or logical operator, a number, a choice
between two values, or a ``raise`` that is left out. Type annotations, decorators and
docstrings are left alone, because no test could notice them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_SKIPPED = {"annotation", "returns", "decorator_list", "type_params"}


@dataclass(frozen=True)
class Mutant:
    """One wrong version of a module.

    Attributes:
        line: where it differs.
        before: the code there.
        after: the code that replaces it.
        tree: the whole wrong module.
    """

    line: int
    before: str
    after: str
    tree: ast.Module


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, without annotations, decorators and type-checking blocks."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Assign | ast.AnnAssign) and "TypeAlias" in ast.unparse(node):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: an assertion only
        return
    for name, value in ast.iter_fields(node):
        if name not in _SKIPPED:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _nodes(child)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Wrong versions of one node."""
    changed: ast.AST
    match node:
        case ast.Compare(ops=ops):
            for i, operator in enumerate(ops):
                changed = copy.deepcopy(node)
                changed.ops[i] = _COMPARE[type(operator)]()
                yield changed
        case ast.BinOp(op=operator) if type(operator) in _ARITHMETIC:
            changed = copy.deepcopy(node)
            changed.op = _ARITHMETIC[type(operator)]()
            yield changed
        case ast.BoolOp(op=operator):
            changed = copy.deepcopy(node)
            changed.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield changed
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield copy.deepcopy(node.operand)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.IfExp():
            changed = copy.deepcopy(node)
            changed.body, changed.orelse = changed.orelse, changed.body
            yield changed
        case ast.Raise():
            yield ast.Pass()


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its text.

    >>> [(m.before, m.after) for m in mutants("def f(x: int = 2) -> int:\\n    return x < 1")]
    [('2', '3'), ('x < 1', 'x <= 1'), ('1', '2')]
    """
    places = len(list(_nodes(ast.parse(source))))
    for place in range(places):
        for choice in range(len(list(_changes(list(_nodes(ast.parse(source)))[place])))):
            tree = ast.parse(source)
            node = list(_nodes(tree))[place]
            changed = ast.copy_location(list(_changes(node))[choice], node)
            before, after = ast.unparse(node), ast.unparse(changed)
            line = int(getattr(node, "lineno", 0))
            wrong = ast.fix_missing_locations(_Replace(node, changed).visit(tree))
            yield Mutant(line, before, after, wrong)
