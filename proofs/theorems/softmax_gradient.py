"""The gradient of a softmax policy's value in its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Values, scores and a direction, for three options."""
    from hypothesis import strategies as st

    three = st.lists(st.floats(-2, 2), min_size=3, max_size=3)
    return {"values": three, "scores": three, "direction": three}


def holds(values: list[float], scores: list[float], direction: list[float]) -> bool:
    """The credit that training uses is the derivative of the expected return."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from powerseek.toymodels.algorithms import ExactGradient, Teaching
    from powerseek.toymodels.moves import Dense
    from powerseek.toymodels.tasks import Observation, TaskTable, expected_return, masked_softmax

    with jax.enable_x64(True):
        column = (1, len(values), 1)
        zero, one = jnp.zeros(column), jnp.ones(column)
        table = TaskTable(
            observation=Observation(zero[None], None, jnp.zeros((0, 1))),
            available=one > 0,
            moves=Dense(jnp.zeros((1, len(values), 1, 1))),
            rewards=jnp.asarray(values, float).reshape(column),
            start=jnp.ones((1, 1)),
            weight=jnp.ones(1),
            success=zero,
            adviser=one / len(values),
            detour=jnp.zeros(1),
            power=zero,
            initial=zero,
        )
        at, along = np.reshape(scores, column), np.reshape(direction, column)

        def value(step: float) -> float:
            policy = masked_softmax(jnp.asarray(at + step * along), table.available)
            return float(expected_return(table, policy, 1)[0])

        policy = masked_softmax(jnp.asarray(at, float), table.available)
        credit = ExactGradient().credit(jax.random.key(0), table, policy, 1, Teaching())
        step = 1e-4
        slope = (value(step) - value(-step)) / (2 * step)
        return abs(slope - float((credit * along).sum())) < 1e-6


THEOREM = Theorem(
    name="softmax_gradient",
    title="The policy gradient of a softmax",
    statement=r"""
For a softmax policy $\pi_b = e^{z_b} / \sum_{b'} e^{z_{b'}}$ over finitely many options with
values $q_b$, let $V(z) = \sum_b \pi_b q_b$. Along any direction $s$,

$$ \frac{d}{dt} V(z + t s) \Big|_{t=0} = \sum_b \pi_b\,(q_b - V(z))\, s_b . $$
""",
    hypotheses=("finitely many options, at least one",),
    source="One state of the policy gradient theorem (Sutton, McAllester, Singh & Mansour, "
    "NeurIPS 1999).",
    proof=CoqProof("Transfer.v", ("softmax_policy_gradient",)),
    property=Property(instances, holds, examples=20),
    names=(
        Name(r"$\pi$", "softmax", "toymodels.tasks.masked_softmax"),
        Name("$V$", "value", "toymodels.tasks.expected_return"),
        Name(r"$\pi_b (q_b - V)$", "credit", "toymodels.algorithms.exact.ExactGradient.credit"),
    ),
    premises=("P2",),
    use="Premise P2, that rewarded behaviour is reinforced, is this formula in the model: an "
    "option is pushed up in proportion to its advantage and to how often it is taken.",
    status=Status.PROVED,
)
