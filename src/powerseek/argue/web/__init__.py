"""Explorers that run in the reader's browser, for the site and for the report alike.

The JavaScript in ``static`` has no framework and makes no request: `script` gives it as one
classic script, `style` its style sheet, `place` the HTML in which an explorer starts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .bundle import bundle
from .data import Sweep, has_closed_form, phase_data, sweep_of_run, switchboard_data
from .look import COLOURS, FONTS, variables

__all__ = [
    "COLOURS",
    "FONTS",
    "Sweep",
    "bundle",
    "has_closed_form",
    "phase_data",
    "place",
    "script",
    "style",
    "sweep_of_run",
    "switchboard_data",
    "variables",
]

STATIC = Path(__file__).parent / "static"


def script(*names: str) -> str:
    """The explorers of these names (``switchboard``, ``phase``) as one script."""
    return bundle(*(STATIC / f"{name}.js" for name in names))


def style() -> str:
    """The style sheet of the explorers; its colours are those of `variables`."""
    return (STATIC / "explorers.css").read_text(encoding="utf-8")


def place(name: str, data: Any, label: str, instead: str) -> str:
    """The HTML in which an explorer starts.

    Args:
        name: which explorer.
        data: what it shows; written into the page as JSON.
        label: what it is, for those who cannot see it.
        instead: HTML shown until the script runs, or for good where it may not.
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return (
        f'<section class="explorer" data-explorer="{name}" aria-label="{label}">'
        f'<div class="explorer-off">{instead}</div>'
        f'<script type="application/json">{text}</script></section>'
    )
