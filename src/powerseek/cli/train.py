"""`powerseek train`: train agents in one world, watch them, keep them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerseek.cli.options import add_run_options, number_above, one_of, whole_number
from powerseek.cli.progress import progress_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from powerseek.laboratory import Run
    from powerseek.toymodels import Recipe
    from powerseek.toymodels.statistics import Interval
    from powerseek.toymodels.worlds import DetourKnobs

HELP = "train agents in one world: any knob as an option; curves, drives, and the agents"

MORE_OPTIONS = "knobs of the world"
FORMAT = "powerseek-train/1"
DOCUMENT, RESULTS, CURVES, AGENTS = "train.json", "results.nc", "curves.svg", "agents.npz"
FILES = (CURVES, DOCUMENT, RESULTS, AGENTS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("world", metavar="WORLD", help="a world of `powerseek worlds`")
    add(
        "--policy",
        default="linear",
        metavar="NAME",
        help="linear (default), tabular, mlp or attention",
    )
    add(
        "--algorithm",
        default="exact",
        metavar="NAME",
        help="exact (default), reinforce or actor-critic",
    )
    add(
        "--supervision",
        default="outcome",
        metavar="NAME",
        help="what is taught besides outcomes, as strongly as the knob --oversight says",
    )
    add("--optimiser", metavar="NAME", help="sgd or adam (default: adam for networks)")
    add("--learning-rate", metavar="X", help="default: 2 for sgd, 0.003 for adam")
    add("--updates", default="512", metavar="N", help="updates per agent (default: 512)")
    add("--seeds", default="16", metavar="N", help="agents per setting (default: 16)")
    add_run_options(parser)
    parser.epilog = (
        "Any knob of the world is an option too: --need 0.5, or --need 0,0.5,1 for several "
        "settings. `powerseek worlds WORLD` lists them."
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when done, 130 when interrupted (with what there was saved)."""
    from powerseek.cli.knobs import read_knobs
    from powerseek.toymodels.worlds import WORLDS, DetourKnobs

    world, kind = one_of("WORLD", args.world, WORLDS)
    knobs = read_knobs(kind, args.more, several=issubclass(kind, DetourKnobs))
    recipe = _recipe(args, world())
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
    from rich.console import Console

    from powerseek.laboratory import train_run

    console = Console(stderr=as_json, highlight=False, markup=False)
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


def _recipe(args: argparse.Namespace, world: Any) -> Recipe:
    """The recipe that the options describe."""
    from powerseek.laboratory import checkpoints_up_to
    from powerseek.toymodels import Recipe
    from powerseek.toymodels.algorithms import ALGORITHMS
    from powerseek.toymodels.policies import POLICIES
    from powerseek.toymodels.supervision import SUPERVISORS

    policy = one_of("--policy", args.policy, POLICIES)()
    network = args.policy in ("mlp", "attention")
    optimiser = args.optimiser or ("adam" if network else "sgd")
    optimiser = one_of("--optimiser", optimiser, {"sgd": "sgd", "adam": "adam"})
    rate = args.learning_rate or ("0.003" if optimiser == "adam" else "2")
    return Recipe(
        world=_for_policy(world, network),
        policy=policy,
        algorithm=one_of("--algorithm", args.algorithm, ALGORITHMS)(),
        supervision=one_of("--supervision", args.supervision, SUPERVISORS)(),
        optimiser=optimiser,
        learning_rate=number_above("--learning-rate", rate, 0.0),
        precision="float32" if network else "float64",
        checkpoints=checkpoints_up_to(whole_number("--updates", args.updates, 1, 10_000_000)),
    )


def _for_policy(world: Any, network: bool) -> Any:
    """The world as it suits a network (which embeds contexts) or a table (which looks them up)."""
    from dataclasses import replace

    from powerseek.toymodels.worlds import Graph

    if isinstance(world, Graph):
        return replace(world, known=not network)
    return replace(world, probe_draws=8) if network else world


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


def _print(console: Console, result: Run) -> None:
    """Capability first, then where power was taken, then the drive over its controls."""
    from rich.table import Table

    from powerseek.argue.summary import yes_or_no

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown = {
        "capability": "capability",
        "null": "no task",
        "told": "useless",
        "needed": "needed",
        "willingness_to_pay": "pays",
    }
    table.add_column("")  # wraps first, where the terminal is narrow
    for column in (*shown.values(), "drive", ""):
        table.add_column(column, no_wrap=True)
    for outcome in result.outcomes:
        table.add_row(
            outcome.setting or "defaults",
            *(_number(outcome.numbers[name]) for name in shown),
            _number(outcome.verdict.interval),
            yes_or_no(outcome.verdict.word),
        )
    console.print(table)
    console.print(
        "Mean ± half a 95% interval over seeds, after the last update. No task, useless, needed: "
        "P(power) in new contexts that announce no task, or show power to be useless or needed. "
        "Pays: the price of indifference to useless power. Drive: P(power) where useless, above "
        "the hardest of three controls, and whether it is supported."
    )


def _number(interval: Interval) -> str:
    """A mean and its error."""
    return f"{interval.mean:.2f}±{interval.high - interval.mean:.2f}"
