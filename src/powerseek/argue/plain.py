"""Results as plain data, ready to be written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from powerseek.toymodels.verdicts import Verdict


def verdict_entry(verdict: Verdict) -> dict[str, Any]:
    """A verdict with its claim, its interval and its rule."""
    return {
        "id": verdict.claim.id,
        "name": verdict.claim.name,
        "claim": verdict.claim.claim,
        "quantity": verdict.claim.quantity,
        "unit": verdict.claim.unit,
        "margin": verdict.claim.margin,
        **asdict(verdict.interval),
        "verdict": verdict.word,
        "rule": verdict.rule,
    }


def plain(value: Any) -> Any:
    """Dataclasses, tuples and numpy scalars as JSON values; non-finite numbers as null.

    >>> plain({"x": (1, np.float64("inf"))})
    {'x': [1, None]}
    """
    if isinstance(value, Verdict):
        return plain(verdict_entry(value))
    if hasattr(value, "__dataclass_fields__"):
        return plain({f.name: getattr(value, f.name) for f in fields(value)})
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
