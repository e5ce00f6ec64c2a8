r"""Control variates: quantities with known mean that explain much of a value's variance.

If $C$ has the known mean $\mathbb E C$, then $Y - \beta (C - \mathbb E C)$ has the same
mean as $Y$ for every fixed $\beta$, and less variance for a good one (Glasserman, "Monte
Carlo Methods in Financial Engineering", 2003, section 4.1). Two kinds are used:

* **best state nearby**: $C_d(s)$, the largest reward among the states that can be reached
  from $s$ in 1 to $d$ steps. An agent that can go where it wants and stay there gets
  nearly that, with $d$ about $1/(1-\gamma)$. For independent rewards, all alike, the mean
  of the largest of $k$ is known: $k/(k+1)$ for uniform rewards, $\sum_{i \le k} 1/i$ for
  exponential ones.
* **linear**: $R(t)$ for every state $t$; its best coefficient in $V^*(s)$ is about the
  discounted number of visits to $t$ of an optimal policy, averaged over rewards. Where
  one cannot stay, this is what helps.

The coefficients come from a pilot run with its own random numbers, so the estimate stays
unbiased and its standard error honest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, UInt8

from .mdp import MDP
from .pytrees import pytree
from .rewards import Exponential, Gaussian, RewardDistribution, Simplex, Uniform
from .solvers.lanes import Lanes, maximum, over_states, rows

RADII = (1, 2, 4, 8)
"""Radii of the neighbourhoods whose best reward is a control."""

MAX_SUCCESSORS = 16
"""Worlds with more successors than this have no use for neighbourhoods."""

MAX_LINEAR_STATES = 256
"""Beyond this many states the linear controls cost more than they save."""


@pytree
@dataclass(frozen=True)
class Neighbourhoods:
    """The best reward within given numbers of steps, and in the whole world.

    Attributes:
        successors: the ``i``-th successor of each state, repeated where there are fewer.
        means: the expected best reward, for each radius and then everywhere.
        everywhere: whether all states can reach each other, so that the best reward of
            the whole world is one more control.
    """

    successors: tuple[Int[Array, " S"], ...]
    means: Float[Array, "K S"]
    everywhere: bool = field(metadata={"static": True})

    @classmethod
    def of(cls, mdp: MDP, reward: RewardDistribution) -> Neighbourhoods | None:
        """The neighbourhoods of a world; None where useless or of unknown mean."""
        n = mdp.n_states
        found = [sorted(mdp.successors(s)) for s in range(n)]
        width = max(len(successors) for successors in found)
        if width > MAX_SUCCESSORS or expected_maximum(reward, np.array([1]), n) is None:
            return None
        padded = [near + near[:1] * (width - len(near)) for near in found]
        columns = np.array(padded, dtype=np.int32).T
        counts = _neighbourhood_sizes(columns)
        everywhere = _strongly_connected(found)
        if everywhere:
            counts.append(np.full(n, n))
        means = np.array([expected_maximum(reward, count, n) for count in counts])
        return cls(tuple(jnp.asarray(c) for c in columns), jnp.asarray(means), everywhere)

    def controls(self, rewards: Lanes) -> list[Lanes]:
        """The best rewards less their means, one array for each mean."""
        best = self._best_successor(rewards)
        found = [best]
        for d in range(2, max(RADII) + 1):
            best = maximum(best, self._best_successor(best))
            if d in RADII:
                found.append(best)
        if self.everywhere:
            top = over_states(maximum, rewards)
            found.append(jnp.broadcast_to(top, rewards.shape))
        return [c - mean[:, None] for c, mean in zip(found, self.means, strict=True)]

    def _best_successor(self, rewards: Lanes) -> Lanes:
        return reduce(maximum, (rows(rewards, near) for near in self.successors))


@pytree
@dataclass(frozen=True)
class Controls:
    """Control variates with fixed coefficients.

    Attributes:
        neighbourhoods: the best rewards nearby, or None.
        weights: their coefficients in each state.
        linear: coefficients of each state's reward (second axis) in each state (first).
        mean: the expected reward of each state, if there are linear controls.
    """

    neighbourhoods: Neighbourhoods | None
    weights: Float[Array, "K S"] | None
    linear: Float[Array, "S S"] | None
    mean: Float[Array, " S"] | None

    def __call__(self, rewards: Lanes) -> Lanes:
        """What to subtract from a value; its mean is 0."""
        total = jnp.zeros_like(rewards)
        if self.neighbourhoods is not None and self.weights is not None:
            found = self.neighbourhoods.controls(rewards)
            for weight, control in zip(self.weights, found, strict=True):
                total = total + weight[:, None] * control
        if self.linear is not None and self.mean is not None:
            total = total + self.linear @ (rewards - self.mean[:, None])
        return total


def fit_controls(
    values: Float[np.ndarray, "S n"],
    rewards: Float[np.ndarray, "S n"],
    neighbourhoods: Neighbourhoods | None,
    mean: Float[np.ndarray, " S"] | None,
) -> Controls | None:
    """Least squares coefficients from a pilot run; call with x64 enabled.

    Args:
        values: what is to be averaged, in each state and pilot sample.
        rewards: the reward functions of the pilot run.
        neighbourhoods: the neighbourhood controls, or None to do without.
        mean: the expected rewards, or None to do without linear controls.

    Returns:
        The controls; None if there are none.
    """
    left = values - values.mean(axis=1, keepdims=True)
    weights = None
    if neighbourhoods is not None:
        found = np.array(neighbourhoods.controls(jnp.asarray(rewards)))
        found -= found.mean(axis=2, keepdims=True)
        gram = np.einsum("ksn,lsn->skl", found, found)
        target = np.einsum("ksn,sn->sk", found, left)
        inverse = np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
        weights = np.einsum("skl,sl->ks", inverse, target)
        left = left - np.einsum("ks,ksn->sn", weights, found)
    linear = None
    if mean is not None:
        centred = rewards - rewards.mean(axis=1, keepdims=True)
        inverse = np.linalg.pinv(centred @ centred.T, rcond=1e-9, hermitian=True)
        linear = left @ centred.T @ inverse
    if weights is None and linear is None:
        return None
    return Controls(
        neighbourhoods,
        None if weights is None else jnp.asarray(weights),
        None if linear is None else jnp.asarray(linear),
        None if linear is None else jnp.asarray(mean),
    )


def expected_maximum(
    reward: RewardDistribution, counts: Int[np.ndarray, " S"], n_states: int
) -> Float[np.ndarray, " S"] | None:
    """Expected largest reward among so many states; None where it is not known.

    >>> expected_maximum(Uniform(), np.array([1, 3]), 5)
    array([0.5 , 0.75])
    """
    if isinstance(reward, Uniform):
        uniform: Float[np.ndarray, " S"] = counts / (counts + 1)
        return uniform
    if isinstance(reward, Exponential | Simplex):
        harmonic = np.cumsum(1 / np.arange(1, counts.max() + 1))[counts - 1]
        return np.asarray(harmonic / (n_states if isinstance(reward, Simplex) else 1))
    if isinstance(reward, Gaussian):
        return _expected_normal_maximum(counts)
    return None


def _expected_normal_maximum(counts: Int[np.ndarray, " S"]) -> Float[np.ndarray, " S"]:
    r"""$\int x\, k\, \varphi(x) \Phi(x)^{k-1} dx$ by the trapezoidal rule.

    The integrand is analytic and vanishes at both ends, so the rule converges faster than
    any power of its step.
    """
    from scipy.special import log_ndtr

    step = 1 / 64
    x = np.arange(-12, 12 + step, step)
    sizes, place = np.unique(counts, return_inverse=True)
    log_density = -(x**2) / 2 - math.log(2 * math.pi) / 2
    found = [k * step * (x * np.exp(log_density + (k - 1) * log_ndtr(x))).sum() for k in sizes]
    return np.array(found)[place]


def _neighbourhood_sizes(columns: Int[np.ndarray, "A S"]) -> list[Int[np.ndarray, " S"]]:
    """How many states can be reached in 1 to d steps, for each radius d."""
    n = columns.shape[1]
    alone = np.packbits(np.eye(n, dtype=bool), axis=1)

    def step(sets: UInt8[np.ndarray, "S W"]) -> UInt8[np.ndarray, "S W"]:
        merged: UInt8[np.ndarray, "S W"] = np.bitwise_or.reduce([sets[c] for c in columns])
        return merged

    near, sizes = step(alone), []
    for d in range(1, max(RADII) + 1):
        if d > 1:
            near = near | step(near)
        if d in RADII:
            sizes.append(np.bitwise_count(near).sum(axis=1).astype(np.int64))
    return sizes


def _strongly_connected(successors: list[list[int]]) -> bool:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    heads = [t for found in successors for t in found]
    tails = np.repeat(np.arange(len(successors)), [len(found) for found in successors])
    graph = csr_array((np.ones(len(heads)), (tails, heads)))
    graph.resize(len(successors), len(successors))
    return bool(connected_components(graph, connection="strong")[0] == 1)
