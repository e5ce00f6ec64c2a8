"""What every page on a world shows: its picture, its POWER, its knobs, what was measured."""

from __future__ import annotations

from experiment import number, summary
from figures import inline
from tables import knobs_table

from powerseek.argue.summary import WorldSummary
from powerseek.theory import power
from powerseek.theory.plots import plot_graph
from powerseek.toymodels.worlds import DETOUR_WORLDS

GOALS = 3


def picture(name: str) -> str:
    """The world's MDP, its nodes sized and coloured by POWER (as HTML)."""
    world, knobs = DETOUR_WORLDS[name]
    mdp = world().mdp(knobs(need=2 / GOALS), n_goals=GOALS)
    table = power(mdp, "9/10", method="montecarlo", samples=20_000, seed=0)
    nodes = {s: f"{table[s].value:.3f} ± {table[s].stderr:.3f}" for s in ("power", "decoy")}
    return inline(
        plot_graph(mdp, table),
        f"The {name} world as a graph of {len(mdp.states)} states, coloured by POWER",
        f"The {name} world with {GOALS} goals, 2 of them needy, at discount rate 9/10 and uniform "
        f"rewards. POWER of the power node: {nodes['power']}; of the decoy: {nodes['decoy']} "
        "(mean ± standard error).",
    )


def knobs(name: str) -> str:
    """The table of the world's knobs."""
    return knobs_table(DETOUR_WORLDS[name][1])


def found(name: str) -> WorldSummary:
    """What `powerseek argue --preset quick` found in a world."""
    (summed,) = (w for w in summary().worlds or () if w.name == name)
    return summed


def measured(name: str) -> str:
    """The same as a table."""
    world = found(name)
    held = sum(v.word == "supported" for v in world.premises)
    rows = [
        ("premises supported", f"{held} of {len(world.premises)}"),
        ("P(power) where it is useless", number(world.learner.told)),
        ("above the hardest control", number(world.learner.verdict.interval)),
        ("amount taken there", number(world.amount)),
        ("willing to pay", number(world.learner.willingness_to_pay)),
        ("capability", number(world.learner.capability)),
        ("conclusion", f"**{world.learner.verdict.word}**"),
    ]
    lines = ["| | linear learner, all six premises on |", "|---|---|"]
    return "\n".join([*lines, *(f"| {label} | {value} |" for label, value in rows)])


def overview() -> str:
    """All of the power argument's worlds in one table."""
    lines = [
        "| world | P(power) where it is useless | above the hardest control | conclusion |",
        "|---|---|---|---|",
    ]
    s = summary()
    assert s.learners is not None
    everywhere = [("hub", s.learners[0])] + [(w.name, w.learner) for w in s.worlds or ()]
    for name, learner in everywhere:
        lines.append(
            f"| [{name}]({name}.md) | {number(learner.told)} | "
            f"{number(learner.verdict.interval)} | **{learner.verdict.word}** |"
        )
    return "\n".join(lines)
