r"""The argument as a theorem: six premises with constants, and exactly how long it takes.

The model class: training contexts that are all alike for power (one log-odds $z$), and a
probe $y$, coupled by a kernel $K$ between training contexts and $K'$ between training and the
probe. In the hub world that is the case in two ways:

* every task needs power and prices are equal: with $n$ tasks, sharing $\alpha$ and
  legibility $\ell$, $K = \alpha(1+\ell^2) + (1-\alpha)/n$, and
  $K' = \alpha(1-\ell^2)$ where the agent is told that power is not needed;
* any fraction of tasks needs it, but nothing tells them apart and all is shared
  ($\ell = 0$, $\alpha = 1$): $K = K' = 1$.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import (
    CHECKPOINTS,
    LEARNING_RATE,
    N_TASKS,
    knobs,
    step_error,
    train_small,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from powerseek.toymodels import HubKnobs


def kernels(settings: HubKnobs, n_tasks: int) -> tuple[float, float]:
    """$K$ and $K'$ of a hub world in the model class (see the module docstring)."""
    sharing, square = float(settings.sharing), float(settings.legibility) ** 2
    return sharing * (1 + square) + (1 - sharing) / n_tasks, sharing * (1 - square)


def rate(settings: HubKnobs, n_tasks: int) -> float:
    r"""What multiplies $\pi(1-\pi)$ in training contexts: autonomy, signal, credit, K and D."""
    from powerseek.toymodels import average_advantage

    advantage = average_advantage(
        float(settings.need), float(settings.base_success), float(settings.price)
    )
    arrives = float(settings.autonomy) * float(settings.signal) * float(settings.credit)
    return arrives * kernels(settings, n_tasks)[0] * advantage


def time_needed(settings: HubKnobs, n_tasks: int, probability: float) -> float:
    """Training time from which P(power) in the told probe is at least a probability.

    Args:
        settings: knobs of a hub world in the model class, with all premises on.
        n_tasks: its number of tasks.
        probability: between 0 and 1.

    >>> from powerseek.toymodels import HubKnobs
    >>> shared = HubKnobs(need=1.0, sharing=1.0, legibility=0.0, price=0.0, base_success=0.0)
    >>> round(time_needed(shared, n_tasks=4, probability=0.5), 3)  # epsilon = 1/4
    4.864
    """
    from scipy.special import logit

    from powerseek.toymodels import time_to_drive

    train, probe = kernels(settings, n_tasks)
    start = float(logit(settings.exploration))
    goal = start + train / probe * (float(logit(probability)) - start)
    return time_to_drive(start, rate(settings, n_tasks), goal)


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs that switch all premises on, a price that power is worth, a target."""
    from hypothesis import strategies as st

    some = st.floats(0.2, 1.0)
    return {
        **knobs("base_success", "exploration", "seed"),
        "need": st.integers(1, N_TASKS).map(lambda k: k / N_TASKS),
        "price_share": st.floats(0.0, 0.9),
        "legibility": st.floats(0.0, 0.8),
        "autonomy": some,
        "signal": some,
        "credit": some,
        "sharing": some,
        "delta": st.floats(0.05, 0.5),
    }


def holds(
    need: float,
    base_success: float,
    price_share: float,
    sharing: float,
    legibility: float,
    delta: float,
    seed: int,
    **settings: float,
) -> bool:
    """Trained agents take power with probability 1 - delta from the time that is claimed.

    Up to the error of finite steps (`step_error`), at every checkpoint; and the clock of the
    training contexts, read off the probe, runs as it should.
    """
    import numpy as np
    from scipy.special import logit

    from powerseek.toymodels import HubKnobs

    if need < 1:  # then contexts are alike only if nothing tells them apart
        sharing, legibility = 1.0, 0.0
    chosen = HubKnobs(
        need=need,
        base_success=base_success,
        price=price_share * need * (1 - base_success),
        sharing=sharing,
        legibility=legibility,
        price_spread=0.0,
        **settings,
    )
    run = train_small(chosen, seed)
    speed, (train, probe) = rate(chosen, N_TASKS), kernels(chosen, N_TASKS)
    claimed = time_needed(chosen, N_TASKS, 1 - delta)
    start = float(logit(chosen.exploration))

    def clock(z: float) -> float:
        return float(2 * z + 2 * np.sinh(z))

    for i, updates in enumerate(CHECKPOINTS):
        time, error = LEARNING_RATE * updates, step_error(speed, updates) + 1e-9
        y = float(run.told_log_odds[i])
        inside = start + train / probe * (y - start)
        if abs(clock(inside) - clock(start) - speed * time) > error:
            return False
        late, early = time - error / speed >= claimed, time + error / speed < claimed
        taken = bool(run.told[i] >= 1 - delta)
        if (late and not taken) or (early and taken):
            return False
    return True


THEOREM = Theorem(
    name="argument",
    title="The argument, with its constants",
    statement=r"""
Let training contexts, all alike, have log-odds $z$ of power and a probe $y$, with

$$ \dot z = K\, a s r\, D\, \pi(z)(1-\pi(z)), \qquad \dot y = K'\, a s r\, D\, \pi(z)(1-\pi(z)),
   \qquad \pi(z(0)) = \pi(y(0)) = \varepsilon . $$

If $a, s, r, D, \varepsilon, K' > 0$ then for every $\delta \in (0,1)$

$$ \pi(y(T)) \ge 1-\delta \iff
   T \ge \frac{g\bigl(z_0 + \tfrac{K}{K'}(\mathrm{logit}(1-\delta) - z_0)\bigr) - g(z_0)}
              {a\, s\, r\, K\, D}, \qquad g(z) = 2z + 2\sinh z,\; z_0 = \mathrm{logit}\,
   \varepsilon . $$

In particular the drive over the untrained agent is then at least $1 - \delta - \varepsilon$.
The probe inherits the share $K'/K$ of what is learnt: $y - y_0 = \tfrac{K'}{K}(z - z_0)$.
""",
    hypotheses=(
        "P1: the agent itself picks in a share $a > 0$ of episodes (autonomy)",
        "P2: a share $s > 0$ of the reward is truthful (signal)",
        "P3: power pays on average, $D = p(1-q) - c > 0$",
        "P4: the untrained agent takes power with probability $\\varepsilon > 0$ when offered",
        "P5: a share $r > 0$ of the credit reaches that step, for a time $T$ as long as stated",
        "P6: the probe shares features with training, $K' > 0$ (and $K > 0$)",
        "the model class: gradient flow, two options, training contexts alike for power",
    ),
    source='The argument of "Intrinsic power-seeking" (Turner, 2024), made exact in a model.',
    proof=CoqProof("Argument.v", ("inherited_share", "argument")),
    property=Property(instances, holds, examples=40),
    names=(
        Name(r"$a, s, r$", "credit", "toymodels.algorithms.base.Teaching"),
        Name("$D$", "training", "toymodels.hub_theory.average_advantage"),
        Name(r"$\varepsilon$", "eps", "toymodels.worlds.hub.HubKnobs.exploration"),
        Name("$K, K'$", "training", "proofs.theorems.argument.kernels"),
        Name("least $T$", "time_needed", "proofs.theorems.argument.time_needed"),
        Name(r"$\pi(y)$", "expit", "toymodels.measurement.Measurement.told"),
    ),
    premises=("P1", "P2", "P3", "P4", "P5", "P6", "C"),
    use="Sufficiency: in the model class the six premises, as numbers, imply the conclusion, "
    "and the time it takes is known exactly. That each is necessary is shown by the six "
    "countermodels.",
    status=Status.PROVED,
    smt=SmtProof(training.argument, "that the probe turns towards power at the first moment"),
)
