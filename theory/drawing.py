r"""Nodes, arrows and text, placed by their own size in points.

What `powerseek.theory.plots` draws with: axes with one unit in both directions, colours,
and the curves of arrows between round nodes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from jaxtyping import Float

from .mdp_json import Position

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Colour: TypeAlias = tuple[float, float, float, float]
"""Red, green, blue and opacity, from 0 to 1."""

INK, FAINT, WALL = "#24303c", "#8a96a3", "#d5dae0"
"""Text and outlines, arrows, and what is no state."""

INCHES_BETWEEN_NEIGHBOURS = 1.15
LARGEST = (13.0, 10.0)
"""Width and height in inches that no figure exceeds."""

HEADING_INCHES = 0.45


def closest_distance(places: Sequence[Position]) -> float:
    """The smallest distance between two places, so that nodes never overlap."""
    points = np.array(places)
    if len(points) < 2:
        return 1.0
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
    return float(gaps[np.triu_indices(len(points), 1)].min())


def canvas(
    places: Sequence[Position], title: str, closest: float | None = None
) -> tuple[Axes, float]:
    """Axes whose unit is the same in both directions, and its length in points."""
    from matplotlib.figure import Figure

    closest = closest or closest_distance(places)
    low, high = np.min(places, axis=0), np.max(places, axis=0)
    pad = 0.72 * closest
    extent = high - low + 2 * pad
    per_unit = min(INCHES_BETWEEN_NEIGHBOURS / closest, *(np.array(LARGEST) / extent).tolist())
    extent = np.maximum(extent, np.array([3.4, 1.6]) / per_unit)
    middle = (low + high) / 2
    width, height = (extent * per_unit).tolist()
    top = HEADING_INCHES if title else 0.0
    figure = Figure(figsize=(width, height + top))
    axes = figure.add_axes((0, 0, 1, height / (height + top)))
    axes.set_xlim(middle[0] - extent[0] / 2, middle[0] + extent[0] / 2)
    axes.set_ylim(middle[1] - extent[1] / 2, middle[1] + extent[1] / 2)
    axes.axis("off")
    if title:
        figure.text(
            0.5,
            1 - 0.6 * top / (height + top),
            title,
            ha="center",
            va="center",
            color=INK,
            fontsize=11,
            parse_math=False,
        )
    return axes, per_unit * 72


def power_colour(share: float) -> Colour:
    """The colour of a share from 0 (light, the least POWER) to 1 (dark, the most)."""
    from matplotlib import colormaps

    r, g, b, a = colormaps["YlGnBu"](0.12 + 0.7 * share)
    return r, g, b, a


def text_on(fill: Colour) -> str:
    """The colour of text that is legible on another colour."""
    luminance = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2]
    return INK if luminance > 0.55 else "white"


def write(
    axes: Axes,
    place: Position,
    text: str,
    colour: str,
    size: float,
    weight: str = "normal",
    halo: bool = False,
) -> None:
    """Write text centred at a place, no smaller than legible and no larger than 10."""
    from matplotlib.patheffects import withStroke

    written = axes.text(
        *place,
        text,
        color=colour,
        fontsize=float(np.clip(size, 5.5, 10)),
        fontweight=weight,
        ha="center",
        va="center",
        zorder=4,
        parse_math=False,
    )
    if halo:
        written.set_path_effects([withStroke(linewidth=2.5, foreground="white")])


def draw_arrow(axes: Axes, curve: Float[np.ndarray, "n 2"], dashed: bool, tip: float) -> None:
    """An arrow along a Bezier curve, with a head of length ``tip`` at its end."""
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path as Curve

    along = curve[-1] - curve[-2]
    along /= np.linalg.norm(along)
    across = np.array([-along[1], along[0]])
    base = curve[-1] - tip * along
    corners = [curve[-1].copy(), base + 0.42 * tip * across, base - 0.42 * tip * across]
    curve[-1] = base
    code = Curve.CURVE4 if len(curve) == 4 else Curve.CURVE3
    axes.add_patch(
        PathPatch(
            Curve(curve, [Curve.MOVETO, *[code] * (len(curve) - 1)]),
            fill=False,
            edgecolor=FAINT,
            linewidth=1.1,
            linestyle=(0, (3, 2)) if dashed else "solid",
            zorder=1,
        )
    )
    axes.add_patch(Polygon(corners, facecolor=FAINT, linewidth=0, zorder=2))


def arc(
    tail: str,
    head: str,
    places: Mapping[str, Position],
    radii: Mapping[str, float],
    there_and_back: bool,
) -> Float[np.ndarray, "3 2"]:
    """A quadratic curve from rim to rim, bent where a straight one would hide another."""
    start, end = np.array(places[tail]), np.array(places[head])
    chord = end - start
    normal = np.array([-chord[1], chord[0]])
    bend = 0.14 if there_and_back else 0.0
    for state, place in places.items():
        share = np.clip(np.dot(np.array(place) - start, chord) / np.dot(chord, chord), 0, 1)
        distance = np.linalg.norm(start + share * chord - place)
        if state not in (tail, head) and distance < 1.4 * radii[state]:
            bend = 0.4
    control = (start + end) / 2 - bend * normal
    out, into = control - start, end - control
    return np.array(
        [
            start + radii[tail] * out / np.linalg.norm(out),
            control,
            end - 1.08 * radii[head] * into / np.linalg.norm(into),
        ]
    )


def loop(state: str, places: Mapping[str, Position], radius: float) -> Float[np.ndarray, "4 2"]:
    """A cubic curve on the side away from other nodes, but not below: the name is there."""
    here = np.array(places[state])
    others = [np.array(place) - here for name, place in places.items() if name != state]
    near = sorted(others, key=lambda gap: float(np.linalg.norm(gap)))[:4]

    def crowding(angle: float) -> float:
        direction = np.array([math.cos(angle), math.sin(angle)])
        return sum(max(0.0, float(gap @ direction)) / float(gap @ gap) for gap in near)

    middle = min((math.radians(d) for d in (90, 60, 120, 30, 150, 0, 180)), key=crowding)
    rim, reach = math.radians(32), math.radians(38)
    return np.array(
        [
            here + distance * radius * np.array([math.cos(angle), math.sin(angle)])
            for angle, distance in (
                (middle + rim, 1.0),
                (middle + reach, 2.3),
                (middle - reach, 2.3),
                (middle - rim, 1.08),
            )
        ]
    )
