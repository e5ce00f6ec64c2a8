"""Random knobs for the properties, and small trained agents.

All trained agents share one
recipe, so that it is compiled once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from powerseek.toymodels import HubKnobs, Measurement, Recipe
    from powerseek.toymodels.worlds import Knobs

N_TASKS = 4
"""Training tasks of a small agent; need fractions that are multiples of 1/4 are exact."""

LEARNING_RATE = 0.1

CHECKPOINTS = (0, 1, 4, 16, 64, 256, 1024)


def knobs(*names: str) -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of the hub world, over the range in which the closed forms are meant."""
    from hypothesis import strategies as st

    ranges = {
        "need": st.integers(0, N_TASKS).map(lambda k: k / N_TASKS),
        "price": st.floats(0.0, 0.6),
        "base_success": st.floats(0.0, 0.9),
        "exploration": st.floats(0.05, 0.9),
        "legibility": st.floats(0.0, 1.0),
        "sharing": st.floats(0.0, 1.0),
        "autonomy": st.floats(0.0, 1.0),
        "signal": st.floats(0.0, 1.0),
        "credit": st.floats(0.0, 1.0),
        "seed": st.integers(0, 99),
    }
    return {name: ranges[name] for name in names}


def world_knobs(kind: type[Knobs], **fixed: float) -> SearchStrategy[Any]:
    """Knobs of any world, over ranges in which power may pay and may not.

    Args:
        kind: the class of the world's knobs.
        fixed: knobs that do not vary, by name.
    """
    from hypothesis import strategies as st

    some = st.floats(0.125, 1.0)
    ranges = {
        **knobs("need", "price", "exploration", "legibility", "sharing"),
        "autonomy": some,
        "signal": some,
        "credit": some,
        "competence": st.floats(0.25, 1.0),
        "price_spread": st.floats(0.0, 1.0),
        "base_success": st.floats(0.0, 0.5),
        "hazard": st.floats(0.0, 0.9),
        "truth": st.floats(0.0, 0.4),
        "overlap": st.floats(0.0, 1.0),
        "steadiness": st.floats(0.125, 0.875),
    }
    names = {f.name for f in kind.describe()} & (ranges.keys() | fixed.keys())
    chosen = {n: st.just(fixed[n]) if n in fixed else ranges[n] for n in sorted(names)}
    return st.builds(kind, **chosen)


def small_recipe() -> Recipe:
    """Exact gradient ascent on a linear policy in a hub world of few tasks."""
    from powerseek.toymodels import Hub, Recipe

    hub = Hub(n_tasks=N_TASKS, n_prices=2)
    return Recipe(world=hub, learning_rate=LEARNING_RATE, checkpoints=CHECKPOINTS)


def train_small(settings: HubKnobs, seed: int) -> Measurement:
    """Train one small agent; every array is [checkpoint]."""
    import jax

    from powerseek.toymodels import train

    run: Measurement = jax.tree.map(
        lambda leaf: leaf[0, 0], train(small_recipe(), settings, [seed], chunk=1)
    )
    return run


def step_error(advantage: float, updates: int) -> float:
    r"""How far gradient ascent may be from gradient flow, in units of the clock.

    The clock $g(z) = 2z + 2\sinh z$ has $g' = 2 + 2\cosh z = 1/(\pi(1-\pi))$ and
    $|g''| \le g'$. A step $h = \eta D \pi(1-\pi)$, at most $\eta |D|/4$ in size, moves the
    clock by $g'h = \eta D$ and at most $\tfrac12 h^2 g' e^{|h|}$ more, so by Taylor $n$ steps
    end within $n\,(\eta D)^2 e^{\eta |D|/4}/8$ of $\eta D n$.

    Args:
        advantage: $D$, everything that multiplies $\pi(1-\pi)$ but the learning rate.
        updates: the number of steps $n$.
    """
    import math

    step = LEARNING_RATE * abs(advantage)
    return updates * step**2 * math.exp(step / 4) / 8
