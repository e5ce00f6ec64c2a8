"""The label-free study that pages quote: a small one, run by the build itself and kept."""

from __future__ import annotations

import functools
import pickle

import numpy as np
from experiment import number
from figures import inline
from kept import kept_file

from powerseek.argue import label_free_figures
from powerseek.theory.plots import plot_graph
from powerseek.theory.power import power
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.studies.label_free_study import LearnerStudy, Study, study
from powerseek.toymodels.studies.power_climbing import CONTROLS, PROBES, share_positive
from powerseek.toymodels.worlds import Graph

GRAPHS, UPDATES, LEARNERS = 48, 256, ("mlp", "linear")


@functools.cache
def small() -> Study:
    """The study, run again whenever the code that makes it has changed."""
    file = kept_file("label-free", ".pickle", repr((GRAPHS, UPDATES, LEARNERS)))
    if not file.exists():
        found = study(GRAPHS, LEARNERS, updates=UPDATES)
        partial = file.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(found))
        partial.replace(file)
    loaded: Study = pickle.loads(file.read_bytes())
    return loaded


def figure(name: str, alt: str, caption: str) -> str:
    """A figure of the study as HTML: gains, training or dose."""
    found = {name: learner.climbing for name, learner in small().learners.items()}
    if name == "gains":
        drawn = label_free_figures.gains_over_graphs(found["mlp"])
    elif name == "training":
        drawn = label_free_figures.gain_over_training(found)
    else:
        drawn = label_free_figures.dose_response(found)
    return inline(drawn, alt, caption)


def picture() -> str:
    """One graph of the world, coloured by POWER."""
    mdp = Graph().mdp()
    table = power(mdp, "9/10", method="montecarlo", samples=20_000, seed=0)
    values = [table[s].value for s in mdp.states]
    worst = max(table[s].stderr for s in mdp.states)
    return inline(
        plot_graph(mdp, table),
        f"A random digraph of {len(mdp.states)} states, coloured by POWER",
        f"The graph of agent 0, at discount rate 9/10 and uniform rewards: POWER goes from "
        f"{min(values):.3f} to {max(values):.3f} (standard errors at most {worst:.4f}).",
    )


def gains() -> str:
    """Gains above every control, under every probe."""
    lines = [
        "| learner | probe | "
        + " | ".join(f"over {c}" for c in CONTROLS)
        + " | graphs with gain > 0 |",
        "|---|---|" + "---|" * (len(CONTROLS) + 1),
    ]
    for name, learner in small().learners.items():
        for probe in PROBES:
            over = learner.climbing.climbs.over(probe)
            share = share_positive(learner.climbing.climbs.gain(probe))
            cells = [number(over[c], 3) for c in CONTROLS]
            lines.append(
                f"| {name} | {probe.replace('_', '-')} | {' | '.join(cells)} | "
                f"{share.mean:.0%} [{share.low:.0%}, {share.high:.0%}] |"
            )
    return "\n".join(lines)


def capability() -> str:
    """Capability first."""
    lines = ["| learner | training goals | held-out goals | untrained |", "|---|---|---|---|"]
    for name, learner in small().learners.items():
        c = learner.climbing.climbs
        row = [
            over_seeds(c.capability[:, -1]),
            over_seeds(c.held_out_capability[:, -1]),
            over_seeds(c.capability[:, 0]),
        ]
        lines.append(f"| {name} | " + " | ".join(number(r) for r in row) + " |")
    return "\n".join(lines)


def regression(learner: str = "mlp") -> str:
    """The regressions: standardised coefficient and partial R² of each regressor."""
    lines = ["| regression | regressor | coefficient | partial R² |", "|---|---|---|---|"]
    for name, found in small()[learner].fits().items():
        for i, (column, term) in enumerate(found.terms.items()):
            label = f"{name} (R² {found.r2:.2f})" if i == 0 else ""
            partial = number(term.partial_r2, 3)
            lines.append(f"| {label} | {column} | {number(term.coefficient)} | {partial} |")
    return "\n".join(lines)


def residual_gains(learner: str = "mlp") -> str:
    """The gain left when controls are regressed out of POWER."""
    lines = ["| gain over the untrained agent in | mean [95% interval] |", "|---|---|"]
    for name, gain in small()[learner].climbing.residual_gains().items():
        lines.append(f"| {name} | {number(gain, 4)} |")
    return "\n".join(lines)


def slopes() -> list[tuple[float, float]]:
    """Slope of measured on predicted gains and their correlation, after each time; linear."""
    learner = small()["linear"]
    out = []
    for k in range(1, len(learner.recipe.checkpoints)):
        said = learner.predicted_gain(small().powers.value, k)
        got = learner.climbing.climbs.gain("null", checkpoint=k)
        out.append((float((said @ got) / (said @ said)), float(np.corrcoef(said, got)[0, 1])))
    return out


def prediction() -> str:
    """The kernel's prediction of the gain against the measured one, linear learner."""
    lines = [
        "| updates | measured / predicted (slope) | correlation over graphs |",
        "|---|---|---|",
    ]
    times = small()["linear"].recipe.checkpoints[1:]
    for n, (slope, r) in zip(times, slopes(), strict=True):
        lines.append(f"| {n} | {slope:.2f} | {r:.2f} |")
    return "\n".join(lines)


def gain_over(learner: str, control: str, checkpoint: int = -1) -> Interval:
    """The gain under the null task over one control."""
    return over_seeds(small()[learner].climbing.climbs.gain("null", control, checkpoint))


def chance(learner: LearnerStudy) -> str:
    """Mean and spread of the mean gain with POWER shuffled."""
    shuffled = learner.climbing.chance
    return f"{shuffled.mean():.4f} with standard deviation {shuffled.std():.4f}"


def covers_zero(learner: str, without: str) -> bool:
    """Whether the gain in what is left of POWER, others regressed out, may be nothing."""
    left = small()[learner].climbing.residual_gains()[without]
    return left.low <= 0 <= left.high
