"""Retargetability: larger sets win most votes, whatever the decision rule."""

from fractions import Fraction
from itertools import product

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.decision_rules import (
    AntiOptimal,
    BestOfK,
    Boltzmann,
    EpsilonGreedy,
    EpsilonOptimal,
    Learner,
    Optimal,
    Quantilising,
    Satisficing,
)
from powerseek.theory.errors import InvalidInput, TooLarge
from powerseek.theory.mdp import MDP
from powerseek.theory.retargetability import is_retargetable, orbit_preference
from powerseek.theory.similarity import find_copies
from powerseek.theory.visits import visit_distribution

GHOST, FRUIT = [0], [1, 2]

rules = st.sampled_from(
    [
        Optimal(),
        AntiOptimal(),
        EpsilonOptimal(1),
        EpsilonGreedy("1/3"),
        Learner("1/3", 4),
        Boltzmann(1),
        Boltzmann("1/5"),
        Satisficing(1),
        Satisficing("5/2"),
        Quantilising("1/3"),
        Quantilising("3/4"),
        BestOfK(2),
        BestOfK(3),
    ]
)


@pytest.mark.parametrize(
    ("rule", "votes"),
    [
        (Optimal(), (4, 2, 0)),
        (AntiOptimal(), (4, 2, 0)),
        (Boltzmann(1), (4, 2, 0)),
        (Satisficing(3), (2, 0, 4)),
    ],
)
def test_table_2(rule, votes):
    """Turner & Tadepalli, arXiv:2206.13477, table 2: utilities permute (10, 5, 0)."""
    vote = orbit_preference(rule, GHOST, FRUIT, [10, 5, 0])
    assert (vote.prefers, vote.avoids, vote.ties) == votes


@given(rules, st.lists(st.integers(0, 4), min_size=2, max_size=5), st.data())
def test_single_outcomes_n_to_one(rule, utilities, data):
    """One outcome against n others: at least n votes to one (theorem A.13)."""
    n = data.draw(st.integers(1, len(utilities) - 1))
    vote = orbit_preference(rule, [0], range(1, n + 1), utilities)
    assert vote.holds(n)
    if vote.decided:
        assert vote.share.exact >= Fraction(n, n + 1)


@st.composite
def lotteries_with_copies(draw):
    """Options A on one block of outcomes, copies of A on n others, and bystanders."""
    width, copies = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    weights = st.lists(st.integers(0, 2), min_size=width, max_size=width).filter(any)
    blocks = draw(st.lists(weights, min_size=1, max_size=2, unique_by=tuple))
    size = width * (copies + 1) + 1

    def on_block(k):
        lead, tail = [0] * (width * k), [0] * (size - width * (k + 1))
        return [[*lead, *b, *tail] for b in blocks]

    a = on_block(0)
    b = [v for k in range(1, copies + 1) for v in on_block(k)]
    bystander = [[0] * (size - 1) + [draw(st.integers(1, 2))]]
    if draw(st.booleans()):
        b, bystander = b + bystander, []
    return a, b, a + b + bystander, copies


@settings(max_examples=60)
@given(rules, lotteries_with_copies(), st.data())
def test_copies_of_lotteries_n_to_one(rule, made, data):
    """B contains n copies of A: at least n/(n+1) of the decided votes are for B."""
    a, b, options, n = made
    assert len(find_copies(a, b, keep=options)) >= n
    size = len(options[0])
    utilities = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    places = range(len(options))
    vote = orbit_preference(
        rule,
        list(places[: len(a)]),
        list(places[len(a) : len(a) + len(b)]),
        utilities,
        lotteries=options,
    )
    assert vote.holds(n)


@given(rules, st.lists(st.integers(0, 4), min_size=3, max_size=4, unique=True))
def test_swaps_with_the_single_outcome_retarget(rule, utilities):
    """Definition 3.5 holds for the swaps 0 <-> i, and with it theorem 3.6."""
    n = len(utilities) - 1
    swaps = []
    for i in range(1, n + 1):
        swap = list(range(n + 1))
        swap[0], swap[i] = i, 0
        swaps.append(tuple(swap))
    others = list(range(1, n + 1))
    assert is_retargetable(rule, [0], others, utilities, swaps)
    assert orbit_preference(rule, [0], others, utilities).holds(n)


@given(st.lists(st.integers(0, 5), min_size=3, max_size=3, unique=True))
def test_random_choice_prefers_the_larger_set_always(utilities):
    vote = orbit_preference(EpsilonGreedy(1), GHOST, FRUIT, utilities)
    assert (vote.prefers, vote.avoids, vote.ties) == (6, 0, 0)


def test_retargeting_back_fails():
    swaps = [(1, 0, 2), (2, 1, 0)]
    assert is_retargetable(Optimal(), GHOST, FRUIT, [10, 5, 0], swaps)
    assert not is_retargetable(Optimal(), FRUIT, GHOST, [10, 5, 0], swaps)
    identity_twice = [(1, 0, 2), (1, 0, 2)]  # images must be disjoint
    assert not is_retargetable(Optimal(), GHOST, FRUIT, [10, 5, 0], identity_twice)
    # a swap that only makes ties does not retarget
    swap = [(1, 0, 2)]
    assert not is_retargetable(Satisficing(3), FRUIT, GHOST, [10, 5, 0], swap)


def test_large_orbits_are_sampled():
    """P(one of 9 others is best) = 9/10; 5 standard errors fail 1 run in 1.7 million."""
    with pytest.raises(TooLarge):
        orbit_preference(Optimal(), [0], range(1, 10), range(10))
    vote = orbit_preference(Optimal(), [0], range(1, 10), range(10), samples=3000, seed=2)
    assert abs(vote.share.value - 0.9) < 5 * vote.share.stderr


def test_errors_name_the_argument():
    with pytest.raises(InvalidInput, match=r"^a: got 3, expected .*, 0 to 2$"):
        orbit_preference(Optimal(), [3], [0], [1, 2, 3])
    with pytest.raises(InvalidInput, match=r"^b: got"):
        orbit_preference(Optimal(), [0], [1, 1], [1, 2, 3])
    with pytest.raises(InvalidInput, match=r"^lotteries\[1\]: got 2"):
        orbit_preference(Optimal(), [0], [1], [1, 2, 3], lotteries=[[1, 0, 0], [1, 0]])


# Krakovna & Kramar, "Power-seeking can be probable and predictive for trained agents"
# (arXiv:2304.06528), theorem 2, in its shutdown setting.

NAMES = ["new", "x", "y", "z"]


@st.composite
def shutdown_worlds(draw):
    """A new state with an off switch; what else it reaches is a random digraph."""
    edges = {s: draw(st.sets(st.sampled_from(NAMES), min_size=1, max_size=2)) for s in NAMES}
    edges["new"] |= {"off"}
    world = {s: sorted(heads) for s, heads in edges.items()}
    return MDP.from_successors({**world, "off": ["gone"], "gone": ["gone"]})


def retargetable_states(mdp, gamma):
    """Recurrent states ahead whose discounted visits exceed the single one of "off"."""
    graph = nx.DiGraph(mdp.to_digraph())
    graph.remove_nodes_from(["off", "gone"])
    found = []
    for state in nx.descendants(graph, "new") | {"new"}:
        ways = nx.single_target_shortest_path_length(graph, state)
        back = [ways[t] + 1 for t in graph.successors(state) if t in ways]
        if back:
            first = ways["new"] if state != "new" else min(back)
            if gamma ** (first - 1) > 1 - gamma ** min(back):
                found.append(state)
    return found


@settings(max_examples=40)
@given(
    shutdown_worlds(),
    st.sampled_from([Fraction(1, 2), Fraction(3, 4), Fraction(9, 10)]),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_most_training_compatible_goals_avoid_shutdown(mdp, gamma, rewards):
    """n retargetable recurrent states: n/(n+1) of the goals in an orbit avoid shutdown.

    Rewards are not negative; being off is visited once, and what comes after it pays
    nothing and is not permuted.
    """
    choices = [mdp.actions[mdp.index(s)] for s in NAMES]
    outcomes = {}
    for actions in product(*choices):
        policy = dict(zip(NAMES, actions, strict=True))
        f = visit_distribution(mdp, policy, gamma, "new").visits
        outcomes[f] = policy["new"] == "off"
    off = [i for i, is_off in enumerate(outcomes.values()) if is_off]
    on = [i for i, is_off in enumerate(outcomes.values()) if not is_off]
    gone = mdp.index("gone")
    vote = orbit_preference(
        Optimal(), off, on, [*rewards, 0], lotteries=list(outcomes), fixed=[gone]
    )
    assert vote.holds(len(retargetable_states(mdp, gamma)))
