r"""The usual network of deep reinforcement learning: state and task in, a score per option out.

$$ z_{s,\cdot,x} = W_3 \tanh\bigl(W_2 \tanh(E_s + C e_x + b_1) + b_2\bigr) + b_3 $$

The other policies score an option from what is seen of it; this one knows options by their
number only, so it cannot carry over from one state what it learnt of an option in another.
The first layer is a table $E$ with one row for each state, plus the code of the task: the
same as a layer over one-hot states, without the multiplications by 0. `sharing` does not act
here, and new states cannot be scored: it is for worlds whose states are the same in all tasks.

It never sees the codes of states. So in the graph world its relabelled twin differs from it by
the codes of the goals only, and is expected to do the same under new ones: not a control.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.theory.pytrees import pytree
from powerseek.toymodels.tasks import Observation

from .base import Params, Policy


@pytree
@dataclass(frozen=True)
class ActorParams:
    """Weights; letters as in the module docstring."""

    states: Float[Array, "... S H"]
    codes: Float[Array, "... E H"]
    second: Float[Array, "... H H"]
    last: Float[Array, "... H O"]
    biases: tuple[Float[Array, "... H"], Float[Array, "... H"], Float[Array, "... O"]]


@dataclass(frozen=True)
class Actor(Policy):
    """Two tanh layers, then a linear score for each option.

    Attributes:
        width: units in each layer.
    """

    long_sums: ClassVar[bool] = True

    name: str = "actor"
    width: int = 32

    def __post_init__(self) -> None:
        if self.width < 1:
            raise InvalidInput.of("width", self.width, "a whole number >= 1")

    def init(self, key: PRNGKeyArray, observation: Observation) -> Params:
        """LeCun-normal weights for one-hot states; the last layer is ten times smaller.

        Raises:
            InvalidInput: if options look different from task to task, which it would not see.
        """
        if observation.shared.shape[-1] > 1:
            expected = "another one: it would not see how options differ from task to task"
            raise InvalidInput.of("policy", self.name, expected)
        h = self.width
        states, options, _ = observation.shape
        n_in = states + observation.embedding.shape[0]
        k_first, k_second, k_last = jax.random.split(key, 3)
        first = jax.random.normal(k_first, (n_in, h)) / n_in**0.5
        return ActorParams(
            states=first[:states],
            codes=first[states:],
            second=jax.random.normal(k_second, (h, h)) / h**0.5,
            last=0.1 * jax.random.normal(k_last, (h, options)) / h**0.5,
            biases=(jnp.zeros(h), jnp.zeros(h), jnp.zeros(options)),
        )

    def scores(
        self, params: Params, observation: Observation, sharing: Float[Array, ""]
    ) -> Float[Array, "S O X"]:
        """Scores of all options."""
        del sharing
        states, options, contexts = observation.shape
        b1, b2, b3 = params.biases
        task = observation.embedding.T @ params.codes + b1
        h = jnp.tanh(params.states[:, None] + task).reshape(states * contexts, self.width)
        h = jnp.tanh(h @ params.second + b2)
        out = (h @ params.last + b3).reshape(states, contexts, options)
        return jnp.swapaxes(out, 1, 2)
