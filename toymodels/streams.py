r"""Streams: every use that a run makes of chance has keys of its own.

Agent $i$ of experiment $e$ has one key, $k = \mathrm{fold}(\mathrm{key}(e), i)$. Whatever is
drawn for it is drawn from a `Stream` of that key, $\mathrm{fold}(k, n)$ for stream number $n$,
or, where a stream is drawn from many times, from
$\mathrm{fold}(\dots\mathrm{fold}(\mathrm{fold}(k, n), i_1)\dots, i_m)$, with the number of the
update as its index, say. Folding runs a block cipher (Threefry; Salmon et al., SC 2011) over the
number folded in, so under one key it is one-to-one: streams never coincide, nor do two indices
of one stream. Keys further apart, as those of two updates and of another stream, coincide with
probability $2^{-64}$, as independent ones would.

Nobody else may fold or split the key of an agent: `jax.random.split` gives the very keys that
folding 0, 1, 2, ... gives. Who is handed the key of a stream may draw from it, or split it and
draw from the parts, and not both.

Settings and twins share the keys of an agent on purpose: they are paired.
"""

from __future__ import annotations

from enum import IntEnum, unique

import jax
from jaxtyping import Array, PRNGKeyArray


@unique
class Stream(IntEnum):
    """What chance is used for; a new use gets a new number, and results hang on the old ones."""

    WORLD = 0
    """Tasks, prices and codes, or a graph. No index."""
    PROBES = 1
    """The contexts in which an agent is watched. No index."""
    WEIGHTS = 2
    """Initial weights. No index, or that of the restart in a graph."""
    TRAINING = 3
    """What training samples. Index: the update."""
    NOVEL_GOALS = 4
    """Goal codes never seen in training, in a graph. No index."""
    NEW_CONTEXTS = 5
    """Contexts in which coherence is judged. No index."""
    DIRECTIONS = 6
    """Random directions that steering is compared with. No index."""
    PENALISED = 7
    """The key of an agent that goes on under a penalty. Index: updates made before."""


def agent_key(seed: int | Array, agent: int | Array) -> PRNGKeyArray:
    """The key of agent number ``agent`` of experiment ``seed``, both from 0 to 2**32 - 1."""
    return jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), agent)


def stream_key(key: PRNGKeyArray, stream: Stream, *index: int | Array) -> PRNGKeyArray:
    """The key of a stream of an agent, or of one entry of it.

    Args:
        key: the agent's.
        stream: what it is for.
        index: which entry, whole numbers from 0 to 2**32 - 1; as many whenever the stream is
            used in a run.

    >>> key = agent_key(0, 7)
    >>> a, b = (stream_key(key, Stream.TRAINING, update) for update in (0, 1))
    >>> bool(a == b), bool(a == stream_key(key, Stream.TRAINING, 0))
    (False, True)
    """
    for number in (int(stream), *index):
        key = jax.random.fold_in(key, number)
    return key
