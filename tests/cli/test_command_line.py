"""What all commands share: errors, pipes that close, interrupts, and poor terminals."""

import importlib
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from powerseek.cli import COMMANDS, build_parser, main
from powerseek.theory.gallery import load
from powerseek.theory.mdp_json import write_mdp


def command(*arguments):
    return [sys.executable, "-m", "powerseek", *arguments]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "powerseek: the following arguments are required: COMMAND (see powerseek --help)\n"),
        (["pwer"], "powerseek: COMMAND: got 'pwer', expected one of: argue, power, predictions"),
        (["pwer"], "; did you mean 'power'? (see powerseek --help)\n"),
        (["prove", "--lits"], "powerseek prove: unrecognized arguments: --lits; did you mean '--l"),
        (["prove", "--lits"], "'--list'? (see powerseek prove --help)\n"),
    ],
)
def test_what_the_parser_refuses_is_one_line_that_leads_on(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


TRAINS = ("train", "verify")
"""Commands that train agents, which takes ten seconds or more."""

EXAMPLES = [
    pytest.param(
        name, given, id=f"{name} {given}", marks=[pytest.mark.slow] if name in TRAINS else []
    )
    for name in COMMANDS
    for given in importlib.import_module(f"powerseek.cli.{name}").EXAMPLES
]
LONG = ("argue", "predictions", "prove")
"""Commands whose examples take minutes, or need checkers and runs that are not here."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "given"), EXAMPLES)
def test_what_help_shows_as_examples_can_be_typed(name, given, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write_mdp(load("wait"), "my-world.json")
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    assert f"  powerseek {name} {given}".rstrip() in capsys.readouterr().out.splitlines()
    typed = [name, *shlex.split(given)]
    if name in LONG:
        args, more = build_parser().parse_known_args(typed)
        assert args.command == name
        assert more == []
    else:
        assert main(typed) == 0


class Callback:
    """Python drops what is raised when it deletes an object."""

    def __init__(self, error):
        self.error = error

    def __del__(self):
        raise self.error


def forgetting(error, seconds):
    """A command in which an error is dropped, some time before its end."""

    def run(args):
        del args
        Callback(error)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        return 0

    return run


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("seconds", [0, 30])
def test_an_interrupt_dropped_in_a_callback_is_not_lost(seconds, monkeypatch, capsys):
    monkeypatch.setattr("powerseek.cli.worlds.run", forgetting(KeyboardInterrupt(), seconds))
    assert main(["worlds"]) == 130
    assert capsys.readouterr().err == "powerseek: interrupted\n"


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_that_came_again_is_told_once(monkeypatch, capsys):
    """By a command that has something to say of it, or to save."""

    def run(args):
        with pytest.raises(KeyboardInterrupt):
            forgetting(KeyboardInterrupt(), 30)(args)
        return 130

    monkeypatch.setattr("powerseek.cli.worlds.run", run)
    assert main(["worlds"]) == 130
    assert capsys.readouterr().err == ""


def test_other_errors_dropped_in_callbacks_are_reported_as_ever(monkeypatch):
    dropped = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: dropped.append(found.exc_type))
    monkeypatch.setattr("powerseek.cli.worlds.run", forgetting(ZeroDivisionError(), 0))
    assert main(["worlds"]) == 0
    assert dropped == [ZeroDivisionError]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file of Linux")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(unbuffered):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("power", "--list"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert (done.returncode, done.stderr) == (1, "powerseek: No space left on device\n")


SAMPLE = (
    ["--help"],
    ["power", "--list"],
    ["power", "gallery:wait", "--gamma", "0.9"],
    ["power", "gallery:shutdown", "--method", "symbolic"],
    ["verify", "--list"],
    ["verify", "gallery:wait", "--property", "bellman", "--property", "optimum"],
    ["prove", "--list"],
    ["worlds", "reserve"],
)


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", SAMPLE, ids=" ".join)
def test_a_reader_that_has_read_enough_is_no_failure(arguments, unbuffered):
    """The pipe is closed before anything is written to it."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            command(*arguments),
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    finally:
        os.close(writing)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr


@pytest.mark.parametrize("arguments", SAMPLE, ids=" ".join)
def test_a_poor_terminal_gets_plain_characters(arguments):
    """Narrow, without colours, and with nothing but ASCII."""
    poor = {"COLUMNS": "60", "NO_COLOR": "1", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command(*arguments), capture_output=True, env={**os.environ, **poor})
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert b"Error" not in done.stderr


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_is_one_line_and_status_130():
    """It comes once the bar says that checking has begun."""
    running = subprocess.Popen(
        command("verify", "world:hub", "--examples", "1000", "--property", "monotone"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm"},
    )
    assert running.stderr is not None
    before = running.stderr.readline(20)
    running.send_signal(signal.SIGINT)
    out, after = running.communicate(timeout=60)
    assert before
    assert running.returncode == 130
    assert out == ""
    assert after.endswith("powerseek: interrupted\n")
    assert "Traceback" not in after
