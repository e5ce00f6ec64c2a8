"""`powerseek argue`: the main job, from training to a report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from powerseek.cli.console import open_console
from powerseek.cli.options import add_preset, add_run_options, one_of, whole_number
from powerseek.cli.progress import progress_bars
from powerseek.cli.resuming import (
    INTERRUPTED,
    add_resume,
    check_resume,
    interruptible,
    kept_parts,
    say_interrupted,
)

if TYPE_CHECKING:
    import xarray

    from powerseek.argue import Preset, Summary
    from powerseek.argue.kept_parts import KeptParts
    from powerseek.toymodels.argument import Argument

HELP = "test the six-premise argument numerically and write a report"
EXAMPLES = {
    "": "all six premises, by small agents, into a new folder: open its report.html",
    "--preset standard --seed 1": "more agents and more worlds, other draws",
    "--preset standard --out RUN --resume": "go on with a run that was interrupted",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_preset(parser, "about a minute")
    parser.add_argument(
        "--argument",
        default="power",
        metavar="NAME",
        help="which argument: power (default) or sycophancy",
    )
    add_run_options(parser)
    add_resume(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when done, 130 when interrupted (with what there was saved)."""
    seed = whole_number("--seed", args.seed, low=0, high=2**32 - 1)
    check_resume(args)
    # Cheap names first, so that a typing error costs no import of JAX.
    from powerseek.toymodels.argument import ARGUMENTS

    argument = one_of("--argument", args.argument, ARGUMENTS)
    from powerseek.argue import PRESETS
    from powerseek.argue.store import DOCUMENT, REPORT, RESULTS, RUN, open_folder

    preset = one_of("--preset", args.preset, PRESETS)
    name = f"argue-{argument.name}-{preset.name}-seed{seed}"
    files = () if args.resume else (REPORT, DOCUMENT, RESULTS, RUN)
    with open_folder(args.out, name, args.overwrite, files, args.resume) as folder:
        what = {"argument": argument.name, "preset": preset.name, "seed": seed}
        kept = kept_parts(folder, args.resume, command="argue", **what)
        status = _run_into(folder, kept, argument, preset, seed, args.json)
    if status == INTERRUPTED:
        say_interrupted(folder, ["argue", *(f"--{key}={value}" for key, value in what.items())])
    return status


def _run_into(
    folder: Path,
    kept: KeptParts,
    argument: Argument,
    preset: Preset,
    seed: int,
    as_json: bool,
) -> int:
    """Run everything and write it to a folder; the exit status."""
    from powerseek.argue import summarise
    from powerseek.argue.experiment import stages_of
    from powerseek.argue.store import DOCUMENT, REPORT, RESULTS, write_results
    from powerseek.argue.terminal import print_rules, print_summary

    console = open_console(stderr=as_json, markup=True)
    print_rules(console, argument)
    stages: dict[str, xarray.Dataset] = {}
    interrupted = False
    try:
        with interruptible() as check:
            _run_stages(argument, preset, seed, stages, kept, check)
    except KeyboardInterrupt:
        interrupted = True
        kept.note_time()
        stages = kept.datasets_of(stages_of(argument, preset, seed))
    if stages:
        write_results(folder / RESULTS, stages)
    seconds = kept.seconds
    summary = summarise(argument, preset, seed, stages)
    document = _write(folder, summary, stages, seconds, interrupted)
    if not interrupted:
        kept.remove()
    if as_json:
        json.dump(document, sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        print_summary(console, summary)
        agents = _agents(stages)
        console.print(
            f"{agents:,} agents in {seconds:.0f} s ({agents / seconds:,.0f} agents per second, "
            "compilation included)",
            highlight=False,
        )
        for name in (REPORT, DOCUMENT, RESULTS):
            if (folder / name).exists():
                console.print(f"wrote {folder / name}", highlight=False, soft_wrap=True)
    return INTERRUPTED if interrupted else 0


def _run_stages(
    argument: Argument,
    preset: Preset,
    seed: int,
    stages: dict[str, xarray.Dataset],
    kept: KeptParts,
    check: Callable[[], None],
) -> None:
    """Run all stages and show how far they are; what there is of them goes into ``stages``."""
    from powerseek.argue import run_stages
    from powerseek.argue.experiment import stages_of

    units = dict.fromkeys(stages_of(argument, preset, seed), "steps")
    with progress_bars(units) as progress:
        for name, dataset in run_stages(argument, preset, seed, progress, kept.recall_of):
            stages[name] = dataset
            check()


def _write(
    folder: Path,
    summary: Summary,
    stages: dict[str, xarray.Dataset],
    seconds: float,
    interrupted: bool,
) -> dict[str, object]:
    """Write argument.json and report.html; returns the document."""
    from powerseek import __version__
    from powerseek.argue.report import render
    from powerseek.argue.store import DOCUMENT, REPORT, RUN, write_json, write_text

    document = summary.to_json()
    document["complete"] = not interrupted
    document["version"] = __version__
    meta = (
        f"powerseek {__version__}, preset {summary.preset.name} ({summary.preset.seeds} seeds, "
        f"{summary.preset.updates} updates), seed {summary.seed}, {_agents(stages):,} agents"
        + (", interrupted" if interrupted else "")
    )
    # Timing differs between runs, so it is kept apart from the results.
    run = {"seconds": round(seconds, 1), "agents": _agents(stages)}
    write_json(folder / DOCUMENT, document)
    write_json(folder / RUN, run)
    write_text(folder / REPORT, render(summary, stages, meta))
    return document | {"out": str(folder), "run": run}


def _agents(stages: dict[str, xarray.Dataset]) -> int:
    """How many agents were trained: every setting and seed once."""
    return sum(map(_trained, stages.values()))


def _trained(data: xarray.Dataset) -> int:
    if "goals" in data.dims:  # in graphs: an agent, and its twin and others as often as goals
        return int(data["bayes"].notnull().sum()) * (1 + data.sizes["goals"])
    told = data["told"] if "told" in data else data["log_odds"].isel(probe=0)
    return int(told.notnull().any("updates").sum())
