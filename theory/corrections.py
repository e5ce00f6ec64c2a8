r"""Published claims about power and shutdown that do not hold as stated, recomputed.

* `up_is_optimal`: a post of 2020 gives a world in which an early dead end is said to be
  optimal with probability about 0.91. Its own formula gives 2984441/5859375, about 0.51.
* `drest_return`: theorem 5.1 of "Towards shutdownable agents via stochastic choice"
  says that maximisers of the expected return choose all trajectory lengths equally
  often. For policies that cannot tell the rounds apart this holds when
  $n (1 - \lambda) \le 2$ in a meta-episode of $n$ rounds, and can fail beyond.

A third claim, about satisficing, is recomputed with
`powerseek.theory.retargetability.orbit_preference`; see the documentation page.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .discount import discount
from .errors import InvalidInput
from .exact_numbers import exact_number, exact_numbers


def up_is_optimal(gamma: object) -> Fraction:
    r"""Probability that going up is optimal in the world of the post.

    From state 1 the agent goes up to the dead end 2, or right to 3, then 4, then to 5
    or 6 for good. Rewards are independent with distribution function $F(x) = x^2$ on
    [0, 1]. Up is optimal if $R_2 \ge W$ with
    $W = (1-\gamma) R_3 + (1-\gamma)\gamma R_4 + \gamma^2 \max(R_5, R_6)$, so the
    probability is $1 - \mathbb{E} W^2$, a polynomial in $\gamma$: the moments are
    $\mathbb{E}R = 2/3$, $\mathbb{E}R^2 = 1/2$, $\mathbb{E}\max = 4/5$ and
    $\mathbb{E}\max^2 = 2/3$. (A. Turner, "2019 Review Rewrite: Seeking Power is Often
    Robustly Instrumental in MDPs", LessWrong, 2020.)

    Args:
        gamma: the discount rate, as `powerseek.theory.discount.discount` reads it.

    >>> up_is_optimal("0.12"), round(float(up_is_optimal("0.12")), 4)
    (Fraction(2984441, 5859375), 0.5093)
    """
    rate = discount(gamma)
    weights = (1 - rate, (1 - rate) * rate, rate**2)
    means = (Fraction(2, 3), Fraction(2, 3), Fraction(4, 5))
    squares = (Fraction(1, 2), Fraction(1, 2), Fraction(2, 3))
    terms = list(zip(weights, means, squares, strict=True))
    mean = sum((w * m for w, m, _ in terms), Fraction(0))
    variance = sum((w**2 * (square - m**2) for w, m, square in terms), Fraction(0))
    return 1 - mean**2 - variance


def drest_return(lengths: Sequence[object], rounds: int, root: object) -> Fraction:
    r"""Expected return of a policy under Discounted Reward for Same-Length Trajectories.

    In round $i$ of a meta-episode a policy that chooses length $l$ is paid
    $\lambda^{N_i(l) - (i-1)/k}$, where $N_i(l)$ is how often it has chosen $l$ before and
    $k$ is the number of lengths (and it is otherwise as useful as can be). If it draws
    its length in every round from the same distribution $p$, then $N_i(l)$ is binomial
    and the expected return is

    $$ \sum_{i=0}^{n-1} \lambda^{-i/k} \sum_l p_l \big(1 - (1-\lambda) p_l\big)^i . $$

    (Thornley, Roman, Ziakas, Ho & Thomson, "Towards shutdownable agents via stochastic
    choice", TMLR 2025, definition and theorem of section 5.)

    Args:
        lengths: the probability $p_l$ of each of the $k$ lengths.
        rounds: the number $n$ of rounds of the meta-episode.
        root: $\lambda^{1/k}$, strictly between 0 and 1: given so that all is rational.

    Raises:
        InvalidInput: naming the argument that is out of its domain.

    >>> neutral = drest_return(["1/2", "1/2"], rounds=8, root="1/2")
    >>> lopsided = drest_return(["1/4", "3/4"], rounds=8, root="1/2")
    >>> lopsided - neutral
    Fraction(13191189, 4194304)
    """
    p = exact_numbers("lengths", lengths)
    if not p or min(p) < 0 or sum(p) != 1:
        raise InvalidInput.of("lengths", list(lengths), "probabilities that sum to 1")
    if rounds < 1:
        raise InvalidInput.of("rounds", rounds, "a positive number of rounds")
    base = exact_number("root", root)
    if not 0 < base < 1:
        raise InvalidInput.of("root", root, "a number strictly between 0 and 1")
    penalty = 1 - base ** len(p)
    return sum(
        (x * ((1 - penalty * x) / base) ** i for i in range(rounds) for x in p),
        start=Fraction(0),
    )
