"""Orbits of reward vectors and votes over them."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, NotExact, TooLarge
from powerseek.theory.gallery import load
from powerseek.theory.orbits import OrbitVote, orbit, orbit_size, orbit_vote, permute
from powerseek.theory.reachability import recurrent_state_distributions

vectors = st.lists(st.integers(0, 3), min_size=1, max_size=6)


@st.composite
def vectors_with_fixed(draw):
    values = draw(vectors)
    fixed = draw(st.sets(st.integers(0, len(values) - 1)))
    return values, fixed


@given(vectors_with_fixed())
def test_orbit_is_the_set_of_all_permutations(drawn):
    values, fixed = drawn
    expected = {p for p in permutations(values) if all(p[i] == values[i] for i in fixed)}
    found = list(orbit(values, fixed))
    assert len(found) == len(set(found)) == orbit_size(values, fixed)
    # a permutation may move equal values onto fixed places; as vectors they agree
    assert set(found) == expected


@given(st.permutations(range(5)), st.permutations(range(5)))
def test_permuting_is_a_group_action(phi, psi):
    values = tuple(Fraction(x) for x in (10, 20, 30, 40, 50))
    composed = tuple(psi[phi[i]] for i in range(5))
    assert permute(tuple(psi), permute(tuple(phi), values)) == permute(composed, values)


@given(vectors, st.data())
def test_generated_orbits_are_closed_and_divide_the_full_one(values, data):
    n = len(values)
    generators = data.draw(st.lists(st.permutations(range(n)).map(tuple), min_size=1, max_size=2))
    found = set(orbit(values, generators=generators))
    assert all(permute(phi, element) in found for phi in generators for element in found)
    assert found <= set(orbit(values))


def test_adjacent_swaps_generate_the_full_orbit():
    swaps = [(1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2)]
    values = [4, 1, 1, 0]
    assert set(orbit(values, generators=swaps)) == set(orbit(values))


@given(st.lists(st.integers(0, 4), min_size=2, max_size=6))
def test_a_vote_and_its_reverse(values):
    vote = orbit_vote(lambda r: r[0] - r[1], values)
    reverse = orbit_vote(lambda r: r[1] - r[0], values)
    assert (vote.prefers, vote.avoids, vote.ties) == (
        reverse.avoids,
        reverse.prefers,
        reverse.ties,
    )
    assert vote.prefers == vote.avoids  # swapping the two states is a bijection
    assert vote.counted == orbit_size(values)


def test_average_rewards_on_figure_1():
    """Orbit counts on figure 1 of arXiv:1912.01683 at gamma -> 1.

    One reward: the dead end 0 is strictly best for 1 of 8 and strictly beaten for 4
    (the other 3 reward only states visited once). Two rewards: 4 and 18 of 28.
    """
    mdp = load("figure-1")
    [start] = [s for s in mdp.states if len(mdp.reachable(mdp.index(s))) == mdp.n_states]
    [end] = [
        t
        for t in mdp.states
        if mdp.successors(mdp.index(t)) == {mdp.index(t)}
        and mdp.index(t) in mdp.successors(mdp.index(start))
    ]
    distributions = recurrent_state_distributions(mdp, start)
    dead = next(d for d in distributions if d[mdp.index(end)] == 1)

    def average(d, rewards):
        return sum(x * r for x, r in zip(d, rewards, strict=True))

    def advantage(rewards):
        others = max(average(d, rewards) for d in distributions if d != dead)
        return average(dead, rewards) - others

    one = orbit_vote(advantage, [1] + [0] * 7)
    assert (one.prefers, one.avoids, one.counted) == (1, 4, 8)
    two = orbit_vote(advantage, [1, 1] + [0] * 6)
    assert (two.prefers, two.avoids, two.counted) == (4, 18, 28)


def test_draws_agree_with_the_count():
    """The true share is 3/4; 0.75 +- 5 standard errors fails 1 run in 1.7 million."""
    counted = orbit_vote(lambda r: max(r[1:]) - r[0], [3, 2, 1, 0])
    drawn = orbit_vote(lambda r: max(r[1:]) - r[0], [3, 2, 1, 0], samples=4000, seed=5)
    assert counted.share.exact == Fraction(3, 4)
    assert abs(drawn.share.value - 0.75) < 5 * drawn.share.stderr
    assert drawn.share.stderr == pytest.approx((0.75 * 0.25 / 4000) ** 0.5, rel=0.1)
    again = orbit_vote(lambda r: max(r[1:]) - r[0], [3, 2, 1, 0], samples=4000, seed=5)
    assert drawn == again


def test_draws_leave_fixed_places_alone():
    assert orbit_vote(lambda r: r[0] - 7, [7, 1, 2, 3], fixed=[0], samples=50) == OrbitVote(
        0, 0, 50, seed=0
    )


def test_agreeing_draws_are_not_called_certain():
    share = orbit_vote(lambda r: 1, range(20), samples=100).share
    assert share.value == 1
    assert 0 < share.stderr < 0.02


def test_times_and_holds():
    vote = OrbitVote(prefers=7, avoids=2, ties=5)
    assert (vote.times, vote.holds(3), vote.holds(4)) == (3, True, False)
    assert (vote.decided, vote.counted, vote.share.exact) == (9, 14, Fraction(7, 9))
    assert OrbitVote(1, 0, 0).times is None
    assert OrbitVote(1, 0, 0).holds(10**9)


def test_an_orbit_of_just_the_limit_is_counted():
    assert orbit_vote(lambda r: 1, range(4), limit=24).prefers == 24
    cycle = [(1, 2, 3, 0)]
    assert orbit_vote(lambda r: 1, range(4), generators=cycle, limit=4).prefers == 4


def test_errors():
    with pytest.raises(NotExact):
        orbit_vote(lambda r: 1, [1, 2], samples=5).holds()
    with pytest.raises(InvalidInput, match="share"):
        _ = OrbitVote(0, 0, 3).share
    with pytest.raises(TooLarge, match="orbit of 720 elements"):
        orbit_vote(lambda r: 1, range(6), limit=719)
    with pytest.raises(TooLarge, match="more than 3"):
        orbit_vote(lambda r: 1, range(4), generators=[(1, 2, 3, 0)], limit=3)
    with pytest.raises(InvalidInput, match=r"generators\[0\]"):
        orbit([1, 2], generators=[(0, 0)])
    with pytest.raises(InvalidInput, match=r"generators\[0\]"):
        orbit([1, 2], fixed=[0], generators=[(1, 0)])
    with pytest.raises(InvalidInput, match="fixed"):
        orbit([1, 2], fixed=[2])
    with pytest.raises(InvalidInput, match="samples"):
        orbit_vote(lambda r: 1, [1, 2], samples=0)
    with pytest.raises(InvalidInput, match="samples"):
        orbit_vote(lambda r: 1, [1, 2], samples=5, generators=[(1, 0)])
    with pytest.raises(InvalidInput, match=r"values\[1\]"):
        orbit_vote(lambda r: 1, [1, "x"])
