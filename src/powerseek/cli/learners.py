"""Options that say how agents learn, read into a recipe; what does not go together is refused."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from powerseek.cli.knobs import knob_texts
from powerseek.cli.options import number_between, one_of, whole_number
from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    from powerseek.toymodels import Recipe
    from powerseek.toymodels.policies import Policy
    from powerseek.toymodels.supervision import Supervision
    from powerseek.toymodels.worlds import Knobs, World


def add_learner_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    add = parser.add_argument
    add(
        "--policy",
        default="linear",
        metavar="NAME",
        help="linear (default), tabular, mlp or attention; in the graph world also actor",
    )
    add(
        "--algorithm",
        default="exact",
        metavar="NAME",
        help="exact (default), reinforce or actor-critic; in the graph world also reward-to-go",
    )
    add(
        "--supervision",
        default="outcome",
        metavar="NAME",
        help="what is taught besides outcomes, as strongly as the knob --oversight says: outcome "
        "(default: nothing), blanket, need-aware, ablated-need, decoy-parity or probe",
    )
    add("--optimiser", metavar="NAME", help="sgd (default) or adam (default for networks)")
    add("--learning-rate", metavar="X", help="step size (default: 2 for sgd, 0.003 for adam)")
    add("--updates", default="512", metavar="N", help="updates per agent (default: 512)")


def read_recipe(args: argparse.Namespace, world: World, knobs: Knobs) -> Recipe:
    """The recipe that the options describe.

    Raises:
        InvalidInput: naming the option, if it has no such value or the value does not go with
            the world, the knobs or another option.
    """
    from powerseek.laboratory import checkpoints_up_to
    from powerseek.toymodels import Recipe
    from powerseek.toymodels.algorithms import ALGORITHMS, GRAPH_ALGORITHMS
    from powerseek.toymodels.policies import GRAPH_POLICIES, POLICIES
    from powerseek.toymodels.supervision import SUPERVISORS
    from powerseek.toymodels.worlds import Graph

    graph = isinstance(world, Graph)
    policies, algorithms = (GRAPH_POLICIES, GRAPH_ALGORITHMS) if graph else (POLICIES, ALGORITHMS)
    policy = one_of("--policy", args.policy, policies)()
    network = args.policy not in ("linear", "tabular")
    optimiser = args.optimiser or ("adam" if network else "sgd")
    optimiser = one_of("--optimiser", optimiser, {"sgd": "sgd", "adam": "adam"})
    rate = args.learning_rate or ("0.003" if optimiser == "adam" else "2")
    supervision = one_of("--supervision", args.supervision, SUPERVISORS)()
    _check_supervision(args, supervision, policy, knobs)
    return Recipe(
        world=_for_policy(world, network),
        policy=policy,
        algorithm=one_of("--algorithm", args.algorithm, algorithms)(),
        supervision=supervision,
        optimiser=optimiser,
        learning_rate=number_between("--learning-rate", rate, 0.0, 100_000.0),
        precision="float32" if network else "float64",
        checkpoints=checkpoints_up_to(whole_number("--updates", args.updates, 1, 10_000_000)),
    )


def _for_policy(world: Any, network: bool) -> Any:
    """The world as it suits a network (which embeds contexts) or a table (which looks them up)."""
    from dataclasses import replace

    from powerseek.toymodels.worlds import Graph

    if isinstance(world, Graph):
        return replace(world, known=not network)
    return replace(world, probe_draws=8) if network else world


def _check_supervision(
    args: argparse.Namespace, supervision: Supervision, policy: Policy, knobs: Knobs
) -> None:
    """Refuse supervision that would do nothing or has nothing to look at."""
    import numpy as np

    from powerseek.toymodels.supervision import Outcome, Probe
    from powerseek.toymodels.worlds import DetourKnobs

    name, option = supervision.name, "--supervision"
    if not isinstance(knobs, DetourKnobs):
        if not isinstance(supervision, Outcome):
            raise InvalidInput.of(option, name, "outcome: nothing here is labelled as power")
        return
    strength = float(np.max(knobs.oversight))
    if isinstance(supervision, Outcome):
        if strength > 0:
            text = knob_texts(type(knobs), args.more)["oversight"]
            raise InvalidInput.of("--oversight", text, "0, or a --supervision to strengthen")
    elif strength == 0:
        raise InvalidInput.of(option, name, "its strength beside it, such as --oversight 1")
    if isinstance(supervision, Probe) and policy.depth == 0:
        expected = "a network whose hidden layers it can read, such as --policy mlp"
        raise InvalidInput.of(option, name, expected)
