"""Solves per second against other MDP packages, on the same rewards in the same run.

Run ``pytest benchmarks/test_solvers.py --benchmark-enable -s`` with the extra ``bench``
installed; packages that are missing are skipped. Nothing is asserted about time. Every
package must agree with the others to 1e-6 in the optimal values, and is shown with the
fastest of its algorithms that does.

Only solving is timed: the peers get their models built for free, and rewards lie in blocks
of lanes for ours, as the Monte Carlo engine draws them. Peers solve one reward function
after the other, as many of the 10,000 as they manage in ``BENCH_PEER_SECONDS`` (default 3;
``inf`` for all of them).
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from powerseek.theory.mdp import MDP
from powerseek.theory.solvers import solver_for
from powerseek.theory.solvers.batch import solve_blocks, to_blocks
from powerseek.theory.solvers.lanes import lanes_per_block

REWARDS = 10_000
ROUNDS = 9
PEER_SECONDS = float(os.environ.get("BENCH_PEER_SECONDS", "3"))
TOLERANCE = 1e-6

Timed = Iterator[tuple[float, np.ndarray]]
"""For one reward function after the other: seconds to solve, optimal values."""


def grid(n: int, slip: float = 0.0) -> MDP:
    """Four moves and staying; a slip makes a random one of the five instead."""
    moves = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)]
    cells = list(itertools.product(range(n), repeat=2))

    def to(cell, move):
        there = (cell[0] + move[0], cell[1] + move[1])
        return str(there if there in cells else cell)

    world = {}
    for cell in cells:
        world[str(cell)] = {}
        for a, move in enumerate(moves):
            odds = {to(cell, move): 1.0 - slip}
            for other in moves if slip else []:
                odds[to(cell, other)] = odds.get(to(cell, other), 0.0) + slip / 5
            world[str(cell)][str(a)] = odds
    return MDP.from_transitions(world)


def dense(n: int, n_actions: int) -> MDP:
    """Every transition possible, with odds uniform on the simplex."""
    odds = np.random.default_rng(0).dirichlet(np.ones(n), size=(n, n_actions))
    names = [str(s) for s in range(n)]
    return MDP.from_transitions(
        {
            s: {
                str(a): dict(zip(names, map(float, row), strict=True)) for a, row in enumerate(rows)
            }
            for s, rows in zip(names, odds, strict=True)
        }
    )


def digraph(n: int, n_actions: int) -> MDP:
    """Every action leads to a random state for sure."""
    heads = np.random.default_rng(5).integers(n, size=(n, n_actions))
    return MDP.from_transitions(
        {str(s): {str(a): {str(t): 1} for a, t in enumerate(row)} for s, row in enumerate(heads)}
    )


WORLDS = {
    "5x5 grid and stay": grid(5),
    "10x10 grid and stay": grid(10),
    "random, 50 states x 4": dense(50, 4),
    "slippery 10x10 grid": grid(10, 0.2),
    "digraph, 200 states x 4": digraph(200, 4),
}
GAMMAS = (0.9, 0.99)


def quantecon(method: str, mdp: MDP, rewards: np.ndarray, gamma: float) -> Timed:
    """QuantEcon.py's DiscreteDP."""
    from quantecon.markov import DiscreteDP

    tensor, width = mdp.transition_tensor(), mdp.max_actions
    problem = DiscreteDP(np.repeat(rewards[:, :1], width, axis=1), tensor, gamma)
    problem.solve(method=method, epsilon=TOLERANCE, max_iter=10**5)
    for reward in rewards.T:
        problem.R = np.repeat(reward[:, None], width, axis=1)
        start = time.perf_counter()
        solved = problem.solve(method=method, epsilon=TOLERANCE, max_iter=10**5)
        yield time.perf_counter() - start, solved.v


def mdpsolver(method: str, mdp: MDP, rewards: np.ndarray, gamma: float) -> Timed:
    """MDPSolver's C++ engine, on sparse transitions; ``method`` is algorithm and update."""
    import mdpsolver

    algorithm, update = method.split("/")
    rows = [
        [*available, *available[:1] * (mdp.max_actions - len(available))] for available in mdp.rows
    ]
    odds = [[[float(p) for _, p in row] for row in available] for available in rows]
    columns = [[[t for t, _ in row] for row in available] for available in rows]
    for reward in rewards.T:
        model = mdpsolver.model()
        model.mdp(
            discount=gamma,
            rewards=[[float(r)] * mdp.max_actions for r in reward],
            tranMatProbs=odds,
            tranMatColumns=columns,
        )
        start = time.perf_counter()
        model.solve(algorithm=algorithm, update=update, tolerance=TOLERANCE / 10, parallel=False)
        yield time.perf_counter() - start, np.array(model.getValueVector())


def pymdptoolbox(method: str, mdp: MDP, rewards: np.ndarray, gamma: float) -> Timed:
    """Python MDP Toolbox."""
    import mdptoolbox.mdp

    matrices = np.ascontiguousarray(mdp.transition_tensor().transpose(1, 0, 2))
    for reward in rewards.T:
        table = np.repeat(reward[:, None], mdp.max_actions, axis=1)
        problem = getattr(mdptoolbox.mdp, method)(matrices, table, gamma)
        start = time.perf_counter()
        problem.run()
        yield time.perf_counter() - start, np.array(problem.V)


PEERS: dict[str, tuple[str, Callable[..., Timed], tuple[str, ...]]] = {
    "quantecon": (
        "quantecon",
        quantecon,
        ("policy_iteration", "modified_policy_iteration", "value_iteration"),
    ),
    "mdpsolver": ("mdpsolver", mdpsolver, ("mpi/standard", "mpi/gs", "pi/gs", "vi/gs")),
    "pymdptoolbox": ("mdptoolbox", pymdptoolbox, ("PolicyIteration", "PolicyIterationModified")),
}


@pytest.fixture(scope="module")
def table():
    """Collects solves per second by world, gamma and package; printed at the end."""
    rates: dict[tuple[str, float], dict[str, tuple[float, str]]] = {}
    yield rates
    print(f"\n\nsolves per second, optimal values within {TOLERANCE}; (ours / theirs)")
    for (world, gamma), found in rates.items():
        ours = found["powerseek"][0]
        print(f"{world}, gamma {gamma}")
        for package, (rate, note) in found.items():
            print(f"  {package:13} {rate:14,.0f}  ({ours / rate:9,.1f})  {note}")


def draw(mdp: MDP) -> np.ndarray:
    """The same rewards for everyone."""
    return np.random.default_rng(1).random((mdp.n_states, REWARDS))


def run_for(timed: Timed, seconds: float) -> tuple[float, np.ndarray]:
    """Solves per second of solving, and the values found in so many seconds of it."""
    spent, columns = 0.0, []
    for elapsed, values in timed:
        spent += elapsed
        columns.append(values)
        if spent > seconds:
            break
    return len(columns) / spent, np.array(columns).T


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("world", WORLDS)
def test_solvers(benchmark, table, world, gamma):
    """Ours against every peer that is installed."""
    mdp, rewards = WORLDS[world], draw(WORLDS[world])
    solver = solver_for(mdp)
    with jax.enable_x64(True):
        blocks = jnp.asarray(to_blocks(rewards, lanes_per_block(mdp.n_states)))
        rate, tolerance = jnp.float64(gamma), jnp.float64(TOLERANCE * (1 - gamma))
        times = []

        def solve():
            start = time.perf_counter()
            solution = jax.block_until_ready(solve_blocks(solver, blocks, rate, tolerance))
            times.append(time.perf_counter() - start)
            return solution

        solution = benchmark.pedantic(solve, rounds=ROUNDS, warmup_rounds=2)
        ours = np.asarray(solution.values).transpose(1, 0, 2).reshape(mdp.n_states, -1)
        bound = float(solution.error.max()) / (1 - gamma)
    ours = ours / (1 - gamma)
    assert bound <= TOLERANCE
    timed = times[-ROUNDS:]
    note = (
        f"{type(solver).__name__}; best of {len(timed)}, median {REWARDS / np.median(timed):,.0f}"
    )
    table[world, gamma] = {"powerseek": (REWARDS / min(timed), note)}
    for package, (module, solve_one, methods) in PEERS.items():
        if not installed(module):
            continue
        trials = {}
        for method in methods:
            speed, values = run_for(
                solve_one(method, mdp, rewards[:, :50], gamma), PEER_SECONDS / 10
            )
            if np.abs(values - ours[:, : values.shape[1]]).max() <= TOLERANCE:
                trials[method] = speed
        if not trials:
            print(f"{package}: no method reaches {TOLERANCE} on {world}, gamma {gamma}")
            continue
        best = max(trials, key=trials.__getitem__)
        speed, values = run_for(solve_one(best, mdp, rewards, gamma), PEER_SECONDS)
        error = np.abs(values - ours[:, : values.shape[1]]).max()
        assert error <= TOLERANCE, f"{package} {best} differs by {error}"
        table[world, gamma][package] = (speed, f"{best}; {values.shape[1]} rewards")
    benchmark.extra_info.update({k: round(v[0]) for k, v in table[world, gamma].items()})


def installed(module: str) -> bool:
    """Whether a package can be imported."""
    from importlib.util import find_spec

    return find_spec(module) is not None
