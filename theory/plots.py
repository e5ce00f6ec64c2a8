r"""Figures of POWER: on the graph of an MDP, on a grid, and against the discount rate.

Each function returns a `matplotlib.figure.Figure` and shows nothing; `save_figure`
writes it, the same bytes each time. Colour never stands alone: POWER is also the size of
a node, and every value is written out.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from .drawing import (
    FAINT,
    INK,
    WALL,
    arc,
    canvas,
    closest_distance,
    draw_arrow,
    loop,
    power_colour,
    text_on,
    write,
)
from .errors import InvalidInput
from .mdp import MDP
from .mdp_json import MDPDocument, Position
from .power_table import PowerTable, SymbolicPowerTable
from .results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .exact.symbolic import SymbolicPower

World: TypeAlias = MDP | MDPDocument
"""An MDP; as a document it also says where its states are drawn."""

_Key = TypeVar("_Key")

FORMATS = ("png", "svg", "pdf")
"""What `save_figure` writes, by the ending of the path."""

_LINES = ("#2f6db3", "#c8553d", "#3f8f5b", "#8a5aa8", "#b8860b", "#2a8c99", "#a34a6e")
_CELL = re.compile(r"r(\d+)c(\d+)")
_SHORT_NAME = 5


def plot_graph(world: World, power: Mapping[str, Result], title: str = "") -> Figure:
    """POWER on the graph of an MDP.

    Nodes are larger and darker the more POWER their state has. An arrow is a possible
    move, dashed if no action makes it for sure. States are drawn where the document
    says; for a bare MDP a layout is computed.

    Args:
        world: the MDP, or its document with positions.
        power: POWER by state name, such as a `powerseek.theory.PowerTable`.
        title: a heading.

    Raises:
        InvalidInput: if ``power`` lacks a state.
    """
    from matplotlib.patches import Circle

    mdp = world.mdp if isinstance(world, MDPDocument) else world
    values = _values(mdp, power)
    places = _places(world)
    axes, points = canvas(list(places.values()), title)
    shares = _shares(values)
    unit = points * closest_distance(list(places.values()))
    radii = {s: unit * (0.23 + 0.1 * share) / points for s, share in shares.items()}
    moves = _moves(mdp)
    for tail, head in moves:
        if tail == head:
            curve = loop(tail, places, radii[tail])
        else:
            curve = arc(tail, head, places, radii, there_and_back=(head, tail) in moves)
        draw_arrow(axes, curve, dashed=not moves[tail, head], tip=6.5 / points)
    digits = _digits(values.values())
    inside = max(map(len, mdp.states)) <= _SHORT_NAME
    for state, place in places.items():
        fill, radius = power_colour(shares[state]), radii[state]
        axes.add_patch(Circle(place, radius, facecolor=fill, edgecolor=INK, zorder=3))
        text = f"{values[state]:.{digits}f}"
        fits = 2.6 * radius * points / len(text)
        if inside:
            above, under = ((place[0], place[1] + y * radius) for y in (0.32, -0.3))
            write(axes, above, state, text_on(fill), min(fits, 9.5), weight="bold")
            write(axes, under, text, text_on(fill), min(fits, 8.5))
        else:
            below = (place[0], place[1] - radius - 0.11 * unit / points)
            write(axes, place, text, text_on(fill), fits)
            write(axes, below, state, INK, 0.12 * unit, halo=True)
    return axes.figure  # type: ignore[return-value]


def plot_grid(power: Mapping[str, Result], title: str = "") -> Figure:
    """POWER on a grid whose states are called ``r0c0``, ``r0c1``, ... as cells.

    Cells that are no states are drawn as walls.

    Raises:
        InvalidInput: naming a state that is no cell.
    """
    from matplotlib.patches import Rectangle

    cells = {_cell(state): result.value for state, result in power.items()}
    if not cells:
        raise InvalidInput.of("power", dict(power), "at least one state")
    rows, columns = (max(place) + 1 for place in zip(*cells, strict=True))
    axes, points = canvas([(0, 0), (columns - 1, 1 - rows)], title, closest=1.0)
    shares = _shares(cells)
    digits = _digits(cells.values())
    for row, column in itertools.product(range(rows), range(columns)):
        share = shares.get((row, column))
        fill = WALL if share is None else power_colour(share)
        corner = (column - 0.48, -row - 0.48)
        axes.add_patch(Rectangle(corner, 0.96, 0.96, color=fill, linewidth=0))
        if share is not None:
            text = f"{cells[row, column]:.{digits}f}"
            write(axes, (column, -row), text, text_on(power_colour(share)), 0.14 * points)
    return axes.figure  # type: ignore[return-value]


def plot_against_gamma(
    power: SymbolicPowerTable | Sequence[PowerTable],
    states: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """POWER against the discount rate, one curve for each state.

    States with the same curve share a line. From formulas the curves are exact, dots
    mark the breakpoints (where the formula changes), and the ends are the limits. From
    tables at several discount rates the curves join their points; bars are 95% intervals
    where POWER was sampled.

    Args:
        power: formulas, or tables for the same MDP at different discount rates.
        states: the states to draw, by default all.
        title: a heading.

    Raises:
        InvalidInput: if a state is unknown, or there is no table.
    """
    tables = power if isinstance(power, SymbolicPowerTable) else list(power)
    if not tables:
        raise InvalidInput.of("power", tables, "at least one table")
    known = tables.states if isinstance(tables, SymbolicPowerTable) else tables[0].states
    for state in states or ():
        if state not in known:
            raise InvalidInput.of("states", state, f"states among {', '.join(known)}")
    wanted = known if states is None else tuple(states)
    if isinstance(tables, SymbolicPowerTable):
        curves = {state: _formula_curve(tables[state]) for state in wanted}
    else:
        curves = {state: _sampled_curve(tables, state) for state in wanted}
    together: dict[_Curve, list[str]] = {}
    for state, curve in curves.items():
        together.setdefault(curve, []).append(state)
    ordered = sorted(together, key=lambda curve: curve.y[::-1])
    figure, axes = _chart(len(ordered), title)
    for i, curve in enumerate(ordered):
        colour = _LINES[i % len(_LINES)]
        dashes = ("solid", (0, (5, 1.5)), (0, (1.5, 1.5)))[i // len(_LINES) % 3]
        axes.plot(curve.x, curve.y, color=colour, linestyle=dashes, linewidth=1.8)
        if any(curve.half_widths):
            axes.errorbar(
                curve.x, curve.y, curve.half_widths, color=colour, linestyle="", capsize=2
            )
        dots = np.array(curve.dots).reshape(-1, 2).T
        axes.plot(*dots, "o", color=colour, markersize=4.5)
    labels = [", ".join(together[curve]) for curve in ordered]
    _label_ends(axes, figure.get_figheight(), ordered, labels)
    return figure


def plot_power(world: World, power: PowerTable | SymbolicPowerTable, title: str = "") -> Figure:
    """The figure that suits a table: curves for formulas, else a grid or a graph.

    Raises:
        InvalidInput: if the table is of another MDP.
    """
    if isinstance(power, SymbolicPowerTable):
        return plot_against_gamma(power, title=title)
    heading = f"{title}: POWER at γ = {power.gamma}" if title else ""  # noqa: RUF001
    if is_grid(power):
        return plot_grid(power, heading)
    return plot_graph(world, power, heading)


def is_grid(states: Iterable[str]) -> bool:
    """Whether all states are called like cells, ``r0c1``, so that `plot_grid` applies.

    >>> is_grid(["r0c0", "r10c2"]), is_grid(["r0c0", "start"])
    (True, False)
    """
    return all(_CELL.fullmatch(state) for state in states)


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure; the same figure gives the same bytes.

    Args:
        figure: what a function of this module returned.
        path: a file that ends in one of `FORMATS`.

    Raises:
        InvalidInput: naming the path if it has another ending or cannot be written.
    """
    import matplotlib as mpl

    ending = Path(path).suffix.lower().lstrip(".")
    check_plot_path(path)
    metadata = {"Date": None} if ending == "svg" else {}
    if ending == "pdf":
        metadata = {"CreationDate": None}
    try:
        with mpl.rc_context({"svg.hashsalt": "powerseek"}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            figure.savefig(path, dpi=160, metadata=metadata)
    except OSError as error:
        raise InvalidInput(
            f"plot: {path}: {error.strerror}, expected a path that can be written"
        ) from None


def check_plot_path(path: str | Path) -> None:
    """Refuse a path that no figure can be written to, before any work is done.

    Raises:
        InvalidInput: naming the path.
    """
    path = Path(path)
    if path.suffix.lower().lstrip(".") not in FORMATS:
        endings = ", ".join(f".{ending}" for ending in FORMATS)
        raise InvalidInput.of("plot", str(path), f"a path ending in one of {endings}")
    if not path.parent.is_dir():
        raise InvalidInput.of("plot", str(path), "a path in a folder that exists")


@dataclass(frozen=True)
class _Curve:
    """A line, with points to mark on it and half-widths of intervals."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    dots: tuple[tuple[float, float], ...]
    half_widths: tuple[float, ...] = ()


def _formula_curve(formula: SymbolicPower) -> _Curve:
    gammas = [Fraction(k, 200) for k in range(1, 200)]
    y = [formula.limit_at_zero, *map(formula.at, gammas), formula.limit_at_one]
    breaks = [float(x) for x in formula.breakpoints]
    nearby = [Fraction(x).limit_denominator(10**6) for x in breaks]
    return _Curve(
        (0.0, *map(float, gammas), 1.0),
        tuple(map(float, y)),
        tuple((x, float(formula.at(near))) for x, near in zip(breaks, nearby, strict=True)),
    )


def _sampled_curve(tables: Sequence[PowerTable], state: str) -> _Curve:
    ordered = sorted(tables, key=lambda table: table.gamma)
    x = tuple(float(table.gamma) for table in ordered)
    y = tuple(table[state].value for table in ordered)
    widths = tuple(1.96 * table[state].stderr for table in ordered)
    return _Curve(x, y, tuple(zip(x, y, strict=True)), widths)


def _chart(n_curves: int, title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, max(3.8, 0.24 * n_curves + 1)), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_xlabel("discount rate γ", color=INK)  # noqa: RUF001
    axes.set_ylabel("POWER", color=INK)
    axes.grid(axis="y", color=WALL, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.set_title(title, color=INK, fontsize=11, parse_math=False)
    return figure, axes


def _label_ends(axes: Axes, inches: float, curves: Sequence[_Curve], labels: Sequence[str]) -> None:
    """Name curves, lowest first, at their right ends, far enough apart to be read."""
    low, high = axes.get_ylim()
    gap = (high - low) * 14 / (inches * 72 * 0.8)
    heights: list[float] = []
    for curve in curves:
        heights.append(max(curve.y[-1], heights[-1] + gap if heights else low))
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], heights[i + 1] - gap if i + 1 < len(heights) else high)
    for i, (curve, height, label) in enumerate(zip(curves, heights, labels, strict=True)):
        axes.annotate(
            label if len(label) <= 40 else f"{label[:37]}...",
            (curve.x[-1], curve.y[-1]),
            (1.03, height),
            textcoords=axes.get_yaxis_transform(),
            color=_LINES[i % len(_LINES)],
            va="center",
            fontsize=9,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": WALL, "linewidth": 0.8},
            annotation_clip=False,
        )


def _values(mdp: MDP, power: Mapping[str, Result]) -> dict[str, float]:
    for state in mdp.states:
        if state not in power:
            raise InvalidInput.of("power", list(power), f"POWER of state {state!r} too")
    return {state: power[state].value for state in mdp.states}


def _cell(state: str) -> tuple[int, int]:
    match = _CELL.fullmatch(state)
    if match is None:
        raise InvalidInput.of("state", state, "a grid cell such as 'r0c1'")
    return int(match[1]), int(match[2])


def _places(world: World) -> dict[str, Position]:
    if isinstance(world, MDPDocument) and world.positions:
        return {state: world.positions[state] for state in world.mdp.states}
    import networkx as nx

    mdp = world.mdp if isinstance(world, MDPDocument) else world
    graph = mdp.to_digraph().to_undirected()
    start = nx.circular_layout(graph)
    layout = nx.kamada_kawai_layout(graph, pos=start) if len(graph) > 2 else start
    return {state: (float(x), float(y)) for state, (x, y) in layout.items()}


def _shares(values: Mapping[_Key, float]) -> dict[_Key, float]:
    """Each value on the scale from the smallest (0) to the largest (1)."""
    low, high = min(values.values()), max(values.values())
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        return dict.fromkeys(values, 0.5)
    return {key: (value - low) / (high - low) for key, value in values.items()}


def _digits(values: Iterable[float]) -> int:
    """Decimals enough to tell the values apart, between 2 and 4."""
    distinct = {round(value, 6) for value in values}
    for digits in (2, 3):
        if len({round(value, digits) for value in distinct}) == len(distinct):
            return digits
    return 4


def _moves(mdp: MDP) -> dict[tuple[str, str], bool]:
    """For each (tail, head) whether some action makes the move for sure."""
    moves: dict[tuple[str, str], bool] = {}
    for state, available in zip(mdp.states, mdp.rows, strict=True):
        for row in available:
            for target, p in row:
                edge = (state, mdp.states[target])
                moves[edge] = moves.get(edge, False) or p == 1
    return moves
