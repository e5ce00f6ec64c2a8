"""Figures of POWER: what they show, not how it looks."""

import itertools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Circle, PathPatch, Polygon, Rectangle
from matplotlib.text import Text

from powerseek.theory.errors import InvalidInput
from powerseek.theory.gallery import gallery, grid, load, random_stochastic, star
from powerseek.theory.mdp import MDP
from powerseek.theory.plots import (
    check_plot_path,
    is_grid,
    plot_against_gamma,
    plot_graph,
    plot_grid,
    plot_power,
    save_figure,
)
from powerseek.theory.power import power
from powerseek.theory.power_table import PowerTable
from powerseek.theory.results import Estimate, Exact


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def patches(figure, kind):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, kind)]


def made_up(states, seed=0):
    values = np.random.default_rng(seed).random(len(states))
    return {s: Estimate(float(v), 0.01, 10, seed) for s, v in zip(states, values, strict=True)}


def sampled(states, tenths):
    results = tuple(made_up(states, seed=tenths).values())
    return PowerTable(states, results, Fraction(tenths, 10), "uniform", "montecarlo")


@pytest.mark.parametrize("name", gallery())
def test_graphs_show_every_state_move_and_value(name):
    world = gallery()[name]
    figure = plot_graph(world, made_up(world.mdp.states), title=name)
    assert set(world.mdp.states) <= set(texts(figure))
    assert len(patches(figure, Circle)) == world.mdp.n_states
    moves = world.mdp.to_digraph().number_of_edges()
    assert len(patches(figure, PathPatch)) == len(patches(figure, Polygon)) == moves
    assert [text.get_text() for text in figure.texts] == [name]


def test_more_power_is_larger_and_darker():
    world = gallery()["wait"]
    table = power(world.mdp, "9/10")
    circles = patches(plot_graph(world, table), Circle)
    nodes = dict(zip(world.mdp.states, circles, strict=True))
    ranked = [nodes[state] for state, _ in table.ranking()]
    radii = [node.radius for node in ranked]
    light = [sum(node.get_facecolor()[:3]) for node in ranked]
    assert radii == sorted(radii, reverse=True)
    assert light == sorted(light)
    assert radii[0] > radii[1] > radii[2]


def test_nodes_never_overlap():
    for name, world in gallery().items():
        nodes = patches(plot_graph(world, made_up(world.mdp.states)), Circle)
        for i, a in enumerate(nodes):
            for b in nodes[:i]:
                assert np.hypot(*np.subtract(a.center, b.center)) > a.radius + b.radius, name


def test_moves_that_may_fail_are_dashed():
    world = gallery()["shutdown"]
    arrows = patches(plot_graph(world, made_up(world.mdp.states)), PathPatch)
    dashed = [arrow for arrow in arrows if arrow.get_linestyle() != "solid"]
    assert len(arrows) - len(dashed) == world.mdp.to_digraph().number_of_edges() - 2
    assert len(dashed) == 2  # hall to room, hall to off


@given(st.integers(0, 100), st.integers(1, 7))
@settings(max_examples=5, deadline=None)
def test_any_mdp_can_be_drawn(seed, n):
    mdp = random_stochastic(seed, n, min(n, 2), min(n, 2))
    figure = plot_graph(mdp, made_up(mdp.states))
    assert len(patches(figure, Circle)) == n
    assert all(np.isfinite(c.center).all() for c in patches(figure, Circle))


def test_equal_powers_are_drawn_alike():
    circles = patches(
        plot_graph(star(2), {s: Exact(Fraction(1, 2)) for s in star(2).states}), Circle
    )
    assert len({circle.radius for circle in circles}) == 1


def test_grids_show_cells_and_walls():
    world = load("aima-4x3")
    figure = plot_grid(made_up(world.states), title="textbook")
    assert len(texts(figure)) == world.n_states
    assert len(patches(figure, Rectangle)) == 12


def test_grid_values_have_as_many_digits_as_tell_them_apart():
    cells = {"r0c0": Exact(Fraction(1, 2)), "r0c1": Exact(Fraction(501, 1000))}
    assert texts(plot_grid(cells)) == ["0.500", "0.501"]
    cells["r0c1"] = Exact(Fraction(3, 4))
    assert texts(plot_grid(cells)) == ["0.50", "0.75"]


def test_what_is_no_grid_is_refused():
    assert is_grid(grid(2, 12).states)
    assert not is_grid(load("wait").states)
    with pytest.raises(InvalidInput, match="state: got 'start', expected a grid cell"):
        plot_grid(made_up(load("wait").states))
    with pytest.raises(InvalidInput, match="at least one state"):
        plot_grid({})


def test_power_of_every_state_is_needed():
    with pytest.raises(InvalidInput, match="POWER of state 'start' too"):
        plot_graph(load("wait"), {})


def test_formulas_are_curves_with_breakpoints_and_limits():
    table = power(load("figure-1"), method="symbolic")
    axes = plot_against_gamma(table).axes[0]
    assert texts(axes.figure) == ["0", "lu", "L, ld", "R, ru, rd", "*"]
    star_curve, dots = axes.lines[-2], axes.lines[-1]
    assert tuple(star_curve.get_xdata()[[0, -1]]) == (0, 1)
    assert star_curve.get_ydata()[0] == float(table["*"].limit_at_zero)
    assert star_curve.get_ydata()[-1] == float(table["*"].limit_at_one)
    assert list(dots.get_xdata()) == pytest.approx([float(x) for x in table["*"].breakpoints])


def test_tables_at_several_gammas_are_points_with_intervals():
    tables = [sampled(load("wait").states, tenths) for tenths in (9, 1, 5)]
    axes = plot_against_gamma(tables, states=["start", "candy"]).axes[0]
    assert sorted(texts(axes.figure)) == ["candy", "start"]
    assert list(axes.lines[0].get_xdata()) == [0.1, 0.5, 0.9]
    assert len(axes.containers) == 2


def test_curves_of_nothing_or_of_strangers_are_refused():
    with pytest.raises(InvalidInput, match=r"power: got \[\], expected at least one table"):
        plot_against_gamma([])
    with pytest.raises(InvalidInput, match="states: got 'tea', expected states among start"):
        plot_against_gamma(power(load("wait"), method="symbolic"), states=["tea"])


def test_labels_keep_apart():
    figure = plot_against_gamma([sampled(grid(5, 5).states, 5)])
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]  # no pointers
    boxes.sort(key=lambda box: box.y0)
    assert len(boxes) == 25
    bottom, top = figure.axes[0].get_window_extent().intervaly
    assert bottom - 5 < boxes[0].y0
    assert boxes[-1].y1 < top + 5
    assert all(low.y0 + 0.6 * low.height < high.y0 for low, high in itertools.pairwise(boxes))


def test_states_with_the_same_curve_share_a_label():
    tables = [power(load("complete-4"), "1/2"), power(load("complete-4"), "2/3")]
    assert texts(plot_against_gamma(tables)) == ["s1, s2, s3, s4"]


def test_plot_power_picks_the_figure_that_suits():
    assert patches(plot_power(load("wait"), power(load("wait"), "1/2"), "tea"), Circle)
    corridor = power(load("grid-1x3"), "1/2")
    assert patches(plot_power(load("grid-1x3"), corridor, "tea"), Rectangle)
    formulas = plot_power(load("wait"), power(load("wait"), method="symbolic"))
    assert formulas.axes[0].get_ylabel() == "POWER"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(tmp_path, ending):
    world = gallery()["shutdown"]
    for name in ("a", "b"):
        figure = plot_graph(world, made_up(world.mdp.states), "once")
        save_figure(figure, tmp_path / f"{name}.{ending}")
    a, b = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("a", "b"))
    assert len(a) > 1000
    assert a == b
    assert b"Date" not in a  # two saves within a second would agree on it
    assert b"date>" not in a


def test_names_are_not_read_as_markup(tmp_path):
    mdp = MDP.from_successors({"$x$": ["$x$", "人"], "人": ["人"]})
    figure = plot_graph(mdp, made_up(mdp.states), "$\\frac$")
    save_figure(figure, tmp_path / "names.png")
    assert {"$x$", "人"} <= set(texts(figure))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("figure", r"plot: got 'figure', expected a path ending in one of .png, .svg, .pdf"),
        ("figure.jpg", "plot: got 'figure.jpg', expected a path ending"),
        ("nowhere/figure.png", "expected a path in a folder that exists"),
    ],
)
def test_paths_are_checked_beforehand(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match=message):
        check_plot_path(path)


def test_nothing_is_ever_shown():
    code = (
        "import sys; from powerseek.theory import gallery, plot_graph, power;"
        "mdp = gallery.load('wait'); plot_graph(mdp, power(mdp, '1/2'));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
