"""The premises, measured: one number per seed for each of P1 to P6.

Each is read off trained agents with all premises switched on; what it means and the least
size that counts are data of the argument (`powerseek.toymodels.argument`).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from .kernel import KernelPrediction
from .measurement import Measurement


def premise_quantities(
    measured: Measurement, kernel: KernelPrediction, setting: int = 0
) -> dict[str, Float[np.ndarray, " seed"]]:
    """The quantity of each premise, per seed.

    Args:
        measured: agents measured at checkpoint 0 (untrained) and after training.
        kernel: tangent-kernel predictions for the same agents.
        setting: which setting of both.

    Raises:
        InvalidInput: if the first checkpoint is not the untrained agent.
    """
    measured.require_untrained_first()

    def at(field: str, checkpoint: int) -> Float[np.ndarray, " seed"]:
        values: Float[np.ndarray, " seed"] = np.asarray(getattr(measured, field))[
            setting, :, checkpoint
        ]
        return values

    room = at("best", 0) - at("returns", 0)
    gained = at("returns", -1) - at("returns", 0)
    return {
        "P1": at("success", -1) - at("success", 0),
        "P2": np.divide(gained, room, out=np.zeros_like(room), where=room > 1e-9),
        "P3": at("useful", -1),
        "P4": at("completed_by_power", -1),
        "P5": at("push", -1),
        "P6": np.asarray(kernel.transfer)[setting],
    }
