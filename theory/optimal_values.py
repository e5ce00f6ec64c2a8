r"""Optimal values $V^*_R(s,\gamma)$ of given reward functions.

$V^*_R$ is the only solution of
$V(s) = R(s) + \gamma \max_a \sum_t T(t \mid s,a) V(t)$. It is found by policy iteration
(Howard, 1960): evaluate a policy, improve it, until it is its own improvement. With an
exact MDP and exact rewards each evaluation is a linear system over $\mathbb{Q}$ and so
is the answer. Otherwise it is a float with the bound
$\lVert V - V^* \rVert_\infty \le \lVert LV - V \rVert_\infty / (1-\gamma)$, where $L$ is
the Bellman operator.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from jaxtyping import Float

from .discount import discount, float_discount
from .mdp import MDP, Row
from .rational_systems import solve_rational
from .results import Certified, Exact, Result
from .reward_functions import Reward, read_reward

_IMPROVEMENT = 1e-12
"""Relative gain below which a float policy counts as its own improvement."""

_ROUNDING = 2.0**-48
"""More than the relative rounding error of one Bellman update in float64."""


def optimal_values(mdp: MDP, reward: Reward, gamma: object) -> dict[str, Result]:
    r"""The optimal value $V^*_R(s,\gamma)$ of every state.

    Args:
        mdp: the MDP.
        reward: one number for each state: a mapping by name (states left out count as
            0) or a sequence in the order of the states; a float means the shortest
            decimal that prints it.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.

    Returns:
        `Exact` values for an exact MDP, `Certified` ones otherwise.

    Raises:
        InvalidInput: naming ``reward`` and the entry at fault, or ``gamma``.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["b"]})
    >>> optimal_values(mdp, {"b": 1}, gamma="9/10")
    {'a': Exact(exact=Fraction(9, 1)), 'b': Exact(exact=Fraction(10, 1))}
    """
    rate, rewards = discount(gamma), read_reward(mdp.states, reward)
    values: list[Result]
    if mdp.is_exact:
        values = [Exact(v) for v in _exact_values(mdp, rewards, rate)]
    else:
        batch = np.array([[float(r)] for r in rewards])
        found, bounds = optimal_value_batch(mdp, batch, float_discount(gamma))
        values = [Certified(float(v), float(bounds[0])) for v in found[:, 0]]
    return dict(zip(mdp.states, values, strict=True))


def optimal_value_batch(
    mdp: MDP, rewards: Float[np.ndarray, "S n"], gamma: float
) -> tuple[Float[np.ndarray, "S n"], Float[np.ndarray, " n"]]:
    """Optimal values for many reward functions at once, in float64.

    Args:
        mdp: the MDP.
        rewards: one reward function in each column.
        gamma: the discount rate.

    Returns:
        The values, one column for each reward function, and for each column a bound on
        their error.
    """
    tensor = mdp.transition_tensor()
    places, identity = np.arange(mdp.n_states), np.eye(mdp.n_states)
    target = rewards.T[:, :, None]
    policy = np.zeros((rewards.shape[1], mdp.n_states), dtype=np.intp)
    while True:
        chain = identity - gamma * tensor[places, policy]
        values = np.linalg.solve(chain, target)[:, :, 0]
        ahead = np.einsum("sat,nt->nsa", tensor, values)
        kept = np.take_along_axis(ahead, policy[:, :, None], axis=2)[:, :, 0]
        size = np.abs(ahead).max(axis=(1, 2), initial=0.0)
        better = ahead.max(axis=2) > kept + _IMPROVEMENT * size[:, None]
        if not better.any():
            break
        policy = np.where(better, ahead.argmax(axis=2), policy)
    updated = rewards.T + gamma * ahead.max(axis=2)
    residual = np.abs(updated - values).max(axis=1)
    scale = np.abs(values).max(axis=1) + np.abs(rewards.T).max(axis=1)
    return values.T, (residual + mdp.n_states * _ROUNDING * scale) / (1 - gamma)


def _exact_values(mdp: MDP, rewards: tuple[Fraction, ...], gamma: Fraction) -> list[Fraction]:
    policy = [0] * mdp.n_states
    while True:
        values = _evaluate(mdp, policy, rewards, gamma)
        better = list(policy)
        for s, rows in enumerate(mdp.rows):
            ahead = [_mean(row, values) for row in rows]
            best = max(range(len(rows)), key=ahead.__getitem__)
            if ahead[best] > ahead[policy[s]]:
                better[s] = best
        if better == policy:
            return values
        policy = better


def _evaluate(
    mdp: MDP, policy: list[int], rewards: tuple[Fraction, ...], gamma: Fraction
) -> list[Fraction]:
    r"""Solve $(I - \gamma P_\pi) V = R$ over the rationals."""
    rows: list[dict[int, Fraction]] = []
    for s, a in enumerate(policy):
        row = {t: -gamma * Fraction(p) for t, p in mdp.rows[s][a]}
        row[s] = row.get(s, Fraction(0)) + 1
        rows.append(row)
    return solve_rational(rows, rewards)


def _mean(row: Row, values: list[Fraction]) -> Fraction:
    return sum((Fraction(p) * values[t] for t, p in row), start=Fraction(0))
