"""Fuzzing: malformed MDP files and command lines must be refused in one line, quickly.

``python tests/fuzz/fuzz.py`` makes 100,000 MDP files out of the gallery's by breaking them in
seeded ways, reads each, gives every tenth to ``powerseek power`` as well, tries 2,000 broken
command lines, and writes what it saw to ``tests/fuzz/results.json``, which the site's page on
trust reads. A *fault* is anything but success or a one-line refusal (a `PowerseekError`, exit
status 2) that names what it is about, within `SECONDS` of work.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

RESULTS = Path(__file__).resolve().parent / "results.json"
FORMAT = "powerseek-fuzz/1"
SECONDS, TO_TRAIN, WAIT = 10, 60, 120
"""More seconds of work than the first, where agents are trained (and programs for it compiled)
than the second, or of waiting than the third, are a hang."""

SMALL = 4
"""Files that survive with at most so many states are computed, not only read."""

VALUES = (
    *('""', '"a"', "0", "1", "-1", "0.1", "1e400", "1e-400", "1e999999999", "NaN", "Infinity"),
    *("-Infinity", "null", "true", "[]", "{}", '"1/0"', '"1/2"', '"-1/2"', '"0x10"', '"1e3"'),
    *('"\\ud800"', '"\\u0000"', '"१/२"', "9" * 5000, '"' + "9" * 5000 + '/7"', "1" * 400 + ".5"),
    *("[[[[]]]]", '{"a": {"a": 1}}', '{"a": 1, "a": 1}', "[1, 2]", "0.3333333333333333"),
)
"""JSON that may stand where something else is expected."""

TOKENS = (b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\x00", b"\xff", b"\xef\xbb\xbf", b"1")

CURIOUS = (
    *("", "0", "1", "-1", "nan", "inf", "-inf", "1e400", "1/0", "1/2", "0.5", "9/10", "a", "x=y"),
    *(
        "\x00",
        "\udcff",
        "a\nb",
        "10**9",
        "9" * 400,
        "1e-320",
        " ",
        "--",
        "-",
        "*",
        "../..",
        "gallery:",
    ),
    *("gallery:nowhere", "gym:", "gym:Nowhere-v0", "world:", "world:moon", "exact", "symbolic"),
)
"""Option values and file names."""

OPTIONS = {
    "power": ("--gamma", "--reward", "--method", "--samples", "--seed", "--sampling", "--plot"),
    "verify": ("--gamma", "--property", "--examples"),
    "prove": ("--require",),
    "argue": ("--preset", "--argument", "--seed"),
    "predictions": ("--preset", "--seed", "--out"),
    "worlds": ("--plot", "--export", "--need", "--price", "--goals"),
    "train": (
        *("--policy", "--algorithm", "--supervision", "--optimiser", "--learning-rate"),
        *("--updates", "--seeds", "--seed", "--out", "--need", "--oversight", "--goals"),
    ),
}

FITTING = {
    **{"--policy": "tabular", "--algorithm": "reinforce", "--supervision": "blanket"},
    **{"--optimiser": "adam", "--learning-rate": "1e300", "--need": "0,1", "--oversight": "0.5"},
    **{"--goals": "2", "--plot": "a.svg", "--export": "a.json"},
}
"""For some options a value that they take, so that not every command line is refused."""


def documents() -> list[bytes]:
    """The files to break."""
    from powerseek.theory.gallery import gallery
    from powerseek.theory.mdp_json import mdp_to_json

    return [mdp_to_json(document).encode() for document in gallery().values()]


def _values_of(text: str) -> list[tuple[int, int]]:
    """Where numbers, strings and small objects stand in a JSON text."""
    import re

    return [m.span() for m in re.finditer(r'"[^"]*"|-?\d+(\.\d+)?|\{[^{}]*\}|\[[^\[\]]*\]', text)]


def broken(whole: list[bytes], rng: random.Random) -> bytes:
    """One of the files with one to four things done to it."""
    data = rng.choice(whole)
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(WAYS)(data, rng, whole)
    return data


def _replace_value(data: bytes, rng: random.Random, whole: list[bytes]) -> bytes:
    del whole
    text = data.decode("utf-8", "surrogateescape")
    spans = _values_of(text)
    if not spans:
        return data
    start, end = rng.choice(spans)
    return (text[:start] + rng.choice(VALUES) + text[end:]).encode("utf-8", "surrogateescape")


def _duplicate_value(data: bytes, rng: random.Random, whole: list[bytes]) -> bytes:
    del whole
    text = data.decode("utf-8", "surrogateescape")
    spans = _values_of(text)
    if not spans:
        return data
    (start, end), (at, _) = rng.choice(spans), rng.choice(spans)
    return (text[:at] + text[start:end] + text[at:]).encode("utf-8", "surrogateescape")


def _flip_byte(data: bytes, rng: random.Random, whole: list[bytes]) -> bytes:
    del whole
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _insert_token(data: bytes, rng: random.Random, whole: list[bytes]) -> bytes:
    del whole
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(TOKENS) * rng.choice((1, 1, 1, 3, 3000)) + data[at:]


def _cut(data: bytes, rng: random.Random, whole: list[bytes]) -> bytes:
    del whole
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice((1, 5, 50, len(data))) :]


def _splice(data: bytes, rng: random.Random, whole: list[bytes]) -> bytes:
    other = rng.choice(whole)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


WAYS: tuple[Callable[[bytes, random.Random, list[bytes]], bytes], ...] = (
    _replace_value,
    _replace_value,
    _replace_value,
    _duplicate_value,
    _flip_byte,
    _insert_token,
    _cut,
    _splice,
)


class Hang(BaseException):
    """Something was not done in time."""


@contextlib.contextmanager
def limited(work: float) -> Iterator[None]:
    """Raise `Hang` inside the block when so many seconds of work, or `WAIT`, are over."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang(f"not done after {work} s of work or {WAIT} s")

    clocks = (
        (signal.SIGPROF, signal.ITIMER_PROF, work),
        (signal.SIGALRM, signal.ITIMER_REAL, WAIT),
    )
    before = [signal.signal(number, stop) for number, _, _ in clocks]
    for _, clock, seconds in clocks:
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for (number, clock, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, handler)


@dataclass
class Seen:
    """What fuzzing saw.

    Attributes:
        outcomes: how often what happened.
        faults: for each fault, the input and what went wrong.
        slowest: seconds of work that the slowest input took.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, str]] = field(default_factory=list)
    slowest: float = 0.0

    def try_one(self, shown: str, attempt: Callable[[], str], work: float = SECONDS) -> None:
        """Run one attempt of so much work; it returns a word for its outcome, or raises."""
        began = time.process_time()
        try:
            with limited(work):
                word = attempt()
        except (Exception, Hang, SystemExit) as error:
            word = "fault"
            self.faults.append((shown, "".join(traceback.format_exception_only(error)).strip()))
        self.slowest = max(self.slowest, time.process_time() - began)
        self.outcomes[word] += 1


def read(path: Path) -> str:
    """Read a file: ``"accepted"`` or ``"refused"``; anything else is raised."""
    from powerseek.theory.errors import InvalidInput
    from powerseek.theory.mdp_json import read_document

    try:
        read_document(path)
    except InvalidInput as refusal:
        message = str(refusal)
        if "\n" in message or not message.startswith(f"{path}: "):
            raise AssertionError(f"not one line that names the file: {message!r}") from None
        return "refused"
    return "accepted"


def names_something(message: str, arguments: list[str]) -> bool:
    """Whether a refusal quotes a word it was given, or names an option, a field or a file."""
    from powerseek.cli import one_line

    words = arguments[1:]
    options = [*OPTIONS.get(arguments[0], ()), *(w for w in words if w.startswith("--") and w[2:])]
    fields = [f"{option[2:].replace('-', '_')}:" for option in options]
    values = [repr(part) for w in arguments for part in (w, w.partition(":")[2])]
    named = [*options, *fields, *values, *(f" {one_line(w)}: " for w in words)]
    return any(
        word in message for word in (*named, "arguments: ", "are required: ", "missing, expected ")
    )


def command(arguments: list[str]) -> str:
    """Run a command line: ``"done"``, ``"failed check"`` or ``"refused"``."""
    from powerseek.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(arguments)
        except SystemExit as leaving:  # from the parser of arguments
            status = int(leaving.code or 0)
    for stream in (out, err):
        stream.seek(0)
    printed, message = out.read(), err.read()
    if status == 2:
        if message.count("\n") != 1 or printed:
            raise AssertionError(f"not one line: {message!r} {printed!r}")
        if not names_something(message, arguments):
            raise AssertionError(f"names none of what it was given: {message!r}")
        return "refused"
    if status not in (0, 1):
        raise AssertionError(f"status {status}")
    return ("done", "failed check")[status]


def fuzz_files(count: int, seed: int, commands: int = 10) -> tuple[Seen, Seen]:
    """Break, write and read files; one in so many also goes to the command line.

    Returns:
        What reading saw, and what the command line saw.
    """
    from powerseek.theory.mdp_json import read_mdp

    rng, whole = random.Random(seed), documents()
    reading, running = Seen(), Seen()
    with tempfile.TemporaryDirectory(prefix="powerseek-fuzz-") as folder:
        path = Path(folder, "world.json")
        for i in range(count):
            data = broken(whole, rng)
            path.write_bytes(data)
            shown = f"file {i} of seed {seed}: {data[:200]!r}"
            before = reading.outcomes["accepted"]
            reading.try_one(shown, lambda: read(path))
            small = reading.outcomes["accepted"] == before or read_mdp(path).n_states <= SMALL
            if i % commands == 0 and small:
                arguments = ["power", str(path), "--gamma", "1/2", "--samples", "64"]
                running.try_one(shown, lambda: command(arguments))  # noqa: B023
    return reading, running


def command_lines(rng: random.Random) -> list[str]:
    """One strange command line."""
    name = rng.choice([*OPTIONS, "power", "verify", "", "pwoer"])
    arguments = [name]
    if name in ("train", "worlds"):
        arguments.append(rng.choice(["hub", "hub", "graph", rng.choice(CURIOUS)]))
    if name == "train":  # so little that any of it is quick
        arguments += ["--updates", "1", "--seeds", "2"]
    if name == "predictions":
        arguments += rng.choice([[], ["steering"], ["steering", "own-sake"], [rng.choice(CURIOUS)]])
    if name in ("power", "verify"):
        arguments.append(rng.choice(["gallery:wait", "gallery:wait", *CURIOUS]))
    elif name == "prove":
        arguments.append(rng.choice([c for c in CURIOUS if c not in ("", "--")]))  # not all of it
    for _ in range(rng.randint(0, 3)):
        option = rng.choice([*OPTIONS.get(name, ()), "--json", "--overwrite", "--nonsense"])
        fitting = FITTING.get(option) if rng.random() < 0.4 else None
        arguments += [option, fitting or rng.choice(CURIOUS)]
    if name == "power" and rng.random() < 0.7:
        arguments += ["--gamma", rng.choice(("1/2", "0.9")), "--samples", "64"]
    if name in ("argue", "predictions"):  # never one that would run for minutes
        arguments += ["--preset", rng.choice(CURIOUS)]
    if name == "verify":  # never all properties
        arguments += ["--property", rng.choice(["visits_total", *CURIOUS])]
    return arguments


def fuzz_commands(count: int, seed: int) -> Seen:
    """Try strange command lines."""
    import os

    rng, seen = random.Random(seed), Seen()
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="powerseek-fuzz-") as folder:
        os.chdir(folder)  # where files that options name may be written
        try:
            for _ in range(count):
                arguments = command_lines(rng)
                work = TO_TRAIN if arguments[0] == "train" else SECONDS
                seen.try_one(repr(arguments), lambda: command(arguments), work)  # noqa: B023
        finally:
            os.chdir(before)
    return seen


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--commands", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    warnings.simplefilter("error")  # a warning on a terminal is a fault, as in the tests
    began = time.perf_counter()
    reading, running = fuzz_files(options.files, options.seed)
    commands = fuzz_commands(options.commands, options.seed)
    parts = {"files read": reading, "files run": running, "command lines": commands}
    document = {
        "format": FORMAT,
        "seed": options.seed,
        "seconds": round(time.perf_counter() - began),
        "parts": {
            name: {
                "inputs": sum(seen.outcomes.values()),
                "outcomes": dict(sorted(seen.outcomes.items())),
                "slowest_seconds": round(seen.slowest, 3),
                "faults": seen.faults,
            }
            for name, seen in parts.items()
        },
    }
    options.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(json.dumps(document, indent=1)[:4000])
    return int(any(seen.faults for seen in parts.values()))


if __name__ == "__main__":
    sys.exit(main())
