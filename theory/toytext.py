r"""Gymnasium's tabular environments (toy text) as rewardless MDPs.

`gymnasium` toy-text environments publish their dynamics as a table ``env.unwrapped.P``
with ``P[s][a] = [(probability, next state, reward, terminated), ...]``. `from_gymnasium`
reads it as follows.

* Rewards are dropped: POWER asks about the same world under many rewards.
* A transition that ends the episode (``terminated``) leads to an absorbing state, in
  which the agent stays for ever. If the cell can also be visited without ending the
  episode, the absorbing state is a twin named ``"<cell> end"``.
* Time limits (``truncated``) are no part of the dynamics and are ignored.
* Only states that some episode can visit are kept. (`CliffWalking` lists its cliff cells,
  but stepping on one puts the agent back at the start; `Taxi` lists 96 states with the
  passenger already at the destination.) Environments that do not publish
  ``initial_state_distrib`` are read as if every state might be the first.
* Outcomes of an action that lead to the same state are added up.
* Probabilities are floats there. One within `RATIONAL_TOLERANCE` of a fraction with
  denominator at most `MAX_DENOMINATOR` becomes that fraction, if by this the row sums to
  exactly 1: the ``0.33333333333333337`` of slippery lakes is 1/3. Rows for which that
  fails stay floats, and the MDP is then not exact.

Grid cells are called ``r0c1`` (row 0 from the top, column 1), states of `Taxi`
``r0c1 R>G`` (the passenger waits at R, wants to go to G) and ``r0c1 taxi>G``; states of
other environments ``s7``.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, TypeAlias

from .errors import InvalidInput
from .gymnasium_arguments import check_arguments
from .mdp import MDP, Probability

RATIONAL_TOLERANCE = 1e-12
"""How far a float may be from the fraction it is read as."""

MAX_DENOMINATOR = 10**6
"""Largest denominator a float is read as."""

_COMPASS = {
    "FrozenLakeEnv": ("left", "down", "right", "up"),
    "CliffWalkingEnv": ("up", "right", "down", "left"),
    "TaxiEnv": ("south", "north", "east", "west", "pick up", "drop off"),
}
_TAXI_STOPS = ("R", "G", "Y", "B", "taxi")


def from_gymnasium(env: Any, **make_kwargs: object) -> MDP:
    """The rewardless MDP of a Gymnasium environment that publishes its table ``P``.

    Args:
        env: an environment, or the id of one (``"FrozenLake-v1"``).
        make_kwargs: passed to ``gymnasium.make`` with the id, such as
            ``is_slippery=False`` or ``map_name="8x8"``.

    Raises:
        InvalidInput: if gymnasium is not installed, there is no such environment, it
            refuses the arguments, or it publishes no table.

    >>> lake = from_gymnasium("FrozenLake-v1", is_slippery=False)
    >>> lake.n_states, lake.is_exact, lake.actions[0]
    (16, True, ('left', 'down', 'right', 'up'))
    >>> lake.actions[lake.index("r1c1")]  # a hole: the episode ends there
    ('stay',)
    """
    if isinstance(env, str):
        env = _make(env, make_kwargs)
    elif make_kwargs:
        raise InvalidInput.of("make_kwargs", make_kwargs, "none beside an environment")
    base = getattr(env, "unwrapped", env)
    table = getattr(base, "P", None)
    name = type(base).__name__
    if not isinstance(table, Mapping):
        raise InvalidInput(
            f"env: {name} publishes no transition table P, expected a toy-text "
            "environment such as FrozenLake-v1, CliffWalking-v1 or Taxi"
        )
    if getattr(base, "fickle_passenger", False):
        raise InvalidInput.of(
            "fickle_passenger", True, "False (the table P leaves out changes of mind)"
        )
    live, ended = _visited(table, getattr(base, "initial_state_distrib", None))
    state_name, actions = _names(base)
    transitions: dict[str, dict[str, dict[str, Probability]]] = {}
    for s in sorted(live | ended):
        if s in live:
            transitions[state_name(s)] = {
                actions[int(a)] if a < len(actions) else f"a{a}": _row(outcomes, state_name, live)
                for a, outcomes in table[s].items()
            }
        if s in ended:
            end = _end_name(s, state_name, live)
            transitions[end] = {"stay": {end: Fraction(1)}}
    return MDP.from_transitions(transitions)


def _make(env_id: str, make_kwargs: Mapping[str, object]) -> Any:
    try:
        gymnasium = importlib.import_module("gymnasium")
    except ModuleNotFoundError:
        raise InvalidInput(
            f"env: {env_id!r} needs gymnasium, which is not installed; "
            "install it with: pip install gymnasium"
        ) from None
    with _refusals(gymnasium, env_id, make_kwargs):
        spec = gymnasium.registry.get(env_id)
        entry = None if spec is None else spec.entry_point
        creator = gymnasium.envs.registration.load_env_creator(entry) if entry else None
    if creator is not None:
        check_arguments(creator, make_kwargs)
    with _refusals(gymnasium, env_id, make_kwargs):
        return gymnasium.make(env_id, **make_kwargs)


@contextmanager
def _refusals(gymnasium: Any, env_id: str, make_kwargs: Mapping[str, object]) -> Iterator[None]:
    """What gymnasium refuses, as bad input."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (gymnasium.error.Error, TypeError, ValueError, KeyError, ImportError) as error:
        reason = " ".join(str(error).split())
        raise InvalidInput(
            f"env: gymnasium cannot make {env_id!r} with {dict(make_kwargs)}: {reason}"
        ) from None


Table: TypeAlias = Mapping[int, Mapping[int, Sequence[tuple[float, int, float, bool]]]]


def _visited(table: Table, start: Sequence[float] | None) -> tuple[set[int], set[int]]:
    """States visited while an episode runs, and states in which one ends."""
    frontier = [s for s in table if start is None or start[s] > 0]
    live, ended = set(frontier), set[int]()
    while frontier:
        for outcomes in table[frontier.pop()].values():
            for p, target, _, terminated in outcomes:
                if p <= 0:
                    continue
                if terminated:
                    ended.add(int(target))
                elif int(target) not in live:
                    live.add(int(target))
                    frontier.append(int(target))
    return live, ended


def _row(
    outcomes: Sequence[tuple[float, int, float, bool]],
    state_name: Callable[[int], str],
    live: set[int],
) -> dict[str, Probability]:
    """One distribution over state names, in fractions if they fit."""
    floats: dict[str, float] = {}
    fractions: dict[str, Fraction] = {}
    fits = True
    for p, s, _, terminated in outcomes:
        if p == 0:
            continue
        target = _end_name(s, state_name, live) if terminated else state_name(s)
        fraction = Fraction(float(p)).limit_denominator(MAX_DENOMINATOR)
        fits = fits and abs(fraction - Fraction(float(p))) <= RATIONAL_TOLERANCE
        floats[target] = floats.get(target, 0.0) + float(p)
        fractions[target] = fractions.get(target, Fraction(0)) + fraction
    if fits and sum(fractions.values()) == 1:
        return dict(fractions)
    return dict(floats)


def _end_name(s: int, state_name: Callable[[int], str], live: set[int]) -> str:
    return f"{state_name(s)} end" if s in live else state_name(s)


def _names(base: Any) -> tuple[Callable[[int], str], Sequence[str]]:
    """How to call the states and actions of an environment."""
    kind = next((c.__name__ for c in type(base).__mro__ if c.__name__ in _COMPASS), "")
    actions = _COMPASS.get(kind, ())
    if kind == "TaxiEnv":
        return lambda s: _taxi_state(*base.decode(s)), actions
    if kind:
        n_columns = base.ncol if kind == "FrozenLakeEnv" else base.shape[1]
        return lambda s: f"r{s // n_columns}c{s % n_columns}", actions
    return lambda s: f"s{s}", actions


def _taxi_state(row: int, column: int, passenger: int, destination: int) -> str:
    return f"r{row}c{column} {_TAXI_STOPS[passenger]}>{_TAXI_STOPS[destination]}"
