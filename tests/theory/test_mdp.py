"""The MDP value: validation, exactness, digraphs, rationalising."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidMDP
from powerseek.theory.gallery import random_deterministic, random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.rationals import rational

exact_mdps = st.builds(
    random_stochastic,
    seed=st.integers(0, 10**6),
    n_states=st.integers(3, 6),
    n_actions=st.integers(1, 3),
    n_next=st.integers(1, 3),
)
deterministic_mdps = st.builds(
    random_deterministic,
    seed=st.integers(0, 10**6),
    n_states=st.integers(3, 7),
    n_actions=st.integers(1, 3),
)


def as_floats(mdp: MDP) -> MDP:
    return MDP.from_transitions(
        {
            s: {a: {t: float(p) for t, p in row.items()} for a, row in available.items()}
            for s, available in mdp.to_transitions().items()
        }
    )


@given(exact_mdps)
def test_transitions_round_trip(mdp):
    assert MDP.from_transitions(mdp.to_transitions()) == mdp


@given(exact_mdps)
def test_rows_sum_to_one_exactly(mdp):
    assert mdp.is_exact
    assert all(sum(p for _, p in row) == 1 for rows in mdp.rows for row in rows)


@given(exact_mdps)
def test_rationalising_the_floats_of_an_exact_mdp_gives_it_back(mdp):
    floats = as_floats(mdp)
    assert not floats.is_exact
    assert floats.rationalize() == mdp


@given(exact_mdps)
def test_transition_tensor_agrees_with_the_rows(mdp):
    tensor = mdp.transition_tensor()
    assert tensor.shape == (mdp.n_states, mdp.max_actions, mdp.n_states)
    np.testing.assert_allclose(tensor.sum(axis=2), 1)
    for s, rows in enumerate(mdp.rows):
        assert (tensor[s, len(rows) :] == tensor[s, 0]).all()  # spare places repeat the first
        for a, row in enumerate(rows):
            assert {t: tensor[s, a, t] for t in tensor[s, a].nonzero()[0]} == {
                t: float(p) for t, p in row
            }


@given(deterministic_mdps)
def test_digraph_round_trip_keeps_the_moves(mdp):
    again = MDP.from_digraph(mdp.to_digraph())
    assert again.states == mdp.states
    assert again.is_deterministic
    assert [again.successors(s) for s in range(again.n_states)] == [
        mdp.successors(s) for s in range(mdp.n_states)
    ]


@given(deterministic_mdps)
def test_reachable_states_are_those_of_the_digraph(mdp):
    graph = mdp.to_digraph()
    for s, name in enumerate(mdp.states):
        expected = nx.descendants(graph, name) | {name}
        assert {mdp.states[t] for t in mdp.reachable(s)} == expected


def test_digraph_nodes_may_be_anything_with_distinct_names():
    mdp = MDP.from_digraph(nx.DiGraph([(0, (1, 2)), ((1, 2), (1, 2))]))
    assert mdp.states == ("0", "(1, 2)")
    with pytest.raises(InvalidMDP, match=r"states\[1\]: got '1', expected each state name"):
        MDP.from_digraph(nx.DiGraph([(1, 1), ("1", "1")]))


def test_parallel_edges_are_one_move():
    assert MDP.from_digraph(nx.MultiDiGraph([(0, 0), (0, 0)])).actions == (("0",),)


def test_undirected_graphs_and_sinks_are_refused():
    with pytest.raises(InvalidMDP, match=r"graph: got .* expected a directed graph"):
        MDP.from_digraph(nx.Graph([(0, 1)]))
    with pytest.raises(InvalidMDP, match=r"actions\['1'\]: got {}, expected at least one"):
        MDP.from_digraph(nx.DiGraph([(0, 1)]))


@pytest.mark.parametrize(
    ("transitions", "message"),
    [
        ({}, "states: got [], expected at least one state"),
        ({"": {}}, "states[0]: got '', expected a non-empty string"),
        ({1: {}}, "states[0]: got 1, expected a non-empty string"),
        ({"\ud800": {}}, "states[0]: got '\\ud800', expected text without lone surrogates"),
        ({"a": []}, "actions['a']: got [], expected an object of named actions"),
        ({"a": {"": {"a": 1}}}, "actions['a'] action name: got '', expected a non-empty"),
        ({"a": {"x": 1}}, "actions['a']['x']: got 1, expected an object {next state: "),
        ({"a": {"x": {"b": 1}}}, "actions['a']['x']: got 'b', expected a known next state"),
        ({"a": {"x": {}}}, "actions['a']['x']: probabilities sum to 0, expected 1"),
        (
            {"a": {"x": {"a": "1/3"}}},
            "actions['a']['x']: probabilities sum to 1/3, expected 1",
        ),
        (
            {"a": {"x": {"a": 0.25}}},
            "actions['a']['x']: probabilities sum to 0.25, expected 1",
        ),
        (
            {"a": {"x": {"a": Fraction(1, 10**40)}}},
            "actions['a']['x']: probabilities sum to about 1e-40, expected 1",
        ),
        ({"a": {"x": {"a": True}}}, "actions['a']['x']['a']: got True, expected a probab"),
        ({"a": {"x": {"a": None}}}, "actions['a']['x']['a']: got None, expected a probab"),
        ({"a": {"x": {"a": -1}}}, "actions['a']['x']['a']: got -1, expected a probabil"),
        ({"a": {"x": {"a": "3/2"}}}, "actions['a']['x']['a']: got '3/2', expected a prob"),
        ({"a": {"x": {"a": "1/0"}}}, "actions['a']['x']['a']: got '1/0', expected a prob"),
        ({"a": {"x": {"a": "half"}}}, "actions['a']['x']['a']: got 'half', expected a pr"),
        ({"a": {"x": {"a": float("nan")}}}, "actions['a']['x']['a']: got nan, expected a"),
        ({"a": {"x": {"a": float("inf")}}}, "actions['a']['x']['a']: got inf, expected a"),
        ({"a": {"x": {"a": "1e999999999"}}}, "got '1e999999999', expected a probability"),
        ({"a": {"x": {"a": 10**5000}}}, "got an integer of 16610 bits, expected a probab"),
    ],
)
def test_each_broken_rule_is_named(transitions, message):
    with pytest.raises(InvalidMDP) as caught:
        MDP.from_transitions(transitions)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_messages_stay_short_whatever_the_value():
    with pytest.raises(InvalidMDP) as caught:
        MDP.from_transitions({"a": {"x": {"b" * 10**6: 1}}})
    assert len(str(caught.value)) < 200


def test_unknown_names_are_answered_with_known_ones():
    mdp = MDP.from_successors({"a": ["a"]})
    with pytest.raises(InvalidMDP, match="state: got 'b', expected one of 'a'"):
        mdp.index("b")
    with pytest.raises(InvalidMDP, match="action in state 'a': got 'b', expected one of 'a'"):
        mdp.action_index("a", "b")


def test_states_listed_apart_give_the_order_and_must_cover_the_transitions():
    transitions = {"a": {"x": {"a": 1}}, "b": {"x": {"b": 1}}}
    assert MDP.from_transitions(transitions, ["b", "a"]).states == ("b", "a")
    with pytest.raises(InvalidMDP, match="actions: got 'b', expected a state listed in"):
        MDP.from_transitions(transitions, ["a"])
    with pytest.raises(InvalidMDP, match=r"actions\['c'\]: got {}, expected at least one"):
        MDP.from_transitions(transitions, ["a", "b", "c"])


def test_float_rows_are_normalised():
    row = MDP.from_transitions({"a": {"x": {"a": 0.5, "b": 0.5 + 1e-12}}, "b": {"x": {"b": 1}}})
    assert abs(sum(p for _, p in row.rows[0][0]) - 1) < 1e-15


@given(st.fractions())
def test_every_fraction_is_read_back_from_its_numeral(x):
    assert rational(str(x)) == x


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_every_decimal_is_read_exactly(x):
    assert rational(str(x)) == Fraction(x)


@pytest.mark.parametrize(
    "text",
    ["", "/", "1/", "1/2/3", "1_000", "٣", "nan", "inf", "0x1", "--1", "1/0"],
)
def test_what_is_no_numeral_is_refused(text):
    with pytest.raises(ValueError, match=r"not a numeral|division by zero"):
        rational(text)


@pytest.mark.parametrize("text", ["1e1001", "1e999999999", "-1e-999999999", "9" * 1001])
def test_numerals_of_unbounded_size_are_refused_at_once(text):
    with pytest.raises(ValueError, match=r"exponent beyond|more than 1000 characters"):
        rational(text)
