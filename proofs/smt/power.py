"""Theorems about POWER and goals, for an SMT solver; each function bears its theorem's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations, product
from typing import Any

from powerseek.proofs.ledger import Valid

from .variables import reals, vector

LARGEST = 4
"""Most outcomes whose permutations are counted."""


def _count(conditions: Sequence[Any]) -> Any:
    from z3 import If, IntVal, Sum

    return Sum([If(condition, 1, 0) for condition in conditions] or [IntVal(0)])


def orbit_share() -> Mapping[str, Valid]:
    """All permutations of up to four outcomes, all sizes of both sets."""
    from z3 import And, Distinct, Or

    claims = {}
    for n in range(2, LARGEST + 1):
        r = vector("r", n)
        sizes = [(a, b) for a, b in product(range(1, n), repeat=2) if a + b <= n]
        for size_a, size_b in sizes:
            a, b = range(size_a), range(size_a, size_a + size_b)

            def prefers(c: range, d: range, s: tuple[int, ...], r: list[Any] = r) -> Any:
                return Or([And([r[s[j]] < r[s[i]] for j in d]) for i in c])

            orbit = list(permutations(range(n)))
            for_a = _count([prefers(a, b, s) for s in orbit])
            for_b = _count([prefers(b, a, s) for s in orbit])
            claims[f"orbit_share, {size_a} and {size_b} of {n}"] = Valid(
                (Distinct(*r),), for_a * size_b == for_b * size_a
            )
    return claims


def retargetability() -> Mapping[str, Valid]:
    """Up to five parameters, two maps between them."""
    from z3 import And, Implies, Int, Not, Or

    claims = {}
    for size in range(1, 6):
        a, b = vector("a", size), vector("b", size)
        for_a = [b[t] < a[t] for t in range(size)]
        for_b = [a[t] < b[t] for t in range(size)]
        phi = [[Int(f"phi_{i}_{t}") for t in range(size)] for i in range(2)]
        turned = [
            Implies(for_a[t], Or([And(phi[i][t] == v, for_b[v]) for v in range(size)]))
            for i, t in product(range(2), range(size))
        ]
        places = list(product(range(2), range(size)))
        apart = [
            Implies(And(for_a[t], for_a[u]), Not(phi[i][t] == phi[j][u]))
            for (i, t), (j, u) in product(places, repeat=2)
            if (i, t) < (j, u)
        ]
        claims[f"retargetability, {size} parameters"] = Valid(
            (*turned, *apart), 2 * _count(for_a) <= _count(for_b)
        )
    return claims


def power_affine() -> Mapping[str, Valid]:
    """One reward function on three states, two policies."""
    from z3 import If

    k, d, *r = reals("k d r0 r1 r2")
    futures = [reals("f0 f1 f2"), reals("h0 h1 h2")]

    def best(reward: Sequence[Any]) -> Any:
        one, other = (sum(f * x for f, x in zip(future, reward, strict=True)) for future in futures)
        return If(one >= other, one, other)

    sums = tuple(sum(future[1:], start=future[0]) == 1 for future in futures)
    units = best([k * x + d for x in r])
    return {"power_affine": Valid((k >= 0, *sums), units == k * best(r) + d)}


def power_bounds() -> Mapping[str, Valid]:
    """Two equally likely reward functions on two states, two policies."""
    from z3 import And, If

    mean, f, h, a, b, c, d = reals("mean f h a b c d")
    chances = (f >= 0, f <= 1, h >= 0, h <= 1)
    level = (a + c == 2 * mean, b + d == 2 * mean)

    def best(x: Any, y: Any) -> Any:
        one, other = f * x + (1 - f) * y, h * x + (1 - h) * y
        return If(one >= other, one, other)

    def top(x: Any, y: Any) -> Any:
        return If(x >= y, x, y)

    power = best(a, b) + best(c, d)
    return {
        "power_bounds": Valid(
            (*chances, *level), And(2 * mean <= power, power <= top(a, b) + top(c, d))
        )
    }
