r"""$F(s)$ and $F_{nd}(s)$ as functions of the discount rate, with certificates.

The visits $f^{\pi,s}(\gamma)$ of a policy are rational functions of $\gamma$, and which
policies are non-dominated does not depend on $\gamma$
(`powerseek.theory.exact.dominance`). The certificates hold for all of $(0,1)$ at once: a
reward, linear in $\gamma$, for which the policy is strictly best at every discount rate;
or a mixture of other visits, with weights that are rational functions of $\gamma$,
positive on $(0,1)$.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from powerseek.theory.mdp import MDP

from .algebraic import roots_in_unit_interval
from .certificates import certified_visits
from .nondominated import CertificateError
from .policies import distinct_choices, named_policy
from .rational import to_flint
from .rational_functions import RationalFunction
from .symbolic import GAMMA
from .visits import require_exact

Vector = tuple[RationalFunction, ...]
"""A rational function for each state."""

_INSIDE = to_flint(Fraction(1, 2))


@dataclass(frozen=True)
class SymbolicVisits:
    """An element of $F(s)$ as a function of the discount rate.

    Attributes:
        visits: visits to each state.
        policy: a policy that has them.
        reward: a reward function for which it is strictly best at every discount rate; or
            None.
        mixture: if there is none, pairs (weight, other visits): weights positive on (0, 1)
            that sum to 1, and whose weighted sum is ``visits``.
    """

    visits: Vector
    policy: Mapping[str, str]
    reward: Vector | None
    mixture: tuple[tuple[RationalFunction, Vector], ...] = ()

    @property
    def expressions(self) -> list[Any]:
        """The visits as sympy expressions in `powerseek.theory.exact.GAMMA`."""
        return [x.to_sympy(GAMMA) for x in self.visits]


@dataclass(frozen=True)
class SymbolicNondominated:
    """$F(s)$, divided into $F_{nd}(s)$ and the rest, for all discount rates.

    Attributes:
        mdp: the MDP.
        state: the start state.
        kept: $F_{nd}(s)$.
        dropped: the other elements of $F(s)$.
    """

    mdp: MDP
    state: str
    kept: tuple[SymbolicVisits, ...]
    dropped: tuple[SymbolicVisits, ...]


def symbolic_nondominated(mdp: MDP, state: str) -> SymbolicNondominated:
    """The visit distributions from a state as functions of gamma, and which can be best.

    Args:
        mdp: an exact MDP.
        state: the start state, by name.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if there is no such state.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["a"]})
    >>> for f in symbolic_nondominated(mdp, "a").kept:
    ...     print(dict(f.policy), f.expressions)
    {'a': 'a'} [-1/(gamma - 1), 0]
    {'a': 'b', 'b': 'a'} [-1/((gamma - 1)*(gamma + 1)), -gamma/((gamma - 1)*(gamma + 1))]
    """
    require_exact(mdp)
    start, gamma = mdp.index(state), RationalFunction.gamma()
    kept: list[SymbolicVisits] = []
    dropped: dict[Vector, SymbolicVisits] = {}
    for found in certified_visits(distinct_choices(mdp), start, gamma):
        row, names = _vector(found.visits), named_policy(mdp, found.choices, found.policy)
        if found.reward is not None:
            kept.append(SymbolicVisits(row, names, _vector(found.reward)))
        elif row not in dropped:
            weights: dict[Vector, RationalFunction] = {}
            for weight, other in found.mixture:
                vector, zero = _vector(other), RationalFunction.of(0)
                weights[vector] = weights.get(vector, zero) + RationalFunction.of(weight)
            mixture = tuple([(weight, vector) for vector, weight in weights.items()])
            dropped[row] = SymbolicVisits(row, names, None, mixture)
    return SymbolicNondominated(mdp, state, tuple(kept), tuple(dropped.values()))


def check_symbolic_certificates(result: SymbolicNondominated) -> None:
    """Check every certificate on all of (0, 1): signs by exact root isolation.

    Raises:
        CertificateError: if a certificate is wrong.
    """
    everything = {f.visits for f in (*result.kept, *result.dropped)}
    for f in result.kept:
        if f.reward is None:
            raise CertificateError(f"reward of {dict(f.policy)}: missing")
        best = _dot(f.visits, f.reward)
        for rival in everything - {f.visits}:
            if not is_positive(best - _dot(rival, f.reward)):
                raise CertificateError(f"reward of {dict(f.policy)}: not strictly best")
    for f in result.dropped:
        weights = [w for w, _ in f.mixture]
        others = [other for _, other in f.mixture]
        mixed = tuple([_dot(weights, column) for column in zip(*others, strict=True)])
        proper = all(is_positive(w) for w in weights) and sum(weights, start=fmpq(0)) == 1
        known = set(others) <= everything - {f.visits}
        if not (proper and known and mixed == f.visits):
            raise CertificateError(f"mixture of {dict(f.policy)}: not its visits")


def is_positive(f: RationalFunction) -> bool:
    """Whether a rational function without poles in (0, 1) is positive there.

    >>> g = RationalFunction.gamma()
    >>> is_positive(g * (1 - g)), is_positive(1 - 2 * g), is_positive(4 * g * (1 - g) - 1)
    (True, False, False)
    """
    return f.sign(_INSIDE) > 0 and not roots_in_unit_interval(f.numerator)


def _vector(numbers: Iterable[RationalFunction | fmpq]) -> Vector:
    return tuple([RationalFunction.of(x) for x in numbers])


def _dot(a: Sequence[RationalFunction], b: Sequence[RationalFunction]) -> RationalFunction:
    zero = RationalFunction.of(0)
    return sum([x * y for x, y in zip(a, b, strict=True) if x and y], start=zero)
