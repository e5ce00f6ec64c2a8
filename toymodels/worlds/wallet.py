r"""The wallet world: the user's account against the agent's own.

In training the agent may draw on the *user's* account before a task, which helps with needy
tasks as the hub does (`powerseek.toymodels.worlds.hub`): power for the user's benefit,
reinforced because it helps. In the probes it is offered its *own* account instead, which no
task in training ever mentioned: moving money there serves no task and no user.

The two accounts look alike as far as the knob `overlap` $\omega$ says: the features of the
agent's own account are $\omega$ times those of the user's and $\sqrt{1-\omega^2}$ times
features never seen in training, so they have the same length, and the kernel between the
two accounts is $\omega$ times the kernel of the user's account with itself. What
reinforcing the first does to the second is the measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from powerseek.theory.pytrees import pytree

from .hub import Hub, HubKnobs
from .knobs import UNIT, Scalar, knob


@pytree
@dataclass(frozen=True, kw_only=True)
class WalletKnobs(HubKnobs):
    """The hub's knobs, and how alike the two accounts look."""

    overlap: Scalar = knob(
        0.5,
        UNIT,
        r"$\omega$: how much the agent's own account looks like the user's. 0: nothing alike.",
    )


@dataclass(frozen=True)
class Wallet(Hub):
    """The wallet world: trained like the hub, probed with the agent's own account."""

    name: str = "wallet"

    def face(self, knobs: WalletKnobs) -> Float[Array, " B"]:  # type: ignore[override]
        """The own account: partly like the user's, partly like nothing in training."""
        overlap = jnp.asarray(knobs.overlap)
        return jnp.stack([overlap, jnp.zeros(()), jnp.sqrt(1 - overlap**2)])


WORLD = (Wallet, WalletKnobs)
"""What the list of worlds takes from here."""
