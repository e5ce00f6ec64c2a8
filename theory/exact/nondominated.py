r"""$F_{nd}(s)$ with a certificate for each element of $F(s)$.

A visit distribution $f \in F(s)$ is *non-dominated* if it is strictly best for some
reward: $f \cdot R > f' \cdot R$ for all other $f' \in F(s)$ (Turner et al., "Optimal
Policies Tend to Seek Power", NeurIPS 2021, definition 3.5). Such a reward certifies that
$f$ is kept. A convex combination of other elements of $F(s)$ that equals $f$ certifies
that it is dropped. Where they come from: `powerseek.theory.exact.dominance`; for all
discount rates at once: `powerseek.theory.exact.symbolic_visits`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from powerseek.theory.discount import discount
from powerseek.theory.errors import PowerseekError
from powerseek.theory.mdp import MDP

from .certificates import certified_visits
from .policies import distinct_choices, named_policy
from .rational import to_flint, to_fraction
from .visits import require_exact, visit_distributions


@dataclass(frozen=True)
class Kept:
    """A non-dominated visit distribution.

    Attributes:
        visits: the visit distribution.
        policy: the one policy that has it.
        reward: a reward function, one number for each state, for which it is strictly
            best.
    """

    visits: tuple[Fraction, ...]
    policy: Mapping[str, str]
    reward: tuple[Fraction, ...]


@dataclass(frozen=True)
class Dropped:
    """A dominated visit distribution.

    Attributes:
        visits: the visit distribution.
        policy: a policy that has it.
        mixture: pairs (weight, other visit distribution): positive weights that sum to
            1, and whose weighted sum is ``visits``.
    """

    visits: tuple[Fraction, ...]
    policy: Mapping[str, str]
    mixture: tuple[tuple[Fraction, tuple[Fraction, ...]], ...]


@dataclass(frozen=True)
class Nondominated:
    """$F(s)$, divided into $F_{nd}(s)$ and the rest, with certificates.

    Attributes:
        mdp: the MDP.
        state: the start state.
        gamma: the discount rate.
        kept: $F_{nd}(s)$.
        dropped: the other elements of $F(s)$.
    """

    mdp: MDP
    state: str
    gamma: Fraction
    kept: tuple[Kept, ...]
    dropped: tuple[Dropped, ...]


class CertificateError(PowerseekError):
    """A certificate does not prove what it should."""


def nondominated(mdp: MDP, state: str, gamma: object) -> Nondominated:
    r"""The non-dominated visit distributions from a state, and why.

    Args:
        mdp: an exact MDP.
        state: the start state, by name.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it. Which
            policies are kept does not depend on it.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if there is no such state, or gamma is outside (0, 1).

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["a"]})
    >>> result = nondominated(mdp, "a", "1/2")
    >>> [dict(f.policy) for f in result.kept]
    [{'a': 'a'}, {'a': 'b', 'b': 'a'}]
    >>> check_certificates(result)
    """
    require_exact(mdp)
    rate, start = discount(gamma), mdp.index(state)
    kept: list[Kept] = []
    dropped: dict[tuple[Fraction, ...], Dropped] = {}
    for found in certified_visits(distinct_choices(mdp), start, to_flint(rate)):
        row, names = _fractions(found.visits), named_policy(mdp, found.choices, found.policy)
        if found.reward is not None:
            kept.append(Kept(row, names, _fractions(found.reward)))
        elif row not in dropped:
            weights: dict[tuple[Fraction, ...], Fraction] = {}
            for weight, other in found.mixture:
                vector = _fractions(other)
                weights[vector] = weights.get(vector, Fraction(0)) + to_fraction(weight)
            mixture = tuple([(weight, vector) for vector, weight in weights.items()])
            dropped[row] = Dropped(row, names, mixture)
    return Nondominated(mdp, state, rate, tuple(kept), tuple(dropped.values()))


def check_certificates(result: Nondominated) -> None:
    """Check every certificate against all of $F(s)$, with nothing but dot products.

    Raises:
        CertificateError: if $F(s)$ is not divided completely, or a certificate is wrong.
    """
    everything = {f.visits for f in visit_distributions(result.mdp, result.state, result.gamma)}
    kept = [f.visits for f in result.kept]
    dropped = [f.visits for f in result.dropped]
    if len(kept) + len(dropped) != len(everything) or {*kept, *dropped} != everything:
        raise CertificateError("kept and dropped: expected each element of F(s) once")
    for f in result.kept:
        best = _dot(f.visits, f.reward)
        rivals = everything - {f.visits}
        if not all(_dot(rival, f.reward) < best for rival in rivals):
            raise CertificateError(f"reward of {dict(f.policy)}: not strictly best")
    for d in result.dropped:
        weights = [w for w, _ in d.mixture]
        others = [other for _, other in d.mixture]
        mixed = tuple([_dot(weights, column) for column in zip(*others, strict=True)])
        proper = all(w > 0 for w in weights) and sum(weights) == 1
        known = set(others) <= everything - {d.visits}
        if not (proper and known and mixed == d.visits):
            raise CertificateError(f"mixture of {dict(d.policy)}: not its visits")


def _fractions(numbers: Sequence[fmpq]) -> tuple[Fraction, ...]:
    return tuple([to_fraction(x) for x in numbers])


def _dot(a: tuple[Fraction, ...] | list[Fraction], b: tuple[Fraction, ...]) -> Fraction:
    return sum([x * y for x, y in zip(a, b, strict=True)], start=Fraction(0))
