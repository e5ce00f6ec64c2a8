"""The gallery page: every named world, drawn with its POWER."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from html import escape
from itertools import combinations
from pathlib import Path

from explorers import gallery_documents
from figures import mdp_figure

from powerseek.theory import power
from powerseek.theory.gallery import gallery

ROOT = Path(__file__).resolve().parents[2]
GAMMA = "9/10"
SAMPLES = 50_000
CLOSEST = 0.7
"""Smallest distance between states in a drawing, in its units."""
SMALL = 45
"""Fractions with more characters than this are shown as decimals, with the fraction in the file."""


@functools.cache
def _powers() -> dict[str, dict[str, dict[str, object]]]:
    """POWER by world and state: text, value and standard error (0 where exact).

    Kept under ``.cache`` by the code and the worlds that make it.
    """
    code = hashlib.sha256()
    for path in sorted((ROOT / "theory").rglob("*")):
        if path.suffix in {".py", ".json"}:
            code.update(path.read_bytes())
    code.update(Path(__file__).read_bytes())
    file = ROOT / ".cache" / f"gallery-{code.hexdigest()[:16]}.json"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        found = {}
        for name, document in gallery().items():
            table = power(document.mdp, GAMMA, samples=SAMPLES, seed=0)
            exact = table.method == "exact"
            found[name] = {
                state: {
                    "text": str(table[state]) if exact else "",
                    "value": table[state].value,
                    "stderr": 0.0 if exact else table[state].stderr,
                }
                for state in document.mdp.states
            }
        file.write_text(json.dumps(found), encoding="utf-8")
    kept: dict[str, dict[str, dict[str, object]]] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def world_figure(name: str) -> str:
    """A world drawn, its states tinted by POWER from the least to the greatest (HTML)."""
    document, powers = gallery()[name], _powers()[name]
    values = {state: float(str(p["value"])) for state, p in powers.items()}
    low, high = min(values.values()), max(values.values())
    span = high - low or 1.0
    closest = min(math.dist(a, b) for a, b in combinations(document.positions.values(), 2))
    stretch = max(1.0, CLOSEST / closest)
    positions = {state: (stretch * x, stretch * y) for state, (x, y) in document.positions.items()}
    return mdp_figure(
        document.mdp,
        positions,
        f"The world {name}: {len(values)} states, POWER from {low:.3f} to {high:.3f}",
        f"{escape(document.description)} <em>Source: {escape(document.source)}.</em>",
        {state: (value - low) / span for state, value in values.items()},
        {state: f"{value:.3f}".lstrip("0") for state, value in values.items()},
    )


def world_table(name: str) -> str:
    """POWER of every state: exact where it is, else with its standard error."""
    powers = _powers()[name]
    exact = not any(p["stderr"] for p in powers.values())
    head = "exact" if exact else "± standard error"
    lines = [f"| state | POWER | {head} |", "|---|---|---|"]
    for state, p in powers.items():
        text = str(p["text"])
        how = f"± {p['stderr']:.5f}"
        if exact:
            how = text if len(text) <= SMALL else f"a fraction of {len(text) - 1} digits"
        lines.append(f"| `{state}` | {p['value']:.6f} | {how} |")
    return "\n".join(lines)


def how(name: str) -> str:
    """One line: how the numbers were found, and where the world goes from here."""
    exact = not any(p["stderr"] for p in _powers()[name].values())
    found = (
        "Exact."
        if exact
        else f"Too large to be exact at once: Monte Carlo, {SAMPLES:,} reward functions, seed 0."
    )
    return (
        f'{found} <a href="playground.html?world={name}">Open in the playground</a> · '
        f'<a href="../assets/gallery/{name}.json" download>{name}.json</a>'
    )


def names() -> list[str]:
    """The worlds, smallest first."""
    return list(gallery_documents())
