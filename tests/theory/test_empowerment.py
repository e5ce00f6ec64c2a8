"""Channel capacity with proven bounds, and empowerment."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.empowerment import channel_capacity, empowerment
from powerseek.theory.errors import InvalidInput, TooLarge
from powerseek.theory.gallery import load, random_deterministic, random_stochastic
from powerseek.theory.mdp import MDP


def entropy(p):
    return -sum(x * math.log2(x) for x in p if x > 0)


def within(result, truth, slack=1e-7):
    return abs(result.value - truth) <= result.bound < slack


channels = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(0, 5), min_size=n, max_size=n).filter(any),
        min_size=1,
        max_size=4,
    ).map(lambda rows: np.array([np.array(r) / sum(r) for r in rows]))
)


@settings(max_examples=60)
@given(channels, st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_no_input_distribution_beats_the_bound(channel, weights):
    """Mutual information of any input distribution is at most value + bound."""
    capacity = channel_capacity(channel)
    p = np.array(weights[: len(channel)], dtype=float)
    if p.sum() == 0:
        return
    p /= p.sum()
    information = entropy(p @ channel) - p @ [entropy(row) for row in channel]
    assert information <= capacity.value + capacity.bound
    assert capacity.value <= math.log2(min(channel.shape)) + capacity.bound
    assert capacity.bound < 1e-6


@settings(max_examples=60)
@given(channels, st.randoms(use_true_random=False))
def test_names_of_inputs_and_outputs_do_not_matter(channel, random):
    inputs, outputs = (random.sample(range(n), n) for n in channel.shape)
    shuffled = channel_capacity(channel[np.ix_(inputs, outputs)])
    plain = channel_capacity(np.concatenate([channel, channel]))
    assert abs(shuffled.value - plain.value) <= shuffled.bound + plain.bound


@pytest.mark.parametrize("p", [0.0, 0.01, 0.11, 0.3, 0.5])
def test_binary_symmetric_channel(p):
    """Capacity 1 - H(p) (Cover & Thomas, section 7.1.4)."""
    found = channel_capacity([[1 - p, p], [p, 1 - p]])
    assert within(found, 1 - entropy([p, 1 - p]))


@pytest.mark.parametrize("e", [0.0, 0.2, 0.9])
def test_binary_erasure_channel(e):
    """Capacity 1 - e (Cover & Thomas, section 7.1.5)."""
    assert within(channel_capacity([[1 - e, e, 0], [0, e, 1 - e]]), 1 - e)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_z_channel(p):
    """Capacity log2(1 + (1-p) p^(p/(1-p))): the best input is not uniform."""
    truth = math.log2(1 + (1 - p) * p ** (p / (1 - p)))
    assert within(channel_capacity([[1, 0], [p, 1 - p]]), truth)


def test_useless_inputs_are_no_trouble():
    """A third input halfway between two sure ones is never used: capacity 1 bit."""
    assert within(channel_capacity([[1, 0], [0, 1], [0.5, 0.5]]), 1.0)


def test_stopping_early_says_so():
    found = channel_capacity([[1, 0], [0.5, 0.5]], max_iterations=1)
    truth = math.log2(1.25)
    assert found.bound > 1e-3
    assert abs(found.value - truth) <= found.bound


def torus(size):
    moves = {"stay": (0, 0), "n": (-1, 0), "s": (1, 0), "w": (0, -1), "e": (0, 1)}
    return MDP.from_transitions(
        {
            f"{r},{c}": {
                name: {f"{(r + dr) % size},{(c + dc) % size}": 1}
                for name, (dr, dc) in moves.items()
            }
            for r in range(size)
            for c in range(size)
        }
    )


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_torus_with_stay(steps):
    """log2(2 n^2 + 2 n + 1): the states at distance at most n, if they all differ."""
    for found in empowerment(torus(2 * steps + 1), steps).values():
        assert within(found, math.log2(2 * steps**2 + 2 * steps + 1))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_deterministic_shortcut_agrees_with_the_channel(seed, steps):
    """The same worlds with a negligible chance of slipping go through the channel."""
    mdp = random_deterministic(seed, n_states=4, n_actions=2)
    slip = Fraction(1, 10**9)
    noisy = MDP.from_transitions(
        {
            s: {
                a: {t: (1 - slip) * row.get(t, 0) + slip / 4 for t in mdp.states}
                for a, row in actions.items()
            }
            for s, actions in mdp.to_transitions().items()
        }
    )
    sure, almost = empowerment(mdp, steps), empowerment(noisy, steps)
    for state in mdp.states:
        assert almost[state].value == pytest.approx(sure[state].value, abs=1e-6)


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_one_step_is_the_capacity_of_the_rows(seed):
    mdp = random_stochastic(seed, n_states=4)
    tensor = mdp.transition_tensor()
    for s, found in enumerate(empowerment(mdp).values()):
        direct = channel_capacity(tensor[s])
        assert abs(found.value - direct.value) <= found.bound + direct.bound


def test_sequences_are_fixed_in_advance():
    """Where a coin is tossed first, a fixed second action cannot react to it."""
    mdp = MDP.from_transitions(
        {
            "s": {"toss": {"l": "1/2", "r": "1/2"}},
            "l": {"up": {"win": 1}, "down": {"lose": 1}},
            "r": {"up": {"lose": 1}, "down": {"win": 1}},
            "win": {"stay": {"win": 1}},
            "lose": {"stay": {"lose": 1}},
        }
    )
    found = empowerment(mdp, steps=2)
    assert within(found["s"], 0.0)
    assert within(found["l"], 1.0)


def test_a_missing_action_is_the_first_one():
    """After the toss, "p" means m at the right, and "m" means p at the left."""
    mdp = MDP.from_transitions(
        {
            "s": {"toss": {"l": "1/2", "r": "1/2"}},
            "l": {"p": {"win": 1}, "q": {"lose": 1}},
            "r": {"m": {"win": 1}, "n": {"lose": 1}, "o": {"draw": 1}},
            "win": {"stay": {"win": 1}},
            "lose": {"stay": {"lose": 1}},
            "draw": {"stay": {"draw": 1}},
        }
    )
    ends = channel_capacity([[1, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]])
    assert within(empowerment(mdp, steps=2)["s"], ends.value)


def test_corners_have_less_than_the_centre():
    values = empowerment(load("grid-3x3"), steps=1)
    by_value = sorted({round(v.value, 6) for v in values.values()})
    assert by_value == [round(math.log2(k), 6) for k in (3, 4, 5)]


def test_errors():
    with pytest.raises(InvalidInput, match=r"^steps: got 0"):
        empowerment(load("wait"), 0)
    with pytest.raises(InvalidInput, match=r"^channel: got"):
        channel_capacity([])
    with pytest.raises(InvalidInput, match=r"^channel\[1\]: got \[0.5, 0.6\]"):
        channel_capacity([[1, 0], [0.5, 0.6]])
    with pytest.raises(InvalidInput, match=r"^channel\[0\]"):
        channel_capacity([[1.5, -0.5]])
    with pytest.raises(TooLarge, match="sequences of actions"):
        empowerment(random_stochastic(0, n_states=6, n_actions=5), steps=8)
