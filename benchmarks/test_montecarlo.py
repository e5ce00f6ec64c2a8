"""POWER from reward functions to result: time, and what control variates save.

Run ``pytest benchmarks/test_montecarlo.py --benchmark-enable -s``. Nothing is asserted
about time.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from powerseek.theory.mdp import MDP
from powerseek.theory.montecarlo import montecarlo_power

SAMPLES = 100_000


def grid(n: int) -> MDP:
    """Four moves and staying."""
    cells = set(itertools.product(range(n), repeat=2))
    steps = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    return MDP.from_successors(
        {
            f"{i},{j}": [f"{i + a},{j + b}" for a, b in steps if (i + a, j + b) in cells]
            for i, j in sorted(cells)
        }
    )


def digraph(n: int, degree: int) -> MDP:
    """Every state has the same number of random successors."""
    rng = np.random.default_rng(5)
    return MDP.from_successors(
        {str(s): [str(t) for t in rng.choice(n, degree, replace=False)] for s in range(n)}
    )


WORLDS = {
    "5x5 grid": grid(5),
    "10x10 grid": grid(10),
    "30x30 grid": grid(30),
    "digraph, 50 states x 3": digraph(50, 3),
}


@pytest.mark.parametrize("gamma", [0.9, 0.99])
@pytest.mark.parametrize("world", WORLDS)
def test_power(benchmark, world, gamma):
    """100,000 reward functions, from the world to the estimates, compiled before."""
    mdp = WORLDS[world]
    found = benchmark.pedantic(
        montecarlo_power, (mdp, gamma), {"samples": SAMPLES}, rounds=2, warmup_rounds=1
    )
    plain = montecarlo_power(mdp, gamma, samples=SAMPLES, control_variates=False)
    saved = np.mean([p.stderr**2 for p in plain]) / np.mean([f.stderr**2 for f in found])
    print(f"\n{world}, gamma {gamma}: control variates divide the variance by {saved:.1f}")
    benchmark.extra_info["variance divided by"] = round(float(saved), 1)
