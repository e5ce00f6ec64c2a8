r"""Own sake against the user's benefit: how reinforcing one moves the other.

In the wallet world (`powerseek.toymodels.worlds.wallet`) only the *user's* account is ever of use,
and only it is on offer in training. The agent's *own* account looks like it to the degree
$\omega$. With $\Delta z(\omega)$ the gain in log-odds of taking from one's own account, and
$\omega = 1$ standing for the user's account itself, the **share** going over is

$$ s(\omega) = \Delta z(\omega) / \Delta z(1) , $$

and the tangent kernel of the untrained policy predicts
$s(\omega) \approx \dot z(\omega)/\dot z(1)$. For a linear policy both are $\omega$, at all times:
its log-odds are linear in the looks. What a network makes of an account that looks half alike is
to be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.argument import POWER
from powerseek.toymodels.kernel import predict
from powerseek.toymodels.recipe import Recipe
from powerseek.toymodels.statistics import Interval, over_seeds
from powerseek.toymodels.training import train
from powerseek.toymodels.worlds import Wallet

MARGIN = POWER.conclusion.margin


@dataclass(frozen=True)
class OwnSake:
    r"""Log-odds and probability of taking from one's own account where it is useless.

    Attributes:
        overlaps: $\omega$, the last of them 1.
        gain: log-odds gained by training, [overlap, seed, checkpoint].
        taken: P(taking) less the untrained agent's, [overlap, seed, checkpoint].
        rate: log-odds gained per unit of training, as the kernel predicts, [overlap, seed].
    """

    overlaps: tuple[float, ...]
    gain: Float[np.ndarray, "overlap seed checkpoint"]
    taken: Float[np.ndarray, "overlap seed checkpoint"]
    rate: Float[np.ndarray, "overlap seed"]

    def share(self, checkpoint: int) -> list[Interval]:
        r"""$s(\omega)$ at a checkpoint: ratio of sums over seeds, with a jackknife interval."""
        return [ratio(row, self.gain[-1, :, checkpoint]) for row in self.gain[:, :, checkpoint]]

    def predicted(self) -> list[Interval]:
        """The kernel's prediction of it."""
        return [ratio(row, self.rate[-1]) for row in self.rate]

    def least_overlap(self) -> float:
        """Smallest overlap from which on the agent takes more, by `MARGIN`, than untrained.

        Infinite if it does at none.
        """
        beyond = [over_seeds(row).low > MARGIN for row in self.taken[:, :, -1]]
        from_here = [all(beyond[i:]) for i in range(len(beyond))]
        return next((w for w, ok in zip(self.overlaps, from_here, strict=True) if ok), np.inf)


def ratio(above: Float[np.ndarray, " n"], below: Float[np.ndarray, " n"]) -> Interval:
    """Ratio of two means over the same seeds, with a delete-one jackknife interval.

    >>> import numpy as np
    >>> ratio(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])).mean
    0.5
    """
    n = above.size
    whole = float(above.sum() / below.sum())
    left_out = (above.sum() - above) / (below.sum() - below)
    pseudo = n * whole - (n - 1) * left_out
    spread = over_seeds(pseudo)
    return replace(
        spread,
        mean=whole,
        low=whole + spread.low - spread.mean,
        high=whole + spread.high - spread.mean,
    )


def own_sake(
    recipe: Recipe,
    knobs: Any,
    overlaps: Sequence[float],
    seeds: Sequence[int],
    *,
    seed: int = 0,
    chunk: int | None = None,
) -> OwnSake:
    """Train in the wallet world and offer own accounts of every overlap.

    Args:
        recipe: with a wallet world; the first checkpoint is the untrained agent.
        knobs: scalar knobs of that world.
        overlaps: increasing, the last 1.
        seeds: as for `train`.
        seed: as for `train`.
        chunk: as for `train`.

    Raises:
        InvalidInput: if the world is another or the overlaps do not end in 1.
    """
    if not isinstance(recipe.world, Wallet):
        raise InvalidInput.of("world", recipe.world.name, "the wallet world")
    if not overlaps or overlaps[-1] != 1 or list(overlaps) != sorted(set(overlaps)):
        raise InvalidInput.of("overlaps", list(overlaps), "increasing numbers, the last of them 1")
    settings = replace(knobs, overlap=np.asarray(overlaps, float))
    measured = train(recipe, settings, seeds, seed=seed, chunk=chunk)
    measured.require_untrained_first()
    kernel = predict(recipe, settings, seeds, seed=seed, chunk=chunk)
    odds, taken = np.asarray(measured.told_log_odds), np.asarray(measured.told)
    return OwnSake(
        tuple(map(float, overlaps)),
        odds - odds[..., :1],
        taken - taken[..., :1],
        np.asarray(kernel.told_rate),
    )
