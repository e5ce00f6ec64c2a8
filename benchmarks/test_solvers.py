"""Solves per second against other MDP packages, on the same rewards in the same run.

Run ``pytest benchmarks/test_solvers.py --benchmark-enable -s`` with the extra ``bench``
installed; packages that are missing are skipped. Nothing is asserted about time. Every
package must agree with the others to 1e-6 in the optimal values, and is shown with the
fastest of its algorithms that does. "Plain JAX" is value iteration in a dozen lines, on the
same blocks of lanes and devices as ours: what the choice of algorithm is worth.

Only solving is timed: the peers get their models built for free, and rewards lie in blocks
of lanes for ours, as the Monte Carlo engine draws them. Peers solve one reward function
after the other, as many of the 10,000 as they manage in ``BENCH_PEER_SECONDS`` (default 3;
``inf`` for all of them).

On a machine that is busy with other things set ``BENCH_CLOCK=cpu``: processor time instead
of wall time, ours divided by the number of devices it is spread over.
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
from powerseek.theory.solvers.batch import over_devices, solve_blocks, to_blocks
from powerseek.theory.solvers.lanes import lanes_per_block

REWARDS = 10_000
ROUNDS = 9
PEER_SECONDS = float(os.environ.get("BENCH_PEER_SECONDS", "3"))
TOLERANCE = 1e-6

ON_CPU = os.environ.get("BENCH_CLOCK", "wall") == "cpu"
now = time.process_time if ON_CPU else time.perf_counter

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
        start = now()
        solved = problem.solve(method=method, epsilon=TOLERANCE, max_iter=10**5)
        yield now() - start, solved.v


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
        start = now()
        model.solve(algorithm=algorithm, update=update, tolerance=TOLERANCE / 10, parallel=False)
        yield now() - start, np.array(model.getValueVector())


def pymdptoolbox(method: str, mdp: MDP, rewards: np.ndarray, gamma: float) -> Timed:
    """Python MDP Toolbox."""
    import mdptoolbox.mdp

    matrices = np.ascontiguousarray(mdp.transition_tensor().transpose(1, 0, 2))
    for reward in rewards.T:
        table = np.repeat(reward[:, None], mdp.max_actions, axis=1)
        problem = getattr(mdptoolbox.mdp, method)(matrices, table, gamma)
        start = now()
        problem.run()
        yield now() - start, np.array(problem.V)


def plain_jax(mdp: MDP) -> Callable[[jax.Array, float], jax.Array]:
    """What one writes first in JAX: value iteration on blocks of lanes, by MacQueen's bounds.

    One gather for each action and possible successor; one matrix product where most
    transitions are possible.
    """
    n, width = mdp.n_states, mdp.max_actions
    rows = [[*acts, *acts[:1] * (width - len(acts))] for acts in mdp.rows]
    slots = max(len(row) for acts in rows for row in acts)
    odds, heads = np.zeros((width, slots, n)), np.zeros((width, slots, n), dtype=np.int32)
    for s, a in itertools.product(range(n), range(width)):
        for k, (t, p) in enumerate(rows[s][a]):
            odds[a, k, s], heads[a, k, s] = p, t
    matrix = mdp.transition_tensor().transpose(1, 0, 2).reshape(-1, n)

    def lookahead(values):
        if 2 * slots > n:
            return (jnp.asarray(matrix) @ values).reshape(width, n, -1).max(axis=0)
        expected = [
            sum(odds[a, k][:, None] * values[heads[a, k]] for k in range(slots))
            for a in range(width)
        ]
        return jnp.stack(expected).max(axis=0)

    def solve(gamma, rewards):
        def sweep(state):
            values, _, _ = state
            after = rewards + gamma * lookahead(values)
            change = after - values
            low, high = change.min(axis=0), change.max(axis=0)
            shift = gamma / (1 - gamma) / 2
            return after, shift * (low + high), shift * (high - low).max()

        start = (rewards, rewards[0], jnp.array(jnp.inf))
        values, middle, _ = jax.lax.while_loop(lambda s: s[2] > TOLERANCE / 10, sweep, start)
        return values + middle

    return jax.jit(lambda blocks, gamma: over_devices(solve, gamma, blocks))


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
    clock = "processor" if ON_CPU else "wall"
    print(
        f"\n\nsolves per second of {clock} time, optimal values within {TOLERANCE}; (ours / theirs)"
    )
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
            start = now()
            solution = jax.block_until_ready(solve_blocks(solver, blocks, rate, tolerance))
            times.append((now() - start) / cores())
            return solution

        solution = benchmark.pedantic(solve, rounds=ROUNDS, warmup_rounds=2)
        ours = np.asarray(solution.values).transpose(1, 0, 2).reshape(mdp.n_states, -1)
        plain, error, rewards_of_plain = time_plain(mdp, blocks, gamma, ours / (1 - gamma))
        bound = float(solution.error.max()) / (1 - gamma)
    ours = ours / (1 - gamma)
    assert bound <= TOLERANCE
    timed = times[-ROUNDS:]
    note = (
        f"{type(solver).__name__}; best of {len(timed)}, median {REWARDS / np.median(timed):,.0f}"
    )
    table[world, gamma] = {"powerseek": (REWARDS / min(timed), note)}
    assert error <= 2 * TOLERANCE, f"plain JAX differs by {error}"
    table[world, gamma]["plain JAX"] = (plain, f"value iteration; {rewards_of_plain} rewards")
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


def time_plain(
    mdp: MDP, blocks: jax.Array, gamma: float, ours: np.ndarray
) -> tuple[float, float, int]:
    """Solves per second of `plain_jax`, its largest difference from ours, how many solves.

    On as many blocks as it manages in about ``PEER_SECONDS``; the best of three rounds.
    """
    solve, devices = plain_jax(mdp), jax.local_device_count()

    def timed(some):
        start = now()
        values = np.asarray(jax.block_until_ready(solve(some, gamma)))
        return (now() - start) / cores(), values

    few = blocks[:devices]
    timed(few)
    share = PEER_SECONDS / 3 / timed(few)[0]
    n_blocks = max(devices, int(min(len(blocks), share * devices)) // devices * devices)
    rounds = [timed(blocks[:n_blocks]) for _ in range(4)][1:]
    values = rounds[0][1].transpose(1, 0, 2).reshape(mdp.n_states, -1)
    n = values.shape[1]
    error = np.abs(values[:, : ours.shape[1]] - ours[:, :n]).max()
    return n / min(seconds for seconds, _ in rounds), float(error), n


def cores() -> int:
    """How many devices share the processor time of one call of ours."""
    return jax.local_device_count() if ON_CPU else 1


def installed(module: str) -> bool:
    """Whether a package can be imported."""
    from importlib.util import find_spec

    return find_spec(module) is not None
