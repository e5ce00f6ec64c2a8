r"""Visit distributions and optimal values: what must hold of them in every MDP.

Each is checked for three policies: the first action everywhere, the last, and all actions
alike; and for one reward function that tells the states apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from powerseek.theory.mdp import MDP
from powerseek.theory.optimal_values import optimal_values
from powerseek.theory.results import Certified, Exact, Result
from powerseek.theory.visits import Policy, VisitDistribution, value, visit_distribution

from .base import MDPProperty, at_most

ROUNDING = 1e-9
"""Relative error allowed where an MDP has floats; systems are solved in float64."""


def sample_policies(mdp: MDP) -> Iterator[Policy]:
    """The first action everywhere, the last, and all actions alike."""
    yield dict(zip(mdp.states, (actions[0] for actions in mdp.actions), strict=True))
    yield dict(zip(mdp.states, (actions[-1] for actions in mdp.actions), strict=True))
    yield {
        s: {a: Fraction(1, len(actions)) for a in actions}
        for s, actions in zip(mdp.states, mdp.actions, strict=True)
    }


def sample_reward(mdp: MDP) -> tuple[Fraction, ...]:
    """A reward function with different numbers in different states."""
    return tuple(Fraction((7 * s) % 11 + 1, s + 1) for s in range(mdp.n_states))


def equal(left: Fraction | float, right: Fraction | float, scale: Fraction | float) -> bool:
    """Whether two numbers are equal: exactly, or up to rounding if one is a float."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    return abs(float(left) - float(right)) <= ROUNDING * float(scale)


def _each(mdp: MDP, gamma: Fraction) -> Iterator[tuple[str, Policy, VisitDistribution]]:
    for policy in sample_policies(mdp):
        for state in mdp.states:
            yield state, policy, visit_distribution(mdp, policy, gamma, state)


def visits_total(mdp: MDP, gamma: Fraction) -> str | None:
    """Visits are not negative, count the start, and sum to 1/(1 - gamma)."""
    for state, policy, f in _each(mdp, gamma):
        total: Fraction | float = sum(f.visits, start=Fraction(0))
        horizon = 1 / (1 - gamma)
        if not equal(total, horizon, horizon):
            return f"visits from {state!r} sum to {total}, not {horizon} (policy {policy})"
        if min(f.visits) < -ROUNDING or f[state] < 1 - ROUNDING:
            return f"visits from {state!r} are {f.visits} (policy {policy})"
    return None


def visits_flow(mdp: MDP, gamma: Fraction) -> str | None:
    """f(t) = [t = s] + gamma sum_u f(u) P(t | u)."""
    for state, policy, f in _each(mdp, gamma):
        inflow: list[Fraction | float] = [Fraction(int(t == state)) for t in mdp.states]
        for s, name in enumerate(mdp.states):
            choice = policy[name]
            mixed = {choice: Fraction(1)} if isinstance(choice, str) else choice
            for action, weight in mixed.items():
                for t, p in mdp.rows[s][mdp.action_index(name, action)]:
                    inflow[t] += gamma * f.visits[s] * Fraction(str(weight)) * p
        for t, expected in enumerate(inflow):
            if not equal(f.visits[t], expected, 1 / (1 - gamma)):
                there = mdp.states[t]
                return f"visits from {state!r} to {there!r}: {f.visits[t]}, inflow {expected}"
    return None


def _number(result: Result) -> Fraction | float:
    return result.exact if isinstance(result, Exact) else result.value


def bellman(mdp: MDP, gamma: Fraction) -> str | None:
    """V*(s) = R(s) + gamma max_a sum_t T(t | s, a) V*(t)."""
    reward = sample_reward(mdp)
    results = list(optimal_values(mdp, reward, gamma).values())
    values = [_number(result) for result in results]
    error = max((r.bound for r in results if isinstance(r, Certified)), default=0.0)
    scale = max(abs(float(v)) for v in values) + 1
    for s, name in enumerate(mdp.states):
        ahead: list[Fraction | float] = [
            sum((p * values[t] for t, p in row), start=Fraction(0)) for row in mdp.rows[s]
        ]
        expected = reward[s] + gamma * max(ahead)
        if not equal(values[s], expected, scale + 2 * error / ROUNDING):
            return f"V*({name!r}) is {values[s]}, the Bellman equation gives {expected}"
    return None


def no_policy_beats_the_optimum(mdp: MDP, gamma: Fraction) -> str | None:
    """V^pi <= V* for each policy and state."""
    reward = sample_reward(mdp)
    best = optimal_values(mdp, reward, gamma)
    for state, policy, f in _each(mdp, gamma):
        optimum, found = _number(best[state]), value(f, reward)
        if found > optimum and not equal(found, optimum, abs(float(optimum)) + 1):
            return f"from {state!r} the policy {policy} earns {found}, the optimum is {optimum}"
    return None


SOURCE = "Turner et al., NeurIPS 2021, section 3"

VISITS = (
    MDPProperty(
        "visits_total",
        r"$f^{\pi,s} \ge 0$, $f^{\pi,s}(s) \ge 1$ and $\sum_t f^{\pi,s}(t) = 1/(1-\gamma)$",
        SOURCE,
        visits_total,
        at_most(60),
    ),
    MDPProperty(
        "visits_flow",
        r"$f^{\pi,s}(t) = [t=s] + \gamma\sum_u f^{\pi,s}(u)\,P_\pi(t \mid u)$",
        SOURCE,
        visits_flow,
        at_most(60),
    ),
    MDPProperty(
        "bellman",
        r"$V^*_R(s) = R(s) + \gamma\max_a\sum_t T(t \mid s,a)\,V^*_R(t)$",
        "Bellman, 1957",
        bellman,
        at_most(200),
    ),
    MDPProperty(
        "optimum",
        r"$V^\pi_R(s) \le V^*_R(s)$ for every policy $\pi$",
        "Definition of $V^*$",
        no_policy_beats_the_optimum,
        at_most(60),
    ),
)
"""What is checked of visits and values."""
