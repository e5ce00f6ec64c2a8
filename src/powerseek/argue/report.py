"""The report: one HTML file that opens offline, with every figure inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from powerseek.proofs.index import bearing_on
from powerseek.toymodels.statistics import Interval
from powerseek.toymodels.verdicts import Verdict
from powerseek.toymodels.worlds import DETOUR_WORLDS

from . import figures, label_free_figures, study_figures
from .experiment import baseline_knobs, board_stage, recipes
from .label_free_stage import read_climbing
from .study_findings import (
    PROBES,
    CalibratedDrive,
    LastingDrive,
    PowerClimb,
    TransientDrive,
    YokedClaim,
)
from .summary import (
    EARLY_UPDATES,
    Summary,
    WorldSummary,
    closed_form_thresholds,
    late_thresholds,
    whole_board,
    yes_or_no,
)
from .web import (
    has_closed_form,
    phase_data,
    place,
    script,
    style,
    sweep_of_run,
    switchboard_data,
    variables,
)

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_CSS = """
* { box-sizing: border-box; }
html { font-size: 17px; }
body { margin: 0; background: var(--ps-paper); color: var(--ps-ink);
       font: 1rem/1.6 var(--ps-serif); }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.2rem 5rem; }
h1, h2 { font-family: var(--ps-sans); font-weight: 650; letter-spacing: -.01em;
         text-wrap: balance; }
h1 { font-size: 2rem; line-height: 1.18; margin: 0 0 .4rem; }
h2 { font-size: 1.35rem; margin: 2.8rem 0 .6rem; }
a { color: var(--ps-link); }
main > p, li { max-width: 46rem; }
main > .answer { font-size: 1.15rem; border-left: 2px solid var(--ps-power);
                 padding: .2rem 0 .2rem 1rem; }
.meta, figcaption, .rule { color: var(--ps-quiet); font: .88rem/1.5 var(--ps-sans); }
.scroll { overflow-x: auto; }
.scroll table { border-collapse: collapse; width: 100%; font: .88rem/1.45 var(--ps-sans);
        font-variant-numeric: tabular-nums lining-nums;
        border-top: 1.5px solid var(--ps-ink); border-bottom: 1.5px solid var(--ps-ink); }
.scroll th, .scroll td { text-align: left; padding: .4rem .7rem .4rem 0; vertical-align: top;
         border-bottom: 1px solid var(--ps-rule); }
.scroll th { font-weight: 650; border-bottom: 1px solid var(--ps-ink); }
.interval { white-space: nowrap; }
@media (max-width: 44rem) { .scroll td:has(.rule) { min-width: 13rem; } }
.word { font-weight: 650; white-space: nowrap; }
.supported { color: var(--ps-power); } .not-supported { color: var(--ps-link); }
.inconclusive { color: var(--ps-maybe); }
figure { margin: 1.4rem 0; } figure .picture { overflow-x: auto; }
figure svg { width: 100%; min-width: min(34rem, var(--natural));
             max-width: calc(1.15 * var(--natural)); height: auto; display: block;
             mix-blend-mode: multiply; }
code { background: var(--ps-panel); border-radius: .15rem; padding: .1em .35em;
       font-size: .86em; }
@media (prefers-color-scheme: dark) {
  figure svg { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
}
"""


def _style() -> str:
    """The look of the site: its colours, then the report's own rules and the explorers'."""
    return (
        f":root {{ color-scheme: light dark; {variables(dark=False)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(dark=True)} }} }}"
        f"{_CSS}{style()}"
    )


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
        *_studies(stages, summary.studies),
        *_reading(summary),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>powerseek: the {escape(summary.argument.name)} argument</title>"
        f"<style>{_style()}</style></head><body><main>{''.join(parts)}</main>"
        f"<script>{script('switchboard', 'phase')}</script></body></html>\n"
    )


def _claims(summary: Summary) -> list[str]:
    if summary.premises is None or summary.conclusion is None:
        return ["<p>The run was interrupted before the premises were measured.</p>"]
    rows = [
        [
            escape(v.claim.id),
            f"<strong>{escape(v.claim.name)}</strong><br>{escape(v.claim.claim)}"
            f'<br><span class="rule">{escape(v.claim.quantity)}</span>'
            f'<br><span class="rule">theorems: {escape(_theorems(v))}</span>',
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
        "over seeds lies above a margin fixed beforehand, not supported when it lies below. The "
        "theorems are those of the ledger that bear on it, for this model: "
        "<code>powerseek prove NAME</code> checks one.</p>",
        _table(head, rows),
    ]


def _learners(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> list[str]:
    if summary.learners is None:
        return []
    knobs = baseline_knobs(summary.argument)
    bayes = float(DETOUR_WORLDS[summary.argument.worlds[0]][0]().bayes_power(knobs)["told"])
    rows = [
        [
            escape(learner.name),
            _word(learner.verdict),
            _number(learner.told),
            *(_number(learner.over[control]) for control in learner.over),
            f"{learner.peak[1]:.2f} at {learner.peak[0]}",
            _number(learner.willingness_to_pay),
            _number(learner.capability),
            _number(learner.shortfall),
        ]
        for learner in summary.learners
    ]
    controls = [f"over {c}" for c in summary.learners[0].over]
    choice = summary.argument.choice
    measured = ("peak", "willing to pay", "capability", "shortfall")
    head = ["learner", "C", f"P({choice})", *controls, *measured]
    return [
        "<h2>The drive, against three controls</h2>",
        f"<p>P({choice}) in contexts never trained on, which show it to be useless there. The "
        f"decoy twin had the same training with the looks of {choice} on a useless option. "
        "Willingness to pay is the price of indifference to what is worth 0. Capability is "
        "return over the best possible return on the training tasks; the shortfall is what is "
        "missing on the task that was learnt least.</p>",
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
    late = late_thresholds(summary.argument)
    return [
        "<h2>When does it happen? Need, and training time</h2>",
        _figure(
            figures.phase_diagram(
                stages["phase"],
                closed_form_thresholds(summary.argument),
                late,
                summary.argument.choice,
            ),
            f"Drive over the fraction of tasks that need {summary.argument.choice}, over training",
            "Dashed: the closed-form early threshold. Dotted: where the sign changes as training "
            f"goes on for ever, {late['null']:.3g} and {late['told']:.3g}. Solid: where the "
            "measured drive is zero.",
        ),
        _table(["probe", "p* predicted", "p* measured [95% interval]", "after updates"], rows),
        *_phase_explorer(summary, stages),
    ]


def _phase_explorer(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> list[str]:
    if not has_closed_form(summary.argument):
        return []
    sweep = sweep_of_run(summary.argument, stages["phase"])
    return [
        "<p>Move the knobs yourself. Colour is computed in your browser, by gradient flow of "
        "the same world with equal prices; dots are the agents of this run.</p>",
        place(
            "phase",
            phase_data(summary.argument, [sweep]),
            "Phase diagram with sliders",
            "The interactive phase diagram needs JavaScript.",
        ),
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
        "<p>Flip the premises yourself:</p>",
        place(
            "switchboard",
            switchboard_data(summary.argument, _boards(summary, stages)),
            "Switchboard of premises",
            "The interactive switchboard needs JavaScript.",
        ),
    ]


def _boards(summary: Summary, stages: Mapping[str, xarray.Dataset]) -> dict[str, xarray.Dataset]:
    """The finished switchboards by world."""
    first, *others = summary.argument.worlds
    names = {first: "switchboard"} | {world: board_stage(world) for world in others}
    return {
        world: stages[name]
        for world, name in names.items()
        if whole_board(summary.argument, stages, name)
    }


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


def _studies(stages: Mapping[str, xarray.Dataset], found: Mapping[str, Any]) -> list[str]:
    """The further studies, as far as they were run."""
    sections: dict[str, Callable[..., list[str]]] = {
        "fields": _fields,
        "persistence": _persistence,
        "yoked": _yoked,
        "calibration": _calibration,
        "label-free": _label_free,
    }
    return [
        line
        for name, section in sections.items()
        if name in found
        for line in section(stages[name], found[name])
    ]


def _fields(data: xarray.Dataset, found: Sequence[TransientDrive]) -> list[str]:
    rows = [
        [
            f"(need, {row.knob})",
            row.probe,
            _number(row.lost),
            _number(row.lasting),
            _number(row.peak) if row.peak else "none",
            _number(row.lifetime, 0) if row.lifetime else "none",
        ]
        for row in found
    ]
    head = ["plane", "probe", "risen and lost", "still there", "peak", "lifetime, updates"]
    return [
        "<h2>The phase diagram</h2>",
        *(
            _figure(
                study_figures.drive_fields(data, probe, (1, -1)),
                f"Drive in {probe} probes over the need fraction and five knobs",
                "Above: after one update. Below: at the end. Dashed: the closed-form early "
                "threshold. Dotted: the boundary as training goes on for ever. Blue: the "
                "boundary solved for the time shown. Thick: measured.",
            )
            for probe in PROBES
        ),
        "<p>Transient drives: risen above the margin on the way, below it at the end. Shares "
        "of the plane that was searched; lifetimes are cut off at the end of the run.</p>",
        _table(head, rows),
    ]


def _persistence(data: xarray.Dataset, found: Sequence[LastingDrive]) -> list[str]:
    rows = []
    for row in found:
        who = [escape(row.learner), row.regime]
        if row.lasting is None:
            rows.append([*who, "no drive to lose", "", "", ""])
            continue
        hysteresis = row.lasting.hysteresis.median
        rows.append(
            [
                *who,
                str(row.lasting.half_life),
                str(row.lasting.rise),
                f"{hysteresis:.1f}" if hysteresis < float("inf") else "never halved",
                f"{row.lasting.kept:.2f}",
            ]
        )
    head = ["learner", "then", "half-life, updates", "rise", "hysteresis", "share left"]
    return [
        "<h2>Does it last?</h2>",
        _figure(
            study_figures.lasting_drives(data),
            "The drive in training and after the tasks changed",
            "Told probes. Neutral: power neither helps nor costs. Distracted: nor is the work "
            "known. Reversed: power costs and never helps. Penalised: tasks as before, and a "
            "fine on power.",
        ),
        _table(head, rows),
    ]


def _yoked(data: xarray.Dataset, found: Sequence[YokedClaim]) -> list[str]:
    rows = [
        [
            escape(row.verdict.claim.claim),
            escape(row.learner),
            _number(row.verdict.interval),
            _word(row.verdict),
        ]
        for row in found
    ]
    return [
        "<h2>Reward, or visits?</h2>",
        _figure(
            study_figures.yoked_groups(data),
            "P(power) where it is useless for instrumental, rewarded and yoked agents",
            "Yoked agents are led to power as often as the instrumental agent goes there, and "
            "paid what it earns, whatever they do.",
        ),
        _table(["claim", "learner", "mean [95% interval]", "verdict"], rows),
    ]


def _calibration(data: xarray.Dataset, found: Sequence[CalibratedDrive]) -> list[str]:
    rows = [
        [
            escape(row.learner),
            str(row.updates),
            f"{row.slope:.3f}" if row.slope == row.slope else "none predicted",
            f"{row.error:.2g}",
            f"{row.scale:.2g}",
            f"{row.credit_moved:.0%}",
            f"{row.kernel_moved:.0%}",
        ]
        for row in found
    ]
    head = ["learner", "updates", "slope", "error", "size", "credit moved", "kernel moved"]
    return [
        "<h2>Theory against training, in every world</h2>",
        _figure(
            study_figures.calibration_plot(data),
            "Predicted against measured early drives of every policy in every world",
            "After the last update; one point per need fraction; circles: null probes, triangles: "
            "told. The line is equality.",
        ),
        "<p>Slope is that of measured on predicted drives. Where it is not 1, either the credit or "
        "the kernel has moved: by how much, in units of the predicted rate. Steps of Adam are not "
        "the gradient, which the kernel predicts.</p>",
        f"<details><summary>All {len(rows)} of them</summary>{_table(head, rows)}</details>",
    ]


def _label_free(data: xarray.Dataset, found: Sequence[PowerClimb]) -> list[str]:
    learners = {row.learner: read_climbing(data, row.learner) for row in found}
    controls, left = list(found[0].gain), list(found[0].residual)[1:]
    rows = [
        [
            escape(row.learner),
            _number(row.capability),
            *(_number(row.gain[control], 3) for control in controls),
            f"{row.climbed_in.mean:.0%}",
            *(_number(row.residual[name], 3) for name in left),
            _number(row.per_doubling, 4),
        ]
        for row in found
    ]
    head = [
        "learner",
        "capability",
        *(f"gain over {control}" for control in controls),
        "graphs with a gain",
        *(f"in POWER {name}" for name in left),
        "per doubling of goals",
    ]
    return [
        "<h2>Without labels: random graphs</h2>",
        "<p>Agents are trained on several goals in random graphs where nothing is labelled as "
        "power, then given no goal. The gain is in expected POWER per step; what is left when "
        "rivals and goal value are regressed out of POWER says whether they like POWER beyond "
        "what was useful in training. Intervals are over graphs.</p>",
        _figure(
            label_free_figures.gain_over_training(learners),
            "Gain in POWER over training, for every learner",
            "Gain under the null task above each control; below each number of updates, the "
            "capability after them.",
        ),
        _figure(
            label_free_figures.dose_response(learners),
            "Gain in POWER against the number of training goals",
            "The same graphs and initial weights with 1, 2, 4 and 8 different goals.",
        ),
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
    low, high = f"{interval.low:.{digits}f}", f"{interval.high:.{digits}f}"
    return f'{interval.mean:.{digits}f} <span class="interval">[{low}, {high}]</span>'


def _theorems(verdict: Verdict) -> str:
    return ", ".join(theorem.name for theorem in bearing_on(verdict.claim.id)) or "none"


def _word(verdict: Verdict) -> str:
    style = verdict.word.replace(" ", "-")
    return f'<span class="word {style}">{verdict.word}</span>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    header = "".join(f"<th>{escape(h)}</th>" for h in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{header}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(figure: Figure, alt: str, caption: str) -> str:
    return (
        f'<figure><div class="picture">{figures.labelled_svg(figure, alt)}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
