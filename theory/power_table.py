r"""Tables of POWER: one number, or one formula in $\gamma$, for each state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .discount import discount
from .errors import InvalidInput
from .results import Certified, Estimate, Exact, Result

if TYPE_CHECKING:
    from .exact.gaussian import ClosedForm
    from .exact.symbolic import SymbolicPower

_FLOAT_ROUNDING = 2.0**-48
"""More than the relative error of a float computed from a sympy expression."""


@dataclass(frozen=True)
class PowerTable(Mapping[str, Result]):
    """POWER of every state of an MDP at one discount rate, and how it was computed.

    A mapping from state names to results: ``table["start"].value``.

    Attributes:
        states: the state names, in the order of the MDP.
        results: their POWER, in the same order.
        gamma: the discount rate.
        reward: the name of the reward distribution.
        method: ``exact``, ``symbolic`` or ``montecarlo``, whichever was used.
        note: why ``auto`` did not compute exactly; empty otherwise.
        expressions: sympy expressions in the order of the states, where they say more
            than the results: formulas in gamma, or closed forms of irrational numbers.
            Empty otherwise.
    """

    states: tuple[str, ...]
    results: tuple[Result, ...]
    gamma: Fraction
    reward: str
    method: str
    note: str = ""
    expressions: tuple[str, ...] = ()

    def __getitem__(self, state: str) -> Result:
        """POWER of one state, by name.

        Raises:
            KeyError: if there is no such state.
        """
        try:
            return self.results[self.states.index(state)]
        except ValueError:
            raise KeyError(state) from None

    def __iter__(self) -> Iterator[str]:
        """The state names, in the order of the MDP."""
        return iter(self.states)

    def __len__(self) -> int:
        """Number of states."""
        return len(self.states)

    def ranking(self) -> tuple[tuple[str, Result], ...]:
        """States with their POWER, the most powerful first; ties in the order of the MDP.

        >>> from powerseek.theory.gallery import load
        >>> from powerseek.theory.power import power
        >>> table = power(load("wait"), gamma="1/2")
        >>> [f"{state} {result}" for state, result in table.ranking()[:2]]
        ['start 11/16', 'wait 2/3']
        """
        return tuple(
            sorted(
                zip(self.states, self.results, strict=True),
                key=lambda item: -_magnitude(item[1]),
            )
        )

    def to_json(self) -> dict[str, Any]:
        """The table as JSON content: what ``powerseek power --json`` prints.

        >>> from powerseek.theory.gallery import star
        >>> from powerseek.theory.power import power
        >>> power(star(1), gamma="1/2").to_json()["states"]["centre"]
        {'exact': '1/2', 'value': 0.5, 'stderr': 0.0}
        """
        document: dict[str, Any] = {
            "gamma": str(self.gamma),
            "reward": self.reward,
            "method": self.method,
        }
        if self.note:
            document["note"] = self.note
        entries = [_result_to_json(result) for result in self.results]
        for entry, expression in zip(entries, self.expressions, strict=False):
            entry["expr"] = expression
        document["states"] = dict(zip(self.states, entries, strict=True))
        return document


@dataclass(frozen=True)
class SymbolicPowerTable(Mapping[str, "SymbolicPower"]):
    """POWER of every state of an MDP as a function of the discount rate.

    A mapping from state names to formulas: ``table["start"].expr``.

    Attributes:
        states: the state names, in the order of the MDP.
        formulas: their POWER, in the same order.
        reward: the name of the reward distribution.
    """

    states: tuple[str, ...]
    formulas: tuple[SymbolicPower, ...]
    reward: str

    def __getitem__(self, state: str) -> SymbolicPower:
        """POWER of one state, by name.

        Raises:
            KeyError: if there is no such state.
        """
        try:
            return self.formulas[self.states.index(state)]
        except ValueError:
            raise KeyError(state) from None

    def __iter__(self) -> Iterator[str]:
        """The state names, in the order of the MDP."""
        return iter(self.states)

    def __len__(self) -> int:
        """Number of states."""
        return len(self.states)

    def at(self, gamma: object) -> PowerTable:
        """The table of numbers at one discount rate.

        Raises:
            InvalidInput: if gamma is not a number strictly between 0 and 1.

        >>> from powerseek.theory.gallery import load
        >>> from powerseek.theory.power import power
        >>> print(power(load("wait"), method="symbolic").at("1/2")["start"])
        11/16
        """
        rate = discount(gamma)
        return PowerTable(
            self.states,
            tuple(Exact(formula.at(rate)) for formula in self.formulas),
            rate,
            self.reward,
            "symbolic",
            expressions=self._expressions(),
        )

    def to_json(self) -> dict[str, Any]:
        """The table as JSON content: what ``powerseek power --json`` prints.

        There is no number without a discount rate; the limits at both ends are given. So
        are the pieces of the function, from which `from_json` restores it exactly.

        >>> from powerseek.theory.gallery import load
        >>> from powerseek.theory.power import power
        >>> power(load("wait"), method="symbolic").to_json()["states"]["wait"]["expr"]
        '2/3'
        """
        return {
            "gamma": None,
            "reward": self.reward,
            "method": "symbolic",
            "states": {
                state: {
                    "exact": None,
                    "value": None,
                    "stderr": 0.0,
                    "expr": expression,
                    "limit_at_zero": str(formula.limit_at_zero),
                    "limit_at_one": str(formula.limit_at_one),
                    "pieces": formula.to_json()["pieces"],
                }
                for state, formula, expression in zip(
                    self.states, self.formulas, self._expressions(), strict=True
                )
            },
        }

    @classmethod
    def from_json(cls, document: Any) -> SymbolicPowerTable:
        """The inverse of `to_json`.

        Raises:
            InvalidInput: naming the field at fault.

        >>> from powerseek.theory.gallery import load
        >>> from powerseek.theory.power import power
        >>> table = power(load("wait"), method="symbolic")
        >>> type(table).from_json(table.to_json()) == table
        True
        """
        from .exact.symbolic import FORMAT, SymbolicPower

        if not isinstance(document, dict) or document.get("method") != "symbolic":
            raise InvalidInput.of("method", document, "a document of formulas ('symbolic')")
        if document.get("gamma") is not None:
            raise InvalidInput.of("gamma", document["gamma"], "null, for formulas in gamma")
        reward, states = document.get("reward"), document.get("states")
        if not isinstance(states, dict):
            raise InvalidInput.of("states", states, "an object with an entry for each state")
        formulas = []
        for state, entry in states.items():
            pieces = entry.get("pieces") if isinstance(entry, dict) else None
            one = {"format": FORMAT, "state": state, "reward": reward, "pieces": pieces}
            formulas.append(SymbolicPower.from_json(one))
        return cls(tuple(states), tuple(formulas), str(reward))

    def _expressions(self) -> tuple[str, ...]:
        return tuple(str(formula.expr) for formula in self.formulas)


def result_of(power: Exact | ClosedForm) -> Result:
    """A closed form as a number with a bound on its rounding; fractions stay as they are.

    >>> result_of(Exact(Fraction(1, 2)))
    Exact(exact=Fraction(1, 2))
    """
    if isinstance(power, Exact):
        return power
    return Certified(power.value, _FLOAT_ROUNDING * max(1.0, abs(power.value)))


def _magnitude(result: Result) -> Fraction | float:
    return result.exact if isinstance(result, Exact) else result.value


def _result_to_json(result: Result) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "exact": str(result.exact) if isinstance(result, Exact) else None,
        "value": result.value,
        "stderr": result.stderr,
    }
    if isinstance(result, Estimate):
        entry |= {"samples": result.samples, "seed": result.seed}
    if isinstance(result, Estimate | Certified):
        entry["bound"] = result.bound
    return entry
