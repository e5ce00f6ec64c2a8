"""Arguments for Gymnasium environments, checked before one is made.

Gymnasium takes any object for a switch and counts it as on or off; here a switch is true or
false. What it does not mind but has no effect on the table of transitions is refused too.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from .errors import InvalidInput

_NO_EFFECT = ("render_mode", "reward_schedule")
_PROBABILITY = ("_rate", "_probability")
"""How the names of arguments that are probabilities end."""


def check_arguments(make: Callable[..., Any], given: Mapping[str, object]) -> None:
    """Refuse arguments that an environment does not have, or of another kind than its default.

    Args:
        make: the environment's class, or a function that makes it.
        given: arguments by name.

    Raises:
        InvalidInput: naming the argument and the values it takes.

    >>> def lake(is_slippery=True, success_rate=1 / 3): ...
    >>> check_arguments(lake, {"is_slippery": "maybe"})
    Traceback (most recent call last):
    powerseek.theory.errors.InvalidInput: is_slippery: got 'maybe', expected true or false
    """
    parameters = inspect.signature(make).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    known = [name for name in parameters if name not in _NO_EFFECT]
    maps = getattr(sys.modules.get(make.__module__), "MAPS", {})
    for name, value in given.items():
        if name not in known:
            raise InvalidInput.unknown("argument", name, known)
        default = parameters[name].default
        if isinstance(default, bool):
            if not isinstance(value, bool | np.bool_):
                raise InvalidInput.of(name, value, "true or false")
        elif isinstance(default, float):
            if isinstance(value, bool) or not isinstance(value, Real):
                raise InvalidInput.of(name, value, "a number")
            if name.endswith(_PROBABILITY) and not 0 <= float(value) <= 1:
                raise InvalidInput.of(name, value, "a number in [0, 1]")
        elif name == "map_name" and maps and not (value is None or value in maps):
            raise InvalidInput.unknown(name, value, maps)
        elif name == "desc" and isinstance(value, str):
            raise InvalidInput.of(name, value, "a list of rows, from Python only")
