"""`powerseek verify`: run the properties that every MDP has on one MDP."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from powerseek.proofs.properties import MDPProperty
    from powerseek.testing import Outcome

HELP = "check a world against everything that must hold of it"

FORMAT = "powerseek-verify/1"

_STYLE = {"holds": "green", "violated": "bold red", "skipped": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "world",
        nargs="?",
        metavar="FILE",
        help="an MDP file, gallery:NAME, or gym:ENV_ID, as for `powerseek power`",
    )
    parser.add_argument("--list", action="store_true", help="list the properties and exit")
    parser.add_argument(
        "--gamma", default="9/10", metavar="G", help="the discount rate (default: 9/10)"
    )
    parser.add_argument(
        "--property",
        action="append",
        metavar="NAME",
        help="check this property only; may be repeated (default: all)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print only a JSON document on standard output"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 if a property is violated."""
    from powerseek.cli.options import one_of
    from powerseek.cli.power import read_world
    from powerseek.proofs.properties import PROPERTIES
    from powerseek.theory.discount import discount
    from powerseek.theory.errors import InvalidInput

    names = args.property or list(PROPERTIES)
    chosen = [one_of("--property", name, PROPERTIES) for name in names]
    if args.list:
        _print_list(chosen, args.json)
        return 0
    if args.world is None:
        raise InvalidInput(
            "FILE: missing, expected an MDP file, gallery:NAME or gym:ENV_ID "
            "(--list shows the properties)"
        )
    gamma = discount(args.gamma)
    mdp = read_world(args.world).mdp

    from rich.console import Console

    from powerseek.testing import Verdict, verify

    console = Console(stderr=args.json, highlight=False, markup=False)
    outcomes = []
    width = max(len(claim.name) for claim in chosen)
    for outcome in verify(mdp, gamma, chosen):
        outcomes.append(outcome)
        _print_outcome(console, outcome, width)
    counts = {v: sum(o.verdict is v for o in outcomes) for v in Verdict}
    console.print(
        f"{mdp.n_states} states, discount rate {gamma}: "
        + ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())
    )
    violated = counts[Verdict.VIOLATED] > 0
    if args.json:
        document = {
            "format": FORMAT,
            "world": args.world,
            "gamma": str(gamma),
            "ok": not violated,
            "properties": [_to_json(outcome) for outcome in outcomes],
        }
        json.dump(document, sys.stdout, indent=2, allow_nan=False)
        print()
    return 1 if violated else 0


def _print_list(properties: list[MDPProperty], as_json: bool) -> None:
    """Names, statements and sources."""
    if as_json:
        rows = [{"name": p.name, "statement": p.statement, "source": p.source} for p in properties]
        json.dump(rows, sys.stdout, indent=2)
        print()
        return
    width = max(len(p.name) for p in properties)
    for p in properties:
        print(f"{p.name:{width}}  {p.statement}")


def _print_outcome(console: Console, outcome: Outcome, width: int) -> None:
    """One line; on a violation also the statement and the smallest MDP."""
    from powerseek.theory.mdp_json import mdp_to_json

    word = outcome.verdict.value
    console.print(f"{outcome.property.name:{width}}  ", end="")
    console.print(word, style=_STYLE[word], end="")
    why = f" ({outcome.detail})" if outcome.detail else ""
    console.print(f"{why}, {outcome.seconds:.1f} s" if word != "skipped" else why, soft_wrap=True)
    if outcome.violation is not None:
        console.print(f"  the property: {outcome.property.statement}", soft_wrap=True)
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
