r"""Copies of one set of vectors inside another, by swapping coordinates.

A permutation $\phi$ that is its own inverse (an *involution*: it swaps some pairs of
states and leaves the others) carries a set $X' \subset \mathbb{Q}^d$ to
$\phi \cdot X' = \{P_\phi x : x \in X'\}$. The set $X$ *contains a copy* of $X'$ if
$\phi \cdot X' \subseteq X$ for some involution, and *$n$ copies* if there are involutions
$\phi_1, \dots, \phi_n$ with $X_i = \phi_i \cdot X' \subseteq X$ and
$\phi_i \cdot X_j = X_j$ for $j \ne i$ (Turner et al., "Optimal Policies Tend to Seek
Power", NeurIPS 2021, definition 6.1; Turner & Tadepalli, NeurIPS 2022, definition A.7).

If the visit distributions $\mathcal F(s)$ contain a copy of the non-dominated ones of
$s'$, then $\mathrm{POWER}(s) \ge_{\text{most}} \mathrm{POWER}(s')$ (proposition 6.6). That
$\phi$ is an involution matters: the proof carries an orbit element there and back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from typing import TypeAlias

from .errors import InvalidInput, TooLarge
from .exact_numbers import exact_numbers
from .mdp import MDP
from .orbits import Permutation, permute

Vector: TypeAlias = tuple[Fraction, ...]
_Type: TypeAlias = tuple[Vector, Vector]

INVOLUTION_LIMIT = 2_000
"""Most involutions that `find_copies` compares with each other."""

POLICY_LIMIT = 20_000
"""Most deterministic policies that `compare_options` enumerates for one action."""


def find_copy(
    small: Sequence[Sequence[object]],
    large: Sequence[Sequence[object]],
    keep: Sequence[Sequence[object]] = (),
) -> Permutation | None:
    r"""An involution $\phi$ with $\phi \cdot \text{small} \subseteq \text{large}$, if any.

    Args:
        small: the vectors to be embedded.
        large: the vectors to embed them into.
        keep: a set of vectors that must be mapped onto itself; empty for none.

    Returns:
        The involution, as the tuple of images, or None if there is no such one: the
        search is exhaustive.

    >>> find_copy([(1, 0, 0)], [(0, 1, 0)])
    (1, 0, 2)
    >>> find_copy([(2, 1, 0)], [(0, 2, 1)]) is None
    True
    """
    inner, outer, kept = _read(small, large, keep)
    return next(_embeddings(inner, outer, kept), None)


def find_copies(
    small: Sequence[Sequence[object]],
    large: Sequence[Sequence[object]],
    keep: Sequence[Sequence[object]] = (),
) -> tuple[Permutation, ...]:
    r"""The most involutions that make ``large`` contain that many copies of ``small``.

    With ``keep`` the set of all options, and ``small``, ``large`` two subsets of it,
    $n$ copies make every rule determined by expected utility prefer ``large`` at least
    $n$ times as often (theorem A.13 of the second paper).

    Args:
        small: the vectors to be embedded.
        large: the vectors to embed them into.
        keep: a set of vectors that every involution must map onto itself.

    Raises:
        TooLarge: if there are more than `INVOLUTION_LIMIT` involutions to choose from.

    >>> len(find_copies([(1, 0, 0)], [(0, 1, 0), (0, 0, 1)]))
    2
    """
    import networkx as nx

    inner, outer, kept = _read(small, large, keep)
    candidates: list[tuple[Permutation, frozenset[Vector]]] = []
    for phi in _embeddings(inner, outer, kept):
        if len(candidates) == INVOLUTION_LIMIT:
            raise TooLarge(f"small: more than {INVOLUTION_LIMIT} ways to embed it")
        candidates.append((phi, _moved(phi, inner)))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(candidates)), weight=1)
    for i, (phi, image) in enumerate(candidates):
        for j, (psi, other) in enumerate(candidates[:i]):
            if _moved(phi, other) == other and _moved(psi, image) == image:
                graph.add_edge(i, j)
    if not candidates:
        return ()
    clique, _ = nx.max_weight_clique(graph)
    return tuple(candidates[i][0] for i in sorted(clique))


@dataclass(frozen=True)
class OptionsComparison:
    """Whether one action keeps at least the options of another, up to a swap of states.

    Attributes:
        involution: an involution that embeds the visit distributions after ``other``
            into those after ``action``, or None.
        returns: whether the state can be reached again after ``other``.
        exclusive: whether the state reaches what lies behind the two actions only by
            taking an action equivalent to one of them.
    """

    involution: Permutation | None
    returns: bool
    exclusive: bool

    @property
    def tends_to_seek_power(self) -> bool:
        """Whether proposition 6.9 (1) applies: the action mostly leads to more POWER."""
        return self.involution is not None and not self.returns

    @property
    def tends_to_be_optimal(self) -> bool:
        """Whether proposition 6.9 (2) applies: the action is mostly likelier optimal."""
        return self.involution is not None and self.exclusive


def compare_options(
    mdp: MDP, state: str, action: str, other: str, gamma: object
) -> OptionsComparison:
    """Check the premises of proposition 6.9 (keeping options open) for two actions.

    The visit distributions are compared at one discount rate. They are rational
    functions of it, so what is a copy at one rate is a copy at every rate, save for
    finitely many rates at which two of these functions happen to agree.

    Args:
        mdp: an exact MDP, small enough to enumerate its policies.
        state: the state at which both actions are available.
        action: the action that may keep more options.
        other: the action it is compared with.
        gamma: a discount rate, as `powerseek.theory.discount.discount` reads it.

    Raises:
        TooLarge: if an action leaves more than `POLICY_LIMIT` policies.
        NotExact: if the MDP is not exact.

    >>> mdp = MDP.from_successors({
    ...     "s": ["l", "r"], "l": ["l"], "r": ["r", "t"], "t": ["t"]})
    >>> found = compare_options(mdp, "s", "r", "l", gamma="1/2")
    >>> found.involution, found.tends_to_seek_power, found.tends_to_be_optimal
    ((0, 2, 1, 3), True, True)
    """
    s = mdp.index(state)
    a, b = mdp.action_index(state, action), mdp.action_index(state, other)
    after_a, after_b = _only(mdp, s, a), _only(mdp, s, b)
    behind = _behind(mdp, s, a) | _behind(mdp, s, b)
    detours = (
        _behind(_only(mdp, s, c), s, 0)
        for c, row in enumerate(mdp.rows[s])
        if row not in (mdp.rows[s][a], mdp.rows[s][b])
    )
    return OptionsComparison(
        find_copy(_visits(after_b, state, gamma), _visits(after_a, state, gamma)),
        returns=s in _behind(mdp, s, b),
        exclusive=all(not reached & behind for reached in detours),
    )


def _visits(mdp: MDP, state: str, gamma: object) -> list[Vector]:
    """All visit distributions of deterministic policies, if there are not too many."""
    from .exact.policies import count_restricted_policies, distinct_choices
    from .exact.visits import visit_distributions

    choices, start = distinct_choices(mdp), mdp.index(state)
    if count_restricted_policies(choices, start, POLICY_LIMIT + 1) > POLICY_LIMIT:
        raise TooLarge(f"mdp: state {state!r} has more than {POLICY_LIMIT} policies")
    return [f.visits for f in visit_distributions(mdp, state, gamma)]


def _behind(mdp: MDP, s: int, a: int) -> frozenset[int]:
    """States that can be reached after the given action."""
    return frozenset().union(*(mdp.reachable(t) for t, _ in mdp.rows[s][a]))


def _only(mdp: MDP, s: int, a: int) -> MDP:
    """The same MDP, but for one state at which only one action is left."""
    actions, rows = list(mdp.actions), list(mdp.rows)
    actions[s], rows[s] = (actions[s][a],), (rows[s][a],)
    return MDP(mdp.states, tuple(actions), tuple(rows))


def _read(
    small: Sequence[Sequence[object]],
    large: Sequence[Sequence[object]],
    keep: Sequence[Sequence[object]],
) -> tuple[tuple[Vector, ...], frozenset[Vector], frozenset[Vector]]:
    if not small:
        raise InvalidInput.of("small", list(small), "at least one vector")
    size = len(small[0])
    read: list[list[Vector]] = []
    for field, vectors in (("small", small), ("large", large), ("keep", keep)):
        read.append([exact_numbers(f"{field}[{i}]", v) for i, v in enumerate(vectors)])
        for i, vector in enumerate(read[-1]):
            if len(vector) != size:
                raise InvalidInput.of(f"{field}[{i}]", len(vector), f"{size} numbers")
    inner, outer, kept = read
    return tuple(dict.fromkeys(inner)), frozenset(outer), frozenset(kept)


def _moved(phi: Permutation, vectors: Iterable[Vector]) -> frozenset[Vector]:
    return frozenset(permute(phi, vector) for vector in vectors)


def _embeddings(
    inner: tuple[Vector, ...], outer: frozenset[Vector], kept: frozenset[Vector]
) -> Iterator[Permutation]:
    """All involutions that map ``inner`` into ``outer`` and ``kept`` onto itself.

    Choose an image for each vector. Call (column of the vectors, column of their images)
    the type of a coordinate: an involution must pair coordinates of type (x, y) with
    ones of type (y, x), so it exists if and only if there are as many of either.
    """
    by_entries: dict[Vector, list[Vector]] = defaultdict(list)
    for vector in sorted(outer):
        by_entries[tuple(sorted(vector))].append(vector)
    size = len(inner[0])

    def extend(depth: int, types: list[_Type]) -> Iterator[Permutation]:
        counts = Counter(types)
        if any(counts[y, x] != count for (x, y), count in counts.items()):
            return
        if depth == len(inner):
            for phi in _involutions(types):
                if _moved(phi, kept) == kept:
                    yield phi
            return
        vector = inner[depth]
        for image in by_entries[tuple(sorted(vector))]:
            longer = [((*x, vector[i]), (*y, image[i])) for i, (x, y) in enumerate(types)]
            yield from extend(depth + 1, longer)

    return extend(0, [((), ())] * size)


def _involutions(types: Sequence[_Type]) -> Iterator[Permutation]:
    """Involutions that pair each coordinate with one of the mirrored type or itself."""
    groups: dict[_Type, list[int]] = defaultdict(list)
    for i, kind in enumerate(types):
        groups[kind].append(i)
    pairs = [(groups[x, y], groups[y, x]) for x, y in groups if x <= y]

    def extend(depth: int, phi: list[int]) -> Iterator[Permutation]:
        if depth == len(pairs):
            yield tuple(phi)
            return
        left, right = pairs[depth]
        matchings = _self_matchings(left) if left == right else _matchings(left, right)
        for matching in matchings:
            for i, j in matching:
                phi[i], phi[j] = j, i
            yield from extend(depth + 1, phi)

    return extend(0, list(range(len(types))))


def _matchings(left: list[int], right: list[int]) -> Iterator[list[tuple[int, int]]]:
    for order in permutations(right):
        yield list(zip(left, order, strict=True))


def _self_matchings(indices: list[int]) -> Iterator[list[tuple[int, int]]]:
    """All ways to pair some of the indices, starting with none; (i, i) stays in place."""
    if not indices:
        yield []
        return
    first, *rest = indices
    for others in _self_matchings(rest):
        yield [(first, first), *others]
    for k, partner in enumerate(rest):
        for others in _self_matchings(rest[:k] + rest[k + 1 :]):
            yield [(first, partner), *others]
