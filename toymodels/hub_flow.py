r"""The hub for all time: four log-odds, and where the drive ends up.

With equal prices all needy tasks are alike, and all easy ones. Then exact gradient ascent in
small steps moves four log-odds of power: $z_+$ and $z_-$ in the known needy and easy
contexts, and those of the null and the told probe. With the kernel of the linear policy
(`powerseek.toymodels.policies.linear`), $n$ tasks and

$$ g_\pm = \pi(z_\pm)\,(1-\pi(z_\pm))\,A_\pm, \qquad A_+ = m(1-q) - c, \quad A_- = -c , $$

$$ \begin{aligned}
\dot z_+ &= \bigl(\alpha(1+\ell^2)\,p + \tfrac{1-\alpha}{n}\bigr)\, g_+
          + \alpha(1-\ell^2)(1-p)\, g_- \\
\dot z_- &= \alpha(1-\ell^2)\,p\, g_+
          + \bigl(\alpha(1+\ell^2)(1-p) + \tfrac{1-\alpha}{n}\bigr)\, g_- \\
\dot z_{\text{null}} &= \alpha\,\bigl(p\, g_+ + (1-p)\, g_-\bigr) \\
\dot z_{\text{told}} &= \alpha\,\bigl((1-\ell^2)\,p\, g_+ + (1+\ell^2)(1-p)\, g_-\bigr)
\end{aligned} $$

with $t$ = learning rate times updates. At $\alpha = 1$ and $\ell = 0$ all four are one, and
this is $\dot z = D\,\pi(1-\pi)$ of `powerseek.toymodels.hub_theory`.

**Early** the sign of the drive is that of the right-hand side at $z_+ = z_-$, which changes
at $p^*$ and $p^*_{\text{told}}$. **Late** all tasks are fitted, power is taken where it is
needed and nowhere else, the slopes decay as $e^{-|z|}$, and the direction of the weights
tends to that of largest margin (Soudry, Hoffer, Nacson, Gunasekar & Srebro, *JMLR* 19, 2018).
Here that problem is solved by hand: its multipliers are in the ratio
$\lambda_+ : \lambda_- = 2\alpha n(1-p) + 1-\alpha : 2\alpha n p + 1-\alpha$ for
$\ell \le 1$, so that the late drive changes sign at

$$ p = \tfrac12 \;\text{ (null)}, \qquad
   2p - 1 - \ell^2 = 4\kappa\ell^2\,p(1-p) \;\text{ (told)}, \qquad
   \kappa = \frac{n\alpha}{1-\alpha} . $$

The late threshold of the told probe is 1/2 only where no cue is shown ($\ell = 0$). It
grows with legibility, with sharing and with the number of tasks, towards 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp
from scipy.optimize import root_scalar
from scipy.special import expit, logit

from powerseek.theory.errors import InvalidInput

from .worlds import HubKnobs

Probe = Literal["null", "told"]
NEEDY, EASY, NULL, TOLD = range(4)


def slopes(z: Float[np.ndarray, 4], knobs: HubKnobs, n_tasks: int) -> Float[np.ndarray, 4]:
    """The right-hand side above; the price spread is taken to be 0.

    >>> import numpy as np
    >>> one = HubKnobs(sharing=1.0, legibility=0.0, need=0.5)
    >>> slopes(np.zeros(4), one, 16).round(4).tolist()  # D/4, four times
    [0.0625, 0.0625, 0.0625, 0.0625]
    """
    p, alpha, square = (float(np.asarray(v)) for v in (knobs.need, knobs.sharing, knobs.legibility))
    square = square**2
    gain = float(np.asarray(knobs.competence)) * (1 - float(np.asarray(knobs.base_success)))
    price = float(np.asarray(knobs.price))
    push = expit(z[:2]) * expit(-z[:2]) * np.array([p * (gain - price), (1 - p) * -price])
    # Rows: whose log-odds; columns: pushes in needy and in easy contexts.
    shared = alpha * np.array(
        [
            [1 + square, 1 - square],
            [1 - square, 1 + square],
            [1.0, 1.0],
            [1 - square, 1 + square],
        ]
    )
    share = np.array([p, 1 - p])
    own = np.divide(1 - alpha, n_tasks * share, out=np.zeros(2), where=share > 0)
    shared[NEEDY, 0] += own[0]
    shared[EASY, 1] += own[1]
    moved: Float[np.ndarray, 4] = shared @ push
    return moved


def flow(
    knobs: HubKnobs, times: Float[np.ndarray, " T"], n_tasks: int = 16
) -> Float[np.ndarray, "4 T"]:
    """The four log-odds at each time, by numerical integration in the logarithm of time.

    Args:
        knobs: scalar knobs; the price spread is taken to be 0.
        times: learning rate times updates, increasing, from 0 on.
        n_tasks: number of training tasks.

    >>> import numpy as np
    >>> from powerseek.toymodels.hub_theory import log_odds_at
    >>> one, t = HubKnobs(sharing=1.0, legibility=0.0, need=0.5), np.array([0.0, 10.0, 1e4])
    >>> gap = flow(one, t)[3] - log_odds_at(t, np.log(1 / 3), 0.25)
    >>> bool(np.abs(gap).max() < 1e-6)
    True
    """
    if times[0] < 0 or (np.diff(times) <= 0).any():
        raise InvalidInput.of("times", np.asarray(times).tolist(), "increasing times >= 0")
    start = np.full(4, float(logit(np.asarray(knobs.exploration))))

    def in_log_time(s: float, z: Float[np.ndarray, 4]) -> Float[np.ndarray, 4]:
        moved: Float[np.ndarray, 4] = np.exp(s) * slopes(z, knobs, n_tasks)
        return moved

    # t = e^s - 1, so that time 0 is s = 0 and dt = e^s ds.
    s = np.log1p(times)
    solved = solve_ivp(
        in_log_time, (0.0, max(float(s[-1]), 1e-9)), start, "LSODA", s, rtol=1e-9, atol=1e-11
    )
    found: Float[np.ndarray, "4 T"] = solved.y
    return found


def late_threshold(probe: Probe, legibility: float, sharing: float, n_tasks: int = 16) -> float:
    r"""The need fraction at which the drive changes sign as training goes on for ever.

    >>> late_threshold("null", 0.3, 0.5), late_threshold("told", 0.0, 0.5)
    (0.5, 0.5)
    >>> round(late_threshold("told", 0.3, 0.5), 3)
    0.87
    """
    if not 0 < sharing < 1:
        raise InvalidInput.of("sharing", sharing, "a number in (0, 1)")
    if not 0 <= legibility <= 1:
        raise InvalidInput.of("legibility", legibility, "a number in [0, 1]")
    if probe == "null" or legibility == 0:
        return 0.5
    square, kappa = legibility**2, n_tasks * sharing / (1 - sharing)

    def excess(p: float) -> float:
        return 2 * p - 1 - square - 4 * kappa * square * p * (1 - p)

    return float(root_scalar(excess, bracket=(0.5, 1.0), method="brentq").root)


def threshold_at(probe: Probe, knobs: HubKnobs, time: float, n_tasks: int = 16) -> float:
    """The need fraction at which the drive changes sign after so long a training.

    NaN if it has one sign for every need fraction.

    >>> early, late = (threshold_at("null", HubKnobs(), t) for t in (0.01, 1e4))
    >>> round(early, 2), bool(early < late < 0.5)
    (0.19, True)
    """
    row = NULL if probe == "null" else TOLD

    def drive(p: float) -> float:
        z = flow(replace(knobs, need=p), np.array([0.0, time]), n_tasks)[row]
        return float(z[-1] - z[0])

    if not drive(0.0) < 0 < drive(1.0):
        return float("nan")
    return float(root_scalar(drive, bracket=(0.0, 1.0), method="brentq", xtol=1e-6).root)
