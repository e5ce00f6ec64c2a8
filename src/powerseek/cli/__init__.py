"""The `powerseek` command: one module per subcommand.

Each command module has ``HELP`` (one line), ``add_arguments(parser)`` and
``run(args) -> int`` (the exit status), and imports what is heavy inside `run`, so that
``powerseek --help`` stays fast. A command whose options depend on what it is given (the
knobs of a world) has ``MORE_OPTIONS``, and finds what the parser does not know in
``args.more``. Exit statuses: 0 ok, 1 a check failed, 2 bad input (one line on stderr, never a
traceback), 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from powerseek.cores import use_all_cores
from powerseek.theory.errors import PowerseekError

COMMANDS = ("argue", "power", "predictions", "prove", "train", "verify", "worlds")


class _OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one clear line, without the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {one_line(message)}\n")


def one_line(message: str) -> str:
    r"""A message whose line breaks and other characters without a shape are escaped.

    >>> print(one_line("unrecognized arguments: a\nb"))
    unrecognized arguments: a\nb
    """
    return "".join([c if c.isprintable() else repr(c)[1:-1] for c in message])


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    from powerseek import __version__

    parser = _OneLineParser(
        prog="powerseek",
        description="Does reinforced power-seeking become a drive for power itself?",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"{__name__}.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run, takes_more=hasattr(module, "MORE_OPTIONS"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    use_all_cores()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it cannot encode is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        parser = build_parser()
        args, more = parser.parse_known_args(argv)
        if more and not args.takes_more:
            parser.error(f"unrecognized arguments: {shlex.join(more)}")
        args.more = more
        status: int = args.run(args)
    except PowerseekError as error:
        print(f"powerseek: {one_line(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("powerseek: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
