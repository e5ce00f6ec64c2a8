"""`powerseek prove`: check the ledger of theorems."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from powerseek.proofs import Check, Report, Theorem

HELP = "check the theorems: their proofs by Coq, their properties on random instances"

FORMAT = "powerseek-ledger/1"
CHECKERS = {"coq": "Coq"}

_STYLE = {"holds": "green", "fails": "bold red", "not checked here": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="theorems (default: all)")
    parser.add_argument("--list", action="store_true", help="list the theorems and exit")
    parser.add_argument(
        "--require",
        metavar="CHECKER",
        help="fail if this checker is missing; without it proofs that cannot be checked "
        "here are reported as such (the one checker is: coq)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print only the JSON document on standard output",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 if anything claimed does not check."""
    from powerseek.cli.options import one_of

    required = None if args.require is None else one_of("--require", args.require, CHECKERS)
    from powerseek.proofs import named

    theorems = named(args.names)
    if args.list:
        _print_list(theorems, args.json)
        return 0
    from rich.console import Console

    from powerseek.proofs import Verdict, check

    console = Console(stderr=args.json, highlight=False)
    reports = []
    for report in check(theorems):
        reports.append(report)
        _print_report(console, report)
    unchecked = [
        r.theorem.name for r in reports if r.proof and r.proof.verdict is Verdict.NOT_CHECKED
    ]
    ok = not any(r.fails for r in reports) and not (unchecked and required)
    _print_summary(console, reports, len(unchecked))
    if args.json:
        document = {
            "format": FORMAT,
            "ok": ok,
            "not_checked": unchecked,
            "theorems": [r.to_json() for r in reports],
        }
        json.dump(document, sys.stdout, indent=2, allow_nan=False)
        print()
    if unchecked and required:
        print(f"powerseek: --require {args.require}: coqc not found", file=sys.stderr)
    return 0 if ok else 1


def _print_list(theorems: Sequence[Theorem], as_json: bool) -> None:
    """Names, status and titles."""
    if as_json:
        rows = [{"name": t.name, "status": t.status.value, "title": t.title} for t in theorems]
        json.dump(rows, sys.stdout, indent=2)
        print()
    else:
        width = max(len(t.name) for t in theorems)
        for t in theorems:
            print(f"{t.name:{width}}  {t.status.value:10}  {t.title}")


def _print_report(console: Console, report: Report) -> None:
    """One theorem: its status, and what each check said."""
    theorem = report.theorem
    console.print(f"[bold]{theorem.name}[/] ({theorem.status.value}): {theorem.title}")
    if report.proof is not None:
        _print_check(console, "proof", report.proof)
        if report.proof.trusts:
            console.print(f"  {'':8} trusts: {', '.join(report.proof.trusts)}", markup=False)
    _print_check(console, "property", report.tested)


def _print_check(console: Console, face: str, check: Check) -> None:
    from rich.markup import escape

    style = _STYLE[check.verdict.value]
    seconds = f", {check.seconds:.1f} s" if check.seconds else ""
    console.print(
        f"  {face:8} [{style}]{check.verdict.value}[/] ({check.checker}{seconds}): "
        f"{escape(check.detail)}"
    )


def _print_summary(console: Console, reports: Sequence[Report], unchecked: int) -> None:
    """The count, and what the trust rests on."""
    from powerseek.proofs.coq_checker import AXIOMS

    proved = sum(r.proof is not None for r in reports) - unchecked
    failed = sum(r.fails for r in reports)
    console.print(
        f"\n{len(reports)} theorems: {proved} proofs checked here by Coq, "
        f"{unchecked} not checked here, {failed} failing"
    )
    trusted = sorted({axiom for r in reports if r.proof for axiom in r.proof.trusts})
    if trusted:
        console.print("Taken for granted, beyond Coq itself:")
        for axiom in trusted:
            meaning = AXIOMS.get(axiom, "not an allowed axiom")
            console.print(f"  {axiom}: {meaning}", markup=False)
