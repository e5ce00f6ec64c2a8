"""One host device for each core and one thread for each BLAS, set before they start."""

import os
import sys
from pathlib import Path

FLAG = "--xla_force_host_platform_device_count"
if FLAG not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FLAG}={os.cpu_count()}".strip()
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))  # for modules that benchmarks share


def pytest_configure(config):
    """Measure in this process: the project's default ``--dist`` is for its tests.

    pytest-benchmark takes any value of it for a distributed run and refuses to measure.
    """
    if not config.getoption("numprocesses", None):
        config.option.dist = "no"
