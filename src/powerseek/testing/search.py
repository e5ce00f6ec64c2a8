"""Hunting for an MDP that breaks a conjecture, and making it small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from powerseek.proofs.hunting import smallest
from powerseek.proofs.mdp_strategies import mdps
from powerseek.proofs.properties import GAMMA, MDPProperty
from powerseek.theory.mdp import MDP

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def find_counterexample(
    conjecture: MDPProperty | Callable[[MDP], bool],
    worlds: SearchStrategy[MDP] | None = None,
    *,
    examples: int = 1000,
    seed: int = 0,
    gamma: Fraction = GAMMA,
) -> MDP | None:
    """Look for an MDP of which a conjecture does not hold, and shrink it.

    Args:
        conjecture: whether it holds of an MDP: a function, or a property.
        worlds: the MDPs to try; by default any with up to four states. Other strategies
            are in `powerseek.testing`, for instance ``deterministic_mdps()``.
        examples: how many to try.
        seed: the same seed tries the same MDPs.
        gamma: the discount rate at which a property is checked; MDPs to which it does not
            apply are passed over.

    Returns:
        The smallest one found, or None if the conjecture held of all that were tried,
        which proves nothing.

    >>> find_counterexample(lambda mdp: mdp.n_states < 4).n_states
    4
    >>> find_counterexample(lambda mdp: len(mdp.reachable(0)) >= 1) is None
    True
    """

    def breaks(mdp: MDP) -> bool:
        if isinstance(conjecture, MDPProperty):
            return conjecture.applies(mdp, gamma) and conjecture.check(mdp, gamma) is not None
        return not conjecture(mdp)

    found = smallest(mdps() if worlds is None else worlds, breaks, most=examples, seed=seed)
    return None if found is None else shrink(found, breaks)


def shrink(mdp: MDP, breaks: Callable[[MDP], bool]) -> MDP:
    """Make an MDP smaller as long as it still breaks something.

    Steps: leave out a state (with the actions that may lead there; a state left without
    actions stays where it is for ever), leave out an action, or make an action sure.

    Args:
        mdp: an MDP for which ``breaks`` is true.
        breaks: what must stay true.

    Returns:
        An MDP for which it is true, and false after every further step.

    >>> from powerseek.theory.gallery import load
    >>> shrink(load("shutdown"), lambda mdp: not mdp.is_deterministic).n_states
    3
    """
    while True:
        smaller = next((m for m in _smaller(mdp) if breaks(m)), None)
        if smaller is None:
            return mdp
        mdp = smaller


def _smaller(mdp: MDP) -> Iterator[MDP]:
    """MDPs that are one step smaller: fewer states, then actions, then outcomes."""
    table = mdp.to_transitions()
    if mdp.n_states > 1:
        for gone in reversed(mdp.states):
            yield MDP.from_transitions(
                {
                    s: {a: row for a, row in ways.items() if gone not in row}
                    or {next(iter(ways)): {s: 1}}
                    for s, ways in table.items()
                    if s != gone
                }
            )
    for s, ways in table.items():
        for a in reversed(ways):
            if len(ways) > 1:
                kept = {b: row for b, row in ways.items() if b != a}
                yield MDP.from_transitions({**table, s: kept})
            if len(ways[a]) > 1:
                for t in ways[a]:
                    yield MDP.from_transitions({**table, s: {**ways, a: {t: 1}}})
