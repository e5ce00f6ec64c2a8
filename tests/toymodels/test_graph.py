"""The graph world: nothing in it is labelled, and its numbers are those of brute force."""

import itertools
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import (
    MLP,
    Graph,
    GraphKnobs,
    Hub,
    HubKnobs,
    Linear,
    Recipe,
    train,
    train_in_graphs,
)
from powerseek.toymodels.algorithms import ExactGradient, Teaching, Walks
from powerseek.toymodels.moves import Dense, Successors
from powerseek.toymodels.policies import Actor
from powerseek.toymodels.studies.label_free import optimal_values, pooled
from powerseek.toymodels.tasks import (
    action_values,
    expected_return,
    masked_softmax,
    occupancies,
    optimal_choice,
    optimal_return,
)
from powerseek.toymodels.worlds import WORLDS
from powerseek.toymodels.worlds.graph import graph_key

pytestmark = pytest.mark.usefixtures("double_precision")

SMALL = Graph(n_states=5, n_options=3, n_goals=3, horizon=3, n_codes=4, novel=3)
seeds = st.integers(0, 2**32 - 1)


@partial(jax.jit, static_argnums=0)
def drawn(world, seed, knobs):
    graph = world.draw(graph_key(seed, 0))
    table = world.tasks(graph, knobs)
    scores = jax.random.normal(jax.random.key(seed), table.rewards.shape)
    policy = masked_softmax(scores, table.available)
    dense = jnp.moveaxis(jax.nn.one_hot(graph.to, world.n_states)[..., None], 2, 2)
    dense = jnp.broadcast_to(dense, (*dense.shape[:3], table.weight.shape[0]))
    same = replace(table, moves=Dense(0.7 * dense))
    fading = replace(table, moves=Successors(graph.to, 0.7))

    def facts(table):
        return (
            action_values(table, policy, world.horizon),
            occupancies(table, policy, world.horizon),
            ExactGradient().credit(jax.random.key(0), table, policy, world.horizon, Teaching()),
        )

    return graph, table, policy, facts(fading), facts(same)


@pytest.mark.slow
@given(seeds)
@settings(max_examples=25)
def test_looking_successors_up_is_the_same_as_summing_over_all_states(seed):
    *_, fading, same = drawn(SMALL, seed, GraphKnobs())
    for a, b in zip(jax.tree.leaves(fading), jax.tree.leaves(same), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def landings(to, available, state, goal, steps):
    """The most landings on the goal in so many steps, by trying every walk."""
    if steps == 0:
        return 0
    nexts = to[state][available[state]]
    return max(int(t == goal) + landings(to, available, t, goal, steps - 1) for t in nexts)


@pytest.mark.slow
@given(seeds)
@settings(max_examples=25)
def test_best_returns_are_those_of_trying_every_walk(seed):
    graph, table, *_ = drawn(SMALL, seed, GraphKnobs())
    to, available = np.asarray(graph.to), np.asarray(graph.available)
    goals = np.asarray(graph.states)[: SMALL.n_goals]
    expected = np.array(
        [[landings(to, available, s, g, SMALL.horizon) for g in goals] for s in range(5)]
    )
    np.testing.assert_allclose(optimal_return(table, SMALL.horizon), expected.mean(0))
    np.testing.assert_allclose(optimal_values(table, SMALL.horizon), expected)
    # The Bayes-optimal agent: the walk with the largest mean over goals.
    choice = np.asarray(optimal_choice(pooled(table), SMALL.horizon))[..., 0]
    for s in range(5):
        worth = {}
        for walk in itertools.product(range(3), repeat=SMALL.horizon):
            at, total = s, 0.0
            for o in walk:
                if not available[at, o]:
                    break
                at = to[at, o]
                total += (goals == at).mean()
            else:
                worth[walk[0]] = max(worth.get(walk[0], 0.0), total)
        best = {o for o, w in worth.items() if w > max(worth.values()) - 1e-9}
        np.testing.assert_allclose(choice[s], [(o in best) / len(best) for o in range(3)])


@given(seeds)
@settings(max_examples=50)
def test_graphs_are_graphs(seed):
    graph = SMALL.draw(graph_key(seed, 0))
    to, available = np.asarray(graph.to), np.asarray(graph.available)
    assert available[:, 0].all()
    for row, there in zip(to, available, strict=True):
        assert len(set(row[there])) == there.sum()  # distinct successors
    assert sorted(np.asarray(graph.states)) == list(range(5))
    mdp = SMALL.mdp(seed=seed)
    assert mdp.is_deterministic
    assert [len(a) for a in mdp.actions] == list(available.sum(1))
    with jax.enable_x64(False):
        assert (np.asarray(SMALL.draw(graph_key(seed, 0)).to) == to).all()


@pytest.mark.slow
def test_out_degrees_are_heavy_tailed_and_some_states_are_traps():
    # 400 graphs of 16 states: a standard error below 0.006; 5 of them, 1e-6 false alarms.
    world = Graph()
    draw = jax.jit(jax.vmap(lambda i: world.draw(graph_key(0, i))))
    graphs = draw(jnp.arange(400))
    degree = np.asarray(graphs.available).sum(-1)
    trapped = 1 / 8 + 7 / 8 * np.array([12, 6, 4, 3]) / 25 * [1, 0, 0, 0]
    shares = [7 / 8 * w / 25 for w in (12, 6, 4, 3)]
    shares[0] = trapped[0]
    for d, share in enumerate(shares, start=1):
        assert abs((degree == d).mean() - share) < 0.03
    to = np.asarray(graphs.to)
    trap = (degree == 1) & (to[..., 0] == np.arange(16))
    assert abs(trap.mean() - (1 / 8 + 7 / 8 * 12 / 25 / 16)) < 0.03


@given(seeds)
@settings(max_examples=20)
def test_features_hold_codes_and_nothing_else(seed):
    graph = SMALL.draw(graph_key(seed, 0))
    table = SMALL.tasks(graph, GraphKnobs())
    codes = np.asarray(graph.codes)
    shared = np.moveaxis(np.asarray(table.observation.shared)[..., 0], 0, -1)
    here, there = shared[..., :4], shared[..., 4:]
    np.testing.assert_array_equal(here, np.broadcast_to(codes[:, None], here.shape))
    np.testing.assert_array_equal(there, codes[np.asarray(graph.to)])
    goals = np.asarray(graph.states)[: SMALL.n_goals]
    np.testing.assert_array_equal(np.asarray(table.observation.embedding).T, codes[goals])
    assert (np.asarray(table.power) == 0).all()
    assert (np.asarray(table.detour) == 0).all()
    # Another graph with the same codes looks the same wherever its edges are the same.
    other = replace(graph, available=jnp.ones_like(graph.available))
    again = SMALL.tasks(other, GraphKnobs()).observation.shared
    np.testing.assert_array_equal(again, table.observation.shared)


@given(seeds, st.permutations(range(5)))
@settings(max_examples=15)
def test_renaming_states_changes_nothing(seed, order):
    graph = SMALL.draw(graph_key(seed, 0))
    order = np.array(order)  # new name of each state
    back = np.argsort(order)
    renamed = replace(
        graph,
        to=jnp.asarray(order)[graph.to[back]],
        available=graph.available[back],
        states=jnp.asarray(order)[graph.states],
        codes=graph.codes[back],
    )
    learnt = [one_update(g) for g in (graph, renamed)]
    np.testing.assert_allclose(learnt[0][0], learnt[1][0][back.argsort()], atol=1e-12)
    np.testing.assert_allclose(learnt[0][1], learnt[1][1], atol=1e-12)


@jax.jit
def one_update(graph):
    """The null policy after one step of gradient ascent, and the returns before it."""
    table, policy = SMALL.tasks(graph, GraphKnobs()), Linear()
    params = policy.init(jax.random.key(0), table.observation)

    def scores(params):
        return policy.scores(params, table.observation, jnp.asarray(0.5))

    raw, pull_back = jax.vjp(scores, params)
    choice = masked_softmax(raw, table.available)
    credit = ExactGradient().credit(jax.random.key(0), table, choice, SMALL.horizon, Teaching())
    (ascent,) = pull_back(credit)
    moved = jax.tree.map(jnp.add, params, ascent)
    null = SMALL.looks(graph, jnp.zeros((SMALL.n_codes, 1)))
    after = masked_softmax(policy.scores(moved, null, jnp.asarray(0.5)), null.available)
    return after[..., 0], expected_return(table, choice, SMALL.horizon)


@pytest.fixture(scope="module")
def learner():
    return Recipe(world=SMALL, policy=Linear(), learning_rate=2.0, checkpoints=(0, 1, 64))


@pytest.fixture(scope="module")
def run(learner):
    """Settings: as it is, no signal, no sharing, no credit, the twin, one goal."""
    knobs = GraphKnobs(
        signal=[1.0, 0, 1, 1, 1, 1],
        sharing=[0.5, 0.5, 0, 0.5, 0.5, 0.5],
        credit=[1.0, 1, 1, 0, 1, 1],
        relabelled=[0.0, 0, 0, 0, 1, 0],
        goals=[3.0, 3, 3, 3, 3, 1],
    )
    return train_in_graphs(learner, knobs, range(8))


def test_training_raises_returns_and_never_above_the_best(run):
    b, weight = run.behaviour, run.setting.weight[:, :, None]
    got, best = ((weight * v).sum(-1) for v in (b.returns, b.best))
    assert (got <= best + 1e-9).all()
    assert (got[0, :, 2] > got[0, :, 0]).any()
    assert (got[0, :, 2] >= got[0, :, 0] - 1e-9).all()
    np.testing.assert_allclose(run.behaviour.visits.sum(-1), 1.0)


def test_without_signal_or_sharing_nothing_reaches_the_null_task(run):
    null = run.behaviour.null
    for off in (1, 2):
        np.testing.assert_allclose(null[off, :, 2], null[off, :, 0], atol=1e-12)
    assert np.abs(null[0, :, 2] - null[0, :, 0]).max() > 0.01
    # Without signal nothing is learnt; without sharing tasks are.
    b = run.behaviour
    np.testing.assert_allclose(b.returns[1, :, 2], b.returns[1, :, 0], atol=1e-12)
    assert (b.returns[2, :, 2].sum(-1) > b.returns[2, :, 0].sum(-1)).any()


@given(seeds)
@settings(max_examples=15)
def test_without_credit_only_steps_that_land_are_reinforced(seed):
    graph, table, policy, *_ = drawn(SMALL, seed, GraphKnobs())
    landing = np.asarray(table.rewards).any(1, keepdims=True)
    for lasting, beyond in ((0.0, False), (1.0, True)):
        tasks = replace(table, moves=Successors(graph.to, lasting))
        credit = ExactGradient().credit(jax.random.key(0), tasks, policy, 3, Teaching())
        elsewhere = np.abs(np.asarray(credit) * ~landing) > 1e-12
        assert beyond or not elsewhere.any()


def test_the_twin_learns_the_same_tasks_from_other_codes(run):
    b = run.behaviour
    np.testing.assert_allclose(b.returns[4, :, 0], b.returns[0, :, 0], atol=1e-12)
    np.testing.assert_allclose(b.best[4], b.best[0])
    assert np.abs(b.null[4, :, 2] - b.null[0, :, 2]).max() > 0.01


def test_unused_goals_have_no_weight(run):
    np.testing.assert_array_equal(run.setting.weight[5], np.tile([1.0, 0, 0], (8, 1)))
    np.testing.assert_allclose(run.setting.weight[0], 1 / 3)


def test_the_kernel_is_exact_for_one_step_of_a_linear_policy(run):
    moved = run.behaviour.scores[:, :, 1] - run.behaviour.scores[:, :, 0]
    np.testing.assert_allclose(moved, 2.0 * run.setting.rate, atol=1e-12)
    assert np.abs(moved).max() > 1e-3


@pytest.mark.slow
def test_the_actor_learns_tasks():
    recipe = Recipe(
        world=SMALL,
        policy=Actor(width=8),
        algorithm=Walks(),
        learning_rate=0.5,
        checkpoints=(0, 64),
    )
    b = train_in_graphs(recipe, GraphKnobs(), range(4)).behaviour
    assert b.returns[..., 1, :].sum() > b.returns[..., 0, :].sum()


@given(seeds)
@settings(max_examples=10)
def test_the_actor_never_sees_the_codes_of_states(seed):
    graph = SMALL.draw(graph_key(seed, 0))
    goals = jax.random.normal(jax.random.key(seed), (SMALL.n_codes, 2))
    seen = SMALL.looks(graph, goals)
    other = SMALL.looks(replace(graph, codes=graph.permuted), goals)
    actor = Actor(width=4)
    weights = actor.init(jax.random.key(seed), seen)
    scores = [actor.scores(weights, look, jnp.asarray(0.5)) for look in (seen, other)]
    np.testing.assert_array_equal(*scores)
    assert np.ptp(scores[0]) > 0


def test_the_actor_refuses_worlds_whose_options_change_their_looks():
    with pytest.raises(InvalidInput, match="policy: got 'actor'"):
        train(Recipe(policy=Actor()), HubKnobs(), range(2))


def test_knobs_that_count_are_whole(learner):
    with pytest.raises(InvalidInput, match=r"goals: got 2\.5, expected a whole number"):
        train_in_graphs(learner, GraphKnobs(goals=2.5), range(2))
    with pytest.raises(InvalidInput, match="restart: got 1e"):
        train_in_graphs(learner, GraphKnobs(restart=1e30), range(2))


def test_worlds_are_told_apart(learner):
    assert WORLDS["graph"] == (Graph, GraphKnobs)
    with pytest.raises(InvalidInput, match="labels power"):
        train(learner, GraphKnobs(), range(2))
    with pytest.raises(InvalidInput, match="graph world"):
        train_in_graphs(Recipe(world=Hub()), GraphKnobs(), range(2))
    with pytest.raises(InvalidInput, match="hold some out"):
        Graph(n_states=4, n_goals=4)
    with pytest.raises(InvalidInput, match="goals"):
        train_in_graphs(learner, GraphKnobs(goals=0.0), range(2))


@pytest.mark.slow
def test_a_network_is_trained_in_graphs_that_no_table_knows():
    recipe = Recipe(world=replace(SMALL, known=False), policy=MLP(), checkpoints=(0, 2))
    run = train_in_graphs(recipe, GraphKnobs(goals=[1, 3]), range(5))
    assert run.behaviour.null.shape == (2, 5, 2, SMALL.n_states, SMALL.n_options)
