"""Tables for pages, read off the code."""

from __future__ import annotations

import re

from powerseek.toymodels.worlds.knobs import Knobs


def knobs_table(kind: type[Knobs]) -> str:
    """The knobs of a world: name, default, domain and meaning."""
    lines = ["| knob | default | domain | meaning |", "|---|---|---|---|"]
    for f in kind.describe():
        meaning = re.sub(r"\$([^$]+)\$", r"\\(\1\\)", f.metadata["meaning"])
        domain = str(f.metadata["domain"]).removeprefix("a number ")
        lines.append(f"| `{f.name}` | {f.default:g} | {domain} | {meaning} |")
    return "\n".join(lines)
