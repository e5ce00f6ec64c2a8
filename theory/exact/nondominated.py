r"""$F_{nd}(s)$ with a certificate for each element of $F(s)$.

A visit distribution $f \in F(s)$ is *non-dominated* if it is strictly best for some
reward: $f \cdot R > f' \cdot R$ for all other $f' \in F(s)$ (Turner et al., "Optimal
Policies Tend to Seek Power", NeurIPS 2021, definition 3.5). Such a reward certifies that
$f$ is kept. A convex combination of other elements of $F(s)$ that equals $f$ certifies
that it is dropped. Where they come from: `powerseek.theory.exact.dominance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from powerseek.theory.discount import discount
from powerseek.theory.errors import PowerseekError
from powerseek.theory.mdp import MDP

from .dominance import Dependence, Separation, dominance_certificate
from .policies import (
    Choices,
    RestrictedPolicy,
    distinct_choices,
    named_policy,
    restricted_policies,
)
from .rational import to_flint, to_fraction
from .visits import require_exact, visit_distributions, visits


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
    choices, g = distinct_choices(mdp), to_flint(rate)
    kept: list[Kept] = []
    dropped: dict[tuple[Fraction, ...], Dropped] = {}
    for policy in restricted_policies(choices, start):
        row, names = _row(choices, policy, g), named_policy(mdp, choices, policy)
        certificate = dominance_certificate(choices, policy)
        if isinstance(certificate, Separation):
            kept.append(Kept(row, names, _reward(choices, policy, certificate, g)))
        elif row not in dropped:
            mixture = _mixture(choices, policy, certificate, g)
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


def _row(choices: Choices, policy: RestrictedPolicy, gamma: fmpq) -> tuple[Fraction, ...]:
    return tuple([to_fraction(x) for x in visits(choices, policy, gamma)])


def _reward(
    choices: Choices, policy: RestrictedPolicy, certificate: Separation, gamma: fmpq
) -> tuple[Fraction, ...]:
    """The reward whose optimal values are those of the certificate.

    All states the policy does not visit get the same value, low enough that going there
    is a loss.
    """
    values = certificate.values

    def mean(x: int, k: int) -> tuple[fmpq, fmpq]:
        """Expected value over visited next states, probability of the others."""
        inside, outside = fmpq(0), fmpq(0)
        for t, p in choices[x][k][1]:
            if t in values:
                inside += p * values[t]
            else:
                outside += p
        return inside, outside

    low = fmpq(0)
    for x, chosen in policy.items():
        target, _ = mean(x, chosen)
        for k in range(len(choices[x])):
            inside, outside = mean(x, k)
            if outside:
                low = min(low, (target - inside) / outside - 1)
    reward = []
    for x, available in enumerate(choices):
        if x in policy:
            reward.append(values[x] - gamma * mean(x, policy[x])[0])
        else:
            nexts = [mean(x, k) for k in range(len(available))]
            reward.append(low - gamma * max([a + b * low for a, b in nexts]))
    return tuple([to_fraction(r) for r in reward])


def _mixture(
    choices: Choices, policy: RestrictedPolicy, certificate: Dependence, gamma: fmpq
) -> tuple[tuple[Fraction, tuple[Fraction, ...]], ...]:
    """The visit distributions after one deviation each, with their weights."""
    start = next(iter(policy))
    weights: dict[tuple[Fraction, ...], Fraction] = {}
    for (x, k), weight in certificate.weights.items():
        other = _row(choices, _visited(choices, {**policy, x: k}, start), gamma)
        share = to_fraction(weight) / other[x]
        weights[other] = weights.get(other, Fraction(0)) + share
    total = sum(weights.values())
    return tuple([(share / total, other) for other, share in weights.items()])


def _visited(choices: Choices, policy: RestrictedPolicy, start: int) -> RestrictedPolicy:
    """The part of a policy that matters from ``start``, which comes first."""
    restricted: RestrictedPolicy = {}
    frontier = [start]
    while frontier:
        x = frontier.pop()
        if x not in restricted:
            restricted[x] = policy[x]
            frontier.extend([t for t, _ in choices[x][policy[x]][1]])
    return restricted


def _dot(a: tuple[Fraction, ...] | list[Fraction], b: tuple[Fraction, ...]) -> Fraction:
    return sum([x * y for x, y in zip(a, b, strict=True)], start=Fraction(0))
