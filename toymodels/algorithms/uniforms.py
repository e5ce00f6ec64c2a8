r"""Uniform random numbers for sampled episodes, at half of what they cost.

The cipher behind a key (Threefry-2x32; Salmon et al., SC 2011) gives two words of 32 bits for
each number it is run over. `jax.random.uniform` makes one float32 of both, so that arrays split
over devices can be drawn in parts. Here an agent is drawn on one device, and each word makes a
float32 of its own. A float64 takes both words anyway.
"""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp
from jax.extend.random import threefry_2x32
from jaxtyping import Array, DTypeLike, Float, PRNGKeyArray


def uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], dtype: DTypeLike = float
) -> Float[Array, ...]:
    """Independent uniform numbers in [0, 1), multiples of 2**-23 (float32) or 2**-52 (float64).

    Args:
        key: of the kind that `powerseek.toymodels.streams.agent_key` makes; not to be used again.
        shape: of the result.
        dtype: float32 or float64; by default JAX's own.

    >>> numbers = uniform(jax.random.key(0), (2, 3), jnp.float32)
    >>> numbers.shape, bool((numbers >= 0).all() and (numbers < 1).all())
    ((2, 3), True)
    """
    dtype = jax.dtypes.canonicalize_dtype(dtype)
    if dtype != jnp.float32:
        return jax.random.uniform(key, shape, dtype)
    words = threefry_2x32(jax.random.key_data(key), jnp.arange(prod(shape), dtype=jnp.uint32))
    mantissa, one = words >> 9, jnp.float32(1).view(jnp.uint32)
    numbers: Float[Array, ...] = (mantissa | one).view(jnp.float32).reshape(shape) - 1
    return numbers
