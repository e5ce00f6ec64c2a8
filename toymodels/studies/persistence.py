r"""Persistence: how long a drive lasts once the tasks have changed.

Agents are trained as usual; then the tasks change and training goes on, with the same
weights, optimiser and credit. What changes is a `Regime`:

* **neutral**: power neither helps nor costs anything;
* **distracted**: the same, and the work has to be learnt anew;
* **reversed**: power is priced as before and never helps;
* **penalised**: tasks are as before, but taking power is fined by more than it is worth.

With $d(n)$ the drive (P(power) where power is useless, above the untrained agent's) after
$n$ further updates, the **half-life** is the first $n$ with $d(n) \le d(0)/2$. It is set
beside the **rise**: the first update of training at which the drive reached that same level
on its way up. Half-life over rise is the **hysteresis**: above 1, it is slower to lose than
to gain. Seeds in which the drive has not halved when the run ends are censored
(`powerseek.toymodels.studies.survival`); seeds that had no drive to lose are counted apart.

In the hub with everything shared this has a closed form. Let $F(z) = 2z + 2\sinh z$; while
power has advantage $D$, $F(z)$ grows as $D t$, and while it costs $c$ for nothing, $F(z)$
falls as $c t$ (`powerseek.toymodels.hub_theory`). So reinforcement is *banked*: what $T$
updates built takes exactly $DT/c$ updates to undo, and the half-life is
$(F(z_T) - F(z_{1/2}))/c$, which grows in proportion to $T$ long after $P(\text{power})$ has
stopped to change. And a neutral regime takes nothing off: without a difference in reward
there is no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.learning import Agent, begin, measured_at
from powerseek.toymodels.measurement import Measurement
from powerseek.toymodels.recipe import Method, Recipe
from powerseek.toymodels.supervision import Blanket
from powerseek.toymodels.training import run_agents
from powerseek.toymodels.worlds import Knobs

from .survival import MedianTime, first_passage

if TYPE_CHECKING:
    import xarray

MARGIN = 0.05
"""Least drive, as a probability, that there is anything to lose of."""

PROBES = ("told", "null")


@dataclass(frozen=True)
class Regime:
    """What the tasks turn into.

    Attributes:
        name: one word.
        meaning: the change, in words.
        changes: the knobs that change, with their new values.
    """

    name: str
    meaning: str
    changes: tuple[tuple[str, float], ...]

    def after(self, knobs: Knobs) -> Knobs:
        """The knobs of the changed tasks."""
        return replace(knobs, **dict(self.changes))


NEUTRAL = Regime("neutral", "power neither helps nor costs", (("need", 0.0), ("price", 0.0)))
DISTRACTED = Regime(
    "distracted",
    "the same, and the work is to be learnt anew",
    (("need", 0.0), ("price", 0.0), ("competence", 0.5)),
)
REVERSED = Regime("reversed", "power costs and never helps", (("need", 0.0),))
PENALISED = Regime(
    "penalised", "tasks as before, taking power is fined by 1", (("oversight", 1.0),)
)
REGIMES = (NEUTRAL, DISTRACTED, REVERSED, PENALISED)


@dataclass(frozen=True)
class Continued:
    """Train one agent, change its tasks and go on: a function for `run_agents`.

    Attributes:
        checkpoints: numbers of further updates after which the agent is measured.
    """

    checkpoints: tuple[int, ...]

    def __call__(
        self, method: Method, drawn: tuple[Agent, Agent], knobs: tuple[Knobs, Knobs]
    ) -> tuple[Measurement, Measurement]:
        """Measurements before and after the change, each [checkpoint]."""
        (agent, changed), (first, then) = drawn, knobs
        learner, before = measured_at(method, agent, first, begin(method, agent))
        begun = method.checkpoints[-1]
        further = replace(method, checkpoints=tuple(begun + n for n in self.checkpoints))
        return before, measured_at(further, changed, then, learner, begun)[1]


@dataclass(frozen=True)
class Lasting:
    """How long the drive of one regime lasts, in one kind of probe.

    Attributes:
        half_life: further updates until the drive has halved.
        rise: updates of training until the drive first reached that level.
        hysteresis: the first over the second, per seed.
        without: seeds that had no drive above the margin when the tasks changed, and are
            in none of the medians.
        kept: mean share of the drive that is left at the end of the run.
    """

    half_life: MedianTime
    rise: MedianTime
    hysteresis: MedianTime
    without: int
    kept: float


@dataclass(frozen=True)
class Persistence:
    """Agents before and after their tasks changed.

    Attributes:
        regimes: what the tasks turned into, one per setting of the measurements.
        before: measurements in training, [regime, seed, checkpoint].
        after: measurements after the change, [regime, seed, checkpoint].
    """

    regimes: tuple[Regime, ...]
    before: Measurement
    after: Measurement

    def drive(self, probe: str, regime: int) -> tuple[Float[np.ndarray, "seeds T"], ...]:
        """P(power) above the untrained agent's, in training and after the change."""
        before = np.asarray(getattr(self.before, probe))[regime]
        after = np.asarray(getattr(self.after, probe))[regime]
        return before - before[:, :1], after - before[:, :1]

    def lasting(self, probe: str, regime: int) -> Lasting | None:
        """Half-life, rise and hysteresis; None if no seed had a drive to lose."""
        rising, falling = self.drive(probe, regime)
        had = falling[:, 0] > MARGIN
        if not had.any():
            return None
        rising, falling = rising[had] / falling[had, :1], falling[had] / falling[had, :1]
        trained = np.asarray(self.before.after)[regime, 0]
        further = np.asarray(self.after.after)[regime, 0] - trained[-1]
        half_life = first_passage(further, falling, 0.5)
        rise = first_passage(trained, -rising, -0.5)
        return Lasting(
            half_life=MedianTime.of(half_life),
            rise=MedianTime.of(rise),
            hysteresis=MedianTime.of(half_life / rise),
            without=int((~had).sum()),
            kept=float(falling[:, -1].mean()),
        )

    def to_dataset(self) -> xarray.Dataset:
        """Everything measured, as one labelled dataset."""
        import xarray

        trained = np.asarray(self.before.after)[0, 0].astype(int)
        further = np.asarray(self.after.after)[0, 0].astype(int) - trained[-1]
        parts: dict[str, Any] = {}
        for prefix, measured, time in (
            ("", self.before, "updates"),
            ("then_", self.after, "further"),
        ):
            parts |= {
                f"{prefix}{name}": (("regime", "seed", time), values)
                for name, values in asdict(measured).items()
            }
        names = [regime.name for regime in self.regimes]
        return xarray.Dataset(parts, {"regime": names, "updates": trained, "further": further})

    @classmethod
    def from_dataset(cls, dataset: xarray.Dataset) -> Persistence:
        """Back from `to_dataset`; regimes by their names."""
        known = {regime.name: regime for regime in REGIMES}

        def measurement(prefix: str) -> Measurement:
            names = (f.name for f in fields(Measurement))
            columns: dict[str, Any] = {name: dataset[prefix + name].values for name in names}
            return Measurement(**columns)

        regimes = tuple(known[str(name)] for name in dataset["regime"].values)
        return cls(regimes, measurement(""), measurement("then_"))


def persist(
    recipe: Recipe,
    knobs: Knobs,
    seeds: Sequence[int],
    *,
    further: tuple[int, ...],
    regimes: tuple[Regime, ...] = REGIMES,
    seed: int = 0,
    chunk: int | None = None,
) -> Persistence:
    """Train agents, then go on with each of them under every regime.

    Args:
        recipe: training before the change; its first checkpoint is the untrained agent.
            Fines are paid only where its supervision is `Blanket`, which is put there if
            it supervises outcomes only.
        knobs: scalar knobs of training before the change.
        seeds: agent numbers; regimes share them, so they are paired.
        further: numbers of updates after the change at which agents are measured, from 0.
        regimes: what the tasks turn into.
        seed: experiment seed.
        chunk: agents per compiled call.

    Raises:
        InvalidInput: if either list of checkpoints does not start at 0.

    >>> from powerseek.toymodels import HubKnobs
    >>> recipe = Recipe(checkpoints=(0, 8, 64))
    >>> found = persist(recipe, HubKnobs(), range(6), further=(0, 64), regimes=(NEUTRAL,))
    >>> lasting = found.lasting("told", 0)
    >>> lasting.half_life.censored, lasting.kept
    (6, 1.0)
    """
    for name, counts in (("checkpoints", recipe.checkpoints), ("further", further)):
        if not counts or counts[0] != 0:
            raise InvalidInput.of(name, counts, "numbers of updates that start with 0")
    replace(recipe, checkpoints=further)  # checks that they increase
    if recipe.supervision.name == "outcome":
        recipe = replace(recipe, supervision=Blanket())
    later = [regime.after(knobs) for regime in regimes]
    columns: dict[str, Any] = {
        f.name: np.array([float(getattr(k, f.name)) for k in later]) for f in fields(knobs)
    }
    settings = {f.name: np.full(len(regimes), float(getattr(knobs, f.name))) for f in fields(knobs)}
    both = (type(knobs)(**settings), type(knobs)(**columns))
    before, after = run_agents(Continued(tuple(further)), recipe, both, seeds, seed, chunk)
    return Persistence(tuple(regimes), before, after)


def doubling(updates: int, per_doubling: int = 2) -> tuple[int, ...]:
    """0, then whole numbers growing in proportion, up to ``updates``.

    >>> doubling(16), doubling(9, per_doubling=1)
    ((0, 1, 2, 3, 4, 6, 8, 11, 16), (0, 1, 2, 4, 8, 9))
    """
    steps = int(np.floor(per_doubling * np.log2(updates) + 1e-9))
    grown = {round(2 ** (k / per_doubling)) for k in range(steps + 1)}
    return (0, *sorted(grown | {updates}))
