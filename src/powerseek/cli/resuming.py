"""Interrupting a long run and going on with it: what `argue` and `predictions` share."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerseek.cli.interrupts import interrupts_kept
from powerseek.cli.options import refuse_given
from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    from powerseek.argue.kept_parts import KeptParts

INTERRUPTED = 130
"""The exit status of a run that was."""


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Declare the option."""
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the interrupted run in --out; give the other options as they were",
    )


def check_resume(args: argparse.Namespace) -> None:
    """Refuse options that contradict each other or do nothing, before anything is touched."""
    if args.resume and args.overwrite:
        raise InvalidInput("--overwrite: not with --resume, which keeps what is there")
    if args.out is None:
        refuse_given({"--overwrite": args.overwrite}, "--out to go with it")


def kept_parts(folder: Path, resume: bool, **what: Any) -> KeptParts:
    """The parts of a new run, or of the one that goes on.

    Args:
        folder: the run's.
        resume: whether an interrupted run goes on.
        what: what is run; what its numbers depend on besides is added.

    Raises:
        InvalidInput: if there is nothing to go on with, or it was something else.
    """
    import jax

    from powerseek import __version__
    from powerseek.argue.kept_parts import KeptParts

    # Single precision rounds differently when agents are split over more or fewer devices.
    numerics = {"powerseek": __version__, "jax": jax.__version__, "devices": jax.device_count()}
    plan = {**what, **numerics}
    return KeptParts.resume(folder, plan) if resume else KeptParts.begin(folder, plan)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Let SIGTERM, by which batch systems end what takes too long, do what Ctrl-C does.

    Yields:
        A function to call between steps. It interrupts if that was asked for and nothing came of
        it: Python drops what is raised in a callback, and JAX has one at garbage collection.
    """
    asked = []

    def interrupt(number: int, frame: object) -> None:
        del frame
        asked.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    signals = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, say
        signals.append(signal.SIGINT)
    before = {number: signal.signal(number, interrupt) for number in signals}
    try:
        with interrupts_kept():  # of its own: what is saved afterwards is not interrupted again
            yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_interrupted(folder: Path, words: list[str]) -> None:
    """Say that what was computed is saved, and by which command to go on.

    Args:
        folder: the run's.
        words: the command and the options that say what is run.
    """
    again = shlex.join(["powerseek", *words, "--out", str(folder), "--resume"])
    print(f"powerseek: interrupted; what was computed is saved; to go on: {again}", file=sys.stderr)
