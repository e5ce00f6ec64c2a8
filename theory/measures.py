r"""Measures of states side by side with POWER, and where they disagree.

A *measure of states* is any function from an MDP to one result for each state. This
module gives the measures of this folder one signature, and compares a list of them with
the first (POWER, unless told otherwise): ranks, Kendall's $\tau_b$, and the pairs of
states that a measure orders the other way round.

Two states are ordered only where the results decide it: exactly, by certified bounds, or
by the interval of an estimate. Pairs that are not decided count as ties.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from .attainable_utility import attainable_utility_deviation
from .empowerment import empowerment
from .errors import InvalidInput
from .mdp import MDP
from .power import power
from .reachability import reachable_count, rsd_count
from .results import Result
from .uncertainty import difference, sign

if TYPE_CHECKING:
    from rich.table import Table

MeasureFunction: TypeAlias = Callable[[MDP], Mapping[str, Result]]
"""A function from an MDP to one result for each state, by name."""


@dataclass(frozen=True)
class StateMeasure:
    """A measure of states, with the name it has in tables.

    >>> from functools import partial
    >>> StateMeasure("states in 2 steps", partial(reachable_count, steps=2)).name
    'states in 2 steps'
    """

    name: str
    function: MeasureFunction

    def __call__(self, mdp: MDP) -> Mapping[str, Result]:
        """The result of each state."""
        return self.function(mdp)


@dataclass(frozen=True)
class Agreement:
    """How the orders of two measures compare, over all pairs of states.

    Attributes:
        concordant: pairs ordered alike.
        opposed: pairs ordered the other way round: (state, state), the first of which
            the reference puts higher.
        tied_reference: pairs tied in the reference only.
        tied_measure: pairs tied in the measure only.
        tied_both: pairs tied in both.
    """

    concordant: int
    opposed: tuple[tuple[str, str], ...]
    tied_reference: int
    tied_measure: int
    tied_both: int

    @property
    def tau(self) -> float:
        r"""Kendall's $\tau_b$ between -1 and 1; NaN if one measure ties everything."""
        decided = self.concordant + len(self.opposed)
        scale = math.sqrt((decided + self.tied_reference) * (decided + self.tied_measure))
        return (self.concordant - len(self.opposed)) / scale if scale else math.nan


@dataclass(frozen=True)
class MeasureTable:
    """Several measures of the states of one MDP; the first is the reference.

    Attributes:
        states: the state names.
        names: the names of the measures.
        values: for each measure, the result of each state.
        confidence: confidence at which estimates are told apart.
    """

    states: tuple[str, ...]
    names: tuple[str, ...]
    values: tuple[tuple[Result, ...], ...]
    confidence: float = 0.95

    def __getitem__(self, name: str) -> dict[str, Result]:
        """The results of one measure, by state.

        Raises:
            InvalidInput: if there is no measure of that name.
        """
        return dict(zip(self.states, self.values[self._place(name)], strict=True))

    def ranks(self, name: str) -> dict[str, int]:
        """Rank of each state: 1 plus the number of states that are higher for sure."""
        order = self._orders[self._place(name)]
        return {
            state: 1 + sum(order[t][s] > 0 for t in range(len(self.states)))
            for s, state in enumerate(self.states)
        }

    def agreement(self, name: str) -> Agreement:
        """Compare the order of one measure with that of the reference."""
        reference, measure = self._orders[0], self._orders[self._place(name)]
        concordant = tied_reference = tied_measure = tied_both = 0
        opposed: list[tuple[str, str]] = []
        for s, t in combinations(range(len(self.states)), 2):
            x, y = reference[s][t], measure[s][t]
            concordant += x * y > 0
            tied_reference += x == 0 != y
            tied_measure += x != 0 == y
            tied_both += x == 0 == y
            if x * y < 0:
                high, low = (s, t) if x > 0 else (t, s)
                opposed.append((self.states[high], self.states[low]))
        return Agreement(concordant, tuple(opposed), tied_reference, tied_measure, tied_both)

    def to_markdown(self) -> str:
        """A Markdown table: one row for each state, values with ranks in brackets."""
        header, *body = self._cells()
        rule = ["---", *("---:" for _ in self.names)]
        return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *body))

    def __rich__(self) -> Table:
        """The same table for a terminal (``rich.print(table)``)."""
        from rich.table import Table

        header, *body = self._cells()
        table = Table(header[0], caption="value (rank)")
        for name in header[1:]:
            table.add_column(name, justify="right")
        for row in body[:-1]:
            table.add_row(*row)
        table.add_section()
        table.add_row(*body[-1])
        return table

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise InvalidInput.of("name", name, f"one of {list(self.names)}")
        return self.names.index(name)

    @cached_property
    def _orders(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """Signs of all differences of states, for each measure; 0 where undecided."""
        return tuple(
            tuple(
                tuple(sign(difference(x, y), self.confidence) or 0 for y in column) for x in column
            )
            for column in self.values
        )

    def _cells(self) -> list[list[str]]:
        ranks = [self.ranks(name) for name in self.names]
        body = [
            [state]
            + [
                f"{column[s].value:.4g} ({rank[state]})"
                for column, rank in zip(self.values, ranks, strict=True)
            ]
            for s, state in enumerate(self.states)
        ]
        taus = [f"{self.agreement(name).tau:.3f}" for name in self.names]
        return [["state", *self.names], *body, [f"tau with {self.names[0]}", *taus]]


def standard_measures(mdp: MDP, gamma: object) -> tuple[StateMeasure, ...]:
    """POWER and the measures of this folder that it is usually compared with.

    Recurrent state distributions ("ways to go on") are counted for deterministic MDPs
    only: otherwise there is one for almost every policy. "Utility change" is the attainable
    utility deviation from the first state.
    """
    measures = (
        StateMeasure("POWER", lambda world: power(world, gamma)),
        StateMeasure("empowerment, 1 step", partial(empowerment, steps=1)),
        StateMeasure("empowerment, 3 steps", partial(empowerment, steps=3)),
        StateMeasure("states in 1 step", partial(reachable_count, steps=1)),
        StateMeasure("states ever", reachable_count),
        StateMeasure("utility change", partial(attainable_utility_deviation, gamma=gamma)),
    )
    if mdp.is_exact and mdp.is_deterministic:
        ways = StateMeasure("ways to go on", partial(rsd_count, nondominated=True))
        return (*measures, ways)
    return measures


def compare_measures(
    mdp: MDP,
    gamma: object,
    measures: Sequence[StateMeasure] | None = None,
    confidence: float = 0.95,
) -> MeasureTable:
    """Compute several measures of states and set them against the first.

    Args:
        mdp: the MDP.
        gamma: the discount rate of POWER.
        measures: the measures, the reference first; by default `standard_measures`.
        confidence: confidence at which estimates are told apart.

    Raises:
        InvalidInput: if no measure is given, two have the same name, or one leaves out
            a state.
    """
    chosen = standard_measures(mdp, gamma) if measures is None else tuple(measures)
    names = tuple(measure.name for measure in chosen)
    if not names or len(set(names)) < len(names):
        raise InvalidInput.of("measures", list(names), "at least one, no name twice")
    columns: list[tuple[Result, ...]] = []
    for measure in chosen:
        found = measure(mdp)
        missing = [state for state in mdp.states if state not in found]
        if missing:
            field = f"measure {measure.name!r}"
            raise InvalidInput.of(field, missing[0], "a result for this state too")
        columns.append(tuple(found[state] for state in mdp.states))
    return MeasureTable(mdp.states, names, tuple(columns), confidence)
