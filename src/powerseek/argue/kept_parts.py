"""What an interrupted run has computed, kept step by step, so that it can go on.

While a run is under way, the parts of its stages' finished steps are files of the folder
`PARTS` in its own, beside `PLAN`, which says what is run. Each is written at once and whole, so
little but the step under way is lost, however the run ends. A run that is whole needs none of
it. Everything random has a seed, so a run that goes on ends as if it had never stopped.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerseek.theory.errors import InvalidInput

from .stage import Recall, Step
from .store import PARTS, read_results, write_json, write_results

if TYPE_CHECKING:
    import xarray

PLAN = "plan.json"
"""The file that says what is run, and for how many seconds it was."""

WORTH_KEEPING = 1.0
"""Seconds. Keeping a part takes a tenth of one; what was quicker to compute is computed again."""


class KeptParts:
    """The parts of a run's finished steps, and for how long it has run."""

    def __init__(self, run: Path, plan: Mapping[str, Any], seconds: float = 0.0) -> None:
        """Of a run that has taken so many seconds before; `begin` and `resume` are meant for use.

        Args:
            run: the run's folder.
            plan: what is run, and all that its numbers depend on.
            seconds: how long it has run before.
        """
        self._folder = run / PARTS
        self._plan = dict(plan)
        self._before, self._began = seconds, time.monotonic()

    @classmethod
    def begin(cls, run: Path, plan: Mapping[str, Any]) -> KeptParts:
        """Of a new run, which has none; those of an earlier one are removed."""
        kept = cls(run, plan)
        kept.remove()
        kept._folder.mkdir()
        kept.note_time()
        return kept

    @classmethod
    def resume(cls, run: Path, plan: Mapping[str, Any]) -> KeptParts:
        """Of an interrupted run, which must be of the same plan.

        Raises:
            InvalidInput: if there is none, or it is of another.
        """
        found = _read(run / PARTS / PLAN)
        for field, value in plan.items():
            if found.get(field) != value:
                expected = f"that of the interrupted run in {str(run)!r}, {found.get(field)!r}"
                raise InvalidInput.of(f"--resume: {field}", value, expected)
        return cls(run, plan, float(found["seconds"]))

    @property
    def seconds(self) -> float:
        """How long the run has taken so far, in all its sessions."""
        return self._before + time.monotonic() - self._began

    def recall_of(self, stage: str) -> Recall:
        """What gives the parts of the steps of a stage: read if they are here, else computed."""
        return partial(self._recall, stage)

    def _recall(self, stage: str, number: int, step: Step) -> list[xarray.Dataset]:
        file = self._folder / f"{stage}-{number}.nc"
        if not file.exists():
            began = time.monotonic()
            parts = step()
            if time.monotonic() - began >= WORTH_KEEPING:
                write_results(file, {str(i): part for i, part in enumerate(parts)})
                self.note_time()
            return parts
        try:
            found = read_results(file)
        except InvalidInput:
            expected = "a part that can be read (delete it, and its step is run again)"
            raise InvalidInput.of("--resume", str(file), expected) from None
        return [found[str(i)] for i in range(len(found))]

    def note_time(self) -> None:
        """Note how long the run has taken; whoever goes on with it counts from there."""
        write_json(self._folder / PLAN, {**self._plan, "seconds": self.seconds})

    def remove(self) -> None:
        """Remove everything, if there is anything: the run is whole."""
        if self._folder.exists():
            shutil.rmtree(self._folder)


def _read(file: Path) -> dict[str, Any]:
    """A plan with its seconds."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        seconds = float(found["seconds"])
    except (OSError, ValueError, TypeError, KeyError):
        run = file.parent.parent
        expected = f"the folder of an interrupted run, with {PARTS}/{PLAN}"
        raise InvalidInput.of("--resume", str(run), expected) from None
    return {**found, "seconds": seconds}
