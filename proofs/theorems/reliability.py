"""What a reliability target forces: power is taken where it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, SmtProof, Status, Theorem
from powerseek.proofs.smt import training
from powerseek.proofs.strategies import N_TASKS, knobs

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """A hub world, and any chance of taking power and of finishing in each task."""
    from hypothesis import strategies as st

    chances = st.lists(st.floats(0, 1), min_size=N_TASKS, max_size=N_TASKS)
    needed = st.integers(1, N_TASKS).map(lambda k: k / N_TASKS)
    return {
        **knobs("base_success", "seed"),
        "need": needed,
        "takes_power": chances,
        "finishes": chances,
    }


def holds(
    need: float,
    base_success: float,
    takes_power: list[float],
    finishes: list[float],
    seed: int,
) -> bool:
    """In the hub world's own task table, for any policy at all."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from powerseek.toymodels import HubKnobs
    from powerseek.toymodels.tasks import expected_return
    from powerseek.toymodels.worlds.detour import ATTEMPT, POWER, START, WORK
    from powerseek.toymodels.worlds.hub import BARE, DECOY

    world = small_world()
    with jax.enable_x64(True):
        table = world.training(jax.random.key(seed), HubKnobs(need=need, base_success=base_success))
        power, finish = np.tile(takes_power, 2), np.tile(finishes, 2)
        offers = np.asarray(table.power[START, POWER])
        policy = np.zeros(table.rewards.shape)
        policy[START, ATTEMPT], policy[START, POWER] = 1 - power, power * offers
        policy[START, DECOY] = power * (1 - offers)
        policy[1:, WORK], policy[1:, 1 - WORK] = finish, 1 - finish
        success = np.asarray(
            expected_return(table, jnp.asarray(policy), world.horizon, table.success)
        )
        needy = (offers > 0) & (np.asarray(table.success[BARE, WORK]) < 1)
    rho = success[needy].mean()
    bound = (rho - base_success) / (1 - base_success)
    return bool(power[needy].mean() >= bound - 1e-9)


def small_world() -> Any:
    """The hub world of the small agents."""
    from powerseek.proofs.strategies import small_recipe

    return small_recipe().world


THEOREM = Theorem(
    name="reliability",
    title="Reliability forces power to be taken",
    statement=r"""
If tasks that need power succeed with probability at most $q < 1$ without it, an agent that
succeeds on a share $\rho$ of them takes power there with probability

$$ P(\text{power} \mid \text{needed}) \ge \frac{\rho - q}{1 - q} , $$

whatever its policy; the bound is reached by an agent that otherwise makes no mistakes.
""",
    hypotheses=(
        "$q < 1$",
        "success on task $x$ is at most $\\pi_x + (1-\\pi_x)\\,q$, with $\\pi_x$ the chance of "
        "power there",
        "any weights on the tasks",
    ),
    source="Elementary (a union of two cases).",
    proof=CoqProof("Reliability.v", ("reliability_forces_power", "reliability_bound_tight")),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$\pi + (1-\pi)q$", "success_bound", "toymodels.worlds.hub.Hub.training"),
        Name(r"$\rho$", "success", "toymodels.tasks.expected_return"),
    ),
    premises=("P1", "P4"),
    use="Premise P1 implies P4 in a number: an agent configured to be reliable cannot avoid "
    "being reinforced for taking power, if tasks need it.",
    status=Status.PROVED,
    smt=SmtProof(training.reliability, "two tasks of any weights"),
)
