"""`powerseek prove`: check the ledger of theorems."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from powerseek.cli.above_bars import above_bars
from powerseek.cli.console import open_console
from powerseek.cli.options import one_of, refuse_given
from powerseek.cli.progress import progress_bars

if TYPE_CHECKING:
    from rich.console import Console

    from powerseek.proofs import Check, Report, Theorem

HELP = "check the theorems: proofs by Coq, parts by z3, properties on random instances"
EXAMPLES = {
    "separation": "one theorem",
    "--require coq --require smt": "all of them, and fail if a checker is missing",
}

FORMAT = "powerseek-ledger/1"
CHECKERS = {"coq": "coqc not found", "smt": "z3 not installed"}
"""Checkers that may be missing, and how that is said."""

_STYLE = {"holds": "green", "fails": "bold red", "not checked here": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a theorem of --list (default: all)"
    )
    parser.add_argument("--list", action="store_true", help="list the theorems and exit")
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="CHECKER",
        help="fail if this checker (coq or smt) is missing, may be repeated; without it "
        "proofs that cannot be checked here are reported as such",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print only the JSON document on standard output",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 if anything claimed does not check."""
    required = dict.fromkeys(args.require)
    for name in required:
        if args.list:
            refuse_given({"--require": name}, "no --list beside it")
        one_of("--require", name, CHECKERS)
    from powerseek.proofs import named

    theorems = named(list(dict.fromkeys(args.names)))
    if args.list:
        _print_list(theorems, args.json)
        return 0
    from powerseek.proofs import check

    console = open_console(stderr=args.json, markup=True)
    reports = []
    with progress_bars({"checking": "theorems"}) as progress:
        progress("checking", 0, len(theorems))
        for report in check(theorems):
            reports.append(report)
            with above_bars(console):
                _print_report(console, report)
            progress("checking", len(reports), len(theorems))
    unchecked = {
        "coq": [r.theorem.name for r in reports if _missed(r.proof)],
        "smt": [r.theorem.name for r in reports if _missed(r.smt)],
    }
    missing = [name for name in required if unchecked[name]]
    ok = not any(r.fails for r in reports) and not missing
    _print_summary(console, reports, unchecked)
    if args.json:
        document = {
            "format": FORMAT,
            "ok": ok,
            "not_checked": unchecked["coq"],
            "not_checked_smt": unchecked["smt"],
            "theorems": [r.to_json() for r in reports],
        }
        json.dump(document, sys.stdout, indent=2, allow_nan=False)
        print()
    for name in missing:
        print(f"powerseek: --require {name}: {CHECKERS[name]}", file=sys.stderr)
    return 0 if ok else 1


def _missed(check: Check | None) -> bool:
    """Whether a check was due and could not be made here."""
    return check is not None and check.verdict.value == "not checked here"


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
    if report.smt is not None:
        _print_check(console, "also", report.smt)
    _print_check(console, "property", report.tested)


def _print_check(console: Console, face: str, check: Check) -> None:
    from rich.markup import escape

    word = check.verdict.value
    style = _STYLE[word]
    if check.checker == "SMT" and word == "holds":
        word = "SMT-verified"
    by = check.trusts[0] if check.checker == "SMT" and check.trusts else check.checker
    seconds = f", {check.seconds:.1f} s" if check.seconds else ""
    console.print(f"  {face:8} [{style}]{word}[/] ({by}{seconds}): {escape(check.detail)}")


def _print_summary(
    console: Console, reports: Sequence[Report], unchecked: dict[str, list[str]]
) -> None:
    """The count, and what the trust rests on."""
    from powerseek.proofs.coq_checker import AXIOMS

    missed = len(unchecked["coq"])
    proved = sum(r.proof is not None for r in reports) - missed
    failed = sum(r.fails for r in reports)
    console.print(
        f"\n{len(reports)} theorems: {proved} proofs checked here by Coq, "
        f"{missed} not checked here, {failed} failing"
    )
    due = [r.smt for r in reports if r.smt is not None]
    if due:
        console.print(
            f"{len(due)} of them have parts for z3: {len(due) - len(unchecked['smt'])} checked "
            f"here, {len(unchecked['smt'])} not checked here"
        )
    trusted = sorted({axiom for r in reports if r.proof for axiom in r.proof.trusts})
    if trusted:
        console.print("Taken for granted, beyond Coq itself:")
        for axiom in trusted:
            meaning = AXIOMS.get(axiom, "not an allowed axiom")
            console.print(f"  {axiom}: {meaning}", markup=False)
    solvers = sorted({solver for check in due for solver in check.trusts})
    if solvers:
        console.print(
            f"Taken for granted, where it says SMT-verified: {', '.join(solvers)} as a whole. No "
            "theorem is called proved on that ground."
        )
