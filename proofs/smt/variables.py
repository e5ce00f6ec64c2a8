"""Variables of claims."""

from __future__ import annotations

from typing import Any


def reals(names: str) -> list[Any]:
    """Real variables; z3's own types are too wide for arithmetic with them."""
    from z3 import Reals

    return list(Reals(names))


def vector(name: str, size: int = 2) -> list[Any]:
    """Several real variables of one name."""
    from z3 import Real

    return [Real(f"{name}_{i}") for i in range(size)]
