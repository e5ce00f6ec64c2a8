"""`powerseek predictions`: the essay's predictions and remedies, tested."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from functools import partial
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
    from collections.abc import Sequence
    from pathlib import Path

    import xarray
    from rich.table import Table

    from powerseek.argue.kept_parts import KeptParts
    from powerseek.argue.prediction_verdicts import Finding
    from powerseek.argue.predictions import Scale

HELP = "test the predictions and remedies: steering, coherence, supervision and others"
EXAMPLES = {
    "steering coherence": "two of the predictions, in a few minutes",
    "--preset standard --out RUN --resume": "go on with a run of all that was interrupted",
}

DOCUMENT = "predictions.json"

NAMES = ("supervision", "steering", "coherence", "taxonomy", "own-sake")
"""Every experiment; a test holds that these are those of `powerseek.argue.predictions`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)} (default: all)"
    )
    add_preset(parser, "a few minutes")
    add_run_options(parser)
    add_resume(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when done, 130 when interrupted (with what there was saved)."""
    seed = whole_number("--seed", args.seed, low=0, high=2**32 - 1)
    check_resume(args)
    names = [one_of("NAME", name, {n: n for n in NAMES}) for name in args.names or NAMES]
    from powerseek.argue.predictions import SCALES
    from powerseek.argue.store import RESULTS, open_folder

    scale = one_of("--preset", args.preset, SCALES)
    stem = f"predictions-{scale.name}-seed{seed}"
    files = () if args.resume else (DOCUMENT, RESULTS)
    with open_folder(args.out, stem, args.overwrite, files, args.resume) as folder:
        what = {"preset": scale.name, "seed": seed}
        kept = kept_parts(folder, args.resume, command="predictions", names=names, **what)
        status = _run_into(folder, kept, names, scale, seed, args.json)
    if status == INTERRUPTED:
        options = (f"--{key}={value}" for key, value in what.items())
        say_interrupted(folder, ["predictions", *names, *options])
    return status


def _run_into(
    folder: Path, kept: KeptParts, names: Sequence[str], scale: Scale, seed: int, as_json: bool
) -> int:
    """Run the experiments and write what comes of them to a folder; the exit status."""
    from rich.markdown import Markdown

    from powerseek.argue.prediction_verdicts import FINDINGS
    from powerseek.argue.predictions import PREDICTIONS
    from powerseek.argue.stage import is_whole
    from powerseek.argue.store import RESULTS, write_json, write_results

    console = open_console(stderr=as_json, markup=True)
    data: dict[str, xarray.Dataset] = {}
    findings: list[Finding] = []
    interrupted = False
    try:
        with interruptible() as check:
            for name in names:
                stage = PREDICTIONS[name](scale, seed)
                with progress_bars({name: "steps"}) as progress:
                    for dataset in stage.grow(partial(progress, name), kept.recall_of(name)):
                        data[name] = dataset
                        check()
                found = FINDINGS[name](data[name])
                findings.append(found)
                console.print(f"\n[bold]{found.title}[/]")
                console.print(f"Rule: {found.rule}\n", highlight=False, markup=False)
                console.print(rows_table(found))
                for sentence in found.sentences:
                    console.print(Markdown(f"- {sentence}"))
    except KeyboardInterrupt:
        interrupted = True
        kept.note_time()
        data = kept.datasets_of({name: PREDICTIONS[name](scale, seed) for name in names})
        findings = [FINDINGS[name](found) for name, found in data.items() if is_whole(found)]
    if data:
        write_results(folder / RESULTS, data)
    document = {
        "format": "powerseek-predictions/1",
        "preset": asdict(scale),
        "seed": seed,
        "complete": not interrupted,
        "findings": [asdict(found) for found in findings],
    }
    write_json(folder / DOCUMENT, document)
    seconds = round(kept.seconds, 1)
    if not interrupted:
        kept.remove()
    if as_json:
        out = document | {"out": str(folder), "run": {"seconds": seconds}}
        json.dump(out, sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        console.print(f"\n{seconds:.0f} s; wrote {folder}", highlight=False, soft_wrap=True)
    return INTERRUPTED if interrupted else 0


def rows_table(found: Finding) -> Table:
    """What was found, with every digit: a narrow terminal folds cells."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column in found.head:
        table.add_column(column, overflow="fold")
    for row in found.rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    return table
