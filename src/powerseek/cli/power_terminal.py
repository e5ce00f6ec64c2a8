"""How `powerseek power` shows a table of POWER in a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from powerseek.cli.console import open_console
from powerseek.theory.exact.piecewise_rational import PiecewiseRational
from powerseek.theory.power_table import PowerTable, SymbolicPowerTable
from powerseek.theory.results import Estimate, Exact, Result

BAR = 24
"""Width of the longest bar, in characters."""

_NOTHING = 1e-9
"""Standard errors up to this are rounding of something that does not vary."""

_SHORT_FORMULA = 40
"""Formulas up to this length are shown again for every state."""

LONGEST_FRACTION = 24
"""Longer fractions are left to ``--json``."""


def print_table(
    table: PowerTable | SymbolicPowerTable,
    title: str,
    seconds: float,
    plot: str | None = None,
) -> None:
    """Print a table, its note, the time it took and where the figure went."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    console = open_console()
    gamma = "gamma" if console.options.ascii_only else "\N{GREEK SMALL LETTER GAMMA}"
    if isinstance(table, PowerTable):
        heading = f"POWER in {title}, {table.reward} rewards, {gamma} = {table.gamma}"
        shown = _numbers(table, console.options.ascii_only)
    else:
        heading = f"POWER in {title}, {table.reward} rewards, as a function of {gamma}"
        shown = _formulas(table)
    console.print(Text(heading, style="bold"))
    console.print(shown)
    if isinstance(table, PowerTable) and table.note:
        console.print(Text(f"note: {table.note}", style="yellow"))
    console.print(Text(f"{_method(table)} in {seconds:.2f} s", style="dim"))
    if plot is not None:
        console.print(Text(f"wrote {plot}"), soft_wrap=True)


def _numbers(table: PowerTable, ascii_only: bool) -> Table:
    ranking = table.ranking()
    sampled = any(result.stderr for _, result in ranking)
    exact = [str(r.exact) if isinstance(r, Exact) else "" for _, r in ranking]
    with_exact = any(0 < len(text) <= LONGEST_FRACTION for text in exact)
    low, high = ranking[-1][1].value, ranking[0][1].value
    columns = _columns(table)
    columns.add_column("POWER", justify="right", no_wrap=True)
    if sampled:
        columns.add_column("+- s.e." if ascii_only else "± s.e.", no_wrap=True)
    if with_exact:
        columns.add_column("exact", no_wrap=True)
    columns.add_column(f"{low:.3f} to {high:.3f}", no_wrap=True)
    digits = _digits([result for _, result in ranking])
    for (state, result), fraction in zip(ranking, exact, strict=True):
        cells: list[Text | str] = [Text(_printable(state)), f"{result.value:.{digits}f}"]
        if sampled:
            cells.append(f"{result.stderr:.1g}" if result.stderr > _NOTHING else "0")
        if with_exact:
            cells.append(fraction if len(fraction) <= LONGEST_FRACTION else "...")
        share = (result.value - low) / (high - low) if high > low else 1.0
        columns.add_row(*cells, Text(_bar(share, ascii_only), style="cyan"))
    return columns


def _formulas(table: SymbolicPowerTable) -> Table:
    """One line for each piece of each formula, the largest limit at 1 first.

    A formula that stands there already is referred to by its state.
    """
    columns = _columns(table)
    in_pieces = any(formula.breakpoints for formula in table.values())
    if in_pieces:
        columns.add_column("gamma up to", no_wrap=True)
    columns.add_column("POWER", overflow="fold")
    shown: dict[PiecewiseRational, str] = {}
    for state in sorted(table, key=lambda s: -table[s].limit_at_one):
        function, expression = table[state].function, table[state].expr
        pieces = getattr(expression, "args", ()) if table[state].breakpoints else ()
        formulas = [str(piece[0]) for piece in pieces] or [str(expression)]
        ends = [*map(str, table[state].breakpoints), "1"]
        if function in shown and len("".join(formulas)) > _SHORT_FORMULA:
            ends, formulas = ["1"], [f"as {shown[function]}"]
        shown.setdefault(function, _printable(state))
        for i, (end, formula) in enumerate(zip(ends, formulas, strict=True)):
            name = Text(_printable(state)) if i == 0 else Text()
            columns.add_row(name, *([end] if in_pieces else []), Text(formula))
    return columns


def _columns(table: PowerTable | SymbolicPowerTable) -> Table:
    columns = Table(box=None, pad_edge=False, header_style="dim")
    columns.add_column(f"{len(table)} states", overflow="fold")
    return columns


def _digits(results: Sequence[Result]) -> int:
    """Decimals worth showing: two beyond the largest standard error, at most six."""
    worst = max(result.stderr for result in results)
    return 6 if worst == 0 else max(3, min(6, len(f"{1 / worst:.0f}") + 1))


def _bar(share: float, ascii_only: bool) -> str:
    """A bar from one eighth of a character (the smallest) to `BAR` characters."""
    if ascii_only:
        return "#" * max(1, round(share * BAR))
    eighths = max(1, round(share * BAR * 8))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8]


def _printable(name: str) -> str:
    """A name without characters that move the cursor."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def _method(table: PowerTable | SymbolicPowerTable) -> str:
    if isinstance(table, SymbolicPowerTable) or table.method == "symbolic":
        return "exact for every discount rate"
    if table.method == "exact":
        return "exact"
    samples = max(r.samples for r in table.results if isinstance(r, Estimate))
    return f"Monte Carlo, {samples:,} reward functions,"
