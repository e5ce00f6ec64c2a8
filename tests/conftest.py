"""Settings shared by all tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest
from hypothesis import settings

# Time limits for single examples fail on a busy machine and say nothing about the code.
settings.register_profile("powerseek", deadline=None)
settings.load_profile("powerseek")

# Compiling takes most of the time, and many tests compile the same programs: they are kept on
# disk, for the other workers, for the commands that tests run, and for the next time.
CACHE = {
    "jax_compilation_cache_dir": str(Path(__file__).parents[1] / ".cache" / "jax"),
    "jax_compilation_cache_max_size": 2**30,  # which makes workers wait for one another
    "jax_persistent_cache_min_compile_time_secs": 0.1,
}
for option, value in CACHE.items():
    os.environ.setdefault(option.upper(), str(value))
    jax.config.update(option, value)


@pytest.fixture(autouse=True, scope="module")
def programs_of_one_file() -> Iterator[None]:
    """Drop the compiled programs of a test file when it is done.

    Each of them holds several memory mappings, and Linux ends a process that asks for more
    than 65,530: thousands of programs, which the whole suite compiles.
    """
    yield
    jax.clear_caches()


@pytest.fixture
def interrupts():
    """Ctrl-C interrupts this process and those it starts, even in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
