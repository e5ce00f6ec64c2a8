r"""When does reinforcement become a drive? Properties of every world, knob and seed.

Each is a statement about agents with linear policies trained by exact gradient ascent in any
world with a detour (`powerseek.toymodels.worlds.DETOUR_WORLDS`), tested on random knobs. The *early
drive* is the slope, at the start of training, of the log-odds of power in a probe.
`powerseek verify world:NAME` runs them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.kernel import predict
from powerseek.toymodels.learning import draw_agent
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.moves import probabilities
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.training import train
from powerseek.toymodels.worlds import DETOUR_WORLDS, DetourWorld, Knobs, World, twin

from .checking import find_violation
from .disguises import Relabelled, Rescaled
from .ledger import Property
from .strategies import CHECKPOINTS, LEARNING_RATE, N_TASKS, world_knobs

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES = 20
"""How many agents are tried in each world, unless told otherwise."""

FACTOR = 4.0
"""By what rewards are multiplied; a power of 2, so that nothing is rounded."""

ROUNDING = 1e-9

NEED = {"base_success": -1, "hazard": 1, "truth": -1}
r"""Knobs that say what power is worth when needed ($1-q$), and the direction in which it grows."""

Test = Callable[[DetourWorld, Any, int], str | None]


def small_world(name: str) -> DetourWorld:
    """A world of `DETOUR_WORLDS` with few tasks.

    Raises:
        InvalidInput: if there is none of that name.
    """
    if name not in DETOUR_WORLDS:
        raise InvalidInput.of("world", name, "one of: " + ", ".join(DETOUR_WORLDS))
    return DETOUR_WORLDS[name][0](n_tasks=N_TASKS, n_prices=2)


def recipe(world: World, speed: float = 1.0) -> Recipe:
    """Exact gradient ascent on a linear policy."""
    rate = LEARNING_RATE * speed
    return Recipe(world=world, learning_rate=rate, checkpoints=CHECKPOINTS)


@dataclass(frozen=True)
class DriveViolation:
    """An agent of which a property of drives does not hold.

    Attributes:
        name: the property's name.
        world: the world's name.
        knobs: its knobs.
        seed: the agent's number.
        detail: what was found, against what the property says.
    """

    name: str
    world: str
    knobs: Knobs
    seed: int
    detail: str


@dataclass(frozen=True)
class DriveProperty:
    """A statement about the drive of agents in any world, with any knobs.

    Attributes:
        name: identifier.
        statement: the statement, in words and LaTeX.
        source: where it comes from; if it is proved in the ledger, of which model.
        test: what is wrong with an agent (world, knobs, number), or None.
        fixed: knobs that have one value in the statement.
    """

    name: str
    statement: str
    source: str
    test: Test
    fixed: Mapping[str, float]

    def instances(self, world: str) -> SearchStrategy[Any]:
        """Knobs of a world for which the property is stated."""
        return world_knobs(DETOUR_WORLDS[world][1], **self.fixed)

    def check(self, world: str, knobs: Knobs, seed: int = 0) -> DriveViolation | None:
        """The violation by one agent; None if the property holds of it.

        >>> from powerseek.toymodels import HubKnobs
        >>> DRIVE_PROPERTIES["no_sharing"].check("hub", HubKnobs(sharing=0.0)) is None
        True
        """
        detail = self.test(small_world(world), knobs, seed)
        return None if detail is None else DriveViolation(self.name, world, knobs, seed, detail)

    def find_violation(self, world: str, examples: int = EXAMPLES) -> DriveViolation | None:
        """Look for agents of which it does not hold; the smallest found, or None."""
        from hypothesis import strategies as st

        def instances() -> Mapping[str, SearchStrategy[Any]]:
            return {"knobs": self.instances(world), "seed": st.integers(0, 99)}

        def holds(knobs: Any, seed: int) -> bool:
            return self.check(world, knobs, seed) is None

        found = find_violation(Property(instances, holds, examples))
        return None if found is None else self.check(world, **found)


def _run(world: World, knobs: Any, seed: int, speed: float = 1.0) -> Measurement:
    """One agent; arrays are [checkpoint]."""
    runs = train(recipe(world, speed), knobs, [seed], chunk=1)
    one: Measurement = jax.tree.map(lambda leaf: leaf[0, 0], runs)
    return one


def _both(run: Measurement) -> Float[np.ndarray, "2 T"]:
    """Log-odds of power in null and told probes."""
    return np.stack([np.asarray(run.null_log_odds), np.asarray(run.told_log_odds)])


def _rates(world: World, settings: list[Any], seed: int) -> Float[np.ndarray, "2 settings"]:
    """The early drive in null and told probes, at each of several settings of the knobs."""
    columns = {
        f.name: np.array([float(getattr(s, f.name)) for s in settings]) for f in fields(settings[0])
    }
    kernel = predict(recipe(world), type(settings[0])(**columns), [seed], chunk=4)
    return np.stack([np.asarray(kernel.null_rate)[:, 0], np.asarray(kernel.told_rate)[:, 0]])


def no_sharing(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """With sharing 0 no probe ever moves, to the last digit."""
    seen = _both(_run(world, knobs, seed))
    moved = float(np.abs(seen - seen[:, :1]).max())
    return None if moved == 0 else f"log-odds move by {moved:g} without sharing"


def kernel_weighted_advantage(
    world: DetourWorld, knobs: Any, seed: int
) -> dict[str, tuple[float, float]]:
    r"""$\sum_{x,b} \mu(x)\,\pi(b|x)\,A(x,b)\,K$ for null and told probes, by hand.

    Straight from the task table: values by walking every path, kernels as dot products of
    features. For power in several levels it is averaged over them, and the second number is
    how far apart the levels are.
    """
    with jax.enable_x64(True):
        drawn = draw_agent(recipe(world), np.uint32(0), np.uint32(seed), knobs)  # type: ignore[arg-type]
        table, probes = jax.tree.map(np.asarray, (drawn.table, drawn.probes))
    moves = probabilities(table.moves)
    states, options, contexts = table.available.shape
    weights = np.where(table.available, np.exp(table.initial), 0.0)
    total = weights.sum(1, keepdims=True)
    policy = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)

    @functools.cache
    def worth(s: int, o: int, steps: int) -> Float[np.ndarray, " X"]:
        """What an option earns from there on, in each context."""
        found: Float[np.ndarray, " X"] = table.rewards[s, o].copy()
        for t in range(states if steps > 1 else 0):
            if moves[s, o, t].any():
                later = (policy[t, b] * worth(t, b, steps - 1) for b in range(options))
                found += moves[s, o, t] * sum(later)
        return found

    push = np.zeros(len(table.observation.shared))
    taught = float(knobs.autonomy) * float(knobs.signal) * float(knobs.credit)
    for x in range(contexts):
        (start,) = np.flatnonzero(table.start[:, x])
        values = np.array([worth(int(start), o, world.horizon)[x] for o in range(options)])
        credit = policy[start, :, x] * (values - policy[start, :, x] @ values)
        push += taught * table.weight[x] * table.observation.shared[:, start, :, x] @ credit
    out = {}
    for kind in ("null", "told"):
        x = int(np.flatnonzero(getattr(probes, kind))[0])
        levels = np.flatnonzero(probes.amount[0, :, x] > 0)
        each = float(knobs.sharing) * probes.observation.shared[:, 0, levels, x].T @ push
        out[kind] = (float(each.mean()), float(each.max() - each.min()))
    return out


def early_sign(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """One update moves each probe by the learning rate times the kernel-weighted advantage.

    So it has its sign. With several levels of power the log-odds of taking some are convex in
    their scores, and may rise by up to an eighth of the squared spread more (Hoeffding).
    """
    run = _run(world, knobs, seed)
    for kind, (mean, spread) in kernel_weighted_advantage(world, knobs, seed).items():
        found = np.asarray(getattr(run, f"{kind}_log_odds"))
        moved, low = float(found[1] - found[0]), LEARNING_RATE * mean
        high = low + (LEARNING_RATE * spread) ** 2 / 8
        if not low - ROUNDING <= moved <= high + ROUNDING:
            return f"{kind} log-odds move by {moved:g}, the kernel-weighted advantage says {low:g}"
    return None


def _probes_to_compare(world: DetourWorld) -> dict[int, str]:
    """Null probes; told ones too where power is one level, whose cue is then one number."""
    return {0: "null", 1: "told"} if world.levels == 1 else {0: "null"}


def monotone(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """The early drive rises with need and with what power is worth, and falls with the price.

    With all else equal it is proportional to sharing.
    """
    knobs = replace(knobs, need=round(N_TASKS * float(knobs.need)) / N_TASKS)
    changes: dict[str, tuple[Any, int]] = {
        "price": (replace(knobs, price=float(knobs.price) + 0.1), -1)
    }
    if float(knobs.need) < 1:
        changes["need"] = (replace(knobs, need=float(knobs.need) + 1 / N_TASKS), 1)
    for name, direction in NEED.items():
        if hasattr(knobs, name):
            changes[name] = (
                replace(knobs, **{name: float(getattr(knobs, name)) + 0.05}),
                direction,
            )
    halved = replace(knobs, sharing=float(knobs.sharing) / 2)
    rates = _rates(world, [knobs, halved, *(changed for changed, _ in changes.values())], seed)
    for row, kind in _probes_to_compare(world).items():
        base, half, *others = map(float, rates[row])
        if abs(2 * half - base) > ROUNDING:
            return f"early drive ({kind}) is {base:g}, and {half:g} with half the sharing"
        for (name, (_, direction)), other in zip(changes.items(), others, strict=True):
            if direction * (other - base) < -ROUNDING:
                return f"early drive ({kind}) is {base:g}, and {other:g} with {name} higher"
    return None


def labels(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """States, options and contexts in another order: every measurement is the same."""
    ours, theirs = _run(world, knobs, seed), _run(Relabelled(world), knobs, seed)
    for f in fields(Measurement):
        here, there = np.asarray(getattr(ours, f.name)), np.asarray(getattr(theirs, f.name))
        if not np.allclose(here, there, rtol=ROUNDING, atol=ROUNDING):
            return f"{f.name} is {here.tolist()}, and {there.tolist()} with other labels"
    return None


def twin_mirrors(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """The twin's drive is what the decoy earns: as if nothing needed power, and never a rise."""
    other = twin(knobs)
    first, without = _rates(world, [other, replace(knobs, need=0.0)], seed)[0]
    if abs(first - without) > ROUNDING:
        return f"the twin's early drive is {first:g}, that of a world without need {without:g}"
    null = np.asarray(_run(world, other, seed).null_log_odds)
    if (null > null[0] + ROUNDING).any():
        return f"the twin's log-odds rise: {null.tolist()}"
    return None


def zero_advantage(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """Where power costs nothing and is worth nothing, no probe moves.

    The work must be mastered from the start: while it is still being learnt, what has been
    practised more is worth more, and that is an advantage too.
    """
    seen = _both(_run(world, knobs, seed))
    moved = float(np.abs(seen - seen[:, :1]).max())
    return None if moved <= 1e-12 else f"log-odds move by {moved:g} without any advantage"


def reward_scale(world: DetourWorld, knobs: Any, seed: int) -> str | None:
    """Rewards times four are training four times as fast, at every checkpoint."""
    fast = _both(_run(world, knobs, seed, speed=FACTOR))
    large = _both(_run(Rescaled(world, FACTOR), knobs, seed))
    apart = float(np.abs(fast - large).max())
    return None if apart <= ROUNDING else f"log-odds differ by {apart:g}"


DRIVE_PROPERTIES: dict[str, DriveProperty] = {
    p.name: p
    for p in (
        DriveProperty(
            "no_sharing",
            r"without sharing ($\alpha = 0$) there is exactly no drive, at any time",
            "For linear policies: `powerseek prove locality`",
            no_sharing,
            {"sharing": 0.0},
        ),
        DriveProperty(
            "early_sign",
            r"the first update moves log-odds by $\eta\sum\mu\,\pi\,A\,K$, the kernel-weighted "
            "advantage, and so has its sign",
            "For linear policies: `powerseek prove transfer`",
            early_sign,
            {},
        ),
        DriveProperty(
            "monotone",
            r"the early drive rises with need $p$ and worth $1-q$, falls with the price $c$, and "
            r"is proportional to sharing $\alpha$",
            "From the transfer and threshold theorems",
            monotone,
            {"price_spread": 0.0},
        ),
        DriveProperty(
            "labels",
            "the order of states, options and contexts changes no measurement",
            "The gradient is a sum",
            labels,
            {},
        ),
        DriveProperty(
            "twin_mirrors",
            "the decoy twin's early drive is that of a world in which nothing needs power, and "
            "training never raises it",
            "The decoy earns minus its price",
            twin_mirrors,
            {},
        ),
        DriveProperty(
            "zero_advantage",
            "where power costs nothing and gains nothing, and the work is mastered, nothing moves",
            "For one shared score: `powerseek prove drive_sign`",
            zero_advantage,
            {"price": 0.0, "need": 0.0, "competence": 1.0},
        ),
        DriveProperty(
            "reward_scale",
            r"rewards times $k$ and training $k$ times as fast are the same",
            "For one shared score: `powerseek prove exact_solution`",
            reward_scale,
            {},
        ),
    )
}
"""All of them by name."""
