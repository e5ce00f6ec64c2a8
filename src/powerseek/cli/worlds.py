"""`powerseek worlds`: the worlds there are, their stories, pictures and exact MDPs."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.tree import Tree

    from powerseek.theory.mdp import MDP
    from powerseek.theory.power_table import PowerTable
    from powerseek.toymodels.worlds import Knobs, World

HELP = "list the worlds of the toy models, or show one: story, picture, knobs, POWER"
EXAMPLES = {
    "": "the list",
    "hub --need 0.5 --plot hub.png": "one of them, with a picture",
    "hub --export hub.json": "its exact MDP, for powerseek power hub.json",
}

FORMAT = "powerseek-worlds/1"
MORE_OPTIONS = "knobs of the world"
GOALS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("world", nargs="?", metavar="WORLD", help="show this world only")
    parser.add_argument("--plot", metavar="IMAGE", help="draw it: a .png, .svg or .pdf file")
    parser.add_argument(
        "--export", metavar="FILE", help="write its exact MDP, for power, verify and your own code"
    )
    parser.add_argument("--json", action="store_true", help="print only a JSON document")
    parser.epilog = (
        "Any knob of WORLD is an option too, such as --need 0.5; all are listed with it."
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from powerseek.cli.options import one_of, refuse_given
    from powerseek.theory.errors import InvalidInput
    from powerseek.toymodels.worlds import WORLDS

    if args.world is None:
        refuse_given({"--plot": args.plot, "--export": args.export}, "a WORLD to go with it")
        if args.more:
            raise InvalidInput(f"{args.more[0]}: expected a WORLD to go with it")
        _print_list(args.json)
        return 0
    world, kind = one_of("WORLD", args.world, WORLDS)
    _show(args, world(), kind)
    return 0


def story(world: type[World]) -> tuple[str, str]:
    """A world's first line and the rest of its module's text.

    >>> from powerseek.toymodels import Hub
    >>> story(Hub)[0]
    'one step that may acquire power, then an attempt at the task.'
    """
    text = inspect.getdoc(inspect.getmodule(world)) or ""
    first, _, rest = text.partition("\n")
    return first.partition(": ")[2] or first, rest.strip()


def _print_list(as_json: bool) -> None:
    from powerseek.toymodels.worlds import WORLDS

    stories = {name: story(world)[0] for name, (world, _) in WORLDS.items()}
    if as_json:
        worlds = [
            {"name": name, "story": stories[name], "knobs": [f.name for f in kind.describe()]}
            for name, (_, kind) in WORLDS.items()
        ]
        _print_json({"format": FORMAT, "worlds": worlds})
        return
    width = max(map(len, stories))
    for name, text in stories.items():
        print(f"{name:{width}}  {text}")
    print("\npowerseek worlds NAME shows one; powerseek train NAME trains agents in it.")


def _show(args: argparse.Namespace, world: World, kind: type[Knobs]) -> None:
    """One world: to the terminal or as JSON, and to the files that were asked for."""
    from powerseek.cli.console import open_console
    from powerseek.cli.knobs import knobs_listing, read_knobs
    from powerseek.cli.maths import in_characters
    from powerseek.theory import power
    from powerseek.theory.mdp_json import write_mdp
    from powerseek.theory.plots import check_plot_path
    from powerseek.toymodels.worlds import LabelledWorld

    if args.plot:
        check_plot_path(args.plot)
    knobs = read_knobs(kind, args.more, several=False, others=args.parser.options())
    mdp = world.mdp(knobs, n_goals=GOALS) if isinstance(world, LabelledWorld) else world.mdp(knobs)
    table = power(mdp, "9/10", method="montecarlo", samples=20_000, seed=0)
    if args.export:
        write_mdp(mdp, args.export)
    if args.plot:
        _plot(args.plot, mdp, table)
    if args.json:
        _print_json(_document(world, knobs, mdp, table))
        return
    console = open_console()
    first, rest = story(type(world))
    console.print(f"{world.name}: {first}\n", style="bold")
    console.print(in_characters(rest), soft_wrap=True)
    console.print()
    console.print(_tree(mdp, table))
    console.print(
        "\nPOWER at discount rate 9/10 for uniform rewards: mean of 20,000 reward functions, "
        "standard error at most "
        f"{max(table[s].stderr for s in mdp.states):.4f}.\n",
        soft_wrap=True,
    )
    console.print(knobs_listing(knobs))
    for path in (args.plot, args.export):
        if path:
            console.print(f"wrote {path}", soft_wrap=True)


def _tree(mdp: MDP, table: PowerTable) -> Tree:
    """The MDP as a tree from the state that reaches most; a state met before is only named."""
    from rich.tree import Tree

    transitions, met = mdp.to_transitions(), set[str]()

    def label(state: str) -> str:
        return f"{state} (POWER {table[state].value:.3f})"

    def grow(tree: Tree, state: str) -> None:
        met.add(state)
        for action, outcomes in transitions[state].items():
            for then, chance in outcomes.items():
                if then == state:
                    continue
                odds = "" if chance == 1 else f" [{chance}]"
                known = then in met
                branch = tree.add(f"{action}{odds} → {then if known else label(then)}")
                if not known:
                    grow(branch, then)

    widest = max(range(mdp.n_states), key=lambda s: len(mdp.reachable(s)))
    root = Tree(label(mdp.states[widest]))
    grow(root, mdp.states[widest])
    return root


def _document(world: World, knobs: Knobs, mdp: MDP, table: PowerTable) -> dict[str, Any]:
    from powerseek.theory.mdp_json import mdp_to_json

    first, rest = story(type(world))
    return {
        "format": FORMAT,
        "name": world.name,
        "story": first,
        "text": rest,
        "knobs": {
            f.name: {
                "value": float(getattr(knobs, f.name)),
                "default": f.default,
                "domain": str(f.metadata["domain"]),
                "meaning": f.metadata["meaning"],
            }
            for f in knobs.describe()
        },
        "power": {s: {"value": table[s].value, "stderr": table[s].stderr} for s in mdp.states},
        "mdp": json.loads(mdp_to_json(mdp)),
    }


def _plot(path: str, mdp: MDP, table: PowerTable) -> None:
    from powerseek.theory.plots import plot_graph, save_figure

    save_figure(plot_graph(mdp, table), path)


def _print_json(document: dict[str, Any]) -> None:
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    print()
