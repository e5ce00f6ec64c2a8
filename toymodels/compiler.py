"""What XLA is asked to do: how long it may take to compile a program depends on how long it runs.

Every world, policy and algorithm is a program of its own, and most run for a second or two.
Fusion by way of MLIR takes half the time of compiling them, and makes them up to a third faster;
LLVM's second level of optimisation makes none of them faster.

XLA hands sums over an axis in single precision to a library of kernels for neural networks. They
take long sums fast, such as those over all options in the gradient of a bias; over short ones,
of three options or five states, they take ten times as long as XLA itself. What is faster in all
depends on the policy: `powerseek.toymodels.policies.Policy.long_sums`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
from types import MappingProxyType
from typing import Any

import jax

_LESS_OF_LLVM = {"xla_backend_optimization_level": 1}
_NO_MLIR = {"xla_cpu_use_fusion_emitters": False}
_NO_KERNELS = {"xla_cpu_experimental_ynn_fusion_type": ""}


class Effort(Enum):
    """How long compiling may take.

    Attributes:
        THOROUGH: for what runs long.
        QUICK: for what takes about as long to compile as to run.
        QUICKEST: for what takes longer to compile than to run.
    """

    THOROUGH = MappingProxyType(_LESS_OF_LLVM)
    QUICK = MappingProxyType(_LESS_OF_LLVM | _NO_MLIR)
    QUICKEST = MappingProxyType({"xla_backend_optimization_level": 0} | _NO_MLIR)


def compiled(
    function: Callable[..., Any],
    effort: Effort,
    static: tuple[str, ...] = (),
    *,
    long_sums: bool = False,
) -> Callable[..., Any]:
    """`jax.jit` with those options for so much effort that this version of XLA has.

    Args:
        function: what is compiled, when it is first called.
        effort: how long that may take.
        static: names of its static arguments.
        long_sums: whether most of its sums in single precision are over hundreds of numbers.

    >>> from powerseek.toymodels.compiler import Effort, compiled
    >>> float(compiled(lambda x: 2 * x, Effort.QUICK)(21.0))
    42.0
    """

    @functools.cache  # not before the first call: asking XLA starts it
    def program() -> Callable[..., Any]:
        asked = dict(effort.value) | ({} if long_sums else _NO_KERNELS)
        known = {name: value for name, value in asked.items() if has_option(name, value)}
        return jax.jit(function, static_argnames=static, compiler_options=known)

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        return program()(*arguments)

    return call


@functools.cache
def has_option(name: str, value: int | bool | str) -> bool:
    """Whether this version of XLA has a compiler option.

    >>> has_option("xla_backend_optimization_level", 1), has_option("xla_no_such_option", True)
    (True, False)
    """
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError as error:
        if "No such compile option" not in str(error):
            raise
        return False
    return True
