"""Tables for pages, read off the code."""

from __future__ import annotations

import re

from powerseek.toymodels.worlds.knobs import Knobs


def dense(table: str) -> str:
    """A table with many intervals: smaller, with every interval under its mean."""
    rows = re.sub(r"(?<=[\d.]) (\[[^\]]*\])", lambda m: f"<br>{together(m[1])}", table)
    return f'<div class="dense" markdown="1">\n\n{rows}\n\n</div>'


def together(words: str) -> str:
    """Words that no line may break between."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def plain(value: float) -> str:
    """A knob's value, without an exponent.

    >>> plain(1e-05), plain(0.25)
    ('0.00001', '0.25')
    """
    return f"{value:.10f}".rstrip("0").rstrip(".")


def knobs_table(kind: type[Knobs]) -> str:
    """The knobs of a world: name, default, domain and meaning."""
    lines = ["| knob | default | domain | meaning |", "|---|---|---|---|"]
    for f in kind.describe():
        meaning = re.sub(r"\$([^$]+)\$", r"\\(\1\\)", f.metadata["meaning"])
        domain = str(f.metadata["domain"]).removeprefix("a number ")
        lines.append(f"| `{f.name}` | {f.default:g} | {domain} | {meaning} |")
    return "\n".join(lines)
