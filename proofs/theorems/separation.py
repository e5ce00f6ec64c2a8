"""A signal that depends on activations can tell the two circuits apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import small_recipe

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Pushes, and a step and a penalty whose product is at most 1."""
    from hypothesis import strategies as st

    return {
        "pushes": st.lists(st.floats(0, 1), min_size=1, max_size=12),
        "step": st.floats(0.01, 1),
        "penalty": st.floats(0.01, 1),
    }


def holds(pushes: list[float], step: float, penalty: float) -> bool:
    """Penalise the power score of the hub's null probe, read off the linear policy."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from powerseek.toymodels import HubKnobs
    from powerseek.toymodels.policies.linear import LinearParams
    from powerseek.toymodels.worlds.detour import POWER

    recipe = small_recipe()
    with jax.enable_x64(True):
        probes = recipe.labelled_world.probes(jax.random.key(0), HubKnobs(legibility=1.0))
        features = np.asarray(probes.observation.shared)[:, 0, POWER]
        needed, null = features @ np.asarray(probes.needed), features @ np.asarray(probes.null)
        both = needed - null  # the instrumental circuit alone: the cue that power is needed
        weights = np.zeros(len(features))

        def score(observed: Any) -> float:
            params = LinearParams(jnp.asarray(weights), jnp.zeros(()))
            scores = recipe.policy.scores(params, probes.observation, jnp.ones(()))
            return float(scores[0, POWER] @ observed)

        for push in pushes:
            weights = weights + step * (push * needed - penalty * score(probes.null) * null)
        intrinsic, total = score(probes.null), score(probes.needed)
    instrumental = total - intrinsic
    slack = 1e-9
    return bool(
        both.any()
        and -slack <= intrinsic <= max(pushes) / penalty + slack
        and intrinsic <= instrumental + slack
        and abs(instrumental - step * sum(pushes)) < slack
    )


THEOREM = Theorem(
    name="separation",
    title="A signal on activations bounds the intrinsic circuit",
    statement=r"""
Give both circuits the same pushes $0 \le G_n \le G$ and add a penalty of strength $\lambda$ on
the power score with the need signal ablated. Then for every number of updates $n$

$$ 0 \le v_n \le \frac{G}{\lambda}, \qquad v_n \le u_n, \qquad
   u_n = \eta \sum_{i<n} G_i : $$

the intrinsic circuit stays bounded and the instrumental one keeps all that was learnt.
""",
    hypotheses=("$\\eta > 0$, $\\lambda > 0$, $\\eta\\lambda \\le 1$", "$0 \\le G_n \\le G$"),
    source="The essay's question whether computational supervision helps (Turner, 2024).",
    proof=CoqProof("Circuits.v", ("separation",)),
    property=Property(instances, holds, examples=20),
    names=(
        Name("$(u_n, v_n)$", "supervised", "toymodels.policies.linear.LinearParams"),
        Name("score, need ablated", "supervised", "toymodels.worlds.base.ProbeTable.null"),
    ),
    premises=("C",),
    use="The remedy question again: a signal that is a function of activations can tell what "
    "outcome and process signals cannot.",
    status=Status.PROVED,
    smt=SmtProof(training.separation, "start and induction step of the bounds, for any numbers"),
)
