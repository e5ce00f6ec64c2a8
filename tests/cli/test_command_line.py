"""What all commands share: errors, pipes that close, interrupts, and poor terminals."""

import os
import signal
import subprocess
import sys

import pytest

from powerseek.cli import main


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
