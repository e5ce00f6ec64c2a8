"""The `powerseek` command: one module per subcommand.

Each command module has ``HELP`` (one line), ``EXAMPLES`` (arguments, and what they ask for),
``add_arguments(parser)`` and ``run(args) -> int`` (the exit status), and imports what is heavy
inside `run`, so that ``powerseek --help`` stays fast. A command whose options depend on what it
is given (the knobs of a world) has ``MORE_OPTIONS``, and finds what the parser does not know in
``args.more`` and the parser in ``args.parser``. Exit statuses: 0 ok, 1 a check failed or the disk
is full, 2 bad input (one line on stderr, never a traceback), 130 interrupted.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import NoReturn

from powerseek.cli.interrupts import interrupts_kept
from powerseek.cores import use_all_cores
from powerseek.theory.errors import InvalidInput, PowerseekError, did_you_mean

COMMANDS = ("argue", "power", "predictions", "prove", "train", "verify", "worlds")


class _OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one clear line, without the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            self.error(str(InvalidInput.unknown(str(action.metavar), value, action.choices)))

    def options(self) -> list[str]:
        """The long options."""
        return [name for name in self._option_string_actions if name.startswith("--")]


def one_line(message: str) -> str:
    r"""A message whose line breaks and other characters without a shape are escaped.

    >>> print(one_line("unrecognized arguments: a\nb"))
    unrecognized arguments: a\nb
    """
    return "".join([c if c.isprintable() else repr(c)[1:-1] for c in message])


def _examples(command: str, examples: Mapping[str, str]) -> str:
    """What a command's help ends with.

    >>> _examples("powerseek power", {"gallery:star-3": "a star"}).splitlines()
    ['examples:', '  powerseek power gallery:star-3', '      a star']
    """
    lines = [
        f"  {command} {given}".rstrip() + f"\n      {what}" for given, what in examples.items()
    ]
    return "\n".join(["examples:", *lines])


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
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=fill(module.HELP),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        examples = _examples(command.prog, module.EXAMPLES)
        command.epilog = f"{fill(command.epilog)}\n\n{examples}" if command.epilog else examples
        takes_more = hasattr(module, "MORE_OPTIONS")
        command.set_defaults(run=module.run, takes_more=takes_more, parser=command)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    use_all_cores()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it cannot encode is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(argv)
        finally:
            print(end="", flush=True)
    except BrokenPipeError:  # whoever reads the output has read enough
        _print_no_more()
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _print_no_more()
        where = f": {error.filename}" if error.filename else ""
        print(f"powerseek: {error.strerror}{one_line(where)}", file=sys.stderr)
        return 1


def _print_no_more() -> None:
    """Lose what is left of the output, which Python would try to write once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: Sequence[str] | None) -> int:
    """Run the command line, except for what becomes of its output; returns the exit status."""
    try:
        args, more = build_parser().parse_known_args(argv)
        if more and not args.takes_more:
            hint = did_you_mean(more[0].partition("=")[0], args.parser.options())
            args.parser.error(f"unrecognized arguments: {shlex.join(more)}{hint}")
        args.more = more
        with interrupts_kept():
            status: int = args.run(args)
    except PowerseekError as error:
        print(f"powerseek: {one_line(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("powerseek: interrupted", file=sys.stderr)
        return 130
    return status
