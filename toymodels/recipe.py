"""Everything about training that is fixed when it is compiled.

A `Method` is how agents learn; a `Recipe` is a method and the world they learn in. Training
is compiled for the method alone, so worlds of the same shape share one compiled function.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import optax

from powerseek.theory.errors import InvalidInput

from .algorithms import Algorithm, ExactGradient
from .policies import Linear, Policy
from .supervision import Outcome, Supervision
from .worlds import Hub, LabelledWorld, World


@dataclass(frozen=True)
class Method:
    """How agents learn, and when they are measured.

    Attributes:
        policy: the policy class.
        algorithm: how credit is assigned.
        supervision: what is taught besides outcomes, with strength `oversight`.
        optimiser: ``"sgd"`` (gradient flow as the step goes to 0) or ``"adam"``.
        learning_rate: its step size.
        precision: ``"float64"`` or, twice as fast for networks, ``"float32"``.
        checkpoints: numbers of updates after which the agent is measured, increasing;
            0 is the untrained agent.
    """

    policy: Policy = field(default_factory=Linear)
    algorithm: Algorithm = field(default_factory=ExactGradient)
    supervision: Supervision = field(default_factory=Outcome)
    optimiser: str = "sgd"
    learning_rate: float = 1.0
    precision: str = "float64"
    checkpoints: tuple[int, ...] = (0, 1, 4, 16, 64, 256)

    def __post_init__(self) -> None:
        if self.optimiser not in ("sgd", "adam"):
            raise InvalidInput.of("optimiser", self.optimiser, "'sgd' or 'adam'")
        if self.precision not in ("float64", "float32"):
            raise InvalidInput.of("precision", self.precision, "'float64' or 'float32'")
        with np.errstate(over="ignore", under="ignore"):
            rate = np.dtype(self.precision).type(self.learning_rate)
        if not 0 < rate < np.inf:
            expected = f"a finite number > 0 in {self.precision}"
            raise InvalidInput.of("learning_rate", self.learning_rate, expected)
        counts = self.checkpoints
        whole = isinstance(counts, tuple) and all(isinstance(n, int) for n in counts)
        if not whole or not counts or counts[0] < 0 or (np.diff(counts) <= 0).any():
            raise InvalidInput.of("checkpoints", counts, "a tuple of increasing whole numbers >= 0")

    def build_optimiser(self) -> Any:
        """The optax optimiser (minimising, so it is given minus the ascent direction)."""
        build = {"sgd": optax.sgd, "adam": optax.adam}[self.optimiser]
        return build(self.learning_rate)


@dataclass(frozen=True)
class Recipe(Method):
    """A method and a world (attributes as of `Method`, and these).

    Attributes:
        world: the world.
    """

    world: World = field(default_factory=Hub)

    @property
    def method(self) -> Method:
        """The recipe without its world."""
        return Method(**{f.name: getattr(self, f.name) for f in fields(Method)})

    @property
    def labelled_world(self) -> LabelledWorld:
        """The world, if it says which choice is power.

        Raises:
            InvalidInput: if it does not.
        """
        if not isinstance(self.world, LabelledWorld):
            expected = "a world that labels power (for `graph` there is `train_in_graphs`)"
            raise InvalidInput.of("world", self.world.name, expected)
        return self.world
