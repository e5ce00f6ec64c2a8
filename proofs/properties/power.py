r"""POWER: what must hold of it in every MDP.

Laws that hold for every reward distribution are checked for uniform rewards or for finitely
many reward functions. All that is exact looks at every policy, so in larger MDPs only the
bounds are checked, on estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from powerseek.theory.exact import exact_power
from powerseek.theory.mdp import MDP
from powerseek.theory.power import power
from powerseek.theory.results import Estimate, Exact
from powerseek.theory.rewards import FiniteSupport, RewardDistribution

from .base import MDPProperty, Test, at_most, exact_with, quick_exact_power

SAMPLES = 4096
"""Reward functions that an estimate is made from."""

STANDARD_ERRORS = 6.0
"""How far an estimate may be off; by chance it is once in $10^9$."""

FEW = 12
"""Most states for a law that compares POWER in many changed MDPs."""


def powers(
    mdp: MDP, gamma: Fraction, reward: str | RewardDistribution = "uniform"
) -> list[Fraction]:
    """Exact POWER of every state, as fractions."""
    results = exact_power(mdp, gamma, reward)
    return [result.exact for result in results if isinstance(result, Exact)]


def bounds(mdp: MDP, gamma: Fraction) -> str | None:
    """1/2 <= POWER <= n/(n+1) for uniform rewards on n states."""
    top = Fraction(mdp.n_states, mdp.n_states + 1)
    for name, found in zip(mdp.states, powers(mdp, gamma), strict=True):
        if not Fraction(1, 2) <= found <= top:
            return f"POWER of {name!r} is {found}, not between 1/2 and {top}"
    return None


def one_step(mdp: MDP, gamma: Fraction) -> str | None:
    """POWER(s) >= E[(1 - gamma) E R + gamma POWER(t)] for each action; equal if the only one."""
    found = powers(mdp, gamma)
    for s, name in enumerate(mdp.states):
        for action, row in zip(mdp.actions[s], mdp.rows[s], strict=True):
            ahead = sum(
                (Fraction(p) * ((1 - gamma) / 2 + gamma * found[t]) for t, p in row),
                start=Fraction(0),
            )
            only = len(mdp.rows[s]) == 1
            if found[s] < ahead or (only and found[s] != ahead):
                return f"POWER of {name!r} is {found[s]}, one step by {action!r} gives {ahead}"
    return None


def without(mdp: MDP, s: int, a: int) -> MDP:
    """The MDP with one action of one state left out; the state must have another."""

    def drop(values: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
        return [v if i != s else (*v[:a], *v[a + 1 :]) for i, v in enumerate(values)]

    actions: object = tuple(drop(mdp.actions))
    rows: object = tuple(drop(mdp.rows))
    return MDP(mdp.states, actions, rows)  # type: ignore[arg-type]


def _choices(mdp: MDP) -> list[int]:
    return [s for s in range(mdp.n_states) if len(mdp.rows[s]) > 1]


def monotone(mdp: MDP, gamma: Fraction) -> str | None:
    """Leaving out an action (the last of a state) raises no state's POWER."""
    found = powers(mdp, gamma)
    for s in _choices(mdp):
        fewer = powers(without(mdp, s, len(mdp.rows[s]) - 1), gamma)
        for t, name in enumerate(mdp.states):
            if fewer[t] > found[t]:
                left_out = f"{mdp.actions[s][-1]!r} in {mdp.states[s]!r}"
                return f"POWER of {name!r} is {found[t]}, and {fewer[t]} without {left_out}"
    return None


def turned_round(mdp: MDP) -> MDP:
    """The same MDP with states and actions in the reverse order and under other names."""
    last = mdp.n_states - 1
    return MDP(
        tuple(f"renamed {name}" for name in reversed(mdp.states)),
        tuple(tuple(reversed(actions)) for actions in reversed(mdp.actions)),
        tuple(
            tuple(tuple(sorted((last - t, p) for t, p in row)) for row in reversed(rows))
            for rows in reversed(mdp.rows)
        ),
    )


def names_do_not_matter(mdp: MDP, gamma: Fraction) -> str | None:
    """States and actions in another order and under other names have the same POWER."""
    found, other = powers(mdp, gamma), powers(turned_round(mdp), gamma)[::-1]
    for name, here, there in zip(mdp.states, found, other, strict=True):
        if here != there:
            return f"POWER of {name!r} is {here}, and {there} with the states in reverse order"
    return None


def with_copies(mdp: MDP) -> MDP:
    """The MDP with the first action of every state there twice."""
    return MDP(
        mdp.states,
        tuple((*actions, f"{max(actions)} again") for actions in mdp.actions),
        tuple((*rows, rows[0]) for rows in mdp.rows),
    )


def copies_do_not_matter(mdp: MDP, gamma: Fraction) -> str | None:
    """A second action that does the same as another gives no POWER."""
    found, other = powers(mdp, gamma), powers(with_copies(mdp), gamma)
    for name, here, there in zip(mdp.states, found, other, strict=True):
        if here != there:
            return f"POWER of {name!r} is {here}, and {there} with copies of actions"
    return None


def sample_rewards(n: int) -> tuple[FiniteSupport, FiniteSupport]:
    """Two distributions on three reward functions each, that tell n states apart."""
    first = [[Fraction((k + 3) * s % 7) for s in range(n)] for k in range(3)]
    second = [[Fraction((s + k) ** 2 % 5, k + 1) for s in range(n)] for k in range(3)]
    return (
        FiniteSupport(first, ["1/2", "1/3", "1/6"]),
        FiniteSupport(second, ["1/5", "1/5", "3/5"]),
    )


def mixed(first: FiniteSupport, second: FiniteSupport, share: Fraction) -> FiniteSupport:
    """The mixture of two distributions, the first in the given share."""
    weights = [share * Fraction(w) for w in first.weights]
    weights += [(1 - share) * Fraction(w) for w in second.weights]
    return FiniteSupport((*first.vectors, *second.vectors), weights)


def in_units(reward: FiniteSupport, scale: Fraction, shift: Fraction) -> FiniteSupport:
    """The same rewards in other units."""
    vectors = [[scale * Fraction(x) + shift for x in vector] for vector in reward.vectors]
    return FiniteSupport(vectors, reward.weights)


def mixture_gap(
    mdp: MDP, gamma: Fraction, first: FiniteSupport, second: FiniteSupport, share: Fraction
) -> str | None:
    """POWER for a mixture of reward distributions against the mixture of the POWERs."""
    one, other = powers(mdp, gamma, first), powers(mdp, gamma, second)
    both = powers(mdp, gamma, mixed(first, second, share))
    for name, x, y, found in zip(mdp.states, one, other, both, strict=True):
        if found != share * x + (1 - share) * y:
            return f"POWER of {name!r} is {x} and {y} for two rewards, {found} for their mixture"
    return None


def affine_gap(
    mdp: MDP, gamma: Fraction, reward: FiniteSupport, scale: Fraction, shift: Fraction
) -> str | None:
    """POWER for rewards in other units against the POWER in those units."""
    before = powers(mdp, gamma, reward)
    after = powers(mdp, gamma, in_units(reward, scale, shift))
    for name, x, found in zip(mdp.states, before, after, strict=True):
        if found != scale * x + shift:
            return f"POWER of {name!r} is {x}, and {found} for rewards {scale} R + {shift}"
    return None


def formula(mdp: MDP, gamma: Fraction) -> str | None:
    """The formula in gamma gives the number that is computed at gamma."""
    at_gamma = power(mdp, method="symbolic").at(gamma)
    for name, found in zip(mdp.states, powers(mdp, gamma), strict=True):
        if at_gamma[name] != Exact(found):
            return f"POWER of {name!r} is {found}, its formula gives {at_gamma[name]}"
    return None


def _estimates(mdp: MDP, gamma: Fraction) -> dict[str, Estimate]:
    table = power(mdp, gamma, method="montecarlo", samples=SAMPLES)
    return {name: result for name, result in table.items() if isinstance(result, Estimate)}


def montecarlo(mdp: MDP, gamma: Fraction) -> str | None:
    """The estimate of POWER is within six standard errors of the fraction."""
    estimates = _estimates(mdp, gamma)
    for name, exact in zip(mdp.states, powers(mdp, gamma), strict=True):
        estimate = estimates[name]
        if abs(estimate.value - exact) > STANDARD_ERRORS * estimate.stderr + estimate.bound:
            return f"POWER of {name!r} is {exact}, estimated as {estimate}"
    return None


def estimated_bounds(mdp: MDP, gamma: Fraction) -> str | None:
    """The estimate of POWER lies between the bounds, up to six standard errors."""
    top = mdp.n_states / (mdp.n_states + 1)
    for name, estimate in _estimates(mdp, gamma).items():
        slack = STANDARD_ERRORS * estimate.stderr + estimate.bound
        if not 0.5 - slack <= estimate.value <= top + slack:
            return f"POWER of {name!r} is estimated as {estimate}, not between 1/2 and {top:.4f}"
    return None


def _all_of(*obstacles: Test) -> Test:
    def obstacle(mdp: MDP, gamma: Fraction) -> str | None:
        return next((why for o in obstacles if (why := o(mdp, gamma))), None)

    return obstacle


def _with_sample_rewards(gap: Callable[..., str | None], *numbers: Fraction, two: bool) -> Test:
    def test(mdp: MDP, gamma: Fraction) -> str | None:
        rewards = sample_rewards(mdp.n_states)[: 2 if two else 1]
        return gap(mdp, gamma, *rewards, *numbers)

    return test


QUICK = quick_exact_power()
TWICE = quick_exact_power(lambda _: 2)
LEDGER = "Proved: `powerseek prove {}`"

POWER = (
    MDPProperty(
        "power_bounds",
        r"$\frac12 \le \mathrm{POWER}(s) \le \frac{n}{n+1}$ for uniform rewards on $n$ states",
        LEDGER.format("power_bounds"),
        bounds,
        QUICK,
    ),
    MDPProperty(
        "power_one_step",
        r"$\mathrm{POWER}(s) \ge \sum_t T(t \mid s,a)\bigl((1-\gamma)\,\mathbb E R + "
        r"\gamma\,\mathrm{POWER}(t)\bigr)$ for every action, with equality for an only one",
        r"From $V^*_R(s) - R(s) = \gamma\max_a \sum_t T(t \mid s,a)\,V^*_R(t)$",
        one_step,
        QUICK,
    ),
    MDPProperty(
        "power_monotone",
        "leaving out an action raises no state's POWER",
        LEDGER.format("power_monotone"),
        monotone,
        _all_of(exact_with(FEW), quick_exact_power(lambda mdp: len(_choices(mdp)) + 1)),
    ),
    MDPProperty(
        "power_names",
        "POWER does not depend on the order or the names of states and actions",
        "Turner et al., NeurIPS 2021, proposition 6.6",
        names_do_not_matter,
        TWICE,
    ),
    MDPProperty(
        "power_copies",
        "a second action that does the same as another changes no POWER",
        "POWER depends on the set of visit distributions only",
        copies_do_not_matter,
        TWICE,
    ),
    MDPProperty(
        "power_affine",
        r"$\mathrm{POWER}$ for rewards $kR + d$, $k \ge 0$, is $k\,\mathrm{POWER} + d$",
        LEDGER.format("power_affine"),
        _with_sample_rewards(affine_gap, Fraction(3, 2), Fraction(-2), two=False),
        TWICE,
    ),
    MDPProperty(
        "power_mixture",
        r"$\mathrm{POWER}$ for a mixture of reward distributions is the mixture of the POWERs",
        LEDGER.format("power_mixture"),
        _with_sample_rewards(mixture_gap, Fraction(1, 3), two=True),
        TWICE,
    ),
    MDPProperty(
        "power_formula",
        r"the formula of POWER in $\gamma$ and the number computed at $\gamma$ agree",
        "Two independent methods",
        formula,
        _all_of(exact_with(5), quick_exact_power(lambda _: 100)),
    ),
    MDPProperty(
        "power_montecarlo",
        "the Monte Carlo estimate of POWER is within six standard errors of the fraction",
        "Two independent methods",
        montecarlo,
        QUICK,
    ),
    MDPProperty(
        "power_estimated_bounds",
        r"$\frac12 \le \mathrm{POWER}(s) \le \frac{n}{n+1}$, up to six standard errors of an "
        "estimate",
        LEDGER.format("power_bounds"),
        estimated_bounds,
        at_most(400),
    ),
)
"""What is checked of POWER."""
