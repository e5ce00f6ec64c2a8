"""Run `powerseek` commands for pages and show what a reader would see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_TIMES = re.compile(r"\b\d+(?:\.\d+)? s\b")
"""Run times, which no two builds would share."""


def session(*commands: str, folder: str | Path = ".", width: int = 76) -> str:
    """Run commands in a folder; returns them and their output as a fenced block.

    Args:
        commands: each starts with ``powerseek``, as a reader would type it.
        folder: where to run them.
        width: width of the terminal, in characters.

    Raises:
        subprocess.CalledProcessError: if a command fails, so that the build fails too.
    """
    lines = ["```console"]
    environment = {**os.environ, "COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"}
    for command in commands:
        program, *arguments = command.split()
        assert program == "powerseek", command
        done = subprocess.run(
            [sys.executable, "-m", "powerseek", *arguments],
            cwd=folder,
            env=environment,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        lines += [f"$ {command}", _TIMES.sub("… s", done.stdout.rstrip()), ""]
    return "\n".join([*lines[:-1], "```"])
