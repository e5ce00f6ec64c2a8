r"""Empowerment: how much one's actions can tell about where one ends up.

A channel with inputs $a$, outputs $t$ and probabilities $P(t \mid a)$ has capacity

$$ C = \max_{p(a)} I(A; T) = \max_p \sum_a p(a) D_a(p), \qquad
   D_a(p) = \sum_t P(t \mid a) \log_2 \frac{P(t \mid a)}{\sum_b p(b) P(t \mid b)} $$

bits. The *$n$-step empowerment* of a state is the capacity of the channel from
sequences of $n$ actions, fixed in advance, to the state $n$ steps later (Klyubin, Polani
& Nehaniv, "Empowerment: A Universal Agent-Centric Measure of Control", CEC 2005). It
needs no reward and no discount rate.

Capacity is found by the Blahut-Arimoto iteration $p(a) \leftarrow p(a) 2^{\mu D_a} / Z$,
with steps $\mu \ge 1$ as long as they help (Matz & Duhamel, ITW 2004). Whatever $p$ is,
$\sum_a p(a) D_a \le C \le \max_a D_a$, so every answer carries a proven bound. In a
deterministic MDP it is $\log_2$ of the number of states in which one can be after
exactly $n$ steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from .errors import InvalidInput, TooLarge
from .mdp import MDP
from .results import Certified

CHANNEL_LIMIT = 20_000
"""Most distinct inputs of a channel: what all action sequences lead to."""

_SMALLEST = 1e-300
"""Least probability an input or output keeps, so that logarithms stay finite."""

_ENTRY_ERROR = 2.0**-48
"""More than the rounding error of one entry of a channel and of its logarithm."""


def channel_capacity(
    channel: Float[np.ndarray, "A T"] | Sequence[Sequence[float]],
    tolerance: float = 1e-7,
    max_iterations: int = 10_000,
) -> Certified:
    """Capacity of a discrete memoryless channel, in bits.

    Args:
        channel: one row for each input, the distribution of its output.
        tolerance: stop when the proven bounds are this close, in bits.
        max_iterations: stop here in any case; the bound of the result then says how far
            it got.

    Raises:
        InvalidInput: if a row is not a probability distribution.

    >>> print(channel_capacity([[0.9, 0.1], [0.1, 0.9]]))
    0.531004 (error at most ...)
    """
    matrix = _read_channel(channel)
    logs = np.log2(matrix, where=matrix > 0, out=np.zeros_like(matrix))
    negative_entropy = (matrix * logs).sum(axis=1)

    def divergences(p: Float[np.ndarray, " A"]) -> Float[np.ndarray, " A"]:
        mixture = np.maximum(p @ matrix, _SMALLEST)
        found: Float[np.ndarray, " A"] = negative_entropy - matrix @ np.log2(mixture)
        return found

    rounding = _rounding(matrix.shape[1])
    p = np.full(len(matrix), 1 / len(matrix))
    d = divergences(p)
    low, high, step = float(p @ d), float(d.max()), 1.0
    for _ in range(max_iterations):
        if high - low <= max(tolerance, rounding):
            break
        trial = np.maximum(p * np.exp2(step * (d - d.max())), _SMALLEST)
        trial /= trial.sum()
        ahead = divergences(trial)
        gained = float(trial @ ahead)
        if gained < low and step > 1:
            step = 1.0
            continue
        p, d, step = trial, ahead, 2 * step
        low, high = max(low, gained), min(high, float(d.max()))
    return Certified((low + high) / 2, max(high - low, 0.0) / 2 + rounding)


def empowerment(mdp: MDP, steps: int = 1, tolerance: float = 1e-7) -> dict[str, Certified]:
    """The n-step empowerment of every state, in bits.

    A sequence of actions is a sequence of names; where the next name is no action of the
    state one is in, the first action of that state is taken instead. Sequences that lead
    to the same distribution are one input of the channel.

    Args:
        mdp: the MDP.
        steps: the number of steps.
        tolerance: as in `channel_capacity`.

    Raises:
        InvalidInput: if ``steps`` is not positive.
        TooLarge: if the channel of some state has more than `CHANNEL_LIMIT` inputs.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["a", "b", "c"], "c": ["c"]})
    >>> {s: round(e.value, 3) for s, e in empowerment(mdp, steps=2).items()}
    {'a': 1.585, 'b': 1.585, 'c': 0.0}
    """
    if steps < 1:
        raise InvalidInput.of("steps", steps, "a positive number of steps")
    if mdp.is_deterministic:
        return {name: _logarithm(len(_ends(mdp, s, steps))) for s, name in enumerate(mdp.states)}
    moves = _moves_by_name(mdp)
    return {
        name: channel_capacity(_channel(moves, s, steps, name), tolerance)
        for s, name in enumerate(mdp.states)
    }


def _read_channel(
    channel: Float[np.ndarray, "A T"] | Sequence[Sequence[float]],
) -> Float[np.ndarray, "distinct used"]:
    """Distinct rows of a valid channel, without outputs that never occur."""
    matrix = np.asarray(channel, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise InvalidInput.of("channel", matrix.shape, "a matrix, one row for each input")
    bad = ~(np.isfinite(matrix) & (matrix >= 0)).all(axis=1)
    bad |= np.abs(matrix.sum(axis=1) - 1) > 1e-9
    if bad.any():
        row = int(bad.argmax())
        expected = "probabilities that sum to 1"
        raise InvalidInput.of(f"channel[{row}]", matrix[row].tolist(), expected)
    matrix = np.unique(matrix / matrix.sum(axis=1, keepdims=True), axis=0)
    return matrix[:, matrix.any(axis=0)]


def _rounding(n_outputs: int) -> float:
    r"""Bound on the change of a capacity when entries are off by `_ENTRY_ERROR`.

    Distributions at total variation distance $\delta$ differ in entropy by at most
    $\delta \log_2 n + h(\delta)$ (Fannes and Audenaert); a mutual information is a
    difference of two entropies.
    """
    delta = n_outputs * _ENTRY_ERROR
    h = -delta * math.log2(delta) - (1 - delta) * math.log2(1 - delta)
    return 2 * (delta * math.log2(n_outputs) + h)


def _logarithm(count: int) -> Certified:
    value = math.log2(count)
    return Certified(value, value * 2.0**-50)


def _ends(mdp: MDP, s: int, steps: int) -> frozenset[int]:
    """States in which one can be after exactly that many steps."""
    states = frozenset({s})
    for _ in range(steps):
        states = frozenset(t for u in states for t in mdp.successors(u))
    return states


def _moves_by_name(mdp: MDP) -> Float[np.ndarray, "names S S"]:
    """One transition matrix for each action name; the first action where it is missing."""
    names = list(dict.fromkeys(name for available in mdp.actions for name in available))
    tensor = mdp.transition_tensor()
    return np.stack(
        [
            np.stack(
                [
                    tensor[s, available.index(name) if name in available else 0]
                    for s, available in enumerate(mdp.actions)
                ]
            )
            for name in names
        ]
    )


def _channel(
    moves: Float[np.ndarray, "names S S"], s: int, steps: int, state: str
) -> Float[np.ndarray, "A S"]:
    rows = np.eye(moves.shape[1])[[s]]
    for _ in range(steps):
        ahead = np.einsum("is,ast->iat", rows, moves).reshape(-1, moves.shape[1])
        rows = np.unique(ahead.round(15), axis=0)
        if len(rows) > CHANNEL_LIMIT:
            raise TooLarge(
                f"steps: sequences of actions from state {state!r} lead to more than "
                f"{CHANNEL_LIMIT} distributions; ask for fewer steps"
            )
    return rows
