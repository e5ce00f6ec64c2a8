r"""Canonical worlds, ready to use: some by name, some by parameters.

`gallery` lists the named worlds and `load` gives one of them as an `MDP`; each is an MDP
file (``powerseek-mdp/1``) with a description, its source and positions for drawing. The
builders `grid`, `star`, `tree`, `complete`, `random_deterministic` and
`random_stochastic` make families of worlds; all are exact.

>>> load("wait").states
('start', 'candy', 'wait', 'chocolate', 'hug')
>>> load("grid-3x3") == grid(3, 3)
True
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from .errors import InvalidInput
from .exact_numbers import exact_number
from .mdp import MDP
from .mdp_json import MDPDocument, document_from_json

Cell: TypeAlias = tuple[int, int]
"""Row from the top and column from the left, both from 0."""

_MOVES = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


@cache
def gallery() -> Mapping[str, MDPDocument]:
    """The named worlds, smallest first.

    >>> gallery()["wait"].description
    'Candy now, or wait and then choose between chocolate and a hug.'
    """
    folder = resources.files("powerseek.theory") / "gallery_data"
    documents = [
        document_from_json(file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    ]
    documents.sort(key=lambda document: (document.mdp.n_states, document.name))
    return MappingProxyType({document.name: document for document in documents})


def load(name: str) -> MDP:
    """The MDP of a named world.

    Raises:
        InvalidInput: with the known names.

    >>> load("fig1")
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: gallery: got 'fig1', expected one of: ...
    """
    if name not in gallery():
        raise InvalidInput.unknown("gallery", name, gallery())
    return gallery()[name].mdp


def grid(
    rows: int,
    columns: int,
    stay: bool = True,
    slip: object = 0,
    *,
    bump: bool = False,
    walls: Collection[Cell] = (),
    terminal: Collection[Cell] = (),
) -> MDP:
    """A grid world; cell ``r0c1`` is in row 0 from the top, column 1.

    Args:
        rows: number of rows.
        columns: number of columns.
        stay: whether there is an action that keeps the agent where it is.
        slip: probability of moving at a right angle to the chosen direction, half of it
            to each side; who slips against a wall or the border stays in place.
        bump: whether moves against a wall or the border may be chosen (and lead towards
            where one already is). By default such moves are not available.
        walls: cells that are no states.
        terminal: cells that cannot be left.

    Raises:
        InvalidInput: if a number is out of its range, or a cell has no action.

    >>> grid(1, 3).actions
    (('stay', 'right'), ('stay', 'left', 'right'), ('stay', 'left'))
    >>> grid(2, 2, slip="1/5").rows[0][1]  # stay, down, right: down
    ((0, Fraction(1, 10)), (1, Fraction(1, 10)), (2, Fraction(4, 5)))
    """
    _at_least("rows", rows, 1)
    _at_least("columns", columns, 1)
    slipping = exact_number("slip", slip)
    if not 0 <= slipping <= 1:
        raise InvalidInput.of("slip", slip, 'a probability such as "1/5" or 0.2')
    cells = {
        (row, column): f"r{row}c{column}"
        for row in range(rows)
        for column in range(columns)
        if (row, column) not in walls
    }

    def moved(cell: Cell, move: Cell) -> Cell:
        target = (cell[0] + move[0], cell[1] + move[1])
        return target if target in cells else cell

    transitions: dict[str, dict[str, dict[str, Fraction]]] = {}
    for cell, name in cells.items():
        available: dict[str, dict[str, Fraction]] = {}
        if stay or cell in terminal:
            available["stay"] = {name: Fraction(1)}
        for action, (down, right) in {} if cell in terminal else _MOVES.items():
            if moved(cell, (down, right)) == cell and not bump:
                continue
            outcomes = available[action] = {}
            for move, p in (
                ((down, right), 1 - slipping),
                ((right, down), slipping / 2),
                ((-right, -down), slipping / 2),
            ):
                target = cells[moved(cell, move)]
                outcomes[target] = outcomes.get(target, Fraction(0)) + p
        transitions[name] = available
    return MDP.from_transitions(transitions)


def star(k: int) -> MDP:
    """A centre with ``k`` absorbing children; POWER of the centre is k/(k+1), uniform.

    >>> star(2).states
    ('centre', 'child1', 'child2')
    """
    _at_least("k", k, 1)
    children = [f"child{i}" for i in range(1, k + 1)]
    return MDP.from_successors({"centre": children, **{c: [c] for c in children}})


def tree(depth: int, branching: int) -> MDP:
    """A complete tree with absorbing leaves; node ``root.2.1`` is a child of ``root.2``.

    >>> tree(2, 2).states
    ('root', 'root.1', 'root.2', 'root.1.1', 'root.1.2', 'root.2.1', 'root.2.2')
    """
    _at_least("depth", depth, 1)
    _at_least("branching", branching, 1)
    successors: dict[str, list[str]] = {}
    level = ["root"]
    for _ in range(depth):
        for node in level:
            successors[node] = [f"{node}.{i}" for i in range(1, branching + 1)]
        level = [child for node in level for child in successors[node]]
    return MDP.from_successors({**successors, **{leaf: [leaf] for leaf in level}})


def complete(n: int) -> MDP:
    """The complete digraph on ``n`` states with self-loops; POWER n/(n+1), uniform.

    >>> complete(2).actions
    (('s1', 's2'), ('s1', 's2'))
    """
    _at_least("n", n, 1)
    names = [f"s{i}" for i in range(1, n + 1)]
    return MDP.from_successors(dict.fromkeys(names, names))


def random_deterministic(seed: int, n_states: int = 6, n_actions: int = 2) -> MDP:
    """A random digraph: from each state ``n_actions`` edges to distinct states.

    >>> random_deterministic(0, n_states=3) == random_deterministic(0, n_states=3)
    True
    """
    return random_stochastic(seed, n_states, n_actions, n_next=1)


def random_stochastic(
    seed: int,
    n_states: int = 5,
    n_actions: int = 2,
    n_next: int = 2,
    denominator: int = 12,
) -> MDP:
    """A random exact MDP: each action leads to ``n_next`` states.

    The probabilities are multiples of ``1/denominator``, uniform over all such rows
    without zeros. With ``n_next = 1`` no two actions of a state lead to the same one.

    >>> random_stochastic(0).rows[0][0]
    ((3, Fraction(1, 12)), (4, Fraction(11, 12)))
    """
    _at_least("n_states", n_states, 1)
    _at_least("n_actions", n_actions, 1)
    _at_least("n_next", n_next, 1)
    if n_next > n_states or (n_next == 1 and n_actions > n_states):
        raise InvalidInput.of("n_states", n_states, "as many states as an action needs")
    _at_least("denominator", denominator, n_next)
    _at_least("seed", seed, 0)
    rng = np.random.default_rng(seed)
    names = [f"s{i}" for i in range(n_states)]

    def row(targets: np.ndarray) -> dict[str, Fraction]:
        cuts = rng.choice(np.arange(1, denominator), n_next - 1, replace=False)
        parts = np.diff([0, *sorted(cuts), denominator])
        return {
            names[t]: Fraction(int(part), denominator)
            for t, part in zip(targets, parts, strict=True)
        }

    transitions = {}
    for name in names:
        if n_next == 1:
            choices = rng.choice(n_states, n_actions, replace=False)[:, None]
        else:
            choices = np.array(
                [rng.choice(n_states, n_next, replace=False) for _ in range(n_actions)]
            )
        transitions[name] = {f"a{a}": row(targets) for a, targets in enumerate(choices)}
    return MDP.from_transitions(transitions)


def _at_least(field: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput.of(field, value, f"an integer, at least {least}")
