"""How the votes of permuted goals divide between two sets of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import power

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Distinct utilities, and sizes of two disjoint sets among them."""
    from hypothesis import strategies as st

    utilities = st.lists(st.integers(-9, 9), min_size=4, max_size=5, unique=True)
    return {"utilities": utilities, "size_a": st.integers(1, 3), "size_b": st.integers(1, 3)}


def holds(utilities: list[int], size_a: int, size_b: int) -> bool:
    """Counting the whole orbit, for an optimal decision-maker with these options."""
    from powerseek.theory.decision_rules import Optimal
    from powerseek.theory.retargetability import orbit_preference

    size_b = min(size_b, len(utilities) - size_a)
    options = range(size_a + size_b)
    lotteries = [[int(i == j) for j in range(len(utilities))] for i in options]
    a, b = list(options)[:size_a], list(options)[size_a:]
    vote = orbit_preference(Optimal(), b, a, utilities, lotteries=lotteries)
    return vote.ties == 0 and vote.prefers * size_b == vote.avoids * size_a


THEOREM = Theorem(
    name="orbit_share",
    title="Permuted goals vote for the larger set in proportion to its size",
    statement=r"""
Let $r$ give distinct values to $n$ outcomes and let $A$, $B$ be disjoint sets of outcomes.
Among all permutations of $r$, those under which the best of $A$ beats all of $B$ and those
under which the best of $B$ beats all of $A$ are as $|A|$ to $|B|$:

$$ \#\{s : A \succ_{r\circ s} B\}\;|B| = \#\{s : B \succ_{r\circ s} A\}\;|A| . $$

With $|A| = k$ and $|B| = 1$ a share $k/(k+1)$ of goals prefers $A$.
""",
    hypotheses=("$r$ injective", "$A \\cap B = \\emptyset$"),
    source='The equality case, for outcomes without lotteries, of Turner et al., "Optimal '
    'Policies Tend to Seek Power", NeurIPS 2021, and of Turner & Tadepalli, NeurIPS 2022.',
    proof=CoqProof("Orbits.v", ("orbit_share",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$A \succ B$", "prefers", "theory.decision_rules.Optimal.compare"),
        Name("the two counts", "orbit_share", "theory.retargetability.orbit_preference"),
    ),
    premises=("P3",),
    use="Why many tasks involve gaining power (premise P3): if power keeps k outcomes within "
    "reach and its absence one, k goals in k + 1 are better served by power.",
    status=Status.PROVED,
    smt=SmtProof(
        power.orbit_share, "all permutations of 2, 3 and 4 outcomes, all sizes of both sets"
    ),
)
