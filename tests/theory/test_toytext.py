"""Gymnasium's tabular environments as rewardless MDPs."""

import sys
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from powerseek.theory.errors import InvalidInput
from powerseek.theory.toytext import from_gymnasium

gymnasium = pytest.importorskip("gymnasium")

TAXI = next(name for name in ("Taxi-v4", "Taxi-v3") if name in gymnasium.registry)
LAKES = [
    {"map_name": size, "is_slippery": slippery}
    for size in ("4x4", "8x8")
    for slippery in (False, True)
]


def outcomes(table, s, a):
    """The distribution over (next state, terminated) that the environment publishes."""
    total = {}
    for p, target, _, terminated in table[s][a]:
        key = (int(target), bool(terminated))
        total[key] = total.get(key, 0.0) + p
    return total


@pytest.mark.parametrize("kwargs", LAKES)
def test_frozen_lake_is_read_cell_by_cell(kwargs):
    env = gymnasium.make("FrozenLake-v1", **kwargs).unwrapped
    mdp = from_gymnasium("FrozenLake-v1", **kwargs)
    assert mdp.n_states == env.nrow * env.ncol
    assert mdp.is_exact
    assert mdp.is_deterministic is not kwargs["is_slippery"]
    for s, name in enumerate(mdp.states):
        row, column = divmod(s, env.ncol)
        assert name == f"r{row}c{column}"
        if env.desc[row, column] in b"HG":
            assert mdp.actions[s] == ("stay",)
            assert mdp.rows[s] == (((s, Fraction(1)),),)
            continue
        assert mdp.actions[s] == ("left", "down", "right", "up")
        for a in range(4):
            published = {t: p for (t, _), p in outcomes(env.P, s, a).items()}
            read = {t: float(p) for t, p in mdp.rows[s][a]}
            assert read == pytest.approx(published)


def test_thirds_are_read_as_thirds():
    lake = from_gymnasium("FrozenLake-v1")
    probabilities = {p for rows in lake.rows for row in rows for _, p in row}
    assert probabilities == {Fraction(1, 3), Fraction(2, 3), Fraction(1)}
    rainy = from_gymnasium("FrozenLake-v1", success_rate=0.8)
    assert Fraction(1, 10) in {p for rows in rainy.rows for row in rows for _, p in row}


@pytest.mark.parametrize("slippery", [False, True])
def test_cliff_walking_never_stands_on_the_cliff(slippery):
    mdp = from_gymnasium("CliffWalking-v1", is_slippery=slippery)
    assert mdp.n_states == 4 * 12 - 10
    assert not any(f"r3c{column}" in mdp.states for column in range(1, 11))
    assert mdp.actions[mdp.index("r3c11")] == ("stay",)
    start = mdp.index("r3c0")
    fall = mdp.rows[start][mdp.action_index("r3c0", "right")]
    assert dict(fall)[start] == (1 if not slippery else Fraction(2, 3))


def test_taxi_episodes_end_with_the_passenger_at_each_stop():
    mdp = from_gymnasium(TAXI)
    assert (mdp.n_states, mdp.is_deterministic) == (404, True)
    ends = [s for s, a in zip(mdp.states, mdp.actions, strict=True) if a == ("stay",)]
    assert ends == ["r0c0 R>R", "r0c4 G>G", "r4c0 Y>Y", "r4c3 B>B"]
    riding = "r0c4 taxi>G"
    arrival = mdp.rows[mdp.index(riding)][mdp.action_index(riding, "drop off")]
    assert arrival == ((mdp.index("r0c4 G>G"), Fraction(1)),)


def test_a_cell_that_may_end_the_episode_or_not_gets_a_twin():
    table = {
        0: {0: [(0.5, 1, 0.0, True), (0.5, 1, 1.0, False)]},
        1: {0: [(1.0, 0, 0.0, False), (0.0, 2, 0.0, False)]},
        2: {0: [(1.0, 0, 0.0, False)]},
    }
    env = SimpleNamespace(P=table, initial_state_distrib=np.array([1.0, 0, 0]))
    mdp = from_gymnasium(env)
    assert mdp.states == ("s0", "s1", "s1 end")
    assert mdp.actions == (("a0",), ("a0",), ("stay",))
    assert mdp.rows[0][0] == ((1, Fraction(1, 2)), (2, Fraction(1, 2)))
    assert from_gymnasium(SimpleNamespace(P=table)).states == ("s0", "s1", "s1 end", "s2")


def test_probabilities_that_are_no_small_fractions_stay_floats():
    p = 0.1234567890123
    env = SimpleNamespace(P={0: {0: [(p, 0, 0.0, False), (1 - p, 1, 0.0, True)]}, 1: {}})
    env.initial_state_distrib = [1, 0]
    mdp = from_gymnasium(env)
    assert not mdp.is_exact
    assert dict(mdp.rows[0][0]) == {0: p, 1: 1 - p}


@pytest.mark.parametrize(
    ("name", "kwargs", "message"),
    [
        ("Nope-v0", {}, "env: gymnasium cannot make 'Nope-v0' with {}: Environment `Nope`"),
        ("FrozenLake-v1", {"foo": 1}, "argument: got 'foo', expected one of: desc, map_name"),
        ("FrozenLake-v1", {"map_name": "9x9"}, "map_name: got '9x9', expected one of: 4x4, 8x8"),
        ("not an id", {}, "env: gymnasium cannot make 'not an id' with {}: Malformed"),
        ("CartPole-v1", {}, "env: CartPoleEnv publishes no transition table P, expected"),
        ("Blackjack-v1", {}, "env: BlackjackEnv publishes no transition table P, expect"),
        (TAXI, {"fickle_passenger": True}, "fickle_passenger: got True, expected False"),
        ("FrozenLake-v1", {"success_rate": 2.0}, "success_rate: got 2.0, expected a number in [0"),
        ("FrozenLake-v1", {"success_rate": "high"}, "success_rate: got 'high', expected a number"),
        ("FrozenLake-v1", {"success_rate": True}, "success_rate: got True, expected a number"),
        ("FrozenLake-v1", {"success_rate": float("nan")}, "success_rate: got nan, expected"),
        ("FrozenLake-v1", {"is_slippery": "maybe"}, "is_slippery: got 'maybe', expected true or"),
        ("FrozenLake-v1", {"is_slippery": 1}, "is_slippery: got 1, expected true or false"),
        ("CliffWalking-v1", {"is_slippery": ""}, "is_slippery: got '', expected true or false"),
        (TAXI, {"is_rainy": "x"}, "is_rainy: got 'x', expected true or false"),
        ("FrozenLake-v1", {"is_slipery": True}, "; did you mean 'is_slippery'?"),
        ("FrozenLake-v1", {"render_mode": "human"}, "argument: got 'render_mode', expected one"),
        ("FrozenLake-v1", {"desc": "SFFG"}, "desc: got 'SFFG', expected a list of rows"),
    ],
)
def test_bad_environments_give_one_clear_line(name, kwargs, message):
    with pytest.raises(InvalidInput) as caught:
        from_gymnasium(name, **kwargs)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_good_arguments_pass():
    rows = from_gymnasium("FrozenLake-v1", desc=["SF", "HG"], success_rate=1)
    assert rows.n_states == 4
    assert from_gymnasium("FrozenLake-v1", is_slippery=np.True_, map_name="4x4").n_states == 16
    assert from_gymnasium("FrozenLake8x8-v1", is_slippery=False).n_states == 64


def test_arguments_go_with_an_id_only():
    env = gymnasium.make("FrozenLake-v1")
    assert from_gymnasium(env) == from_gymnasium("FrozenLake-v1")
    with pytest.raises(InvalidInput, match=r"make_kwargs: got .* expected none beside"):
        from_gymnasium(env, is_slippery=False)


def test_without_gymnasium_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(InvalidInput, match="pip install gymnasium"):
        from_gymnasium("FrozenLake-v1")
