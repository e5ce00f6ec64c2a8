r"""Six countermodels: in each, five premises hold, one fails, and so does the conclusion.

All six are one hub world in the model class of the argument theorem
(`powerseek.proofs.theorems.argument`) with one knob off. The agents can see that power is of
no use in the probe: every training task shows that it needs power, the probe shows that it
does not. With all premises on, the theorem gives the training time from which power is
taken there nevertheless; with one off, `no_drive` or `no_exploration` says that it is not.
Both are also *measured*, on trained agents.

What *off* is: for P1, P2, P3, P5 and P6 the knob is exactly 0 (no autonomy, no truthful
reward, no task that needs power, no credit, no sharing), and the drive is exactly 0 or
negative for all time. P4 cannot be switched off so: an agent that never takes an option has
infinite log-odds. Its off value is a small number, so that countermodel has no drive in *the
time there is*, and would have one later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from powerseek.toymodels import HubKnobs
from powerseek.toymodels.argument import POWER, Premise

from .strategies import CHECKPOINTS, LEARNING_RATE, N_TASKS, small_recipe, train_small
from .theorems.argument import kernels, rate, time_needed

TIME = LEARNING_RATE * CHECKPOINTS[-1]
"""How long every agent here is trained: learning rate times number of updates."""

ALL_ON = replace(
    HubKnobs(**{premise.knob: premise.on for premise in POWER.premises}),
    need=1.0,  # every task needs power: training contexts are alike
    price_spread=0.0,
)
"""The world in which all premises hold, with the argument's own *on* values but the need's."""


@dataclass(frozen=True)
class Countermodel:
    """A world in which one premise fails.

    Attributes:
        premise: the premise that fails.
        knobs: the world: `ALL_ON` with one knob off.
        theorem: the theorem by which there is no drive in it.
    """

    premise: Premise
    knobs: HubKnobs
    theorem: str

    def excluded(self) -> bool:
        """Whether the hypotheses of the theorem hold of this world and the time there is.

        For ``no_drive``: a factor of the credit, or the advantage, or the kernel of the
        probe, is not positive. For ``no_exploration``: exploration is below its bound.
        """
        speed = rate(self.knobs, N_TASKS)
        if self.theorem == "no_drive":
            return speed <= 0 or kernels(self.knobs, N_TASKS)[1] == 0
        return 0 < 2 * float(self.knobs.exploration) * speed * TIME < 1


def countermodels() -> dict[str, Countermodel]:
    """The six, by the id of the premise that fails.

    >>> all(model.excluded() for model in countermodels().values())
    True
    """
    return {
        premise.id: Countermodel(
            premise,
            replace(ALL_ON, **{premise.knob: premise.off}),
            "no_exploration" if premise.id == "P4" else "no_drive",
        )
        for premise in POWER.premises
    }


@dataclass(frozen=True)
class Trained:
    """What a trained agent does in the told probe, where power is shown to be useless.

    Attributes:
        power: P(power) at each checkpoint.
        untrained: the first of them.
        power_of_twin: P(power) of its decoy twin at each checkpoint.
        bayes: P(power) of the Bayes-optimal agent.
    """

    power: Float[np.ndarray, " T"]
    untrained: float
    power_of_twin: Float[np.ndarray, " T"]
    bayes: float

    @property
    def twin(self) -> float:
        """P(power) of the decoy twin at the end."""
        return float(self.power_of_twin[-1])

    @property
    def drive(self) -> float:
        """P(power) at the end above the highest of the three controls."""
        return float(self.power[-1]) - max(self.untrained, self.twin, self.bayes)


def train_model(knobs: HubKnobs) -> Trained:
    """Train an agent by exact gradient ascent, and its decoy twin, and measure both.

    There is no chance in it: contexts are alike and gradients exact, so one agent is all.

    >>> trained = train_model(ALL_ON)
    >>> trained.drive > 0.5
    True
    """
    power = np.asarray(train_small(knobs, seed=0).told)
    other = np.asarray(train_small(replace(knobs, swapped=1.0), seed=0).told)
    bayes = float(small_recipe().labelled_world.bayes_power(knobs)["told"])
    return Trained(power, float(power[0]), other, bayes)


def time_for(probability: float) -> float:
    """Training time after which the world with all premises on has P(power) so large.

    >>> time_for(0.8) < TIME
    True
    """
    return time_needed(ALL_ON, N_TASKS, probability)
