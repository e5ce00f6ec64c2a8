r"""How large an exact computation would be, before it is begun.

No formula is known for the number of vertices and faces that there will be. The seconds
predicted here are fits to processor times, on one core of a 2020s server, of a state with
several actions. They are made of the number $N$ of elements of $F_{nd}$ and the number $m$ of
coordinates that vary.

For sums over vertices (`powerseek.theory.exact.vertex_sums`) the fit is $a (N^b v^c)^m$ and
three milliseconds, with the mean number $v$ of different values of a coordinate. It was made to
330 states that take more than ten, with $m$ from 4 to 12, each $m$ counting the same, of random
worlds, nearly all deterministic, and grids; and to a corner of the 4 by 4 grid, $m = 16$, judged
by its first 50 elements of $F_{nd}$. Of the times beyond a tenth of a second half are within a
factor of 1.4 of it, nine in ten within 2.5, all within 5; grids take a quarter to nine tenths.
What would take more than a second takes less with numba. That fit was made to 61 such states, and
to the first 28 to 72 elements of that corner: half of the times are within a factor of 1.3, nine in
ten within 2.5, all within 5; grids with $m = 12$ take a fifth to seven tenths.

For sums over faces (`powerseek.theory.exact.faces`) it is $a N^b c^m d^x q^e$ with the mean
share $x$ of the coordinates in which an element of $F_{nd}$ is above the least value and the share
$q$ of the subproblems that symmetry leaves, to 286 states with $m$ from 6 to 11, likewise,
stochastic worlds among them. Half of the times are within a factor of 1.2 of it, nine in ten
within 1.6, but grids take less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TypeAlias

from flint import fmpq

from powerseek.theory.discount import discount
from powerseek.theory.errors import TooLarge
from powerseek.theory.mdp import MDP
from powerseek.theory.rewards import RewardDistribution, reward_distribution

from . import array_sums
from .dominance import is_nondominated
from .expectation import Law, Reduced, by_vertices, reduce
from .policies import Choices, distinct_choices, restricted_policies
from .rational import to_flint
from .structure import forced_and_branching, stand_ins
from .subdivision import Number
from .supported import law_of
from .symmetry import automorphisms, orbits
from .trees import exponential_terms, tree_from
from .vertex_sums import add_terms_of_many
from .visits import require_exact, visits

_FACES = {
    Law.UNIFORM: (1.34e-7, 0.41, 4.41, 71.4, 0.66),
    Law.EXPONENTIAL: (6.75e-7, 0.91, 2.77, 9.40, 0.77),
}
"""The constants ``a, b, c, d, e``, for each law of the rewards."""

_VERTICES = (3.45e-4, 0.155, 0.144)
"""The constants ``a, b, c``, for sums on arrays."""

_COMPILED = (1.16e-4, 0.194, 0.091)
"""Those for compiled sums."""

_WORTH_COMPILING = 1.0
"""Seconds predicted for sums on arrays beyond which compiled ones take less."""

SLOWDOWN = 30.0
"""A function of gamma takes about so many times as long as sums over faces at one gamma."""

_MAX_ROWS = 1000
"""Symmetry is not looked for among more elements of F_nd than this."""

MAX_SECONDS = 300.0
"""Computations predicted to take longer are refused unless forced."""

WORTH_SAYING = 5.0
"""Computations predicted to take longer are announced."""

Announce: TypeAlias = Callable[[str], None]
"""Told, before a long computation begins, how large it is."""

ENUMERATED = 20_000
"""Policies counted in one state; where there are more, only a lower bound is known. So it
is where transitions are random and a fortieth is exceeded: whether a policy is dominated
takes longer to tell there, and the rest is taken to be like those looked at."""


@dataclass(frozen=True)
class StateCost:
    """The size of the computation for one state with several actions.

    Attributes:
        state: its name.
        n_policies: number of deterministic policies, restricted to visited states.
        n_nondominated: number of elements of $F_{nd}$.
        complete: whether all policies were counted; if not, both numbers are too small.
        dimension: number of states that some policies visit more often than others
            (at most the number of states reached), ``m`` above.
        is_tree: whether branches are independent, so that no subdivision is needed.
        seconds: predicted time.
    """

    state: str
    n_policies: int
    n_nondominated: int
    complete: bool
    dimension: int
    is_tree: bool
    seconds: float


@dataclass(frozen=True)
class CostEstimate:
    """The size of an exact computation.

    Attributes:
        states: the states that need an integral each. States with a single action, and
            those with one reachable state, need none; of states that a symmetry of the
            world exchanges, one stands for all.
    """

    states: tuple[StateCost, ...]

    @property
    def seconds(self) -> float:
        """Predicted time in all."""
        return sum([state.seconds for state in self.states])

    def __str__(self) -> str:
        if not self.states:
            return "no state needs an integral"
        worst = max(self.states, key=lambda state: state.seconds)
        least = "" if worst.complete else "at least "
        return (
            f"{least}about {duration(self.seconds)} for {_states(len(self.states))}, most for "
            f"{worst.state!r}: {least}{worst.n_policies} policies, {least}"
            f"{worst.n_nondominated} non-dominated, in dimension {worst.dimension}"
        )


def duration(seconds: float) -> str:
    """A rough time in words.

    >>> [duration(x) for x in (0.2, 47, 400, 10_000, 4e5, 1e11)]
    ['a second', '50 seconds', '7 minutes', '3 hours', '5 days', 'thousands of years']
    """
    for name, length, most in (
        ("second", 1, 100),
        ("minute", 60, 100),
        ("hour", 3600, 48),
        ("day", 86400, 700),
        ("year", 31_557_600, 1000),
    ):
        count = max(1, round(seconds / length))
        if count <= most:
            shown = count if count < 10 else round(count, 1 - len(str(count)))
            return f"a {name}" if shown == 1 else f"{shown} {name}s"
    return "thousands of years"


def _states(n: int) -> str:
    return "one state" if n == 1 else f"{n} states"


def estimate_cost(
    mdp: MDP,
    gamma: object,
    reward: str | RewardDistribution = "uniform",
    states: Sequence[str] | None = None,
    symbolic: bool = False,
) -> CostEstimate:
    """Estimate the size of an exact computation of POWER.

    Args:
        mdp: an exact MDP.
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it. Only
            the time may depend on it, and that little.
        reward: uniform, exponential or simplex (by name or as an object).
        states: whose POWER is wanted, by default all.
        symbolic: whether it is wanted as a function of gamma.

    Raises:
        NotExact: if some transition probability is a float.
        InvalidInput: if gamma, a state or the reward distribution is not as above.

    >>> from powerseek.theory.gallery import random_deterministic
    >>> cost = estimate_cost(random_deterministic(0, n_states=5), "1/2", states=["s0"])
    >>> cost.states[0].n_policies, cost.states[0].n_nondominated
    (8, 4)
    """
    require_exact(mdp)
    rate, law = to_flint(discount(gamma)), law_of(reward_distribution(reward))
    wanted = mdp.states if states is None else states
    choices = distinct_choices(mdp)
    _, branching = forced_and_branching(choices, [mdp.index(s) for s in wanted])
    different = dict.fromkeys(stand_ins(choices, branching).values())
    return CostEstimate(
        tuple([_state_cost(mdp, choices, s, rate, law, symbolic) for s in different])
    )


def planned_seconds(
    mdp: MDP,
    gamma: object | None,
    reward: RewardDistribution,
    states: Sequence[str],
    *,
    force: bool,
    announce: Announce | None = None,
    workers: int = 1,
) -> dict[int, float]:
    """Predicted times by the numbers of the states; not all wanted need to be among them.

    Refuses a computation that would take very long, and announces one that takes long, unless it
    is forced. Where nobody asks, forced and with one worker, nothing is predicted.

    Args:
        mdp: an exact MDP.
        gamma: the discount rate; None if POWER is wanted as a function of it.
        reward: uniform, exponential or simplex.
        states: whose POWER is wanted.
        force: whether to compute however long it takes.
        announce: told the size of a computation that is predicted to take long.
        workers: processes that states are split over.

    Raises:
        TooLarge: with the estimate, if that is beyond `MAX_SECONDS`.
    """
    if force and workers == 1:
        return {}
    symbolic = gamma is None
    rate = Fraction(1, 2) if symbolic else gamma
    cost = estimate_cost(mdp, rate, reward, states, symbolic=symbolic)
    if not force and cost.seconds > WORTH_SAYING:
        predicted = f"{'symbolic' if symbolic else 'exact'} method: predicted to take {cost}"
        by_vertices = mdp.is_deterministic and law_of(reward) is Law.UNIFORM and not symbolic
        if by_vertices and not _is_compiled():
            predicted += '; with numba (pip install ".[fast]") it takes less'
        if cost.seconds > MAX_SECONDS:
            raise TooLarge(
                f"{predicted}; the limit is {duration(MAX_SECONDS)}; force (--force) computes it "
                "anyway, method 'montecarlo' estimates it"
            )
        if announce is not None:
            announce(predicted)
    return {mdp.index(state.state): state.seconds for state in cost.states}


def _is_compiled() -> bool:
    """Whether numba is there for sums over many vertices."""
    return add_terms_of_many() is not array_sums.add_terms


def _state_cost(
    mdp: MDP, choices: Choices, start: int, gamma: fmpq, law: Law, symbolic: bool
) -> StateCost:
    looked_at = ENUMERATED if mdp.is_deterministic else ENUMERATED // 40
    n_policies = 0
    rows: list[list[Number]] = []
    policies = restricted_policies(choices, start)
    for policy in islice(policies, looked_at):
        n_policies += 1
        if not rows or is_nondominated(choices, policy):
            rows.append(visits(choices, policy, gamma))
    looked_at = n_policies
    n_policies += sum(1 for _ in islice(policies, ENUMERATED - n_policies))
    complete = looked_at == n_policies and next(policies, None) is None
    reduced = reduce(rows)
    tree = tree_from(choices, start, gamma)
    if tree is not None:
        seconds = 1e-5 * tree.size**1.5
        if law is Law.EXPONENTIAL:
            seconds += 1e-6 * exponential_terms(tree) ** 1.5
    else:
        seconds = _integral_seconds(reduced, law, len(rows) * n_policies / looked_at, symbolic)
    seconds += (5e-5 if mdp.is_deterministic else 1e-3) * n_policies
    return StateCost(
        mdp.states[start],
        n_policies,
        len(rows),
        complete,
        len(reduced.varying),
        tree is not None,
        SLOWDOWN * seconds if symbolic else seconds,
    )


def _integral_seconds(reduced: Reduced, law: Law, n_rows: float, symbolic: bool) -> float:
    """The fit, from some of so many rows."""
    rows, m = reduced.rows, len(reduced.varying)
    columns = list(zip(*rows, strict=True))
    if by_vertices(rows, law) and not symbolic:
        values = sum([len(set(column)) for column in columns]) / m
        on_arrays, compiled = [
            3e-3 + a * (n_rows**b * values**c) ** m for a, b, c in (_VERTICES, _COMPILED)
        ]
        return float(compiled if on_arrays > _WORTH_COMPILING and _is_compiled() else on_arrays)
    above = sum([entry > min(column) for column in columns for entry in column])
    share = above / len(rows) / m if m else 0.0
    peels = law.base.peels(m)
    left = 1.0
    if peels and len(rows) <= _MAX_ROWS:
        left = len(orbits(peels, automorphisms(rows))) / len(peels)
    a, b, c, d, left_power = _FACES[law]
    seconds: float = a * n_rows**b * c**m * d**share * left**left_power
    return seconds
