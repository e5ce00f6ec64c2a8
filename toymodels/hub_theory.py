r"""Closed forms for the hub world: thresholds, and the exact course of training.

With one shared log-odds $z$ per detour (sharing $\alpha = 1$, legibility 0, equal prices),
exact gradient ascent in the limit of small steps obeys

$$ \dot z = D\,\pi(1-\pi), \qquad \pi = \frac{1}{1+e^{-z}}, \qquad D = m\,p(1-q) - c , $$

where $p$ is the fraction of needy tasks, $q$ their success without power, $c$ the price and
$m$ the probability of doing the last step right. Since $\pi(1-\pi) = 1/(2 + 2\cosh z)$,

$$ 2z + 2\sinh z = 2z_0 + 2\sinh z_0 + D t , \qquad t = \eta \cdot \text{updates}. $$

The left side is increasing in $z$, so the sign of the drive is the sign of $D$ for all
time, and it flips at $p^* = c / (m(1-q))$. From $\varepsilon = \pi(z_0)$ small, the time to
reach $z = 0$ is $(-2z_0 - 2\sinh z_0)/D \approx 1/(\varepsilon D)$: exploration sets the
clock.

With partial sharing the *early* drive at a probe is $\eta t\sum_x w_x K(x_0, x)\,\pi(1-\pi)
A(x)$. Private weights do not reach a new context, so $\alpha$ only scales it, and the sign
flips at the same $p^*$ where no cue is shown. Where the cue says that power is not needed,
the kernel is $K \propto 1 - \ell^2\,\mathrm{cue}(x)$ with cue $\pm1$, and the flip is at

$$ p^*_{\text{told}} = \frac{c\,(1+\ell^2)}{m(1-q) - \ell^2\,(m(1-q) - 2c)} . $$
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.optimize import root_scalar
from scipy.special import expit, logit

from powerseek.theory.errors import InvalidInput

from .worlds import DetourKnobs, DetourWorld


def average_advantage(
    need: float, base_success: float, price: float, competence: float = 1.0
) -> float:
    r"""$D = m p(1-q) - c$: what power adds to the return of an average task.

    >>> round(average_advantage(need=0.5, base_success=0.2, price=0.15), 3)
    0.25
    """
    return competence * need * (1 - base_success) - price


def threshold(base_success: float, price: float, competence: float = 1.0) -> float:
    r"""$p^* = c/(m(1-q))$: the need fraction at which the early drive changes sign.

    Above 1 the drive is never positive.

    >>> round(threshold(base_success=0.2, price=0.15), 4)
    0.1875
    """
    return price / (competence * (1 - base_success))


def told_threshold(
    base_success: float, price: float, legibility: float, competence: float = 1.0
) -> float:
    r"""$p^*_{\text{told}}$: the same where the agent is shown that power is not needed.

    Infinite if no need fraction makes the early drive positive there.

    >>> told_threshold(0.2, 0.15, legibility=0.0) == threshold(0.2, 0.15)
    True
    """
    gain, square = competence * (1 - base_success), legibility**2
    slope = gain - square * (gain - 2 * price)
    return price * (1 + square) / slope if slope > 0 else float("inf")


def early_thresholds(world: DetourWorld, knobs: DetourKnobs) -> dict[str, float]:
    """Both thresholds of a world with one level of power, by kind of probe.

    They depend on what power adds to the reward of a needy task, ``outcome[1, 1] -
    outcome[0, 1]``, which is $1-q$ in the hub.

    >>> from powerseek.toymodels import Hub, HubKnobs
    >>> early = early_thresholds(Hub(), HubKnobs(base_success=0.2, price=0.15))
    >>> round(early["null"], 4)
    0.1875
    """
    outcome = np.asarray(world.outcome(knobs), float)
    q, c = float(1 - (outcome[1, 1] - outcome[0, 1])), float(np.asarray(knobs.price))
    m, cue = float(np.asarray(knobs.competence)), float(np.asarray(knobs.legibility))
    return {"null": threshold(q, c, m), "told": told_threshold(q, c, cue, m)}


def log_odds_at(
    time: Float[np.ndarray, " T"], initial: float, advantage: float
) -> Float[np.ndarray, " T"]:
    r"""Solve $2z + 2\sinh z = 2z_0 + 2\sinh z_0 + D t$ for $z$ at each time.

    Args:
        time: $t = $ learning rate times number of updates, any sign.
        initial: $z_0$, the untrained log-odds.
        advantage: $D$.

    >>> round(float(log_odds_at([0.0], initial=-1.0, advantage=0.4)[0]), 9)
    -1.0
    """
    if not abs(initial) < 700:
        raise InvalidInput.of("initial", initial, "log-odds of moderate size (below 700)")
    constant = 2 * initial + 2 * np.sinh(initial)

    def solve(target: float) -> float:
        # 2 sinh|z| <= |target| and 4|z| <= |target|: either bounds the root.
        bound = min(abs(target) / 4, float(np.arcsinh(abs(target) / 2))) + 1e-12

        def overshoot(z: float) -> float:
            return 2 * z + 2 * float(np.sinh(z)) - target

        found = root_scalar(overshoot, bracket=(-bound, bound), xtol=1e-14, method="brentq")
        return float(found.root)

    return np.array([solve(constant + advantage * float(t)) for t in np.atleast_1d(time)])


def time_to_drive(initial: float, advantage: float, goal: float = 0.0) -> float:
    r"""Time at which the log-odds reach ``goal``; infinite if they never do.

    >>> round(time_to_drive(initial=-6.9068, advantage=0.5) / (1 / (0.001 * 0.5)), 2)
    1.01
    """
    distance = (2 * goal + 2 * np.sinh(goal)) - (2 * initial + 2 * np.sinh(initial))
    if distance == 0:
        return 0.0
    return float(distance / advantage) if advantage * distance > 0 else float("inf")


def halving_time(initial: float, built: float, against: float) -> float:
    r"""Time until $P(\text{power})$ has lost half of what it gained.

    Training took the log-odds from $z_0$ to $z_T$; from then on power costs $c$ and never
    helps. With $F(z) = 2z + 2\sinh z$ and $z_{1/2}$ halfway in probability, the time is
    $(F(z_T) - F(z_{1/2}))/c$.

    Args:
        initial: $z_0$, the untrained log-odds.
        built: $z_T > z_0$, the log-odds when the tasks change.
        against: $c$, what power costs from then on.

    >>> round(halving_time(initial=-1.0, built=1.0, against=0.5), 2)
    8.7
    """
    if built <= initial:
        raise InvalidInput.of("built", built, f"more than the untrained log-odds, {initial:g}")
    half = float(logit((expit(initial) + expit(built)) / 2))
    return time_to_drive(built, -against, goal=half)
