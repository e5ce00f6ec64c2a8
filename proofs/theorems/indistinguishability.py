"""Signals that depend on context and action only cannot tell two circuits apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import knobs, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of the hub world, all but the need."""
    return knobs("price", "base_success", "exploration", "autonomy", "signal", "credit", "seed")


def holds(seed: int, **settings: float) -> bool:
    r"""Trained where power is always needed, the null probe gets half of the gain.

    With need 1 and legibility 1 the features "power is on offer" and "the cue says it is
    needed" are both 1 in training. The null probe shows the first alone.
    """
    import numpy as np
    from scipy.special import logit

    from powerseek.toymodels import HubKnobs

    fixed = {"need": 1.0, "legibility": 1.0, "sharing": 1.0, "price_spread": 0.0}
    run = train_small(HubKnobs(**fixed, **settings), seed)
    null = run.null_log_odds - run.null_log_odds[0]
    needed = logit(run.needed) - logit(run.needed[0])
    return bool(np.allclose(null, needed / 2, rtol=0, atol=1e-9))


THEOREM = Theorem(
    name="indistinguishability",
    title="No outcome or process signal tells the two circuits apart",
    statement=r"""
Let an *instrumental* circuit be active where power is on offer and needed, and an *intrinsic*
one wherever it is on offer, with weights $u$ and $v$. If power is needed in every training
context, then every signal $g(x, b)$ that depends on context and action only has equal
gradients for both. Started from zero they stay equal for any number of updates, however the
signals depend on time and on the weights, and the score in a context *without* need is
exactly half of the score with it:

$$ u_n = v_n, \qquad z(\text{no need}) = v_n = \tfrac12 (u_n + v_n) = \tfrac12\,
   z(\text{need}) . $$
""",
    hypotheses=(
        "both circuits have equal activations on every training offer",
        "equal initial weights, equal learning rates",
    ),
    source="The essay's remark on outcome and process supervision (Turner, 2024), made exact.",
    proof=CoqProof("Circuits.v", ("indistinguishability",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$g$", "gradient", "toymodels.algorithms.base.Memoryless.credit"),
        Name("$u, v$", "train", "toymodels.policies.linear.LinearParams"),
        Name("activations", "needed", "toymodels.worlds.hub.HubKnobs.legibility"),
    ),
    premises=("P6", "C"),
    use="The remedy question: neither outcome nor process supervision can prefer the "
    "instrumental circuit, so half of what is learnt is there where power is not needed.",
    status=Status.PROVED,
    smt=SmtProof(
        training.indistinguishability, "the induction step over updates, for three offers"
    ),
)
