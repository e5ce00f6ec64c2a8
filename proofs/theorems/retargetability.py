"""Parameters that can be turned round n ways vote n to one for the larger set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import power

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """A decision rule, utilities (ties allowed), and how many copies the larger set holds."""
    from hypothesis import strategies as st

    from powerseek.theory import decision_rules as rules

    positive = st.fractions("1/4", 2, max_denominator=4)
    rule = st.one_of(
        st.sampled_from([rules.Optimal(), rules.AntiOptimal()]),
        st.builds(rules.EpsilonOptimal, st.integers(0, 5)),
        st.builds(rules.EpsilonGreedy, st.fractions(0, 1, max_denominator=4)),
        st.builds(rules.Satisficing, st.integers(-9, 9)),
        st.builds(rules.Quantilising, st.fractions("1/4", 1, max_denominator=4)),
        st.builds(rules.BestOfK, st.integers(1, 4)),
        st.builds(rules.Boltzmann, positive),
    )
    utilities = st.lists(st.integers(-9, 9), min_size=3, max_size=5)
    return {"rule": rule, "utilities": utilities, "copies": st.integers(1, 4)}


def holds(rule: Any, utilities: list[int], copies: int) -> bool:
    """Counting the whole orbit; and the swaps retarget it in the sense of the definition."""
    from powerseek.theory.retargetability import is_retargetable, orbit_preference

    n = len(utilities)
    copies = min(copies, n - 1)
    a, b = [0], list(range(1, copies + 1))

    def swap(i: int) -> tuple[int, ...]:
        moved = list(range(n))
        moved[0], moved[i] = i, 0
        return tuple(moved)

    vote = orbit_preference(rule, a, b, utilities)
    retargeted = is_retargetable(rule, a, b, utilities, [swap(i) for i in b])
    return retargeted and vote.prefers >= copies * vote.avoids


THEOREM = Theorem(
    name="retargetability",
    title="Retargetable decision-makers choose the larger set, n to one",
    statement=r"""
Let a decision-maker with parameter $\theta \in \Theta$ choose from $A$ with chance
$P(A \mid \theta)$ and from $B$ with chance $P(B \mid \theta)$. If $n$ maps $\phi_i$ of
parameters turn every preference for $A$ into one for $B$, are injective on the parameters that
prefer $A$, and have disjoint images of them, then

$$ n \cdot \#\{\theta : P(A \mid \theta) > P(B \mid \theta)\} \;\le\;
   \#\{\theta : P(B \mid \theta) > P(A \mid \theta)\} . $$

Such maps exist if $B$ contains $n$ copies of $A$ and the rule does not depend on names:
those that swap $A$ with one copy and leave the other copies where they are.
""",
    hypotheses=(
        "$\\Theta$ finite, for instance all permutations of a utility function",
        "for the maps: $P(\\phi_i X \\mid \\phi_i\\theta) = P(X \\mid \\theta)$, and the chance of "
        "$B$ is at least that of each copy in it",
    ),
    source='Turner & Tadepalli, "Parametrically Retargetable Decision-Makers Tend to Seek '
    'Power", NeurIPS 2022, definition 3.5, theorem 3.6 and the argument of theorem A.13.',
    proof=CoqProof("Retarget.v", ("retargetability", "copies_retarget")),
    property=Property(instances, holds, examples=60),
    names=(
        Name(r"$\#\{\theta : \dots\}$", "prefer", "theory.retargetability.orbit_preference"),
        Name("the conditions", "retargetable", "theory.retargetability.is_retargetable"),
        Name(r"$P$", "P", "theory.decision_rules.DecisionRule"),
    ),
    premises=("P3",),
    use="Premise P3 beyond optimal play: whatever rule turns goals into choices (satisficing, "
    "Boltzmann, best of k), if power leaves n copies of what is possible without it, at least "
    "n goals in n + 1 of those that decide prefer power.",
    status=Status.PROVED,
    smt=SmtProof(power.retargetability, "n = 2, up to five parameters"),
)
