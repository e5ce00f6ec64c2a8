"""Settings shared by all tests."""

from collections.abc import Iterator

import jax
import pytest
from hypothesis import settings

# Time limits for single examples fail on a busy machine and say nothing about the code.
settings.register_profile("powerseek", deadline=None)
settings.load_profile("powerseek")


@pytest.fixture(autouse=True, scope="module")
def programs_of_one_file() -> Iterator[None]:
    """Drop the compiled programs of a test file when it is done.

    Each of them holds several memory mappings, and Linux ends a process that asks for more
    than 65,530: thousands of programs, which the whole suite compiles.
    """
    yield
    jax.clear_caches()
