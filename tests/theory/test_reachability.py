"""Reachable states and recurrent state distributions."""

from fractions import Fraction

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, NotExact, TooLarge
from powerseek.theory.exact.visits import visit_distributions
from powerseek.theory.gallery import (
    complete,
    load,
    random_deterministic,
    random_stochastic,
)
from powerseek.theory.mdp import MDP
from powerseek.theory.reachability import (
    reachable_count,
    recurrent_state_distributions,
    rsd_count,
)

seeds = st.integers(0, 10**6)
mdps = st.one_of(
    st.builds(random_deterministic, seed=seeds, n_states=st.integers(2, 5)),
    st.builds(random_stochastic, seed=seeds, n_states=st.just(4), n_actions=st.just(2)),
)


@given(mdps, st.integers(0, 5))
def test_counts_against_networkx(mdp, steps):
    graph = mdp.to_digraph()
    for state in mdp.states:
        near = nx.single_source_shortest_path_length(graph, state, cutoff=steps)
        assert reachable_count(mdp, steps)[state].exact == len(near)
        assert reachable_count(mdp)[state].exact == len(nx.descendants(graph, state)) + 1


@settings(max_examples=40)
@given(mdps)
def test_distributions_are_limits_of_visit_distributions(mdp):
    """(1 - gamma) f(gamma) at gamma = 1 - 10^-9 is within 10^-6 of the limits."""
    near = 1 - Fraction(1, 10**9)
    for state in mdp.states[:2]:
        limits = recurrent_state_distributions(mdp, state)
        scaled = [[(1 - near) * x for x in f.visits] for f in visit_distributions(mdp, state, near)]
        for f in scaled:
            assert any(max(abs(x - y) for x, y in zip(d, f, strict=True)) < 1e-6 for d in limits)
        for d in limits:
            assert sum(d) == 1
            assert any(max(abs(x - y) for x, y in zip(d, f, strict=True)) < 1e-6 for f in scaled)


@settings(max_examples=40)
@given(mdps, st.data())
def test_nondominated_ones_suffice_and_each_is_needed(mdp, data):
    """They attain every maximum, and none is a mixture of two of the others."""
    state = mdp.states[0]
    everything = recurrent_state_distributions(mdp, state)
    kept = recurrent_state_distributions(mdp, state, nondominated=True)
    assert set(kept) <= set(everything)

    def best(options, r):
        return max(sum(x * y for x, y in zip(d, r, strict=True)) for d in options)

    rewards = st.lists(st.integers(-9, 9), min_size=mdp.n_states, max_size=mdp.n_states)
    for _ in range(5):
        r = data.draw(rewards)
        assert best(kept, r) == best(everything, r)
    for d in kept:
        others = [x for x in everything if x != d]
        middles = {
            tuple((x + y) / 2 for x, y in zip(a, b, strict=True)) for a in others for b in others
        }
        assert d not in middles


def test_figure_1():
    """RSD(*) of arXiv:1912.01683, section 6.2: five are best for some reward, one never."""
    mdp = load("figure-1")
    start = next(s for s in mdp.states if len(mdp.actions[mdp.index(s)]) == 3)
    everything = recurrent_state_distributions(mdp, start)
    kept = recurrent_state_distributions(mdp, start, nondominated=True)
    assert sorted(sum(x > 0 for x in d) for d in everything) == [1, 1, 1, 1, 2, 2]
    assert sorted(sum(x > 0 for x in d) for d in kept) == [1, 1, 1, 1, 2]


def test_aima_grid():
    """AIMA 4x3 grid, 11 cells with self-loops, at gamma -> 1.

    Every cell is a 1-cycle the start can reach and longer cycles are mixtures of them:
    so an optimal policy ends in a given cell with probability 1/11 by symmetry, and
    POWER of the start is E max of 11 uniform rewards, 11/12.
    """
    mdp = load("aima-4x3")
    start = max(mdp.states, key=lambda s: len(mdp.reachable(mdp.index(s))))
    kept = recurrent_state_distributions(mdp, start, nondominated=True)
    assert mdp.n_states == 11
    assert sorted(kept) == sorted(
        tuple(Fraction(int(i == j)) for j in range(11)) for i in range(11)
    )
    assert len(recurrent_state_distributions(mdp, start)) > 11


@pytest.mark.parametrize("n", [2, 3, 4])
def test_complete_digraph(n):
    """Every non-empty set of states is a cycle; only the single states are vertices."""
    mdp = complete(n)
    assert {x.exact for x in rsd_count(mdp).values()} == {2**n - 1}
    assert {x.exact for x in rsd_count(mdp, nondominated=True).values()} == {n}


def test_gamble():
    """A coin decides which of two absorbing states one ends in: one mixed limit."""
    mdp = MDP.from_transitions(
        {
            "s": {"toss": {"s": "1/2", "a": "1/3", "b": "1/6"}, "a": {"a": 1}},
            "a": {"stay": {"a": 1}},
            "b": {"stay": {"b": 1}},
        }
    )
    third = Fraction(1, 3)
    assert recurrent_state_distributions(mdp, "s") == (
        (0, 2 * third, third),
        (0, 1, 0),
    )


def test_errors():
    mdp = MDP.from_transitions({"s": {"a": {"s": 0.5, "t": 0.5}}, "t": {"a": {"t": 1}}})
    with pytest.raises(NotExact):
        recurrent_state_distributions(mdp, "s")
    with pytest.raises(InvalidInput, match=r"^steps: got -1"):
        reachable_count(mdp, -1)
    with pytest.raises(TooLarge, match="simple cycles"):
        recurrent_state_distributions(complete(9), "s1")
    wide = {
        f"s{i}": {
            f"a{j}": {f"s{i + 1}": Fraction(j + 1, 7), f"s{i}": Fraction(6 - j, 7)}
            for j in range(6)
        }
        for i in range(6)
    }
    wide["s6"] = {"stay": {"s6": Fraction(1)}}
    with pytest.raises(TooLarge, match="policies"):
        recurrent_state_distributions(MDP.from_transitions(wide), "s0")
