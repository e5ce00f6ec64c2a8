"""Exact computations of several states, split over processes once they take long.

Each state is a computation of its own in exact integers, which Python does on one core. What is
predicted to take more than `PATIENCE` seconds goes to other processes at once, the longest state
first. Otherwise states are done here, and if that has taken as long, what is left goes to other
processes. Results do not depend on it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import TypeAlias, TypeVar

from powerseek.theory.errors import InvalidInput

Result = TypeVar("Result")

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (states done, states in all)."""

PATIENCE = 2.0
"""Seconds after which other processes, which take a second to start, are worth it."""


def for_each_state(
    function: Callable[[int], Result],
    states: Sequence[int],
    workers: int = 1,
    progress: Progress | None = None,
    seconds: Mapping[int, float] | None = None,
) -> dict[int, Result]:
    """The value of a function at each of some states.

    Args:
        function: of the number of a state; with more than one worker it, and what it
            returns, must be picklable.
        states: the numbers, no two equal.
        workers: how many processes to use. With more than one, a script that calls this must
            guard its main part by ``if __name__ == "__main__":``, since processes are spawned.
        progress: told how many states are done.
        seconds: predicted, for those states for which it is known.

    Raises:
        InvalidInput: if there is not at least one worker.

    >>> for_each_state(float, [2, 3])
    {2: 2.0, 3: 3.0}
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InvalidInput.of("workers", workers, "a whole number, at least 1")
    found: dict[int, Result] = {}
    predicted = dict.fromkeys(states, 0.0) | dict(seconds or {})
    longest_first = sorted(states, key=lambda state: -predicted[state])
    at_once = sum(predicted.values()) > PATIENCE
    for state, result in _one_by_one(function, longest_first, workers, at_once):
        found[state] = result
        if progress is not None:
            progress(len(found), len(states))
    return {state: found[state] for state in states}


def _one_by_one(
    function: Callable[[int], Result], states: Sequence[int], workers: int, at_once: bool
) -> Iterator[tuple[int, Result]]:
    """States with their values, as they come."""
    began = time.monotonic()
    for done, state in enumerate(states):
        left = states[done:]
        slow = at_once or time.monotonic() - began > PATIENCE
        if slow and workers > 1 and len(left) > 1:
            yield from _together(function, left, min(workers, len(left)))
            return
        yield state, function(state)


def _together(
    function: Callable[[int], Result], states: Sequence[int], workers: int
) -> Iterator[tuple[int, Result]]:
    """The same by other processes, which are ended should this one be interrupted."""
    others = set(active_children())
    context, initializer = get_context("spawn"), _leave_interrupts_to_the_parent
    with ProcessPoolExecutor(workers, context, initializer) as pool:
        with _one_thread_each():
            futures = {pool.submit(function, state): state for state in states}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(active_children()) - others:
                process.terminate()
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile do not share out what numpy multiplies over all cores.

    The library below it reads this once, when a process imports it. What is set already wins.
    """
    missing = {"OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"} - os.environ.keys()
    os.environ |= dict.fromkeys(missing, "1")
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]


def _leave_interrupts_to_the_parent() -> None:
    """Ctrl-C goes to all processes of a terminal; the parent ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
