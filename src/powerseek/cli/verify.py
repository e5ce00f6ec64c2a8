"""`powerseek verify`: run the properties that every MDP has on one MDP, or drives on a world."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, TypeVar

from powerseek.cli.above_bars import above_bars
from powerseek.cli.console import open_console
from powerseek.cli.maths import in_characters
from powerseek.cli.options import one_of, refuse_given, whole_number
from powerseek.cli.progress import progress_bars
from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from rich.console import Console

    from powerseek.testing import DriveOutcome, DriveProperty, MDPProperty, Outcome

P = TypeVar("P")
Found = TypeVar("Found")

HELP = "check a world against everything that must hold of it"
EXAMPLES = {
    "my-world.json": "all that must hold of POWER in it",
    "gallery:wait --property power_monotone --json": "one property, as data",
    "world:hub": "all that must hold of drives, on agents trained in the hub",
}

FORMAT = "powerseek-verify/1"
CHECKING = "checking"
"""What the progress bar is called."""
TOY = "world:"
"""What the name of a toy world is preceded by."""

_STYLE = {"holds": "green", "violated": "bold red", "skipped": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "world",
        nargs="?",
        metavar="FILE",
        help="an MDP file, gallery:NAME, or gym:ENV_ID, as for `powerseek power`; or "
        "world:NAME, a toy world, to check the properties of drives on agents trained in it",
    )
    parser.add_argument("--list", action="store_true", help="list the properties and exit")
    parser.add_argument("--gamma", metavar="G", help="the discount rate of an MDP (default: 9/10)")
    parser.add_argument(
        "--property",
        action="append",
        metavar="NAME",
        help="check this property of --list only; may be repeated (default: all)",
    )
    parser.add_argument(
        "--examples",
        metavar="N",
        help="with world:NAME, agents to try for each property (default: 20)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print only a JSON document on standard output"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 if a property is violated."""
    from powerseek.testing import DRIVE_PROPERTIES, PROPERTIES

    toy = args.world is not None and args.world.startswith(TOY)
    if args.list:
        refuse_given({"--gamma": args.gamma, "--examples": args.examples}, "no --list beside it")
        both = {**PROPERTIES, **DRIVE_PROPERTIES} if args.world is None else {}
        known: Mapping[str, Any] = both or (DRIVE_PROPERTIES if toy else PROPERTIES)
        _print_list(_chosen(args, known), args.json)
        return 0
    if args.world is None:
        raise InvalidInput(
            "FILE: missing, expected an MDP file, gallery:NAME, gym:ENV_ID or world:NAME "
            "(--list shows the properties)"
        )
    if toy:
        return _run_drives(args, _chosen(args, DRIVE_PROPERTIES))
    return _run_mdp(args, _chosen(args, PROPERTIES))


def _chosen(args: argparse.Namespace, known: Mapping[str, P]) -> list[P]:
    """The properties that are asked for, each once; all if none is named."""
    return [one_of("--property", name, known) for name in dict.fromkeys(args.property or known)]


def _run_mdp(args: argparse.Namespace, chosen: list[MDPProperty]) -> int:
    """Properties of MDPs on one MDP."""
    from powerseek.cli.power import read_world
    from powerseek.testing import Verdict, verify
    from powerseek.theory.discount import discount

    refuse_given({"--examples": args.examples}, "world:NAME to go with it")
    gamma = discount("9/10" if args.gamma is None else args.gamma)
    mdp = read_world(args.world).mdp
    console = open_console(stderr=args.json)
    width = max(len(claim.name) for claim in chosen)
    found = verify(mdp, gamma, chosen)
    outcomes = _as_found(
        console, found, len(chosen), lambda one: _print_outcome(console, one, width)
    )
    counts = {v: sum(o.verdict is v for o in outcomes) for v in Verdict}
    console.print(
        f"{mdp.n_states} states, discount rate {gamma}: "
        + ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())
    )
    violated = counts[Verdict.VIOLATED] > 0
    if args.json:
        entries = [_to_json(outcome) for outcome in outcomes]
        _print_json({"world": args.world, "gamma": str(gamma), "ok": not violated}, entries)
    return 1 if violated else 0


def _as_found(
    console: Console, found: Iterable[Found], total: int, show: Callable[[Found], None]
) -> list[Found]:
    """All outcomes; each is shown as soon as there is one, above the progress."""
    outcomes: list[Found] = []
    with progress_bars({CHECKING: "properties"}) as progress:
        progress(CHECKING, 0, total)
        for outcome in found:
            outcomes.append(outcome)
            with above_bars(console):
                show(outcome)
            progress(CHECKING, len(outcomes), total)
    return outcomes


def _run_drives(args: argparse.Namespace, chosen: list[DriveProperty]) -> int:
    """Properties of drives on agents trained in a toy world."""
    from powerseek.proofs.drive_properties import EXAMPLES
    from powerseek.testing import verify_world
    from powerseek.toymodels.worlds import DETOUR_WORLDS

    refuse_given({"--gamma": args.gamma}, "an MDP to go with it")
    one_of("world", world := args.world.removeprefix(TOY), DETOUR_WORLDS)
    given = str(EXAMPLES) if args.examples is None else args.examples
    examples = whole_number("--examples", given, 1, 10**6)
    console = open_console(stderr=args.json)
    width = max(len(claim.name) for claim in chosen)
    found = verify_world(world, chosen, examples)
    outcomes = _as_found(console, found, len(chosen), lambda one: _print_drive(console, one, width))
    violated = sum(outcome.violation is not None for outcome in outcomes)
    console.print(
        f"{examples} agents for each property in the {world} world: "
        f"{len(outcomes) - violated} hold, {violated} violated"
    )
    if args.json:
        entries = [_drive_to_json(outcome) for outcome in outcomes]
        about = {"world": args.world, "examples": examples, "ok": not violated}
        _print_json(about, entries)
    return 1 if violated else 0


def _print_json(about: dict[str, object], entries: list[dict[str, object]]) -> None:
    """One document on standard output."""
    document = {"format": FORMAT, **about, "properties": entries}
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    print()


def _print_list(properties: list[MDPProperty | DriveProperty], as_json: bool) -> None:
    """Names, statements and sources."""
    if as_json:
        rows = [{"name": p.name, "statement": p.statement, "source": p.source} for p in properties]
        json.dump(rows, sys.stdout, indent=2)
        print()
        return
    width = max(len(p.name) for p in properties)
    for p in properties:
        print(f"{p.name:{width}}  {in_characters(p.statement)}")


def _print_statement(console: Console, claim: MDPProperty | DriveProperty) -> None:
    """What is violated."""
    console.print(f"  the property: {in_characters(claim.statement)}", soft_wrap=True)


def _print_outcome(console: Console, outcome: Outcome, width: int) -> None:
    """One line; on a violation also the statement and the smallest MDP."""
    from powerseek.theory.mdp_json import mdp_to_json

    word = outcome.verdict.value
    console.print(f"{outcome.property.name:{width}}  ", end="")
    console.print(word, style=_STYLE[word], end="")
    why = f" ({outcome.detail})" if outcome.detail else ""
    console.print(f"{why}, {outcome.seconds:.1f} s" if word != "skipped" else why, soft_wrap=True)
    if outcome.violation is not None:
        _print_statement(console, outcome.property)
        console.print(f"  smallest counterexample: {outcome.violation.detail}", soft_wrap=True)
        console.print(mdp_to_json(outcome.violation.mdp), soft_wrap=True)


def _to_json(outcome: Outcome) -> dict[str, object]:
    """As data."""
    from powerseek.theory.mdp_json import mdp_to_json

    found = outcome.violation
    return {
        "name": outcome.property.name,
        "verdict": outcome.verdict.value,
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 2),
        "counterexample": None
        if found is None
        else {"detail": found.detail, "mdp": json.loads(mdp_to_json(found.mdp))},
    }


def _print_drive(console: Console, outcome: DriveOutcome, width: int) -> None:
    """One line; on a violation also the statement and the simplest agent."""
    word = outcome.verdict.value
    console.print(f"{outcome.property.name:{width}}  ", end="")
    console.print(word, style=_STYLE[word], end="")
    why = f" ({outcome.detail})" if outcome.detail else ""
    console.print(f"{why}, {outcome.seconds:.1f} s", soft_wrap=True)
    if outcome.violation is not None:
        found = outcome.violation
        _print_statement(console, outcome.property)
        console.print(f"  simplest agent: seed {found.seed}, {found.knobs}", soft_wrap=True)


def _drive_to_json(outcome: DriveOutcome) -> dict[str, object]:
    """As data."""
    from dataclasses import asdict

    found = outcome.violation
    knobs: dict[str, Any] = {} if found is None else asdict(found.knobs)
    return {
        "name": outcome.property.name,
        "verdict": outcome.verdict.value,
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 2),
        "counterexample": None
        if found is None
        else {
            "detail": found.detail,
            "seed": found.seed,
            "knobs": {name: float(value) for name, value in knobs.items()},
        },
    }
