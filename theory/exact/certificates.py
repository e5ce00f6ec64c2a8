r"""Certificates of $F_{nd}(s)$, over the rationals or over the rational functions of gamma.

What `powerseek.theory.exact.dominance` finds does not involve $\gamma$. It becomes

* for a policy that is kept, a reward $R(\gamma) = v - \gamma P v$ whose optimal values
  are the $v$ of the certificate, the same for every discount rate;
* for one that is dropped, the weights of the visit distributions after one deviation
  each, rational functions of $\gamma$ that are positive on $(0,1)$.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import fmpq

from .dominance import Dependence, Separation, dominance_certificate
from .policies import Choices, RestrictedPolicy, restricted_policies
from .subdivision import Number
from .visits import visits


@dataclass(frozen=True, slots=True)
class CertifiedVisits:
    """One policy with its visits, and why they are kept or dropped.

    Attributes:
        choices: the actions of all states.
        policy: the policy, restricted to the states it visits.
        visits: its visits to each state.
        reward: a reward for which it is strictly best; None if there is none.
        mixture: if there is none, pairs (positive weight, visits of another policy) whose
            weights sum to 1 and whose weighted sum is ``visits``.
    """

    choices: Choices
    policy: RestrictedPolicy
    visits: list[Number]
    reward: list[Number] | None
    mixture: list[tuple[Number, list[Number]]]


def certified_visits(choices: Choices, start: int, gamma: Number) -> Iterator[CertifiedVisits]:
    """All restricted policies from a state, each with its certificate.

    Args:
        choices: the actions of all states.
        start: the state.
        gamma: a rational number, or `RationalFunction.gamma()`.
    """
    for policy in restricted_policies(choices, start):
        row = visits(choices, policy, gamma)
        certificate = dominance_certificate(choices, policy)
        if isinstance(certificate, Separation):
            reward = _reward(choices, policy, certificate, gamma)
            yield CertifiedVisits(choices, policy, row, reward, [])
        else:
            mixture = _mixture(choices, policy, certificate, gamma)
            yield CertifiedVisits(choices, policy, row, None, mixture)


def _reward(
    choices: Choices, policy: RestrictedPolicy, certificate: Separation, gamma: Number
) -> list[Number]:
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
    return reward


def _mixture(
    choices: Choices, policy: RestrictedPolicy, certificate: Dependence, gamma: Number
) -> list[tuple[Number, list[Number]]]:
    """The visits after one deviation each, with their weights."""
    start = next(iter(policy))
    shares: list[tuple[Number, list[Number]]] = []
    for (x, k), weight in certificate.weights.items():
        other = visits(choices, _visited(choices, {**policy, x: k}, start), gamma)
        shares.append((weight / other[x], other))
    total = sum([share for share, _ in shares], start=fmpq(0))
    return [(share / total, other) for share, other in shares]


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
