"""Small random worlds, and slow independent routes to the same numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from types import SimpleNamespace

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import strategies as st

from powerseek.theory.mdp import MDP


@st.composite
def mdps(draw, max_states=4, max_actions=2, deterministic=False):
    """Random exact MDPs with small denominators."""
    n = draw(st.integers(2, max_states))
    states = [f"s{i}" for i in range(n)]

    def row():
        if deterministic or draw(st.booleans()):
            return {draw(st.sampled_from(states)): Fraction(1)}
        a, b = draw(st.lists(st.sampled_from(states), min_size=2, max_size=2, unique=True))
        p = Fraction(draw(st.integers(1, 3)), 4)
        return {a: p, b: 1 - p}

    return MDP.from_transitions(
        {s: {f"a{k}": row() for k in range(draw(st.integers(1, max_actions)))} for s in states}
    )


gammas = st.sampled_from([Fraction(1, 10), Fraction(1, 2), Fraction(7, 9), Fraction(19, 20)])


def all_policies(mdp: MDP) -> Iterator[tuple[int, ...]]:
    """Every deterministic policy, nothing left out."""
    return product(*[range(len(available)) for available in mdp.rows])


def brute_force_visits(mdp: MDP, start: int, gamma: Fraction) -> set[tuple[Fraction, ...]]:
    """F(s) by solving one full linear system for every policy."""
    n, g, found = mdp.n_states, fmpq(gamma.numerator, gamma.denominator), set()
    for policy in all_policies(mdp):
        system = [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
        for s, a in enumerate(policy):
            for t, p in mdp.rows[s][a]:
                system[t][s] -= g * fmpq(p.numerator, p.denominator)
        unit = fmpq_mat(n, 1, [fmpq(int(i == start)) for i in range(n)])
        solution = fmpq_mat(system).solve(unit).entries()
        found.add(tuple(Fraction(int(x.p), int(x.q)) for x in solution))
    return found


def _dot(u: Sequence[fmpq], v: Sequence[fmpq]) -> fmpq:
    return sum([a * b for a, b in zip(u, v, strict=True)], start=fmpq(0))


def _rays(rows: list[list[fmpq]]) -> list[list[fmpq]]:
    """Extreme rays of {r: rows r >= 0} by trying all sets of dimension - 1 rows."""
    m, rays = len(rows[0]), []
    for some in combinations(rows, m - 1):
        echelon, rank = fmpq_mat([list(row) for row in some]).rref()
        if rank < m - 1:
            continue
        table = echelon.tolist()
        pivots = [next(j for j, c in enumerate(row) if c) for row in table]
        (free,) = [j for j in range(m) if j not in pivots]
        ray = [fmpq(0)] * m
        ray[free] = fmpq(1)
        for row, pivot in zip(table, pivots, strict=True):
            ray[pivot] = -row[free]
        for sign in (1, -1):
            signed = [sign * c for c in ray]
            if all(_dot(row, signed) >= 0 for row in rows):
                total = sum(signed, start=fmpq(0))
                if total:
                    rays.append(tuple(c / total for c in signed))
    return [list(ray) for ray in sorted(set(rays))]


def _triangulated(rays: list[int], facets: list[frozenset[int]], rank) -> list[list[int]]:
    """Simplicial cones of a pulling triangulation."""
    d = rank(rays)
    if len(rays) == d:
        return [rays]
    apex, members = rays[0], frozenset(rays)
    faces = {members & facet for facet in facets}
    faces = {f for f in faces if f != members and apex not in f and rank(sorted(f)) == d - 1}
    return [[apex, *cone] for f in faces for cone in _triangulated(sorted(f), facets, rank)]


def cone_route(rows: Sequence[Sequence[fmpq]], law: str) -> fmpq:
    r"""E[max f.r] over the normal fan, refined for the cube by the largest coordinate.

    On a simplicial cone with generators v_k and a gauge l that is linear there, the
    integral of (f.r) exp(-l.r) is |det V| prod 1/(l.v_k) sum (f.v_k)/(l.v_k); the sum over
    all cones is E for the exponential law (l = sum) and (m+1)! E for the uniform (l = max).
    """
    m = len(rows[0])
    unit = [[fmpq(int(i == j)) for j in range(m)] for i in range(m)]
    total = fmpq(0)
    for f in rows:
        best = [[a - b for a, b in zip(f, h, strict=True)] for h in rows if h != f]
        gauges = [[fmpq(1)] * m] if law == "exponential" else unit
        for k, gauge in enumerate(gauges):
            walls = unit + best
            if law == "uniform":
                walls = walls + [
                    [a - b for a, b in zip(unit[k], u, strict=True)] for u in unit if u != unit[k]
                ]
            rays = _rays(walls)
            facets = [
                frozenset(i for i, ray in enumerate(rays) if not _dot(wall, ray)) for wall in walls
            ]

            def rank(cone, rays=rays):
                return fmpq_mat([rays[i] for i in cone]).rank() if cone else 0

            if rank(range(len(rays))) < m:
                continue
            for cone in _triangulated(list(range(len(rays))), facets, rank):
                vectors = [rays[i] for i in cone]
                volume = abs(fmpq_mat(vectors).det())
                for v in vectors:
                    volume /= _dot(gauge, v)
                total += volume * sum([_dot(f, v) / _dot(gauge, v) for v in vectors])
    return total / math.factorial(m + 1) if law == "uniform" else total


def sampled_power(mdp: MDP, gamma: float, law: str, samples: int, seed: int):
    """Mean and standard error of POWER by value iteration on random rewards, in numpy."""
    rng = np.random.default_rng(seed)
    n, transitions = mdp.n_states, mdp.transition_tensor()
    shape = (n, samples)
    draws = {
        "uniform": rng.random,
        "exponential": rng.standard_exponential,
        "gaussian": rng.standard_normal,
        "simplex": rng.standard_exponential,
    }
    reward = draws[law](shape)
    if law == "simplex":
        reward = reward / reward.sum(axis=0)
    value = np.zeros(shape)
    for _ in range(math.ceil(math.log(1e-9) / math.log(gamma))):
        value = reward + gamma * (transitions @ value).max(axis=1)
    power = (value - reward) * (1 - gamma) / gamma
    return power.mean(axis=1), power.std(axis=1) / math.sqrt(samples)


@pytest.fixture(scope="session")
def oracles():
    return SimpleNamespace(
        visits=brute_force_visits, expected_maximum=cone_route, power=sampled_power
    )


@pytest.fixture(scope="session")
def worlds():
    return SimpleNamespace(mdps=mdps, gammas=gammas)
