r"""Which actions seek more POWER.

At a state $s$, action $a$ seeks more POWER than $a'$ when

$$ \mathbb{E}_{s_a \sim T(s,a)}\big[\mathrm{POWER}_{\mathcal D}(s_a, \gamma)\big] \ge
   \mathbb{E}_{s_{a'} \sim T(s,a')}\big[\mathrm{POWER}_{\mathcal D}(s_{a'}, \gamma)\big] $$

(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 5.6). The
notion compares; no action seeks POWER by itself.

The difference of the two sides is a weighted sum of the POWER values with weights
$T(s,a) - T(s,a')$: states that both actions lead to cancel before any uncertainty is
counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from itertools import combinations

import numpy as np
from jaxtyping import Float

from .errors import InvalidInput
from .mdp import MDP, Probability, Row
from .results import Result
from .uncertainty import sign, weighted_sum


@dataclass(frozen=True)
class ActionRanking:
    """The actions of one state by the POWER they are expected to lead to.

    Attributes:
        state: the state.
        expected: expected POWER after each action, the largest first; equal ones keep
            the order of the MDP.
        gaps: for each pair (earlier, later) of that order, the expected POWER of the
            earlier action minus that of the later one.
    """

    state: str
    expected: Mapping[str, Result]
    gaps: Mapping[tuple[str, str], Result]

    def gap(self, action: str, other: str) -> Result:
        """Expected POWER after ``action`` minus expected POWER after ``other``.

        Raises:
            InvalidInput: if one of them is no action of the state.
        """
        for name in (action, other):
            if name not in self.expected:
                raise InvalidInput.of(
                    f"action in state {self.state!r}", name, f"one of {list(self.expected)}"
                )
        if (action, other) in self.gaps:
            return self.gaps[action, other]
        if action == other:
            return weighted_sum([Fraction(0)], [self.expected[action]])
        return weighted_sum([Fraction(-1)], [self.gaps[other, action]])

    def seeks_more(self, action: str, other: str, confidence: float = 0.95) -> bool | None:
        """Whether ``action`` seeks more POWER than ``other`` (or just as much).

        None where the uncertainty of the POWER values leaves it open: the certified
        bounds overlap, or the difference of estimates is within its interval of the
        given confidence.
        """
        found = sign(self.gap(action, other), confidence)
        return None if found is None else found >= 0


def rank_actions(
    mdp: MDP,
    power: Mapping[str, Result] | Sequence[Result],
    states: Iterable[str] | None = None,
    covariance: Float[np.ndarray, "S S"] | None = None,
) -> dict[str, ActionRanking]:
    """Rank the actions of each state by expected POWER after them.

    Args:
        mdp: the MDP.
        power: the POWER of each state, by name or in the order of the states: the
            result of `powerseek.theory.power`, or of any other measure of states.
        states: the states to rank the actions of; by default those with a choice.
        covariance: covariance matrix of the estimates in ``power``, where the run that
            made them gives it; see `powerseek.theory.uncertainty`.

    Raises:
        InvalidInput: naming ``power``, if a state is missing from it.

    >>> from powerseek.theory.results import Exact
    >>> mdp = MDP.from_successors({"s": ["a", "b"], "a": ["a"], "b": ["a", "b"]})
    >>> values = {"s": "2/3", "a": "1/2", "b": "2/3"}
    >>> ranking = rank_actions(mdp, {s: Exact(Fraction(v)) for s, v in values.items()})
    >>> list(ranking["s"].expected), ranking["s"].seeks_more("a", "b")
    (['b', 'a'], False)
    >>> print(ranking["s"].gap("b", "a"))
    1/6
    """
    values = _by_index(mdp, power)
    if states is None:
        chosen = [s for s in range(mdp.n_states) if len(mdp.rows[s]) > 1]
    else:
        chosen = [mdp.index(name) for name in states]
    return {mdp.states[s]: _rank(mdp, s, values, covariance) for s in chosen}


def transition_gap(left: Row, right: Row) -> dict[int, Probability]:
    """The signed weights ``left - right`` of two distributions over next states.

    >>> half = Fraction(1, 2)
    >>> transition_gap(((0, half), (1, half)), ((1, half), (2, half)))
    {0: Fraction(1, 2), 1: Fraction(0, 1), 2: Fraction(-1, 2)}
    """
    weights: dict[int, Probability] = dict(left)
    for t, p in right:
        weights[t] = weights.get(t, Fraction(0)) - p
    return weights


def _by_index(mdp: MDP, power: Mapping[str, Result] | Sequence[Result]) -> tuple[Result, ...]:
    if isinstance(power, Mapping):
        missing = [name for name in mdp.states if name not in power]
        if missing:
            raise InvalidInput.of("power", missing[0], "a value for this state too")
        return tuple(power[name] for name in mdp.states)
    if len(power) != mdp.n_states:
        raise InvalidInput.of("power", len(power), f"{mdp.n_states} values, one a state")
    return tuple(power)


def _rank(
    mdp: MDP,
    s: int,
    values: Sequence[Result],
    covariance: Float[np.ndarray, "S S"] | None,
) -> ActionRanking:
    names, rows = mdp.actions[s], mdp.rows[s]

    def total(weights: Mapping[int, Probability]) -> Result:
        places = sorted(weights)
        block = None if covariance is None else covariance[np.ix_(places, places)]
        return weighted_sum([weights[t] for t in places], [values[t] for t in places], block)

    def gap(a: int, b: int) -> Result:
        return total(transition_gap(rows[a], rows[b]))

    def larger_first(a: int, b: int) -> int:
        return _point_sign(gap(b, a))

    order = sorted(range(len(rows)), key=cmp_to_key(larger_first))
    return ActionRanking(
        mdp.states[s],
        {names[a]: total(dict(rows[a])) for a in order},
        {(names[a], names[b]): gap(a, b) for a, b in combinations(order, 2)},
    )


def _point_sign(result: Result) -> int:
    """The sign of the best guess: exact where the result is exact."""
    found = sign(result)
    return found if found is not None else (result.value > 0) - (result.value < 0)
