"""`powerseek power`: the POWER of every state of a world."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from powerseek.theory.errors import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from powerseek.theory.mdp_json import MDPDocument
    from powerseek.theory.power_table import PowerTable, SymbolicPowerTable

HELP = "compute the POWER of every state of a world"
EXAMPLES = {
    "gallery:shutdown --gamma 9/10": "exactly, for rewards independent and uniform on [0, 1]",
    "my-world.json --method symbolic": "as a formula in gamma",
    '"gym:FrozenLake-v1?is_slippery=false" --gamma 0.9 --target-stderr 1e-4': (
        "by sampled rewards, until the standard error is small enough"
    ),
}

GALLERY, GYM = "gallery:", "gym:"
"""What a world that is no file begins with."""

DEFAULTS = {
    "reward": "uniform",
    "method": "auto",
    "samples": "100000",
    "seed": "0",
    "sampling": "iid",
}
"""What is filled in once it is known which options were given."""

MAX_SAMPLES = 10**9
MAX_SEED = 2**32 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "world",
        nargs="?",
        metavar="FILE",
        help="an MDP file, gallery:NAME, or gym:ENV_ID such as "
        "gym:FrozenLake-v1?is_slippery=false&map_name=8x8",
    )
    add("--list", action="store_true", help="list the worlds of the gallery and exit")
    add("--gamma", metavar="G", help="discount rate in (0, 1), such as 9/10; symbolic needs none")
    add(
        "--reward",
        metavar="NAME",
        help="distribution of rewards: uniform (default), exponential, simplex, gaussian",
    )
    add(
        "--method",
        metavar="NAME",
        help="auto (default: exact if that takes seconds), exact, symbolic, montecarlo",
    )
    add("--samples", metavar="N", help="montecarlo: reward functions to draw (default: 100000)")
    add("--seed", metavar="N", help="montecarlo: seed of the draws (default: 0)")
    add(
        "--target-stderr",
        metavar="X",
        help="montecarlo: draw until no standard error is above X, in units of POWER",
    )
    add(
        "--sampling",
        metavar="NAME",
        help="montecarlo: how rewards are drawn: iid (default), antithetic, sobol",
    )
    add(
        "--rationalize",
        action="store_true",
        help="replace float probabilities by nearby fractions, so that the MDP is exact",
    )
    add("--force", action="store_true", help="compute exactly however long it may take")
    add("--json", action="store_true", help="print only a JSON document on standard output")
    add("--plot", metavar="IMAGE", help="also draw a figure: a .png, .svg or .pdf file")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from powerseek.cli.options import whole_number
    from powerseek.theory.exact_numbers import exact_number

    _refuse_without_effect(args)
    if args.list:
        _print_gallery(args.json)
        return 0
    for name, value in DEFAULTS.items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    if args.world is None:
        raise InvalidInput(
            "FILE: missing, expected an MDP file, gallery:NAME or gym:ENV_ID "
            "(--list shows the gallery)"
        )
    if args.gamma is None:
        if args.method != "symbolic":
            raise InvalidInput(
                "--gamma: missing, expected a discount rate such as 9/10 (or --method symbolic, "
                "for formulas in it)"
            )
    else:
        exact_number("--gamma", args.gamma)  # refuses numerals of unbounded size
    samples = whole_number("--samples", args.samples, low=2, high=MAX_SAMPLES)
    seed = whole_number("--seed", args.seed, low=0, high=MAX_SEED)
    target = None if args.target_stderr is None else _positive(args.target_stderr)
    if args.plot is not None:
        from powerseek.theory.plots import check_plot_path

        check_plot_path(args.plot)
    world = read_world(args.world)
    mdp = world.mdp.rationalize() if args.rationalize else world.mdp

    from powerseek.cli.progress import progress_bars
    from powerseek.theory.power import power

    began = time.perf_counter()
    with progress_bars({"POWER": ""}, brief=True) as tell:
        table: PowerTable | SymbolicPowerTable = power(
            mdp,
            args.gamma,
            args.reward,
            args.method,
            samples=samples,
            seed=seed,
            target_stderr=target,
            sampling=args.sampling,
            force=args.force,
            workers=os.cpu_count() or 1,
            progress=partial(tell, "POWER"),
            announce=lambda size: print(f"powerseek: {size}", file=sys.stderr, flush=True),
        )
    seconds = time.perf_counter() - began
    if args.plot is not None:
        _plot(world, table, args.plot)
    if args.json:
        json.dump(table.to_json(), sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        from powerseek.cli.power_terminal import print_table

        print_table(table, world.name or Path(args.world).name, seconds, args.plot)
    return 0


def _refuse_without_effect(args: argparse.Namespace) -> None:
    """Refuse options that what they are given with leaves nothing to do for."""
    from powerseek.cli.options import refuse_given

    draws = {
        "--samples": args.samples,
        "--seed": args.seed,
        "--target-stderr": args.target_stderr,
        "--sampling": args.sampling,
    }
    if args.list:
        others = {
            "FILE": args.world,
            "--gamma": args.gamma,
            "--reward": args.reward,
            "--method": args.method,
            "--rationalize": args.rationalize,
            "--force": args.force,
            "--plot": args.plot,
        }
        refuse_given(others | draws, "nothing but --json beside --list")
    if args.method in ("exact", "symbolic"):
        refuse_given(draws, f"--method montecarlo or auto with it ({args.method} draws nothing)")
    if args.method == "montecarlo":
        refuse_given({"--force": args.force}, "another --method with it (this one is not exact)")
    if args.target_stderr is not None and args.sampling != "sobol":
        expected = "no --target-stderr with it (which draws as many as are needed)"
        refuse_given({"--samples": args.samples}, expected)


def read_world(name: str) -> MDPDocument:
    """The world that a command line argument means: a file, a gallery or a Gymnasium one.

    Raises:
        InvalidInput: naming the file and the field at fault, or the known names.

    >>> read_world("gallery:star-3").mdp.n_states
    4
    """
    from powerseek.theory.gallery import gallery, load
    from powerseek.theory.mdp_json import MDPDocument, read_document

    if name.startswith(GALLERY):
        load(name.removeprefix(GALLERY))  # refuses unknown names
        return gallery()[name.removeprefix(GALLERY)]
    if name.startswith(GYM):
        from powerseek.theory.toytext import from_gymnasium

        env_id, options = _environment(name.removeprefix(GYM))
        return MDPDocument(from_gymnasium(env_id, **options), env_id)
    if did_you_mean(name.rpartition(":")[2], gallery()) and not Path(name).exists():
        hint = did_you_mean(GALLERY + name, [GALLERY + known for known in gallery()])
        raise InvalidInput(f"FILE: no file {name!r}, expected an MDP file{hint}")
    return read_document(name)


def _environment(text: str) -> tuple[str, dict[str, object]]:
    """Split ``ID?key=value&key=value``; values are read as bools and numbers if they can.

    >>> _environment("FrozenLake-v1?is_slippery=false&map_name=8x8")
    ('FrozenLake-v1', {'is_slippery': False, 'map_name': '8x8'})
    """
    env_id, _, query = text.partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise InvalidInput.of(GYM, text, "ENV_ID?key=value&key=value") from None
    names = [key for key, _ in pairs]
    if len(set(names)) < len(names):
        raise InvalidInput.of(GYM, text, "each argument once")
    return env_id, {key: _option_value(value) for key, value in pairs}


def _option_value(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise InvalidInput.of("--target-stderr", text, "a positive number")
    return number


def _print_gallery(as_json: bool) -> None:
    from powerseek.theory.gallery import gallery

    if as_json:
        listing = [
            {
                "name": name,
                "states": world.mdp.n_states,
                "description": world.description,
                "source": world.source,
            }
            for name, world in gallery().items()
        ]
        json.dump(listing, sys.stdout, indent=2)
        print()
        return
    width = max(map(len, gallery())) + len(GALLERY)
    for name, world in gallery().items():
        print(f"{GALLERY + name:{width}}  {world.mdp.n_states:3} states  {world.description}")


def _plot(world: MDPDocument, table: PowerTable | SymbolicPowerTable, path: str) -> None:
    from powerseek.theory.plots import plot_power, save_figure

    save_figure(plot_power(world, table, world.name), path)
