"""What `powerseek argue` prints: rules first, then results."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from powerseek.proofs.index import bearing_on
from powerseek.toymodels.argument import Argument
from powerseek.toymodels.statistics import Interval

from .summary import Summary, yes_or_no

_STYLE = {"supported": "bold red", "not supported": "bold blue", "inconclusive": "yellow"}


def print_rules(console: Console, argument: Argument) -> None:
    """The rule of every verdict, before anything is run."""
    table = Table(title="Rules, fixed beforehand", title_justify="left", box=None, pad_edge=False)
    for column in ("", "claim", "measured", "supported if the 95% interval is"):
        table.add_column(column)
    for claim in (*argument.premises, argument.conclusion):
        table.add_row(claim.id, claim.claim, claim.quantity, f"above {claim.margin:g}")
    console.print(table)
    console.print(
        "Not supported if it is below; for the conclusion, if it is below over some control, "
        "widened for looking at all of them. Otherwise inconclusive.\n"
    )


def print_summary(console: Console, summary: Summary) -> None:
    """Verdicts, learners, thresholds and the switchboard."""
    if summary.premises is not None and summary.conclusion is not None:
        table = _table(
            "Verdicts (all six premises on), and theorems that bear on each (powerseek prove)",
            *("", "claim", "mean [95%]", "verdict", "theorems"),
        )
        for verdict in (*summary.premises, summary.conclusion):
            style = _STYLE[verdict.word]
            table.add_row(
                verdict.claim.id,
                verdict.claim.name,
                _number(verdict.interval),
                f"[{style}]{verdict.word}[/]",
                ", ".join(theorem.name for theorem in bearing_on(verdict.claim.id)),
            )
        console.print(table)
    if summary.learners is not None:
        choice = summary.argument.choice
        table = _table(
            summary.argument.conclusion.quantity,
            *("learner", f"P({choice})", "over hardest control", "peak", "willing to pay", "C"),
        )
        for learner in summary.learners:
            table.add_row(
                learner.name,
                _number(learner.told),
                _number(learner.verdict.interval),
                f"{learner.peak[1]:.2f} at {learner.peak[0]}",
                _number(learner.willingness_to_pay),
                f"[{_STYLE[learner.verdict.word]}]{learner.verdict.word}[/]",
            )
        console.print(table)
    if summary.thresholds is not None:
        table = _table(
            "Need fraction at which the early drive changes sign",
            *("probe", "closed form", "measured [95%]"),
        )
        for t in summary.thresholds:
            table.add_row(t.probe, f"{t.predicted:.4f}", _number(t.measured, 4))
        console.print(table)
    if summary.effects is not None:
        table = _table(
            "Switchboard: 64 combinations of premises",
            *("premise", "drive with only this off", "main effect", "Shapley", "necessary"),
        )
        for effect in summary.effects:
            table.add_row(
                effect.premise,
                _number(effect.alone_off),
                _number(effect.main),
                _number(effect.shapley),
                yes_or_no(effect.necessary),
            )
        console.print(table)
        console.print(f"All six together sufficient: {yes_or_no(summary.sufficient)}\n")
    if summary.worlds is not None:
        table = _table(
            "The same in other worlds, linear learner",
            *("world", "premises", "P(power)", "over hardest control", "amount", "C"),
        )
        for world in summary.worlds:
            held = sum(v.word == "supported" for v in world.premises)
            verdict = world.learner.verdict
            table.add_row(
                world.name,
                f"{held} of {len(world.premises)}",
                _number(world.learner.told),
                _number(verdict.interval),
                _number(world.amount),
                f"[{_STYLE[verdict.word]}]{verdict.word}[/]",
            )
        console.print(table)
    console.print(f"[bold]{summary.answer()}[/]\n")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def _number(interval: Interval, digits: int = 2) -> str:
    return f"{interval.mean:.{digits}f} \\[{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
