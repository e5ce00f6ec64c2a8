"""Batched solvers against plain policy iteration in numpy, and their certificates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp import MDP
from powerseek.theory.solvers import solve_many, solver_for
from powerseek.theory.solvers.dense import DenseSolver
from powerseek.theory.solvers.digraph import DigraphSolver
from powerseek.theory.solvers.extrapolation import _least_squares
from powerseek.theory.solvers.lanes import maximum, minimum, over_states
from powerseek.theory.solvers.refinement import refine
from powerseek.theory.solvers.solver import Solution
from powerseek.theory.solvers.sparse import SparseSolver
from powerseek.theory.solvers.stay import StaySolver


def reference(mdp, rewards, gamma):
    """Optimal values by policy iteration, one reward function at a time."""
    tensor, places, columns = mdp.transition_tensor(), np.arange(mdp.n_states), []
    for reward in rewards.T:
        policy = np.zeros(mdp.n_states, dtype=int)
        while True:
            chain = np.eye(mdp.n_states) - gamma * tensor[places, policy]
            ahead = tensor @ (values := np.linalg.solve(chain, reward))
            gain = ahead.max(axis=1) > ahead[places, policy] + 1e-11 / (1 - gamma)
            if not gain.any():
                break
            policy = np.where(gain, ahead.argmax(axis=1), policy)
        columns.append(values)
    return np.array(columns).T


def random_world(rng, n, width, successors, stay=False):
    """Every state has 1 to ``width`` actions; the first state has all of them."""
    world = {}
    for s in range(n):
        actions = {}
        for a in range(width if s == 0 else rng.integers(1, width + 1)):
            reached = rng.choice(n, successors, replace=False)
            odds = rng.dirichlet(np.ones(successors))
            actions[f"a{a}"] = {str(t): float(p) for t, p in zip(reached, odds, strict=True)}
        if stay:
            actions["stay"] = {str(s): 1}
        world[str(s)] = actions
    return MDP.from_transitions(world)


def slippery_grid(n, slip):
    moves = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)]

    def to(i, j, move):
        x, y = i + move[0], j + move[1]
        return f"{x},{y}" if 0 <= x < n and 0 <= y < n else f"{i},{j}"

    world = {}
    for i in range(n):
        for j in range(n):
            world[f"{i},{j}"] = actions = {}
            for a, move in enumerate(moves):
                odds = dict.fromkeys((to(i, j, m) for m in moves), 0.0)
                odds[to(i, j, move)] += 1 - slip
                for other in moves:
                    odds[to(i, j, other)] += slip / 5
                actions[str(a)] = odds
    return MDP.from_transitions(world)


FAMILIES = {
    "stay": (StaySolver, lambda rng: random_world(rng, 8, 2, 1, stay=True)),
    "digraph": (DigraphSolver, lambda rng: random_world(rng, 8, 3, 1)),
    "dense": (DenseSolver, lambda rng: random_world(rng, 8, 3, 8)),
    "nearly deterministic": (DenseSolver, lambda rng: random_world(rng, 8, 3, 2)),
}


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    gamma=st.sampled_from([0.01, 0.5, 0.9, 0.99, 0.999]),
    scale=st.sampled_from([1.0, 100.0]),
)
def test_values_are_optimal_within_the_bound(family, seed, gamma, scale):
    kind, make = FAMILIES[family]
    rng = np.random.default_rng(seed)
    mdp = make(rng)
    assert isinstance(solver_for(mdp), kind | StaySolver)
    rewards = scale * rng.standard_normal((8, 5))
    solved = solve_many(mdp, rewards, gamma, tolerance=1e-6 * scale / (1 - gamma))
    error = np.abs(solved.values - reference(mdp, rewards, gamma)).max()
    assert error <= solved.bound + 1e-10 * scale / (1 - gamma)
    assert solved.bound <= 1e-6 * scale / (1 - gamma)


def sharpened(mdp, rewards, gamma):
    """`reference`, to some 19 digits: the solution for its policy, refined in long double.

    Probabilities sum to 1 here, as they do in the world; floats may miss it by an epsilon.
    """
    tensor, places, columns = mdp.transition_tensor(), np.arange(mdp.n_states), []
    for reward, values in zip(rewards.T, reference(mdp, rewards, gamma).T, strict=True):
        policy = tensor[places, (tensor @ values).argmax(axis=1)]
        chain = np.eye(mdp.n_states) - gamma * policy
        odds = policy / policy.sum(axis=1, keepdims=True, dtype=np.longdouble)
        finer = values.astype(np.longdouble)
        for _ in range(3):
            missing = reward - finer + np.longdouble(gamma) * (odds @ finer)
            finer += np.linalg.solve(chain, missing.astype(float))
        columns.append(finer)
    return np.array(columns).T


def memoryless_world(rng):
    """Every action leads to the same lottery: one sweep is enough, and the rest is rounding."""
    odds = {str(t): float(p) for t, p in enumerate(rng.dirichlet(np.ones(8)))}
    return MDP.from_transitions({s: {"a": odds, "b": odds} for s in odds})


REFINED = {
    **{name: make for name, (kind, make) in FAMILIES.items() if kind is DenseSolver},
    "few actions": lambda rng: random_world(rng, 8, 1, 8),
    "memoryless": memoryless_world,
}


@pytest.mark.parametrize("family", REFINED)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    gamma=st.sampled_from([0.5, 0.9, 0.99, 0.999]),
    digits=st.integers(3, 10),
    scale=st.sampled_from([2.0**-20, 1.0, 2.0**20]),
    offset=st.sampled_from([-1000.0, -1.0, 0.0, 1.0]),
)
@example(seed=0, gamma=0.999, digits=10, scale=1.0, offset=-1000.0)
def test_refined_values_are_within_the_bound(family, seed, gamma, digits, scale, offset):
    rng = np.random.default_rng(seed)
    mdp = REFINED[family](rng)
    assert isinstance(solver_for(mdp), DenseSolver)
    rewards = rng.standard_normal((8, 5)) + offset
    tolerance = 10.0**-digits * scale / (1 - gamma)
    solved = solve_many(mdp, scale * rewards, gamma, tolerance=tolerance)
    error = np.abs(solved.values - scale * sharpened(mdp, rewards, gamma)).max()
    assert error <= solved.bound <= tolerance


@pytest.mark.parametrize("scale", [1e-300, 1e-40, 1e39, 1e300])
def test_rewards_may_be_beyond_single_precision(scale):
    rng = np.random.default_rng(0)
    mdp = random_world(rng, 8, 3, 8)
    assert isinstance(solver_for(mdp), DenseSolver)
    rewards = rng.random((8, 5))
    solved = solve_many(mdp, scale * rewards, 0.9, tolerance=1e-6 * scale)
    assert np.abs(solved.values / scale - reference(mdp, rewards, 0.9)).max() <= 1e-6
    assert solved.bound <= 1e-6 * scale


@jax.jit
def refined(odds, rewards, values, gamma):
    """Rounds of refinement for as long as they help."""

    def expected(v):
        return jnp.einsum("ast,tl->asl", odds.astype(v.dtype), v)

    nothing, terms = jnp.zeros_like(gamma), rewards.shape[0]
    known = Solution((1 - gamma) * values, jnp.zeros_like(values[0]))
    return refine(expected, rewards, values, known, gamma, nothing, terms=terms)[1]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    gamma=st.sampled_from([0.5, 0.9, 0.999]),
    next_states=st.sampled_from([2, 8]),
    level=st.sampled_from([0.0, 1.0, 1e6]),
)
def test_values_that_need_no_refinement_are_within_the_bound_all_the_same(
    seed, gamma, next_states, level
):
    """What is left is rounding: of the values, and of what they have in common.

    At level 0 the first state is worth 0, so that there is only the former; at 1e6 the latter
    is much larger.
    """
    rng = np.random.default_rng(seed)
    mdp = random_world(rng, 8, 3, next_states)
    rewards = rng.standard_normal((8, 5))
    rewards += level - (1 - gamma) * reference(mdp, rewards, gamma)[0]
    values = reference(mdp, rewards, gamma)
    with jax.enable_x64(True):
        found = refined(mdp.transition_tensor().transpose(1, 0, 2), rewards, values, gamma)
    expected = (1 - np.longdouble(gamma)) * sharpened(mdp, rewards, gamma)
    error = np.abs(np.asarray(found.values) - expected).max(axis=0)
    assert (error <= np.asarray(found.error)).all()
    assert (np.asarray(found.error) < 1e-12 * np.abs(values).max()).all()


@pytest.mark.parametrize("gamma", [0.9, 0.99])
def test_slippery_grids_are_solved_sparsely(gamma):
    mdp = slippery_grid(7, 0.2)
    solver = solver_for(mdp)
    assert isinstance(solver, SparseSolver)
    assert [sum(w is not None for w in own) for own in solver.own] == [1] * 5
    rewards = np.random.default_rng(0).random((49, 12))
    solved = solve_many(mdp, rewards, gamma)
    error = np.abs(solved.values - reference(mdp, rewards, gamma)).max()
    assert error <= solved.bound + 1e-10 <= 1e-6


def lookaheads():
    rng = np.random.default_rng(1)
    worlds = [make(rng) for _, make in FAMILIES.values()]
    worlds += [random_world(rng, 60, 3, 2), slippery_grid(4, 0.3)]
    for mdp in worlds:
        yield mdp, solver_for(mdp)
        yield mdp, DenseSolver.of(mdp)
        yield mdp, SparseSolver.of(mdp)


@pytest.mark.parametrize(("mdp", "solver"), list(lookaheads()))
def test_lookahead_is_the_best_expected_value(mdp, solver):
    values = np.random.default_rng(2).standard_normal((mdp.n_states, 3))
    with jax.enable_x64(True):
        found = np.asarray(solver.lookahead(jnp.asarray(values)))
    expected = np.einsum("sat,tl->sal", mdp.transition_tensor(), values).max(axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize("kind", [DenseSolver, SparseSolver])
def test_greedy_policies_attain_the_lookahead(kind):
    mdp = random_world(np.random.default_rng(3), 12, 3, 2)
    values = np.random.default_rng(4).standard_normal(12)
    with jax.enable_x64(True):
        matrix = np.asarray(kind.of(mdp).policy_matrix(jnp.asarray(values)))
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    np.testing.assert_allclose(matrix @ values, (mdp.transition_tensor() @ values).max(axis=1))


def test_stuck_lanes_are_finished_by_policy_iteration(monkeypatch):
    from powerseek.theory.solvers import batch, extrapolation

    monkeypatch.setattr(extrapolation, "MAX_CYCLES", 1)
    monkeypatch.setattr(batch, "solve_blocks", jax.jit(batch.solve_blocks.__wrapped__))
    mdp = random_world(np.random.default_rng(5), 9, 3, 2)
    rewards = np.random.default_rng(6).random((9, 20))
    solved = solve_many(mdp, rewards, 0.999)
    assert np.abs(solved.values - reference(mdp, rewards, 0.999)).max() <= 1e-6


def test_constant_rewards_are_worth_their_discounted_sum():
    for _, make in FAMILIES.values():
        mdp = make(np.random.default_rng(7))
        solved = solve_many(mdp, np.full((8, 2), -3.0), "9/10")
        np.testing.assert_allclose(solved.values, -30, atol=1e-6)


@pytest.mark.parametrize("stay", [True, False])
def test_faint_gains_far_away_are_found(stay):
    """Along a corridor every step is a little better than the one before."""
    ahead = {str(i): [str(min(i + 1, 39))] for i in range(40)}
    mdp = MDP.from_successors({s: [s, *t] if stay else t for s, t in ahead.items()})
    rewards = 1e-4 * np.arange(40.0)[:, None]
    solved = solve_many(mdp, rewards, 0.99, tolerance=1e-10)
    np.testing.assert_allclose(solved.values, reference(mdp, rewards, 0.99), atol=1e-9)


def test_no_rewards_have_no_values():
    mdp = MDP.from_successors({"a": ["a"]})
    assert solve_many(mdp, np.empty((1, 0)), 0.5).values.shape == (1, 0)


@pytest.mark.parametrize(
    ("rewards", "gamma", "tolerance", "field"),
    [
        (np.zeros(2), 0.9, 1e-6, "rewards"),
        (np.zeros((3, 1)), 0.9, 1e-6, "rewards"),
        (np.full((2, 1), np.nan), 0.9, 1e-6, "rewards"),
        (np.ones((2, 1)), 1, 1e-6, "gamma"),
        (np.ones((2, 1)), "0." + "9" * 20, 1e-6, "gamma"),
        (np.array([[0.1], [0.7]]), 0.9999999, 1e-12, "tolerance"),
    ],
)
def test_refusals_name_the_argument(rewards, gamma, tolerance, field):
    mdp = MDP.from_successors({"a": ["b"], "b": ["a", "b"]})
    with pytest.raises(InvalidInput, match=f"^{field}: got "):
        solve_many(mdp, rewards, gamma, tolerance=tolerance)


@given(st.integers(1, 40), st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_folds_are_reductions(n, seed):
    values = np.random.default_rng(seed).standard_normal((n, 3)).astype(np.float32)
    assert (over_states(maximum, jnp.asarray(values)) == values.max(axis=0)).all()
    assert (over_states(minimum, jnp.asarray(values)) == values.min(axis=0)).all()


def test_elimination_solves_least_squares_up_to_constants():
    rng = np.random.default_rng(0)
    columns, target = rng.standard_normal((30, 3)), rng.standard_normal(30)
    with jax.enable_x64(True):
        found = _least_squares(
            [jnp.asarray(c[:, None]) for c in columns.T], jnp.asarray(target[:, None])
        )
    centred = columns - columns.mean(axis=0)
    expected = np.linalg.lstsq(centred, target - target.mean(), rcond=None)[0]
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-9)
