"""Copies of vector sets by involutions."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput
from powerseek.theory.exact.nondominated import nondominated
from powerseek.theory.exact.visits import visit_distributions
from powerseek.theory.gallery import load, random_deterministic, random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.orbits import orbit_vote, permute
from powerseek.theory.similarity import compare_options, find_copies, find_copy

sizes = st.shared(st.integers(1, 4), key="size")
vectors = sizes.flatmap(lambda n: st.lists(st.integers(0, 2), min_size=n, max_size=n).map(tuple))
sets = st.lists(vectors, min_size=1, max_size=3, unique=True)


def is_copy(phi, small, large, keep):
    moved = [permute(phi, v) for v in small]
    kept = {permute(phi, v) for v in keep}
    return set(moved) <= set(large) and kept == set(keep)


def involutions(n):
    return [p for p in permutations(range(n)) if all(p[p[i]] == i for i in range(n))]


@settings(max_examples=200)
@given(sets, sets, st.one_of(st.just([]), sets))
def test_search_finds_a_copy_exactly_when_there_is_one(small, large, keep):
    found = find_copy(small, large, keep)
    exist = [phi for phi in involutions(len(small[0])) if is_copy(phi, small, large, keep)]
    assert (found is not None) == bool(exist)
    assert found is None or found in exist


@given(sets, sets)
def test_copies_do_not_disturb_each_other(small, large):
    """Definition A.7: phi_i moves the set onto its copy and leaves the other copies."""
    found = find_copies(small, large)
    images = [{permute(phi, v) for v in small} for phi in found]
    for i, phi in enumerate(found):
        assert is_copy(phi, small, large, [])
        for j, image in enumerate(images):
            if i != j:
                assert {permute(phi, v) for v in image} == image
    assert bool(found) == (find_copy(small, large) is not None)


@given(sets, st.data())
def test_a_copy_wins_the_vote(small, data):
    """If large contains a copy of small, its best vector mostly pays at least as much."""
    n = len(small[0])
    phi = data.draw(st.sampled_from(involutions(n)))
    extra = data.draw(st.lists(vectors, max_size=2))
    large = [permute(phi, v) for v in small] + extra
    rewards = data.draw(st.lists(st.integers(-2, 3), min_size=n, max_size=n))

    assert orbit_vote(lambda r: best(large, r) - best(small, r), rewards).holds()


def test_a_copy_by_a_three_cycle_is_not_enough():
    """(1, 2, 0) goes to (0, 1, 2) by a 3-cycle, and loses two one-hot votes of three."""
    small, large = (1, 2, 0), (0, 1, 2)
    exact = tuple(map(Fraction, small))
    assert permute((1, 2, 0), exact) == large
    assert find_copy([small], [large]) is None
    vote = orbit_vote(
        lambda r: sum((b - a) * x for a, b, x in zip(small, large, r, strict=True)),
        [1, 0, 0],
    )
    assert (vote.prefers, vote.avoids) == (1, 2)


def test_three_single_outcomes():
    a, b, c = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    assert set(find_copies([a], [b, c], keep=[a, b, c])) == {(1, 0, 2), (2, 1, 0)}
    assert find_copies([b, c], [a]) == ()


def test_keeping_a_set_may_need_further_swaps():
    small, large = [(1, 0, 0, 0)], [(0, 1, 0, 0)]
    keep = [(1, 0, 1, 0), (0, 1, 0, 1)]
    assert find_copy(small, large) == (1, 0, 2, 3)
    assert find_copy(small, large, keep) == (1, 0, 3, 2)


def test_as_many_copies_as_there_can_be():
    units = [tuple(int(i == j) for j in range(5)) for i in range(5)]
    found = find_copies(units[:1], units[1:4])
    assert sorted(phi[0] for phi in found) == [1, 2, 3]
    for phi in found:
        for other in found:
            if phi != other:
                assert phi[other[0]] == other[0]


def test_many_bystanders_do_not_slow_the_search():
    small = [tuple([1] + [0] * 39)]
    large = [tuple([0] * 39 + [1])]
    assert find_copy(small, large) == (39, *range(1, 39), 0)


def test_errors():
    with pytest.raises(InvalidInput, match=r"^small"):
        find_copy([], [(1,)])
    with pytest.raises(InvalidInput, match=r"^large\[0\]: got 1, expected 2 numbers"):
        find_copy([(1, 0)], [(1,)])


def test_figure_1_right_keeps_more_options_than_left():
    """arXiv:1912.01683, figure 6: proposition 6.9 applies to right against left."""
    mdp = load("figure-1")
    start = next(s for s in mdp.states if len(mdp.actions[mdp.index(s)]) == 3)
    sizes = {
        a: len(mdp.reachable(mdp.rows[mdp.index(start)][i][0][0]))
        for i, a in enumerate(mdp.actions[mdp.index(start)])
    }
    dead = min(sizes, key=sizes.get)
    left, right = (a for a in mdp.actions[mdp.index(start)] if a != dead)
    forward = compare_options(mdp, start, right, left, "1/2")
    assert forward.tends_to_seek_power
    assert forward.tends_to_be_optimal
    assert compare_options(mdp, start, left, right, "1/2").involution is None


def test_side_conditions_are_read():
    """Coming back after the action, or a third way to the same states."""
    back = MDP.from_successors({"s": ["a", "b"], "a": ["s", "a"], "b": ["b", "s"]})
    found = compare_options(back, "s", "a", "b", "1/2")
    assert found.involution is not None
    assert (found.returns, found.exclusive) == (True, True)
    assert not found.tends_to_seek_power
    third = MDP.from_successors({"s": ["a", "b", "c"], "a": ["a"], "b": ["b"], "c": ["b", "c"]})
    found = compare_options(third, "s", "a", "b", "1/2")
    assert (found.returns, found.exclusive) == (False, False)
    assert found.tends_to_seek_power
    assert not found.tends_to_be_optimal
    twin = MDP.from_transitions(
        {
            "s": {"a": {"a": 1}, "b": {"b": 1}, "also b": {"b": 1}},
            "a": {"stay": {"a": 1}},
            "b": {"stay": {"b": 1}},
        }
    )
    assert compare_options(twin, "s", "a", "b", "1/2").tends_to_be_optimal


GAMMA = Fraction(2, 3)
small_mdps = st.one_of(
    st.builds(
        random_deterministic,
        seed=st.integers(0, 10**6),
        n_states=st.just(4),
        n_actions=st.integers(1, 2),
    ),
    st.builds(
        random_stochastic,
        seed=st.integers(0, 10**6),
        n_states=st.just(4),
        n_actions=st.just(2),
    ),
)
goals = st.lists(st.integers(0, 3), min_size=4, max_size=4)


@st.composite
def forks(draw):
    """A start that is never seen again, above a random digraph of three states."""
    below = ["x", "y", "z"]
    edges = st.sets(st.sampled_from(below), min_size=1, max_size=2).map(sorted)
    ways = draw(st.sets(st.sampled_from(below), min_size=2).map(sorted))
    return MDP.from_successors({"start": ways, **{b: draw(edges) for b in below}})


def best(visits, reward):
    return max(sum(f * r for f, r in zip(v, reward, strict=True)) for v in visits)


def futures(mdp, state):
    return [f.visits for f in visit_distributions(mdp, state, GAMMA)]


@settings(max_examples=50)
@given(small_mdps, goals)
def test_more_options_mostly_mean_more_power(mdp, reward):
    """Proposition 6.6: if F(s) contains a copy of F_nd(t), s mostly has more POWER.

    For one reward function R, POWER is a multiple of V*(s) - R(s).
    """
    for s, state in enumerate(mdp.states):
        large = futures(mdp, state)
        for t, other in enumerate(mdp.states):
            small = [f.visits for f in nondominated(mdp, other, GAMMA).kept]
            if s != t and find_copy(small, large) is not None:
                assert orbit_vote(
                    lambda r, s=s, t=t, large=large, small=small: (
                        best(large, r) - r[s] - best(small, r) + r[t]
                    ),
                    reward,
                ).holds()


@settings(max_examples=100)
@given(st.one_of(forks(), small_mdps), goals)
def test_actions_that_keep_options_win_the_vote(mdp, reward):
    """Proposition 6.9, both parts, on the orbit of one reward function."""
    state = mdp.states[0]
    ahead = [futures(mdp, t) for t in mdp.states]

    def power_after(a, r):
        return sum(p * (best(ahead[t], r) - r[t]) for t, p in mdp.rows[0][a])

    def optimal(a, r):
        values = [sum(p * best(ahead[t], r) for t, p in row) for row in mdp.rows[0]]
        return int(values[a] == max(values))

    for a, b in permutations(range(len(mdp.rows[0])), 2):
        names = mdp.actions[0][a], mdp.actions[0][b]
        found = compare_options(mdp, state, *names, GAMMA)
        if found.tends_to_seek_power:
            assert orbit_vote(
                lambda r, a=a, b=b: power_after(a, r) - power_after(b, r), reward
            ).holds()
        if found.tends_to_be_optimal:
            assert orbit_vote(lambda r, a=a, b=b: optimal(a, r) - optimal(b, r), reward).holds()


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.data())
def test_involution_found_at_one_rate_works_at_another(seed, data):
    mdp = random_deterministic(seed, n_states=4, n_actions=2)
    state = mdp.states[0]
    a, b = mdp.actions[0][:2]
    assert (
        compare_options(mdp, state, a, b, "1/3").involution
        == compare_options(mdp, state, a, b, "7/11").involution
    )
