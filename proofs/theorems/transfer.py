"""What an update in some contexts does to the scores in others: credit times kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import knobs, small_recipe, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of the hub world."""
    return knobs("need", "price", "base_success", "exploration", "legibility", "sharing", "seed")


def holds(
    need: float,
    price: float,
    base_success: float,
    exploration: float,
    legibility: float,
    sharing: float,
    seed: int,
) -> bool:
    r"""One trained update moves both probes by $\eta\sum\mu\,\pi A\,K$, worked out by hand.

    Features of power are [1, cue, 0], so K is $\alpha$ for the null probe and
    $\alpha(1 \mp \ell^2)$ for the told one; $\partial J/\partial z = \pi(1-\pi)A$.
    """
    from powerseek.toymodels import HubKnobs

    settings = HubKnobs(
        need=need,
        price=price,
        base_success=base_success,
        exploration=exploration,
        legibility=legibility,
        sharing=sharing,
        price_spread=0.0,
    )
    run = train_small(settings, seed)
    rate = small_recipe().learning_rate * sharing * exploration * (1 - exploration)
    needy, easy = need * (1 - base_success - price), (1 - need) * -price
    square = legibility**2
    null = rate * (needy + easy)
    told = rate * ((1 - square) * needy + (1 + square) * easy)
    moved_null = run.null_log_odds[1] - run.null_log_odds[0]
    moved_told = run.told_log_odds[1] - run.told_log_odds[0]
    return bool(abs(moved_null - null) < 1e-9 and abs(moved_told - told) < 1e-9)


THEOREM = Theorem(
    name="transfer",
    title="Reinforcement transfers by the kernel",
    statement=r"""
Let the score of an option seen with features $\varphi$ be $z(\varphi) = \theta\cdot\varphi$.
One gradient step of size $\eta$ over contexts $x$ of weight $\mu(x)$ moves the score of
*any* option, met in training or not, by

$$ \Delta z(\varphi) = \eta \sum_{x,b} \mu(x)\,\pi(b|x)\,A(x,b)\,K(\varphi, \varphi_{x,b}),
   \qquad K(\varphi, \psi) = \varphi\cdot\psi . $$
""",
    hypotheses=(
        "scores linear in the parameters",
        "finitely many contexts, options, features",
        "$A(x,b) = q(x,b) - \\sum_{b'} \\pi(b'|x)\\, q(x,b')$",
    ),
    source="The tangent kernel of a linear model (Jacot, Gabriel & Hongler, NeurIPS 2018).",
    proof=CoqProof("Transfer.v", ("score_transfer", "policy_gradient_transfer")),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$z(\varphi)$", "score", "toymodels.policies.linear.Linear.scores"),
        Name("one step", "update", "toymodels.training.train"),
        Name(r"$\Delta z / \eta$", "kernel", "toymodels.kernel.KernelPrediction"),
    ),
    premises=("P5", "P6"),
    use="Premise P6 becomes a kernel: how much of what is reinforced in one context reaches "
    "another. The predictions of the early drive rest on it.",
    status=Status.PROVED,
    smt=SmtProof(
        training.transfer, "two contexts of two options, two features, any policy and step"
    ),
)
