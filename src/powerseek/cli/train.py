"""`powerseek train`: train agents in one world, watch them, keep them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerseek.cli.console import open_console
from powerseek.cli.learners import add_learner_options, read_recipe
from powerseek.cli.options import add_run_options, one_of, refuse_given, whole_number
from powerseek.cli.progress import progress_bars
from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from powerseek.laboratory import Run
    from powerseek.toymodels import Recipe
    from powerseek.toymodels.statistics import Interval
    from powerseek.toymodels.worlds import DetourKnobs

HELP = "train agents in one world: any knob as an option; curves, drives, and the agents"
EXAMPLES = {
    "hub": "16 agents, as they are by default",
    "hub --need 0,0.5,1 --policy mlp --out needs": "networks, at three shares of needy tasks",
    "graph --goals 4": "in random graphs, where no choice is labelled as power",
}

MORE_OPTIONS = "knobs of the world"
FORMAT = "powerseek-train/1"
DOCUMENT, RESULTS, CURVES, AGENTS = "train.json", "results.nc", "curves.svg", "agents.npz"
FILES = (CURVES, DOCUMENT, RESULTS, AGENTS)
SET_HERE = {
    "swapped": "every setting gets its decoy twin anyway",
    "relabelled": "every graph gets its relabelled twin anyway",
    "overseer": "which supervisor acts is said by --supervision",
}
"""Knobs that the command sets itself, and why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("world", metavar="WORLD", help="such as hub; `powerseek worlds` lists them all")
    add_learner_options(parser)
    add("--seeds", default="16", metavar="N", help="agents per setting (default: 16)")
    add_run_options(parser)
    parser.epilog = (
        "Any knob of the world is an option too: --need 0.5, or --need 0,0.5,1 for several "
        "settings. `powerseek worlds WORLD` lists them."
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when done, 130 when interrupted (with what there was saved)."""
    import numpy as np

    from powerseek.cli.knobs import knob_texts, read_knobs
    from powerseek.toymodels.worlds import WORLDS, DetourKnobs

    world, kind = one_of("WORLD", args.world, WORLDS)
    knobs = read_knobs(kind, args.more, issubclass(kind, DetourKnobs), args.parser.options())
    for name, why in SET_HERE.items():
        if np.any(np.asarray(getattr(knobs, name, 0.0)) != 0):
            raise InvalidInput.of(f"--{name}", knob_texts(kind, args.more)[name], f"0: {why}")
    recipe = read_recipe(args, world(), knobs)
    if args.out is None:
        refuse_given({"--overwrite": args.overwrite}, "--out to go with it")
    seed = whole_number("--seed", args.seed, low=0, high=2**32 - 1)
    seeds = whole_number("--seeds", args.seeds, low=2, high=100_000)
    if not isinstance(knobs, DetourKnobs):
        from powerseek.cli.train_graphs import run_graphs

        return run_graphs(args, recipe, knobs, seeds, seed)

    from powerseek.argue.store import open_folder

    with open_folder(args.out, f"train-{args.world}-seed{seed}", args.overwrite, FILES) as folder:
        return _run_into(folder, recipe, knobs, seeds, seed, args.json)


def _run_into(
    folder: Path, recipe: Recipe, knobs: DetourKnobs, seeds: int, seed: int, as_json: bool
) -> int:
    """Train, judge and write what comes of it to a folder; the exit status."""
    from powerseek.laboratory import train_run

    console = open_console(stderr=as_json)
    began = time.perf_counter()
    with progress_bars({"training": "seeds"}) as progress:
        result = train_run(recipe, knobs, seeds, seed, partial(progress, "training"))
    seconds = time.perf_counter() - began
    if result is None:
        print("powerseek: interrupted before any agent was trained", file=sys.stderr)
        return 130
    document = _write(folder, result)
    if as_json:
        json.dump(document | {"out": str(folder)}, sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        _print(console, result)
        agents = 2 * len(result.outcomes) * result.n_seeds
        console.print(
            f"{agents:,} agents, twins included, in {seconds:.0f} s (compilation included)"
        )
        for name in FILES:
            console.print(f"wrote {folder / name}", soft_wrap=True)
    lost = [f"agent {i} of {o.setting or 'defaults'}" for o in result.outcomes for i in o.diverged]
    say_diverged(lost, f"{len(result.outcomes) * result.n_seeds} agents")
    if result.n_seeds < seeds:
        print("powerseek: interrupted; what was computed is saved", file=sys.stderr)
        return 130
    return 0


def say_diverged(lost: Sequence[str], of: str) -> None:
    """Say on standard error which agents, of so many, training left without finite numbers."""
    if lost:
        print(
            f"powerseek: training diverged for {len(lost)} of {of} (or their twins), first for "
            f"{lost[0]}: numbers that are not finite are null in {DOCUMENT}; a smaller "
            "--learning-rate may help",
            file=sys.stderr,
        )


def _write(folder: Path, result: Run) -> dict[str, Any]:
    """Write everything; returns the document."""
    from powerseek import __version__
    from powerseek.argue.figures import to_svg, training_curves
    from powerseek.argue.store import write_json, write_results, write_text
    from powerseek.toymodels.saved import save_agents

    save_agents(folder / AGENTS, result.agents)
    write_results(folder / RESULTS, {"train": result.dataset})
    document = result.to_json() | {"format": FORMAT, "version": __version__}
    write_json(folder / DOCUMENT, document)
    write_text(folder / CURVES, to_svg(training_curves(result.dataset)))
    return document


SHOWN = {
    "capability": "capability",
    "null": "no task",
    "told": "useless",
    "needed": "needed",
    "willingness_to_pay": "pays",
}
"""What is printed of a setting, and under which heading."""


def _print(console: Console, result: Run) -> None:
    """Capability first, then where power was taken, then the drive over its controls."""
    from rich.measure import Measurement

    labels = [outcome.setting or "defaults" for outcome in result.outcomes]
    table = _table(labels, result)
    unbounded = console.options.update(max_width=10_000)
    if Measurement.get(console, unbounded, table).minimum > console.width:
        numbers = [str(i) for i in range(1, len(labels) + 1)]
        for number, label in zip(numbers, labels, strict=True):
            console.print(f"{number}: {label}", soft_wrap=True)
        table = _table(numbers, result)
    console.print(table)
    console.print(
        "Mean ± half a 95% interval over seeds, after the last update. No task, useless, needed: "
        "P(power) in new contexts that announce no task, or show power to be useless or needed. "
        "Pays: the price of indifference to useless power. Drive: P(power) where useless, above "
        "the hardest of three controls, and whether it is supported."
    )


def _table(labels: list[str], result: Run) -> Table:
    """A row for each setting."""
    from rich.table import Table

    from powerseek.argue.summary import yes_or_no

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")  # wraps first, where the terminal is narrow
    for column in (*SHOWN.values(), "drive", ""):
        table.add_column(column, no_wrap=True)
    for label, outcome in zip(labels, result.outcomes, strict=True):
        table.add_row(
            label,
            *(_number(outcome.numbers[name]) for name in SHOWN),
            _number(outcome.verdict.interval),
            yes_or_no(outcome.verdict.word),
        )
    return table


def _number(interval: Interval) -> str:
    """A mean and its error."""
    return f"{interval.mean:.2f}±{interval.high - interval.mean:.2f}"
