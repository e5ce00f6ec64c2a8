"""Theorems about training, for an SMT solver; each function bears its theorem's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from powerseek.proofs.ledger import Possible, Valid

from .variables import reals, vector


def threshold() -> Mapping[str, Valid]:
    """The whole statement, for all real numbers; a fraction is named by its product."""
    from z3 import And

    m, p, q, c, star = reals("m p q c star")
    advantage = p * (m - c - m * q) + (1 - p) * (m - c - m)
    given = (m > 0, q < 1, star * (m * (1 - q)) == c)
    m_, q_, c_, star_ = reals("m' q' c' star'")
    ordered = (m >= m_, m_ > 0, q <= q_, q_ < 1, c >= 0, c <= c_)
    fractions = (star * (m * (1 - q)) == c, star_ * (m_ * (1 - q_)) == c_)
    return {
        "average_advantage_sign": Valid(
            given,
            And(
                (advantage > 0) == (p > star),
                (advantage == 0) == (p == star),
                (advantage < 0) == (p < star),
            ),
        ),
        "threshold_monotone": Valid((*ordered, *fractions), star <= star_),
    }


def reliability() -> Mapping[str, Valid]:
    """Two tasks of any weights."""
    q, rho, w, x, y, s, t = reals("q rho w x y s t")
    given = (w >= 0, w <= 1, q < 1, s <= x + (1 - x) * q, t <= y + (1 - y) * q)
    reliable = rho <= w * s + (1 - w) * t
    power = w * x + (1 - w) * y
    return {"reliability_forces_power": Valid((*given, reliable), rho - q <= (1 - q) * power)}


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum(x * y for x, y in zip(left, right, strict=True))


def transfer() -> Mapping[str, Valid]:
    """Two contexts of two options each, two features, any policy: one step of any size."""
    (eta,), places = reals("eta"), list(product(range(2), range(2)))
    weight, q, policy = (
        vector("mu"),
        [vector("q0"), vector("q1")],
        [vector("p0"), vector("p1")],
    )
    features = {(x, b): vector(f"phi_{x}{b}") for x, b in places}
    credit = {
        (x, b): weight[x] * policy[x][b] * (q[x][b] - _dot(policy[x], q[x])) for x, b in places
    }
    theta, probe = vector("theta"), vector("phi")
    moved = [theta[i] + eta * sum(credit[j] * features[j][i] for j in places) for i in range(2)]
    kernel = eta * sum(credit[j] * _dot(probe, features[j]) for j in places)
    return {
        "policy_gradient_transfer": Valid((), _dot(moved, probe) - _dot(theta, probe) == kernel)
    }


def locality() -> Mapping[str, Valid]:
    """Two updates by two options that the probe shares nothing with."""
    theta, probe, first, second = map(vector, ("theta", "phi", "phi_0", "phi_1"))
    g = vector("g", 4)  # any credits, step size included
    moved = [t + g[0] * a + g[1] * b for t, a, b in zip(theta, first, second, strict=True)]
    moved = [t + g[2] * a + g[3] * b for t, a, b in zip(moved, first, second, strict=True)]
    apart = (_dot(probe, first) == 0, _dot(probe, second) == 0)
    return {"locality": Valid(apart, _dot(moved, probe) == _dot(theta, probe))}


def indistinguishability() -> Mapping[str, Valid]:
    """The step of the induction over updates, for three offers."""
    from z3 import And

    u, v, eta = reals("u v eta")
    needed, always, g = vector("needed", 3), vector("always", 3), vector("g", 3)
    after_u, after_v = u + eta * _dot(g, needed), v + eta * _dot(g, always)
    same = tuple(a == b for a, b in zip(needed, always, strict=True))
    kept = And(after_u == after_v, after_v == (after_u + after_v) / 2)
    return {"indistinguishability": Valid((*same, u == v), kept)}


def separation() -> Mapping[str, Valid]:
    """Start and step of the induction over updates: the whole bound."""
    from z3 import And, RealVal

    u, v, eta, lam, push, top = reals("u v eta lam push top")
    given = (eta > 0, lam > 0, eta * lam <= 1, push >= 0, push <= top)

    def bounded(instrumental: Any, intrinsic: Any) -> Any:
        return And(intrinsic >= 0, lam * intrinsic <= top, intrinsic <= instrumental)

    step = bounded(u + eta * push, v + eta * (push - lam * v))
    return {
        "separation, at the start": Valid(given, bounded(RealVal(0), RealVal(0))),
        "separation, each update": Valid((*given, bounded(u, v)), step),
    }


FACTORS = {"P1": "a", "P2": "s", "P3": "D", "P5": "r", "P6": "K'"}
"""What stands for each premise but exploration in the slope of the probe."""


def _slope() -> tuple[dict[str, Any], Any, Any]:
    """The factors by premise, exploration, and the slope of the probe's log-odds at time 0."""
    factors = dict(zip(FACTORS, reals(" ".join(FACTORS.values())), strict=True))
    (epsilon,) = reals("epsilon")
    slope = epsilon * (1 - epsilon)
    for factor in factors.values():
        slope = slope * factor
    return factors, epsilon, slope


def argument() -> Mapping[str, Valid]:
    """With all six premises the probe turns towards power at the first moment."""
    factors, epsilon, slope = _slope()
    given = (epsilon > 0, epsilon < 1, *(factor > 0 for factor in factors.values()))
    return {"argument, at time 0": Valid(given, slope > 0)}


def no_drive() -> Mapping[str, Valid]:
    """Without one premise it does not."""
    factors, epsilon, slope = _slope()
    claims = {}
    for premise, factor in factors.items():
        explored = (epsilon > 0, epsilon < 1)
        fails = factor <= 0 if premise == "P3" else factor == 0
        given = (*explored, *(x >= 0 for n, x in factors.items() if n not in ("P3", premise)))
        claims[f"no_drive_without {premise}, at time 0"] = Valid((*given, fails), slope <= 0)
    return claims


def countermodels() -> Mapping[str, Possible]:
    """Each of five premises may fail alone, the probe then turning nowhere at time 0."""
    factors, epsilon, slope = _slope()
    return {
        f"countermodel {premise}": Possible(
            (
                *(epsilon > 0, epsilon < 1, slope <= 0),
                *(factor > 0 for other, factor in factors.items() if other != premise),
            )
        )
        for premise in factors
    }
