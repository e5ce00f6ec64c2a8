"""Griffe extension: show bare doctests in docstrings as console sessions.

The library writes doctests as plain paragraphs that start with ``>>>``. Markdown would
read those as nested quotations, so each is fenced before the page is rendered.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_DOCTEST = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)


class DoctestFences(griffe.Extension):
    """Fence every unindented doctest paragraph of every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one collected object."""
        if obj.docstring:
            text = obj.docstring.value
            obj.docstring.value = _DOCTEST.sub(r"```pycon\n\g<0>\n```", text)
