r"""Finite rewardless Markov decision processes with named states and actions.

A rewardless MDP is $\langle S, A, T \rangle$: finitely many states, for each state $s$ a
non-empty set $A(s)$ of actions, and for each pair a distribution $T(s, a)$ over next
states. Rewards, discount rates and start states are not part of it: POWER asks what one
can do in the *same* world under *many* rewards (Turner, Smith, Shah, Critch & Tadepalli,
"Optimal Policies Tend to Seek Power", NeurIPS 2021, section 3).

Probabilities are held as given: `fractions.Fraction` where the input is exact (integers,
"p/q" strings, decimal strings), `float` otherwise. An MDP is *exact* when all of its
probabilities are fractions; then every row sums to exactly 1, and the exact methods apply.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from jaxtyping import Float

from .errors import InvalidMDP
from .rationals import rational

if TYPE_CHECKING:
    import networkx

Probability: TypeAlias = Fraction | float
Row: TypeAlias = tuple[tuple[int, Probability], ...]
"""One distribution over next states: (state index, probability > 0), by index."""

FLOAT_SUM_TOLERANCE = 1e-9
"""Rows with float probabilities must sum to 1 within this; they are then normalised."""


@dataclass(frozen=True)
class MDP:
    """An immutable, validated rewardless MDP.

    Build one with `MDP.from_transitions`, or read it from a file with
    `powerseek.theory.read_mdp`. The direct constructor takes index form and does not
    validate.

    Attributes:
        states: the state names, in order; index ``i`` below means ``states[i]``.
        actions: per state, the action names, in order.
        rows: ``rows[s][a]`` is the distribution over next states, sorted by index,
            without zero entries.

    >>> wait = MDP.from_transitions({
    ...     "start": {"eat": {"candy": 1}, "wait": {"later": 1}},
    ...     "candy": {"stay": {"candy": 1}},
    ...     "later": {"stay": {"later": 1}, "flip": {"candy": "1/2", "later": "1/2"}},
    ... })
    >>> wait.states, wait.is_exact, wait.is_deterministic
    (('start', 'candy', 'later'), True, False)
    >>> wait.rows[2][1]
    ((1, Fraction(1, 2)), (2, Fraction(1, 2)))
    """

    states: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[Row, ...], ...]

    @classmethod
    def from_transitions(
        cls,
        transitions: Mapping[str, Mapping[str, Mapping[str, object]]],
        states: Sequence[str] | None = None,
    ) -> MDP:
        """Build and validate an MDP from nested mappings of names.

        Args:
            transitions: ``{state: {action: {next state: probability}}}``. A probability
                is an int, a Fraction, a "p/q" or decimal string (exact), or a float.
            states: the order of the states; by default the order of ``transitions``.

        Raises:
            InvalidMDP: naming the state and action at fault, with the offending value.
        """
        names = tuple(transitions if states is None else states)
        if not names:
            raise invalid_mdp("states", [], "at least one state")
        index: dict[str, int] = {}
        for i, name in enumerate(names):
            _check_name(f"states[{i}]", name)
            if name in index:
                raise invalid_mdp(f"states[{i}]", name, "each state name only once")
            index[name] = i
        for name in transitions:
            if name not in index:
                raise invalid_mdp("actions", name, f"a state listed in states: {_short(names)}")
        actions: list[tuple[str, ...]] = []
        rows: list[tuple[Row, ...]] = []
        for state in names:
            available = transitions.get(state, {})
            field = f"actions[{state!r}]"
            if not isinstance(available, Mapping):
                raise invalid_mdp(field, available, "an object of named actions")
            if not available:
                expected = "at least one action (an absorbing state has a self-loop)"
                raise invalid_mdp(field, {}, expected)
            for action in available:
                _check_name(f"{field} action name", action)
            actions.append(tuple(available))
            rows.append(
                tuple(
                    read_distribution(f"{field}[{action!r}]", distribution, index)
                    for action, distribution in available.items()
                )
            )
        return cls(names, tuple(actions), tuple(rows))

    @classmethod
    def from_successors(
        cls,
        successors: Mapping[str, Iterable[str]],
        states: Sequence[str] | None = None,
    ) -> MDP:
        """A deterministic MDP from a digraph: one action per edge, named after its head.

        >>> MDP.from_successors({"a": ["a", "b"], "b": ["b"]}).actions
        (('a', 'b'), ('b',))
        """
        return cls.from_transitions(
            {s: {t: {t: 1} for t in heads} for s, heads in successors.items()}, states
        )

    @classmethod
    def from_digraph(cls, graph: networkx.DiGraph) -> MDP:
        """A deterministic MDP from a networkx digraph: one action per edge.

        Nodes become states named ``str(node)``, in the order of the graph; an action is
        named after the state it leads to. Parallel edges are one move; edge and node
        attributes are not read. Every node needs an edge out (absorbing: a self-loop).

        Raises:
            InvalidMDP: if the graph is undirected, two nodes have the same name, or a
                node has no edge out.

        >>> import networkx as nx
        >>> MDP.from_digraph(nx.DiGraph([(0, 0), (0, 1), (1, 1)])).actions
        (('0', '1'), ('1',))
        """
        if not graph.is_directed():
            raise invalid_mdp("graph", graph, "a directed graph such as networkx.DiGraph")
        return cls.from_successors(
            {str(node): map(str, graph.successors(node)) for node in graph},
            states=[str(node) for node in graph],
        )

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.states)

    @cached_property
    def max_actions(self) -> int:
        """Largest number of actions available in one state."""
        return max(len(names) for names in self.actions)

    @cached_property
    def is_exact(self) -> bool:
        """Whether every probability is a `Fraction`."""
        return all(isinstance(p, Fraction) for row in self._all_rows() for _, p in row)

    @cached_property
    def is_deterministic(self) -> bool:
        """Whether every action leads to one state for sure."""
        return all(len(row) == 1 for row in self._all_rows())

    def _all_rows(self) -> Iterable[Row]:
        return (row for available in self.rows for row in available)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.states)}

    def index(self, state: str) -> int:
        """Index of a named state.

        Raises:
            InvalidMDP: if there is no such state.
        """
        try:
            return self._index[state]
        except KeyError:
            expected = f"one of {_short(self.states)}"
            raise invalid_mdp("state", state, expected) from None

    def action_index(self, state: str, action: str) -> int:
        """Index of a named action among those available in a state.

        Raises:
            InvalidMDP: if there is no such state or action.
        """
        available = self.actions[self.index(state)]
        try:
            return available.index(action)
        except ValueError:
            field = f"action in state {state!r}"
            raise invalid_mdp(field, action, f"one of {_short(available)}") from None

    def successors(self, s: int) -> frozenset[int]:
        """Indices of the states that some action may reach from state ``s`` in one step."""
        return frozenset(t for row in self.rows[s] for t, _ in row)

    def reachable(self, s: int) -> frozenset[int]:
        """Indices of the states some policy visits from ``s``, ``s`` itself included."""
        seen, frontier = {s}, [s]
        while frontier:
            new = self.successors(frontier.pop()) - seen
            seen |= new
            frontier.extend(new)
        return frozenset(seen)

    def transition_tensor(self) -> Float[np.ndarray, "S A S"]:
        """Transition probabilities as float64, ``A`` the largest number of actions.

        A state with fewer than ``A`` actions repeats its first action in the spare
        places, so that maxima over actions need no mask.
        """
        tensor = np.zeros((self.n_states, self.max_actions, self.n_states))
        for s, available in enumerate(self.rows):
            for a in range(self.max_actions):
                for t, p in available[a if a < len(available) else 0]:
                    tensor[s, a, t] = float(p)
        return tensor

    def to_transitions(self) -> dict[str, dict[str, dict[str, Probability]]]:
        """The nested mappings that `from_transitions` takes (its inverse).

        >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
        >>> MDP.from_transitions(mdp.to_transitions()) == mdp
        True
        """
        return {
            state: {
                action: {self.states[t]: p for t, p in row}
                for action, row in zip(self.actions[s], self.rows[s], strict=True)
            }
            for s, state in enumerate(self.states)
        }

    def to_digraph(self) -> networkx.DiGraph:
        """The digraph of possible moves; edge attribute ``actions`` lists their names."""
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_nodes_from(self.states)
        for s, available in enumerate(self.rows):
            for name, row in zip(self.actions[s], available, strict=True):
                for t, _ in row:
                    edge = (self.states[s], self.states[t])
                    if not graph.has_edge(*edge):
                        graph.add_edge(*edge, actions=[])
                    graph.edges[edge]["actions"].append(name)
        return graph

    def rationalize(self, max_denominator: int = 10**6) -> MDP:
        """A nearby exact MDP: each float becomes a fraction of bounded denominator.

        The largest entry of each row absorbs what is left of the sum, so rows sum to
        exactly 1. Exact MDPs are returned unchanged.
        """
        if self.is_exact:
            return self
        return MDP(
            self.states,
            self.actions,
            tuple(
                tuple(_rational_row(row, max_denominator) for row in available)
                for available in self.rows
            ),
        )


def invalid_mdp(field: str, value: object, expected: str) -> InvalidMDP:
    """The standard one-line error, with the value abridged however large it is."""
    return InvalidMDP(f"{field}: got {_ABRIDGED.repr(value)}, expected {expected}")


class _Abridger(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() > 4000:  # str() refuses thousands of digits
            return f"an integer of {x.bit_length()} bits"
        return super().repr_int(x, level)

    def repr_Fraction(self, x: Fraction, level: int) -> str:
        numerator = self.repr_int(x.numerator, level)
        return f"{numerator}/{self.repr_int(x.denominator, level)}"


_ABRIDGED = _Abridger()
_ABRIDGED.maxstring = _ABRIDGED.maxlong = _ABRIDGED.maxother = 60


def _short(names: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(_ABRIDGED.repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown}, ... ({len(names)} in all)"


def _check_name(field: str, name: object) -> None:
    """Refuse what cannot name a state or an action in a file or on a terminal."""
    if not isinstance(name, str) or not name:
        raise invalid_mdp(field, name, "a non-empty string")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise invalid_mdp(field, name, "text without lone surrogates") from None


def _probability(field: str, value: object) -> Probability:
    """Read one probability, exactly where the input is exact."""
    expected = 'a probability: a number in [0, 1] or a string such as "1/3"'
    number: Probability
    if isinstance(value, str):
        try:
            number = rational(value)
        except ValueError:
            raise invalid_mdp(field, value, expected) from None
    elif isinstance(value, int | np.integer) and not isinstance(value, bool):
        number = Fraction(int(value))
    elif isinstance(value, Fraction):
        number = value
    elif isinstance(value, float | np.floating):
        number = float(value)
    else:
        raise invalid_mdp(field, value, expected)
    if not 0 <= number <= 1:  # also refuses NaN
        raise invalid_mdp(field, value, expected)
    return number


def read_distribution(
    field: str, distribution: object, index: Mapping[str, int], kind: str = "next state"
) -> Row:
    """Validate one distribution over named things and put it in index form.

    Args:
        field: what the distribution is called in error messages.
        distribution: a mapping from names to probabilities, read as those of an MDP.
        index: the index of each known name.
        kind: what the names are called in error messages.

    Raises:
        InvalidMDP: naming the field at fault.

    >>> read_distribution("row", {"b": "1/3", "a": "2/3"}, {"a": 0, "b": 1})
    ((0, Fraction(2, 3)), (1, Fraction(1, 3)))
    """
    if not isinstance(distribution, Mapping):
        raise invalid_mdp(field, distribution, f"an object {{{kind}: probability}}")
    entries: dict[int, Probability] = {}
    for name, value in distribution.items():
        if name not in index:
            expected = f"a known {kind}, one of {_short(list(index))}"
            raise invalid_mdp(field, name, expected)
        entries[index[name]] = _probability(f"{field}[{name!r}]", value)
    exact = [p for p in entries.values() if isinstance(p, Fraction)]
    if len(exact) == len(entries):
        total = sum(exact, start=Fraction(0))
        if total != 1:
            is_short = total.denominator < 10**15
            shown = str(total) if is_short else f"about {float(total)!r}"
            raise InvalidMDP(f"{field}: probabilities sum to {shown}, expected 1")
    else:
        floats = {i: float(p) for i, p in entries.items()}
        mass = math.fsum(floats.values())
        if abs(mass - 1) > FLOAT_SUM_TOLERANCE:
            raise InvalidMDP(f"{field}: probabilities sum to {mass!r}, expected 1")
        entries = {i: p / mass for i, p in floats.items()}
    return tuple(sorted((i, p) for i, p in entries.items() if p > 0))


def _rational_row(row: Row, max_denominator: int) -> Row:
    entries = {t: Fraction(p).limit_denominator(max_denominator) for t, p in row}
    largest = max(entries, key=lambda t: entries[t])
    entries[largest] += 1 - sum(entries.values())
    return tuple(sorted((t, p) for t, p in entries.items() if p > 0))
