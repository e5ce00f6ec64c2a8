"""Inline SVG figures for pages, each with a text alternative and a caption.

Each function returns HTML for a fence marked ``python exec="on" html="on"``. Graphs take
their colours from the style sheet of the site, so that they fit light and dark; figures of
the library are shown as readers get them, and the style sheet inverts them in the dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from powerseek.argue.figures import labelled_svg
from powerseek.theory.mdp import MDP

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Point = tuple[float, float]

_UNIT = 118  # pixels between neighbouring positions
_RADIUS = 27
_MARGIN = 62


def mdp_figure(
    mdp: MDP,
    positions: Mapping[str, Sequence[float]],
    alt: str,
    caption: str,
    values: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Draw an MDP as a graph, its nodes tinted by a value in [0, 1].

    Args:
        mdp: the MDP; an arrow for each pair of states that some action connects.
        positions: where each state goes, x to the right and y up.
        alt: what the figure shows, for those who cannot see it.
        caption: the line under it; may hold HTML.
        values: how strongly to tint each node.
        labels: what to write inside each node.
    """
    left = min(x for x, _ in positions.values())
    top = max(y for _, y in positions.values())
    at = {
        state: (_MARGIN + (x - left) * _UNIT, _MARGIN + (top - y) * _UNIT)
        for state, (x, y) in positions.items()
    }
    width = max(x for x, _ in at.values()) + _MARGIN
    height = max(y for _, y in at.values()) + _MARGIN
    parts = [_arrow_head()]
    edges = set(mdp.to_digraph().edges)
    centre = (width / 2, height / 2)
    for tail, head in sorted(edges):
        if tail == head:
            parts.append(_loop(at[tail], centre))
        else:
            parts.append(_arrow(at[tail], at[head], bent=(head, tail) in edges))
    for state in mdp.states:
        x, y = at[state]
        heads = [at[h] for t, h in edges if t == state] + [at[t] for t, h in edges if h == state]
        below = _free((x, y), heads, 1) or not _free((x, y), heads, -1)
        name_y = y + (_RADIUS + 17 if below else -_RADIUS - 8)
        tint = 55 * (values[state] if values else 0)
        fill = f"color-mix(in srgb, var(--ps-power) {tint:.0f}%, var(--ps-panel))"
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}" style="fill:{fill}"/>'
            f'<text class="value" x="{x:.0f}" y="{y + 5:.0f}">'
            f"{escape(labels[state] if labels else '')}</text>"
            f'<text class="name" x="{x:.0f}" y="{name_y:.0f}">'
            f"{escape(state)}</text>"
        )
    return (
        f'<figure class="drawn"><svg role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f"{''.join(parts)}</svg><figcaption>{caption}</figcaption></figure>"
    )


def inline(drawn: Figure, alt: str, caption: str) -> str:
    """A matplotlib figure of the library's own, as HTML.

    Args:
        drawn: the figure.
        alt: what it shows, for those who cannot see it.
        caption: the line under it; may hold HTML.
    """
    svg = labelled_svg(drawn, alt)
    return f'<figure class="measured">{svg}<figcaption>{caption}</figcaption></figure>'


def _arrow_head() -> str:
    return (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse"><path class="head" '
        'd="M0 0 10 5 0 10z"/></marker></defs>'
    )


def _arrow(tail: Point, head: Point, bent: bool) -> str:
    """From one circle's rim to the other's; bent aside where there is a way back."""
    (x0, y0), (x1, y1) = tail, head
    length = math.hypot(x1 - x0, y1 - y0)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    side = 20.0 if bent else 0.0
    mx, my = (x0 + x1) / 2 - side * uy, (y0 + y1) / 2 + side * ux
    start = _towards(tail, (mx, my), _RADIUS + 2)
    end = _towards(head, (mx, my), _RADIUS + 3)
    return (
        f'<path class="edge" marker-end="url(#head)" d="M{start[0]:.1f} {start[1]:.1f}'
        f'Q{mx:.1f} {my:.1f} {end[0]:.1f} {end[1]:.1f}"/>'
    )


def _free(at: Point, others: Sequence[Point], side: int) -> bool:
    """Whether no neighbour is straight below (side 1) or above (-1)."""
    return not any(abs(x - at[0]) < _RADIUS and side * (y - at[1]) > 0 for x, y in others)


def _towards(a: Point, b: Point, distance: float) -> Point:
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    return (
        a[0] + distance * (b[0] - a[0]) / length,
        a[1] + distance * (b[1] - a[1]) / length,
    )


def _loop(at: Point, centre: Point) -> str:
    """A loop on the side that faces outwards, left or right."""
    x, y = at
    out = 1 if x >= centre[0] else -1
    start = x + out * _RADIUS * 0.8
    far = x + out * (_RADIUS + 36)
    end = start + 2 * out
    return (
        f'<path class="edge" marker-end="url(#head)" d="M{start:.1f} {y - 18:.1f}'
        f'C{far:.1f} {y - 34:.1f} {far:.1f} {y + 34:.1f} {end:.1f} {y + 18:.1f}"/>'
    )
