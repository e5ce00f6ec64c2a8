"""The list of worlds, read off the modules of this folder.

A module that says ``WORLD = (its world, its knobs)`` is in the list, under the world's name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from .base import World
from .detour import DetourWorld
from .knobs import DetourKnobs, Knobs

FIRST = "hub"
"""The world listed first: the one to read first."""


def find_worlds(folders: Iterable[str]) -> dict[str, tuple[type[World], type[Knobs]]]:
    """Every world of these folders by name: its class and the class of its knobs.

    Args:
        folders: paths of this package.
    """
    found = {}
    for module in pkgutil.iter_modules(folders):
        entry = getattr(importlib.import_module(f"{__package__}.{module.name}"), "WORLD", None)
        if entry is not None:
            found[entry[0].name] = entry
    return dict(sorted(found.items(), key=lambda item: (item[0] != FIRST, item[0])))


def with_detour(
    worlds: dict[str, tuple[type[World], type[Knobs]]],
) -> dict[str, tuple[type[DetourWorld], type[DetourKnobs]]]:
    """Those in which the choice of power is one labelled step."""
    return {
        name: (world, knobs)
        for name, (world, knobs) in worlds.items()
        if issubclass(world, DetourWorld) and issubclass(knobs, DetourKnobs)
    }
