r"""How many states, and how many ways of going on for ever, lie ahead of a state.

* `reachable_count`: the number of states that some policy visits with positive
  probability within $n$ steps, or ever; the start counts.
* `recurrent_state_distributions`: what fraction of the time each state is visited in
  the long run, for every deterministic stationary policy $\pi \in \Pi$:

$$ \mathrm{RSD}(s) = \Big\{ \lim_{\gamma \to 1} (1-\gamma) f^{\pi,s}(\gamma) :
   \pi \in \Pi \Big\} $$

(Turner et al., "Optimal Policies Tend to Seek Power", NeurIPS 2021, definition 6.10).
They control POWER at $\gamma \to 1$, which is $\mathbb{E}\max_{d \in \mathrm{RSD}(s)} d
\cdot R$. In a deterministic MDP each is uniform on the states of a simple cycle that
$s$ can reach. In general a policy makes a Markov chain that ends in one of its closed
classes, and the limit mixes their stationary distributions by where $s$ ends up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from .errors import InvalidInput, TooLarge
from .mdp import MDP
from .rational_systems import solve_rational
from .results import Exact

Distribution: TypeAlias = tuple[Fraction, ...]

RSD_LIMIT = 20_000
"""Most cycles (deterministic) or policies (otherwise) enumerated: about a minute."""


def reachable_count(mdp: MDP, steps: int | None = None) -> dict[str, Exact]:
    """Number of states reachable from each state, itself included.

    Args:
        mdp: the MDP.
        steps: count states that can be visited within this many steps; None for ever.

    Raises:
        InvalidInput: if ``steps`` is negative.

    >>> mdp = MDP.from_successors({"a": ["b"], "b": ["c"], "c": ["c"]})
    >>> {s: str(n) for s, n in reachable_count(mdp).items()}
    {'a': '3', 'b': '2', 'c': '1'}
    >>> str(reachable_count(mdp, steps=1)["a"])
    '2'
    """
    if steps is not None and steps < 0:
        raise InvalidInput.of("steps", steps, "a number of steps, or None for ever")
    counts: dict[str, Exact] = {}
    for s, name in enumerate(mdp.states):
        seen = mdp.reachable(s) if steps is None else _within(mdp, s, steps)
        counts[name] = Exact(Fraction(len(seen)))
    return counts


def rsd_count(mdp: MDP, *, nondominated: bool = False) -> dict[str, Exact]:
    """Number of recurrent state distributions each state can induce.

    Args:
        mdp: an exact MDP.
        nondominated: count only those that are the only best one for some reward.

    Raises:
        TooLarge: if there are too many cycles or policies to enumerate.
        NotExact: if the MDP is not exact.

    >>> mdp = MDP.from_successors({"a": ["a", "b"], "b": ["a", "b"], "end": ["end"]})
    >>> {s: str(n) for s, n in rsd_count(mdp).items()}
    {'a': '3', 'b': '3', 'end': '1'}
    >>> str(rsd_count(mdp, nondominated=True)["a"])
    '2'
    """
    counts: dict[str, Exact] = {}
    for name in mdp.states:
        found = recurrent_state_distributions(mdp, name, nondominated=nondominated)
        counts[name] = Exact(Fraction(len(found)))
    return counts


def recurrent_state_distributions(
    mdp: MDP, state: str, *, nondominated: bool = False
) -> tuple[Distribution, ...]:
    """The distinct recurrent state distributions that a state can induce.

    Args:
        mdp: an exact MDP.
        state: the start state.
        nondominated: leave out those that are not the only best one for any reward.

    Returns:
        Each as one fraction for each state of the MDP, in lexicographic order.

    Raises:
        TooLarge: if there are more than `RSD_LIMIT` cycles or policies.
        NotExact: if the MDP is not exact.

    >>> mdp = MDP.from_successors({"a": ["b"], "b": ["a", "end"], "end": ["end"]})
    >>> [[str(x) for x in d] for d in recurrent_state_distributions(mdp, "a")]
    [['0', '0', '1'], ['1/2', '1/2', '0']]
    """
    from .exact.visits import require_exact

    require_exact(mdp)
    s = mdp.index(state)
    found = _cycles(mdp, s) if mdp.is_deterministic else _limits(mdp, s)
    return tuple(sorted(_vertices(found) if nondominated else found))


def _within(mdp: MDP, s: int, steps: int) -> set[int]:
    seen, frontier = {s}, {s}
    for _ in range(steps):
        frontier = {t for u in frontier for t in mdp.successors(u)} - seen
        if not frontier:
            break
        seen |= frontier
    return seen


def _cycles(mdp: MDP, s: int) -> set[Distribution]:
    """Uniform distributions on the simple cycles reachable from ``s``."""
    import networkx as nx

    graph = nx.DiGraph()
    for u in mdp.reachable(s):
        graph.add_edges_from((u, t) for t in mdp.successors(u))
    found: set[Distribution] = set()
    for n, cycle in enumerate(nx.simple_cycles(graph)):
        if n == RSD_LIMIT:
            raise TooLarge(
                f"mdp: state {mdp.states[s]!r} reaches more than {RSD_LIMIT} simple cycles"
            )
        share = Fraction(1, len(cycle))
        members = set(cycle)
        found.add(tuple(share if t in members else Fraction(0) for t in range(mdp.n_states)))
    return found


def _limits(mdp: MDP, s: int) -> set[Distribution]:
    """Limits of all deterministic policies, decided only where they are reached."""
    from .exact.policies import (
        count_restricted_policies,
        distinct_choices,
        restricted_policies,
    )

    choices = distinct_choices(mdp)
    if count_restricted_policies(choices, s, RSD_LIMIT + 1) > RSD_LIMIT:
        raise TooLarge(f"mdp: state {mdp.states[s]!r} has more than {RSD_LIMIT} policies")
    found: set[Distribution] = set()
    for policy in restricted_policies(choices, s):
        taken = {u: mdp.rows[u][choices[u][k][0]] for u, k in policy.items()}
        chain = {u: {t: Fraction(p) for t, p in row} for u, row in taken.items()}
        limit = _long_run(chain, s)
        found.add(tuple(limit.get(t, Fraction(0)) for t in range(mdp.n_states)))
    return found


def _vertices(vectors: set[Distribution]) -> set[Distribution]:
    """The vectors that are the only best one for some reward: vertices of their hull.

    Each is tested against the vertices found so far only; a reward for which it beats
    them all leads to a new vertex, which may be another vector (Clarkson, 1994).
    """
    from .exact.linear_program import gordan
    from .exact.rational import to_flint, to_fraction

    def best(reward: Sequence[Fraction]) -> Distribution:
        def rank(y: Distribution) -> tuple[Fraction, Distribution]:
            return sum((r * x for r, x in zip(reward, y, strict=True)), Fraction(0)), y

        return max(vectors, key=rank)

    found = {max(vectors)}
    for vector in vectors:
        while vector not in found:
            gaps = [
                [to_flint(x - y) for x, y in zip(vector, other, strict=True)] for other in found
            ]
            solution = gordan(gaps)
            if isinstance(solution, dict):
                break  # a mixture of the others
            found.add(best([to_fraction(x) for x in solution]))
    return found


_Chain: TypeAlias = Mapping[int, Mapping[int, Fraction]]
"""Transition probabilities under a policy, for the states it reaches."""


def _long_run(chain: _Chain, s: int) -> dict[int, Fraction]:
    """Long-run fraction of time in each state, from ``s``."""
    import networkx as nx

    graph = nx.DiGraph((u, t) for u, row in chain.items() for t in row)
    closed = [set(c) for c in nx.attracting_components(graph)]
    transient = [u for u in chain if not any(u in c for c in closed)]
    limit: dict[int, Fraction] = {}
    for members in closed:
        weight = _absorption(chain, transient, members, s)
        if weight:
            for t, p in _stationary(chain, sorted(members)).items():
                limit[t] = weight * p
    return limit


def _absorption(
    chain: _Chain,
    transient: list[int],
    members: set[int],
    s: int,
) -> Fraction:
    """Probability that the chain from ``s`` ends in the closed class ``members``."""
    if s not in transient:
        return Fraction(int(s in members))
    place = {u: i for i, u in enumerate(transient)}
    rows: list[dict[int, Fraction]] = []
    right: list[Fraction] = []
    for u in transient:
        row = {place[t]: -p for t, p in chain[u].items() if t in place}
        row[place[u]] = row.get(place[u], Fraction(0)) + 1
        rows.append(row)
        right.append(sum((p for t, p in chain[u].items() if t in members), Fraction(0)))
    return solve_rational(rows, right)[place[s]]


def _stationary(chain: _Chain, members: list[int]) -> dict[int, Fraction]:
    """The stationary distribution of a closed class."""
    place = {u: i for i, u in enumerate(members)}
    balance: list[dict[int, Fraction]] = [{i: Fraction(-1)} for i in place.values()]
    for u in members:
        for t, p in chain[u].items():
            row = balance[place[t]]
            row[place[u]] = row.get(place[u], Fraction(0)) + p
    balance[-1] = dict.fromkeys(place.values(), Fraction(1))
    right = [Fraction(0)] * (len(members) - 1) + [Fraction(1)]
    return dict(zip(members, solve_rational(balance, right), strict=True))
