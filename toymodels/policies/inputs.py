r"""The first layer of networks: from what is seen of an option to hidden inputs.

$$ u_{s,o,x} = \sqrt\alpha\; W \phi_{s,o,x} +
   \sqrt{1-\alpha}\,\bigl(C e_x + v_{s,o,x}\bigr) + b $$

with the shared features $\phi$, the code $e_x$ of the context, and a private vector
$v_{s,o,x}$ for every option of a known context (an embedding table; it starts at zero, as
the private weights of the linear policy do). New contexts have no private vectors.

So $\alpha = 0$ removes what is shared across contexts and no more: in known contexts the
options can be told apart by their private vectors and their tasks be learnt; in a new one
every option has the same input, so their scores are equal and nothing that was learnt
favours any of them. The layers above are shared by known contexts whatever $\alpha$ is.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import Observation


@pytree
@dataclass(frozen=True)
class InputLayer:
    """Weights of the first layer.

    Attributes:
        weights: $W$ above $C$: rows for the shared features, then for the code.
        bias: $b$.
        private: $v$, the table of private vectors; empty if no context has any.
    """

    weights: Float[Array, "... I H"]
    bias: Float[Array, "... H"]
    private: Float[Array, "... H S O X"]


def draw_input_layer(key: PRNGKeyArray, observation: Observation, width: int) -> InputLayer:
    """LeCun-normal weights; bias and private vectors zero.

    The $k$-th input that the world has gets the $k$-th row drawn, whatever room there is
    between them, and the scale is that of the inputs it has.
    """
    n_shared, n_code = observation.shared.shape[0], observation.embedding.shape[0]
    weights = jax.random.normal(key, (n_shared + n_code, width))
    n_in: Array | int = n_shared + n_code
    if observation.used is not None:
        there = jnp.concatenate([observation.used, jnp.ones(n_code, bool)])
        weights = there[:, None] * weights[there.cumsum() - 1]
        n_in = there.sum()
    return InputLayer(
        weights=weights / n_in**0.5,
        bias=jnp.zeros(width),
        private=jnp.zeros((width, *observation.private_shape)),
    )


def hidden_input(
    layer: InputLayer, observation: Observation, sharing: Float[Array, ""]
) -> Float[Array, "H S O X"]:
    """The input of every hidden unit for every option (see the module docstring)."""
    n_shared = observation.shared.shape[0]
    seen = jnp.einsum("fsox,fh->hsox", observation.shared, layer.weights[:n_shared])
    # The context's code is the same for all states and options: multiply it once.
    own = jnp.einsum("ex,eh->hx", observation.embedding, layer.weights[n_shared:])[:, None, None]
    if observation.private is not None:
        own = own + observation.private * layer.private
    return jnp.sqrt(sharing) * seen + jnp.sqrt(1 - sharing) * own + layer.bias[:, None, None, None]
