"""Interrupts that Python would drop."""

from __future__ import annotations

import _thread
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Interrupt again, once, when an interrupt came to nothing.

    Python drops what is raised in a callback, and JAX has one at garbage collection. What is
    raised while Python tells of it is dropped too, hence from another thread, a little later;
    but not any more once the block has been left.
    """
    before = sys.unraisablehook
    lost: list[bool] = []

    def again() -> None:
        time.sleep(0.01)
        if lost:
            lost.clear()
            _thread.interrupt_main()

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            lost.append(True)
            _thread.start_new_thread(again, ())
        else:
            before(dropped)

    sys.unraisablehook = hook
    try:
        yield
        if lost:
            raise KeyboardInterrupt
    finally:
        lost.clear()
        sys.unraisablehook = before
