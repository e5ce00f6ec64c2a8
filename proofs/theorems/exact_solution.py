r"""Training in continuous time, solved: $2z + 2\sinh z$ grows at the rate $D$."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem
from powerseek.proofs.strategies import CHECKPOINTS, LEARNING_RATE, knobs, step_error, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of the hub world that leave one score for all contexts."""
    return knobs("need", "price", "base_success", "exploration", "seed")


def holds(need: float, price: float, base_success: float, exploration: float, seed: int) -> bool:
    """Trained agents are at the solution, up to the error of finite steps (`step_error`)."""
    import numpy as np
    from scipy.special import logit

    from powerseek.toymodels import HubKnobs, average_advantage, log_odds_at

    alike: dict[str, float] = {"sharing": 1.0, "legibility": 0.0, "price_spread": 0.0}
    settings = HubKnobs(
        need=need, price=price, base_success=base_success, exploration=exploration, **alike
    )
    run = train_small(settings, seed)
    advantage = average_advantage(need, base_success, price)
    times = LEARNING_RATE * np.array(CHECKPOINTS)
    solved = log_odds_at(times, float(logit(exploration)), advantage)

    def clock(z: Any) -> Any:
        return 2 * z + 2 * np.sinh(z)

    error = np.array([step_error(advantage, n) for n in CHECKPOINTS])
    apart = np.abs(clock(np.asarray(run.null_log_odds)) - clock(solved))
    return bool((apart <= error + 1e-9).all())


THEOREM = Theorem(
    name="exact_solution",
    title="The course of training in closed form",
    statement=r"""
Let one log-odds $z$ obey $\dot z = D\,\pi(z)\,(1-\pi(z))$ with $\pi(z) = 1/(1+e^{-z})$: gradient
flow on the expected return when all contexts share the score of power. Then for all times

$$ g(z(t)) = g(z(0)) + D\,t, \qquad g(z) = 2z + 2\sinh z , $$

and $g$ is strictly increasing, so $z(t)$ is determined.
""",
    hypotheses=(
        "gradient flow (the limit of small steps)",
        "one log-odds for all contexts, a choice between two options",
    ),
    source="Separation of variables: $\\pi(1-\\pi) = 1/(2 + 2\\cosh z)$.",
    proof=CoqProof("Flow.v", ("clock_increasing", "exact_solution")),
    property=Property(instances, holds, examples=30),
    names=(
        Name("$g$", "clock", "toymodels.hub_theory.time_to_drive"),
        Name(r"$\dot z = D\pi(1-\pi)$", "flow", "toymodels.algorithms.exact.ExactGradient"),
        Name("$z(t)$", "exact_solution", "toymodels.hub_theory.log_odds_at"),
        Name("$D$", "flow", "toymodels.hub_theory.average_advantage"),
    ),
    premises=("P5", "C"),
    use="Everything the argument theorem says about time rests on it: how often power must be "
    "reinforced before it is taken for itself.",
    status=Status.PROVED,
)
