"""The report: one HTML file that opens offline, with every figure inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from powerseek.toymodels.statistics import Interval
from powerseek.toymodels.verdicts import Verdict
from powerseek.toymodels.worlds import WORLDS

from . import figures
from .experiment import baseline_knobs, recipes
from .summary import (
    EARLY_UPDATES,
    Summary,
    WorldSummary,
    closed_form_thresholds,
    yes_or_no,
)

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_CSS = """
:root { --ink: #22272d; --muted: #5c6670; --line: #e3ded3; --paper: #fdfbf7; --wash: #f5f1e8;
        --yes: #b4451f; --no: #1b5a86; --maybe: #75641c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dfe2e6; --muted: #a3acb8; --line: #32383f; --paper: #15191d; --wash: #1e2328;
          --yes: #f0906a; --no: #85bce6; --maybe: #d9c56b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.2rem 5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.8rem 0 .6rem; }
p, li { max-width: 46rem; }
.answer { font-size: 1.15rem; border-left: 4px solid var(--yes); padding: .2rem 0 .2rem 1rem; }
.meta, figcaption, .rule { color: var(--muted); font-size: .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th, td { text-align: left; padding: .45rem .7rem .45rem 0; vertical-align: top;
         border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--muted); }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.word { font-weight: 600; white-space: nowrap; }
.supported { color: var(--yes); } .not-supported { color: var(--no); }
.inconclusive { color: var(--maybe); }
figure { margin: 1.2rem 0; } figure .picture { background: #fff; border: 1px solid var(--line);
  border-radius: 8px; padding: .6rem; overflow-x: auto; }
figure svg { width: 100%; min-width: 34rem; height: auto; display: block; }
code { background: var(--wash); border-radius: 4px; padding: .1em .35em; font-size: .9em; }
"""


def render(summary: Summary, stages: Mapping[str, xarray.Dataset], meta: str) -> str:
    """The whole report as HTML.

    Args:
        summary: what was judged.
        stages: the datasets it was judged on.
        meta: one line on how the numbers were made (preset, seed, time).
    """
    parts = [
        f"<h1>Does reinforced {escape(summary.argument.act)} become an intrinsic drive?</h1>",
        f'<p class="meta">{escape(meta)}</p>',
        f'<p class="answer">{escape(summary.answer())}</p>',
        *_claims(summary),
        *_learners(summary, stages),
        *_phase(summary, stages),
        *_early(summary, stages),
        *_switchboard(summary, stages),
        *_worlds(summary),
        *_reading(summary),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>powerseek: the {escape(summary.argument.name)} argument</title>"
        f"<style>{_CSS}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _claims(summary: Summary) -> list[str]:
    if summary.premises is None or summary.conclusion is None:
        return ["<p>The run was interrupted before the premises were measured.</p>"]
    rows = [
        [
            escape(v.claim.id),
            f"<strong>{escape(v.claim.name)}</strong><br>{escape(v.claim.claim)}"
            f'<br><span class="rule">{escape(v.claim.quantity)}</span>',
            _number(v.interval),
            f"{v.claim.margin:g}",
            f'{_word(v)}<br><span class="rule">{escape(v.rule)}</span>',
        ]
        for v in (*summary.premises, summary.conclusion)
    ]
    head = ["", "claim, and what is measured", "mean [95% interval]", "margin", "verdict"]
    return [
        "<h2>Six premises and a conclusion</h2>",
        "<p>Agents with all six switches on. A claim is supported when its whole 95% interval "
        "over seeds lies above a margin fixed beforehand, not supported when it lies below.</p>",
        _table(head, rows),
    ]


def _learners(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> list[str]:
    if summary.learners is None:
        return []
    knobs = baseline_knobs(summary.argument)
    bayes = float(WORLDS[summary.argument.worlds[0]][0]().bayes_power(knobs)["told"])
    rows = [
        [
            escape(learner.name),
            _word(learner.verdict),
            _number(learner.told),
            *(_number(learner.over[control]) for control in learner.over),
            f"{learner.peak[1]:.2f} at {learner.peak[0]}",
            _number(learner.willingness_to_pay),
            _number(learner.capability),
        ]
        for learner in summary.learners
    ]
    controls = [f"over {c}" for c in summary.learners[0].over]
    choice = summary.argument.choice
    head = ["learner", "C", f"P({choice})", *controls, "peak", "willing to pay", "capability"]
    return [
        "<h2>The drive, against three controls</h2>",
        f"<p>P({choice}) in contexts never trained on, which show it to be useless there. The "
        f"decoy twin had the same training with the looks of {choice} on a useless option. "
        "Willingness to pay is the price of indifference to what is worth 0. Capability is "
        "return over the best possible return on the training tasks.</p>",
        _table(head, rows),
        _figure(
            figures.learners_over_time(stages["learners"], knobs, bayes, choice),
            f"P({choice}) over training for each learner and its controls",
            "Lines are means over seeds, bands 95% intervals. A curve that rises and falls is a "
            "transient drive: reinforced first, unlearned later.",
        ),
    ]


def _phase(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> list[str]:
    if summary.thresholds is None:
        return []
    rows = [
        [t.probe, f"{t.predicted:.4f}", _number(t.measured, 4), str(t.updates)]
        for t in summary.thresholds
    ]
    return [
        "<h2>When does it happen? Need, and training time</h2>",
        _figure(
            figures.phase_diagram(
                stages["phase"], closed_form_thresholds(summary.argument), summary.argument.choice
            ),
            f"Drive over the fraction of tasks that need {summary.argument.choice}, over training",
            "Dashed: the closed-form early threshold. Dotted: 1/2, where the sign settles late "
            "in training. Black: where the measured drive is zero.",
        ),
        _table(["probe", "p* predicted", "p* measured [95% interval]", "after updates"], rows),
    ]


def _early(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> list[str]:
    if summary.early is None:
        return []
    rows = [
        [str(e.updates), f"{e.correlation:.4f}", f"{e.largest_error:.2g}"] for e in summary.early
    ]
    return [
        "<h2>Theory against training</h2>",
        _figure(
            figures.early_drive(stages["phase"], EARLY_UPDATES),
            "Predicted against measured early drive",
            "One point per need fraction; the line is equality. The prediction is first order "
            "in time, so it falls behind as training goes on.",
        ),
        _table(["updates", "correlation", "largest error of the mean"], rows),
    ]


def _switchboard(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> list[str]:
    if summary.effects is None:
        return []
    rows = [
        [
            effect.premise,
            _number(effect.alone_off),
            _number(effect.main),
            _number(effect.shapley),
            f'<span class="word">{yes_or_no(effect.necessary)}</span>',
        ]
        for effect in summary.effects
    ]
    head = [
        "premise",
        "drive with only this off",
        "main effect",
        "Shapley share",
        "necessary?",
    ]
    return [
        "<h2>The switchboard: all 64 combinations</h2>",
        f"<p>Are all six premises together sufficient here? <strong>{yes_or_no(summary.sufficient)}"
        "</strong>. A premise is necessary here if every combination without it has a drive "
        "below the margin.</p>",
        _figure(
            figures.switchboard_chart(stages["switchboard"], summary.argument),
            "The drive in all 64 combinations of premises",
            "Bars: mean over seeds of the excess over the hardest control, with 95% intervals. "
            "Dots: which premises are on.",
        ),
        _table(head, rows),
    ]


def _worlds(summary: Summary) -> list[str]:
    if summary.worlds is None:
        return []

    def necessary(world: WorldSummary) -> str:
        if world.effects is None:
            return "not run in this preset"
        proved = [e.premise for e in world.effects if e.necessary == "supported"]
        return escape(f"{' '.join(proved) or 'none'}; together sufficient: ") + yes_or_no(
            world.sufficient
        )

    rows = [
        [
            escape(world.name),
            f"{sum(v.word == 'supported' for v in world.premises)} of {len(world.premises)}",
            _word(world.learner.verdict),
            _number(world.learner.verdict.interval),
            _number(world.amount),
            _number(world.learner.willingness_to_pay),
            _number(world.learner.capability),
            necessary(world),
        ]
        for world in summary.worlds
    ]
    head = [
        "world",
        "premises supported",
        "C",
        "drive over the hardest control",
        "amount taken",
        "willing to pay",
        "capability",
        "premises necessary",
    ]
    return [
        "<h2>The same in other worlds</h2>",
        "<p>The first learner, with all six switches on, in worlds with other stories: graded "
        "amounts (reserve), an account of its own (wallet), copying itself before an "
        "interruption (preemption), a stretch of steps (keydoor). The amount is in the world's "
        "units.</p>",
        _table(head, rows),
    ]


def _reading(summary: Summary) -> list[str]:
    world = summary.argument.worlds[0]
    learners = ", ".join(recipes(summary.preset, world))
    return [
        "<h2>How to read this</h2><ul>",
        f"<li>The world is the {escape(world)} world: one step at which "
        f"{escape(summary.argument.choice)} is on offer, then an attempt at a task. The learners "
        f"are {escape(learners)}; the premises, phase diagram and switchboard use the first.</li>",
        "<li>The switches are exact in this model: each multiplies the path from reward to the "
        "probe, so that turning one off closes it. That every premise proves necessary is a "
        "check of the model, not evidence about large systems.</li>",
        "<li>Intervals are over seeds (worlds and initial weights), at the knobs shown in "
        "<code>argument.json</code>; they say nothing about other knobs.</li>",
        f'<li>Source of the argument: <a href="{escape(summary.argument.source)}">'
        f"{escape(summary.argument.source)}</a>.</li></ul>",
    ]


def _number(interval: Interval, digits: int = 2) -> str:
    return f"{interval.mean:.{digits}f} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def _word(verdict: Verdict) -> str:
    style = verdict.word.replace(" ", "-")
    return f'<span class="word {style}">{verdict.word}</span>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cell(text: str) -> str:
        numeric = text[:1].isdigit() or text[:1] in "+-"
        return f'<td class="number">{text}</td>' if numeric else f"<td>{text}</td>"

    header = "".join(f"<th>{escape(h)}</th>" for h in head)
    body = "".join(f"<tr>{''.join(cell(c) for c in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{header}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(figure: Figure, alt: str, caption: str) -> str:
    svg = figures.to_svg(figure).replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)
    return (
        f'<figure><div class="picture">{svg}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
