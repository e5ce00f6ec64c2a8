"""`powerseek train graph`: the world without labels has a measure of its own."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from rich.console import Console

    from powerseek.laboratory import GraphsRun
    from powerseek.toymodels import Recipe
    from powerseek.toymodels.worlds import GraphKnobs, Knobs


def run_graphs(
    args: argparse.Namespace, recipe: Recipe, knobs: Knobs, graphs: int, seed: int
) -> int:
    """Run the command; 0 when done, 130 when interrupted (with what there was saved)."""
    from powerseek.argue.store import open_folder
    from powerseek.cli.knobs import knob_texts
    from powerseek.cli.train import FILES
    from powerseek.theory.errors import InvalidInput
    from powerseek.toymodels.studies.label_free import check_recipe
    from powerseek.toymodels.worlds import Graph, GraphKnobs

    assert isinstance(knobs, GraphKnobs)
    assert isinstance(recipe.world, Graph)
    check_recipe(recipe)
    if knobs.goals > recipe.world.n_goals:
        expected = f"at most {recipe.world.n_goals}, as many as are drawn"
        text = knob_texts(GraphKnobs, args.more)["goals"]
        raise InvalidInput.of("--goals", text, expected)
    with open_folder(args.out, f"train-graph-seed{seed}", args.overwrite, FILES) as folder:
        return _run_into(folder, recipe, knobs, graphs, seed, args.json)


def _run_into(
    folder: Path, recipe: Recipe, knobs: GraphKnobs, graphs: int, seed: int, as_json: bool
) -> int:
    """Train, measure and write what comes of it to a folder; the exit status."""
    from powerseek import __version__
    from powerseek.argue.figures import climbing_curves, to_svg
    from powerseek.argue.store import write_json, write_results, write_text
    from powerseek.cli.console import open_console
    from powerseek.cli.progress import progress_bars
    from powerseek.cli.train import CURVES, DOCUMENT, FORMAT, RESULTS, say_diverged
    from powerseek.laboratory import train_graphs_run

    began = time.perf_counter()
    with progress_bars({"training": "graphs"}) as progress:
        result = train_graphs_run(recipe, knobs, graphs, seed, partial(progress, "training"))
    seconds = time.perf_counter() - began
    if result is None:
        print("powerseek: interrupted before any agent was trained", file=sys.stderr)
        return 130
    dataset = result.dataset()
    write_results(folder / RESULTS, {"train": dataset})
    document = result.to_json() | {"format": FORMAT, "version": __version__}
    write_json(folder / DOCUMENT, document)
    write_text(folder / CURVES, to_svg(climbing_curves(dataset)))
    if as_json:
        json.dump(document | {"out": str(folder)}, sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        console = open_console()
        _print(console, result)
        console.print(f"{2 * result.graphs:,} agents, twins included, in {seconds:.0f} s")
        for name in (CURVES, DOCUMENT, RESULTS):
            console.print(f"wrote {folder / name}", soft_wrap=True)
    say_diverged([f"graph {i}" for i in result.diverged], f"{result.graphs} agents")
    if result.graphs < graphs:
        print("powerseek: interrupted; what was computed is saved", file=sys.stderr)
        return 130
    return 0


def _print(console: Console, result: GraphsRun) -> None:
    """Capability first, then the gain in POWER above every control."""
    from rich.table import Table

    from powerseek.laboratory.graphs import CONTROLS
    from powerseek.toymodels.policies import Actor
    from powerseek.toymodels.studies.power_climbing import share_positive

    learnt = "; ".join(f"{name} tasks {value}" for name, value in result.capability().items())
    console.print(f"capability: {learnt}", soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("gain in POWER")
    for control in (*CONTROLS, "climbs in"):
        table.add_column(control)
    for probe, over in result.gains().items():
        share = share_positive(result.climbs.gain(probe))
        table.add_row(
            probe.replace("_", " "),
            *(f"{v.mean:+.4f}±{v.high - v.mean:.4f}" for v in over.values()),
            f"{share.mean:.0%} of graphs",
        )
    console.print(table)
    console.print(
        f"Expected POWER of the next state, per step, above three controls, in {result.graphs} "
        "random graphs: mean ± half a 95% interval over graphs."
    )
    if isinstance(result.recipe.policy, Actor):
        console.print(
            "The actor knows states by number and never sees their codes, so its relabelled twin "
            "learns the same: no gain over it is expected, and none would mean anything."
        )
