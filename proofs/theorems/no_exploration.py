r"""Without exploration there is no drive in the time one has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from powerseek.proofs.ledger import CoqProof, Name, Property, Status, Theorem
from powerseek.proofs.strategies import CHECKPOINTS, LEARNING_RATE, N_TASKS, knobs, train_small

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def instances() -> Mapping[str, SearchStrategy[Any]]:
    """Knobs of a hub world all of whose tasks need power, and a share of the bound."""
    from hypothesis import strategies as st

    return {
        **knobs("base_success", "legibility", "sharing", "seed"),
        "share": st.floats(0.01, 0.99),
    }


def holds(base_success: float, legibility: float, sharing: float, seed: int, share: float) -> bool:
    """Explored so rarely, power stays below twice its first probability to the last update.

    Steps of gradient ascent move the clock less than the flow does while $z < 0$, so the
    bound holds of them too.
    """
    from powerseek.proofs.theorems.argument import rate
    from powerseek.toymodels import HubKnobs

    settings = HubKnobs(
        need=1.0,
        price=0.0,
        price_spread=0.0,
        base_success=base_success,
        legibility=legibility,
        sharing=sharing,
    )
    gain = rate(settings, N_TASKS) * LEARNING_RATE * CHECKPOINTS[-1]
    exploration = share / (2 * gain)
    if exploration >= 0.5:
        return True
    run = train_small(replace(settings, exploration=exploration), seed)
    return bool((run.told < 2 * exploration).all())


THEOREM = Theorem(
    name="no_exploration",
    title="No drive without P4 in the time there is",
    statement=r"""
In the model class of the argument theorem let $0 \le K' \le K$ and $0 < \varepsilon < \tfrac12$.
However long the training time $T$, if power is explored as rarely as

$$ \varepsilon < \frac{1}{2\, a\, s\, r\, K\, D\, T} $$

then $\pi(y(T)) < 2\varepsilon$: the drive is less than $\varepsilon$.
""",
    hypotheses=(
        "as for the argument theorem, without the signs",
        "$0 \\le K' \\le K$, $K > 0$, $0 < \\varepsilon < \\tfrac12$",
    ),
    source="From the exact solution: $g(\\mathrm{logit}\\,2\\varepsilon) - "
    "g(\\mathrm{logit}\\,\\varepsilon) > 1/(2\\varepsilon)$.",
    proof=CoqProof("Argument.v", ("no_drive_without_exploration",)),
    property=Property(instances, holds, examples=30),
    names=(
        Name(r"$\varepsilon$", "eps", "toymodels.worlds.hub.HubKnobs.exploration"),
        Name(r"$a s r K D$", "training", "proofs.theorems.argument.rate"),
        Name(r"$\pi(y)$", "expit", "toymodels.measurement.Measurement.told"),
    ),
    premises=("P4",),
    use="Necessity of P4, the sixth countermodel. The switch is a small number, not zero: "
    "with any exploration at all a drive comes if one trains for long enough.",
    status=Status.PROVED,
)
