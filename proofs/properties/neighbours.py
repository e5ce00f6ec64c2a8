"""Neighbours of POWER: bounds on empowerment, and what can be reached."""

from __future__ import annotations

import math
from fractions import Fraction

from powerseek.theory.empowerment import empowerment
from powerseek.theory.mdp import MDP
from powerseek.theory.reachability import reachable_count

from .base import MDPProperty, at_most


def empowerment_bounds(mdp: MDP, gamma: Fraction) -> str | None:
    """0 <= one-step empowerment <= log2 of the smaller of choices and outcomes."""
    del gamma
    found = empowerment(mdp, steps=1)
    for s, name in enumerate(mdp.states):
        bits = found[name]
        top = math.log2(min(len(set(mdp.rows[s])), len(mdp.successors(s))))
        if not -bits.bound <= bits.value <= top + bits.bound:
            return f"empowerment of {name!r} is {bits}, not between 0 and {top:g} bits"
    return None


def reachable_growth(mdp: MDP, gamma: Fraction) -> str | None:
    """Within more steps more states can be reached, and never more than ever."""
    del gamma
    ever = reachable_count(mdp)
    counts = [reachable_count(mdp, steps=n) for n in range(mdp.n_states)]
    for name in mdp.states:
        grown = [count[name].exact for count in counts]
        if grown[0] != 1 or sorted(grown) != grown or grown[-1] != ever[name].exact:
            return f"from {name!r} {grown} states are reached step by step, {ever[name]} ever"
    return None


NEIGHBOURS = (
    MDPProperty(
        "empowerment_bounds",
        r"$0 \le$ one-step empowerment $\le \log_2$ of the number of distinct actions, and of "
        "the number of successors",
        "Klyubin, Polani & Nehaniv, CEC 2005",
        empowerment_bounds,
        at_most(200),
    ),
    MDPProperty(
        "reachable_growth",
        "the number of states reached within $n$ steps starts at 1, never falls, and after "
        "$|S|-1$ steps is the number ever reached",
        "Elementary",
        reachable_growth,
        at_most(60),
    ),
)
"""What is checked of the neighbours of POWER."""
