r"""POWER as a function of the discount rate, exactly.

For each state, $\gamma \mapsto \mathrm{POWER}(s,\gamma)$ on $(0,1)$ is continuous and
piecewise rational, with algebraic breakpoints, for uniform, exponential and simplex
rewards. $F_{nd}(s)$ is the same for all $\gamma$
(`powerseek.theory.exact.dominance`); each piece is found from one sample
(`powerseek.theory.exact.symbolic_cells`), is valid up to the nearest roots of its guards,
and the rest of $(0,1)$ is treated likewise. Neighbouring pieces with the same function
are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import sympy

from powerseek.theory.discount import discount
from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp import MDP
from powerseek.theory.rewards import (
    RewardDistribution,
    Simplex,
    reward_distribution,
)

from .algebraic import AlgebraicNumber, rational_between, roots_of_all
from .cost import Announce, planned_seconds
from .expectation import Law
from .piecewise_rational import (
    ONE,
    ZERO,
    Crossing,
    Piece,
    PiecewiseRational,
    common_intervals,
    order_changes,
    pieces_from_json,
    pieces_to_json,
)
from .policies import Choices, distinct_choices
from .rational import to_flint
from .rational_functions import RationalFunction
from .structure import extend_to_forced, forced_and_branching, nondominated_rows, stand_ins
from .supported import law_of
from .symbolic_cells import Coincidence, SymbolicMaximum
from .visits import require_exact
from .workers import Progress, for_each_state

GAMMA = sympy.Symbol("gamma")
"""The symbol of the discount rate in sympy expressions."""

FORMAT = "powerseek-symbolic-power/1"

MAX_SAMPLES = 100
"""Samples tried in one interval; more than a few are a defect of the library."""


@dataclass(frozen=True)
class SymbolicPower:
    """POWER of one state as a function of gamma on (0, 1).

    Attributes:
        state: the name of the state.
        reward: the name of the reward distribution.
        function: the function.

    >>> from powerseek.theory.gallery import load
    >>> start, candy, wait, *_ = symbolic_power(load("wait"))
    >>> start.expr, start.at("1/2"), start.limit_at_one
    ((gamma**2 + 8)/12, Fraction(11, 16), Fraction(3, 4))
    """

    state: str
    reward: str
    function: PiecewiseRational

    @property
    def expr(self) -> Any:
        """A sympy expression in `GAMMA`; a ``Piecewise`` if there are breakpoints."""
        return self.function.to_sympy(GAMMA)

    @property
    def breakpoints(self) -> tuple[Any, ...]:
        """The discount rates at which the formula changes, as sympy numbers."""
        return tuple([x.to_sympy() for x in self.function.breakpoints])

    def at(self, gamma: object) -> Fraction:
        """POWER at a rational discount rate, as `exact_power` gives it.

        Raises:
            InvalidInput: if gamma is outside (0, 1).
        """
        return self.function.at(discount(gamma))

    @property
    def limit_at_zero(self) -> Fraction:
        r"""$\lim_{\gamma \to 0^+}$ of POWER."""
        return self.function.limit_at_zero

    @property
    def limit_at_one(self) -> Fraction:
        r"""$\lim_{\gamma \to 1^-}$ of POWER."""
        return self.function.limit_at_one

    def derivative(self) -> Any:
        """The derivative with respect to gamma, as a sympy expression in `GAMMA`."""
        return self.function.derivative().to_sympy(GAMMA)

    def to_json(self) -> dict[str, Any]:
        """A JSON document from which `from_json` restores the function exactly."""
        return {
            "format": FORMAT,
            "state": self.state,
            "reward": self.reward,
            "pieces": pieces_to_json(self.function),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> SymbolicPower:
        """The inverse of `to_json`.

        Raises:
            InvalidInput: if the document is not of this format.
        """
        if document.get("format") != FORMAT:
            raise InvalidInput.of("format", document.get("format"), FORMAT)
        for field in ("state", "reward"):
            if not isinstance(document.get(field), str):
                raise InvalidInput.of(field, document.get(field), "a name")
        function = pieces_from_json(document.get("pieces"))
        return cls(document["state"], document["reward"], function)


def crossings(a: SymbolicPower, b: SymbolicPower) -> tuple[Crossing, ...]:
    """The discount rates at which the POWER order of two states changes.

    Returns:
        Every change of the sign of ``a - b``, with the signs before and after it (0 on
        an interval where both are equal).

    >>> from powerseek.theory.gallery import load
    >>> start, candy, wait, *_ = symbolic_power(load("wait"))
    >>> crossings(start, wait)
    ()
    """
    return order_changes(a.function, b.function)


def symbolic_power(
    mdp: MDP,
    reward: str | RewardDistribution = "uniform",
    states: Sequence[str] | None = None,
    force: bool = False,
    announce: Announce | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[SymbolicPower, ...]:
    """POWER of states as functions of gamma.

    Args:
        mdp: an exact MDP.
        reward: uniform, exponential or simplex (by name or as an object).
        states: whose POWER is wanted, in that order; by default all.
        force: compute even if it is predicted to take very long.
        announce: told the size of a computation that is predicted to take long.
        workers: processes that states are split over (`powerseek.theory.exact.workers`).
        progress: called with (states done, states in all), as by `exact_power`.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if a state or the reward distribution is not as above.
        TooLarge: if the computation is predicted to take too long.

    >>> from powerseek.theory.gallery import complete
    >>> symbolic_power(complete(2), states=["s1"])[0].expr
    2/3
    """
    require_exact(mdp)
    distribution = reward_distribution(reward)
    law = law_of(distribution)
    names = mdp.states if states is None else tuple(states)
    wanted = [mdp.index(name) for name in names]
    seconds = planned_seconds(
        mdp, None, distribution, names, force=force, announce=announce, workers=workers
    )
    choices = distinct_choices(mdp)
    forced, branching = forced_and_branching(choices, wanted)
    scale = Fraction(1, mdp.n_states) if isinstance(distribution, Simplex) else Fraction(1)
    like = stand_ins(choices, branching)
    at_choice = partial(_at_choice, choices, law=law)
    different = list(dict.fromkeys(like.values()))
    integrals = for_each_state(at_choice, different, workers, progress, seconds)
    functions = {s: integrals[t] for s, t in like.items()}
    functions |= _extended(choices, forced, functions, law)
    return tuple(
        [
            SymbolicPower(name, distribution.name, _scaled(functions[s], scale))
            for name, s in zip(names, wanted, strict=True)
        ]
    )


def _at_choice(choices: Choices, s: int, law: Law) -> PiecewiseRational:
    """POWER of a state with several actions."""
    gamma = RationalFunction.gamma()
    maximum = SymbolicMaximum(nondominated_rows(choices, s, gamma), law)
    factor = (1 - gamma) / gamma
    pieces: list[Piece] = []
    unknown = [(ZERO, ONE)]
    while unknown:
        low, high = unknown.pop()
        piece = _piece_within(maximum, low, high)
        pieces.append(Piece(piece.low, piece.high, piece.value * factor))
        if low < piece.low:
            unknown.append((low, piece.low))
        if piece.high < high:
            unknown.append((piece.high, high))
    return PiecewiseRational.joined(pieces)


def _piece_within(maximum: SymbolicMaximum, low: AlgebraicNumber, high: AlgebraicNumber) -> Piece:
    """A piece around some sample in an interval; few samples are unlucky."""
    end = high
    for _ in range(MAX_SAMPLES):
        sample = rational_between(low, end)
        try:
            value, guards = maximum.near(to_flint(sample))
        except Coincidence:
            end = AlgebraicNumber.rational(sample)
            continue
        for root in roots_of_all(guards):
            if root.compare(sample) < 0:
                low = max(low, root)
            else:
                high = min(high, root)
        return Piece(low, high, value)
    raise ArithmeticError(f"no generic sample among {MAX_SAMPLES} in ({low}, {high})")


def _extended(
    choices: Choices,
    forced: Sequence[int],
    known: dict[int, PiecewiseRational],
    law: Law,
) -> dict[int, PiecewiseRational]:
    """POWER of states with a single action, interval by interval."""
    gamma = RationalFunction.gamma()
    pieces: dict[int, list[Piece]] = {s: [] for s in forced}
    for low, high, values in common_intervals(list(known.values())):
        here = dict(zip(known, values, strict=True))
        for s, value in extend_to_forced(choices, forced, here, gamma, law.mean).items():
            pieces[s].append(Piece(low, high, RationalFunction.of(value)))
    return {s: PiecewiseRational.joined(parts) for s, parts in pieces.items()}


def _scaled(function: PiecewiseRational, scale: Fraction) -> PiecewiseRational:
    return PiecewiseRational(
        tuple([Piece(p.low, p.high, p.value * to_flint(scale)) for p in function.pieces])
    )
