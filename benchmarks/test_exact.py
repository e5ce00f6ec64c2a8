"""How long exact POWER takes, against the number of states and of elements of F_nd.

Run ``pytest benchmarks/test_exact.py --benchmark-enable -s``, or this file as a script for
a table alone. Nothing is asserted about time.
"""

from __future__ import annotations

import time

import pytest

from powerseek.theory.exact import estimate_cost, exact_power, symbolic_power
from powerseek.theory.gallery import (
    load,
    random_deterministic,
    random_stochastic,
    tree,
)
from powerseek.theory.mdp import MDP

WORLDS: dict[str, tuple[MDP, str]] = {
    "tree of 111 states": (tree(2, 10), "root"),
    "tree of 40 states": (tree(3, 3), "root"),
    "wait": (load("wait"), "start"),
    "grid-3x3, corner": (load("grid-3x3"), "r0c0"),
    **{f"deterministic, {n} states": (random_deterministic(1, n), "s0") for n in (5, 6, 7, 9)},
    **{f"deterministic, {n} states": (random_deterministic(2, n), "s0") for n in (10, 11, 12)},
    **{f"stochastic, {n} states": (random_stochastic(0, n), "s0") for n in (4, 5, 6, 7)},
}
GAMMA = "9/10"


@pytest.mark.parametrize("reward", ["uniform", "exponential"])
@pytest.mark.parametrize("name", WORLDS)
def test_exact_power(benchmark, name, reward):
    """One state of a world."""
    mdp, state = WORLDS[name]
    benchmark.pedantic(exact_power, (mdp, GAMMA, reward, [state], True), rounds=1)


@pytest.mark.parametrize("n", [4, 5, 6])
def test_symbolic_power(benchmark, n):
    """One state as a function of gamma."""
    mdp = random_deterministic(1, n)
    benchmark.pedantic(symbolic_power, (mdp, "uniform", ["s0"], True), rounds=1)


def main() -> None:
    """Print a table of measured and predicted times."""
    print(f"{'one state of':26}{'F':>6}{'F_nd':>6}{'m':>4}", end="")
    print(
        "".join(
            f"{reward + ' ' + what:>16}"
            for reward in ("unif.", "exp.")
            for what in ("s", "predicted")
        )
    )
    for name, (mdp, state) in WORLDS.items():
        costs = [estimate_cost(mdp, GAMMA, r, [state]) for r in ("uniform", "exponential")]
        if costs[0].states:
            size = costs[0].states[0]
            print(f"{name:26}{size.n_policies:6}{size.n_nondominated:6}{size.dimension:4}", end="")
        else:
            print(f"{name:26}{1:6}{1:6}{0:4}", end="")
        for reward, cost in zip(("uniform", "exponential"), costs, strict=True):
            start = time.perf_counter()
            exact_power(mdp, GAMMA, reward, [state], force=True)
            print(f"{time.perf_counter() - start:16.4f}{cost.seconds:16.4f}", end="")
        print(flush=True)


if __name__ == "__main__":
    main()
