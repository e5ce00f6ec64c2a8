r"""Symmetries: of a set of rows, and of a whole world; and their orbits.

If $f \mapsto f \circ \sigma$ maps the set of rows to itself, then so it does to the
subdivision by them, and faces of the base that $\sigma$ exchanges contribute equally to
$E[\max_f f \cdot r]$. Candidates come from colour refinement: columns and rows get
colours that any such $\sigma$ must respect; a search fixes images one at a time, refining
in between, and every permutation found is checked against the rows. The group generated
by the permutations found may be smaller than the full one; then orbits are smaller too,
and nothing else changes.

A symmetry of a world is such a permutation too: of states, which maps the distributions
over next states that can be chosen in $s$ to those that can be chosen in $\sigma(s)$.
States that it exchanges have the same POWER if rewards are exchangeable.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from typing import TypeAlias, TypeVar

from flint import fmpq

from .policies import Choices

Permutation: TypeAlias = tuple[int, ...]
"""``p[i]`` is the image of coordinate ``i``."""

Peel: TypeAlias = tuple[int, ...]
"""A tuple of coordinates."""

_Table: TypeAlias = tuple[tuple[int, ...], ...]
_T = TypeVar("_T", bound=Hashable)

_MAX_STEPS = 200
"""Refinements tried in one search before it is given up."""

_MAX_STATES = 40
"""Symmetries are not looked for in larger worlds."""


def orbits(peels: Sequence[Peel], generators: Sequence[Permutation]) -> dict[Peel, int]:
    """One tuple of each orbit, with the size of the orbit.

    >>> orbits([(0,), (1,), (2,)], [(1, 0, 2)])
    {(0,): 2, (2,): 1}
    """
    sizes: dict[Peel, int] = {}
    seen: set[Peel] = set()
    for peel in peels:
        if peel in seen:
            continue
        orbit, frontier = {peel}, [peel]
        while frontier:
            current = frontier.pop()
            for permutation in generators:
                image = tuple([permutation[i] for i in current])
                if image not in orbit:
                    orbit.add(image)
                    frontier.append(image)
        seen |= orbit
        sizes[peel] = len(orbit)
    return sizes


def automorphisms(rows: Sequence[Sequence[Hashable]]) -> list[Permutation]:
    """Generators of a group of coordinate permutations that map the rows to themselves.

    >>> automorphisms([(1, 0, 0), (0, 1, 0)])
    [(1, 0, 2)]
    """
    m = len(rows[0])
    names: dict[Hashable, int] = {}
    table = tuple([tuple([names.setdefault(c, len(names)) for c in row]) for row in rows])
    colours = _refined(table, [0] * m)
    if len(set(colours)) == m:
        return []
    whole = set(table)
    found: list[Permutation] = []
    merged = list(range(m))
    for i, j in combinations(range(m), 2):
        if colours[i] != colours[j] or merged[i] == merged[j]:
            continue
        swap = tuple([{i: j, j: i}.get(k, k) for k in range(m)])
        permutation = swap if _fixes(whole, swap) else _search(table, whole, i, j)
        if permutation is not None:
            found.append(permutation)
            for k, image in enumerate(permutation):
                old, new = merged[k], merged[image]
                merged = [new if c == old else c for c in merged]
    return found


def representatives(choices: Choices) -> list[int]:
    """For each state the first of those that symmetries of the world exchange it with.

    >>> from powerseek.theory.gallery import grid
    >>> from powerseek.theory.exact.policies import distinct_choices
    >>> representatives(distinct_choices(grid(1, 4)))
    [0, 1, 1, 0]
    """
    n = len(choices)
    if n > _MAX_STATES:
        return list(range(n))
    rows = []
    for s, available in enumerate(choices):
        for _, row in available:
            odds = dict(row)
            rows.append([(s == t, odds.get(t, fmpq(0))) for t in range(n)])
    generators = automorphisms(rows)
    first = list(range(n))
    for s in range(n):
        if first[s] < s:
            continue
        frontier = [s]
        while frontier:
            x = frontier.pop()
            for permutation in generators:
                image = permutation[x]
                if image != s and first[image] == image:
                    first[image] = s
                    frontier.append(image)
    return first


def _fixes(whole: set[tuple[int, ...]], permutation: Permutation) -> bool:
    return all(tuple([row[k] for k in permutation]) in whole for row in whole)


def _search(table: _Table, whole: set[tuple[int, ...]], i: int, j: int) -> Permutation | None:
    """A permutation that fixes the rows and takes ``i`` to ``j``, if one is found soon."""
    m = len(table[0])
    steps = iter(range(_MAX_STEPS))

    def extend(left: list[int], right: list[int]) -> Permutation | None:
        if next(steps, None) is None:
            return None
        left, right = _refined(table, left), _refined(table, right)
        if sorted(left) != sorted(right):
            return None
        if len(set(left)) == m:
            permutation = tuple([right.index(colour) for colour in left])
            return permutation if _fixes(whole, permutation) else None
        a = next(k for k in range(m) if left.count(left[k]) > 1)
        for b in [k for k in range(m) if right[k] == left[a]]:
            permutation_ = extend(_marked(left, a), _marked(right, b))
            if permutation_ is not None:
                return permutation_
        return None

    return extend(_marked([0] * m, i), _marked([0] * m, j))


def _marked(colours: Sequence[int], place: int) -> list[int]:
    return [2 * c + int(k == place) for k, c in enumerate(colours)]


def _refined(table: _Table, colours: Sequence[int]) -> list[int]:
    """Colours of the columns, refined until they no longer change in number."""
    refined = list(colours)
    while True:
        row_colours = _ranked([tuple(sorted(zip(row, refined, strict=True))) for row in table])
        columns = zip(*table, strict=True)
        signatures = [
            (colour, tuple(sorted(zip(column, row_colours, strict=True))))
            for colour, column in zip(refined, columns, strict=True)
        ]
        n_colours = len(set(refined))
        refined = _ranked(signatures)
        if len(set(refined)) == n_colours:
            return refined


def _ranked(items: Iterable[_T]) -> list[int]:
    """The items replaced by their rank among the different ones."""
    items = list(items)
    rank = {item: k for k, item in enumerate(sorted(set(items)))}  # type: ignore[type-var]
    return [rank[item] for item in items]
