"""Computing on all the cores of a machine."""

from __future__ import annotations

import os

_FLAG = "--xla_force_host_platform_device_count"


def use_all_cores() -> None:
    """Ask JAX for one device per core; must be called before JAX computes anything.

    Agents and sampled rewards are then split over the cores, which is faster than sharing
    the arithmetic of a few of them. The command line does this by itself. Numbers depend
    on it only by how single precision rounds, and a number of devices already asked for in
    ``XLA_FLAGS`` stays as it is.

    >>> use_all_cores()
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if _FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_FLAG}={os.cpu_count() or 1}".strip()
