"""Modules compiled by numba, where there is numba."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType


@cache
def compiled(name: str) -> ModuleType | None:
    """A module of this package that numba compiles, or None.

    None without numba (the extra ``fast``), or with one that does not work with this numpy
    (importing it raises an ImportError) or finds no folder to keep compiled code in (a
    RuntimeError).

    >>> compiled("no_such_module") is None
    True
    """
    try:
        return importlib.import_module(f"{__package__}.{name}")
    except (ImportError, RuntimeError):
        return None
