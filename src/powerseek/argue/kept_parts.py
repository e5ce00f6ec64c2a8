"""What an interrupted run has computed, kept step by step, so that it can go on.

While a run is under way, the parts of its stages' finished steps are files of the folder
`PARTS` in its own, beside `PLAN`, which says what is run. Each is written at once and whole, so
nothing but the step under way is lost, however the run ends. A run that is whole needs none of
it. Everything random has a seed, so a run that goes on ends as if it had never stopped.
"""

from __future__ import annotations

import json
import shutil
import time
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerseek.theory.errors import InvalidInput

from .part_files import read_parts, write_parts
from .stage import Recall, Stage, Step
from .store import PARTS, write_json

if TYPE_CHECKING:
    import xarray

PLAN = "plan.json"
"""The file that says what is run, for how many seconds it was, and the CRC-32 of every part."""


class KeptParts:
    """The parts of a run's finished steps, and for how long it has run."""

    def __init__(
        self,
        run: Path,
        plan: Mapping[str, Any],
        seconds: float = 0.0,
        sums: Mapping[str, int] | None = None,
    ) -> None:
        """Of a run that has taken so many seconds before; `begin` and `resume` are meant for use.

        Args:
            run: the run's folder.
            plan: what is run, and all that its numbers depend on.
            seconds: how long it has run before.
            sums: the checksums of its parts, by file name.
        """
        self._folder = run / PARTS
        self._plan = dict(plan)
        self._sums = dict(sums or {})
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

        A part whose file was deleted counts as not computed.

        Raises:
            InvalidInput: if there is none, it is of another, or a part is damaged.
        """
        found, seconds, sums = _read(run / PARTS / PLAN)
        for field, value in plan.items():
            if found.get(field) != value:
                expected = f"that of the interrupted run in {str(run)!r}, {found.get(field)!r}"
                raise InvalidInput.of(f"--resume: {field}", value, expected)
        files = {name: run / PARTS / name for name in sums}
        there = {name: sums[name] for name, file in files.items() if file.exists()}
        for name, expected_sum in there.items():
            if _sum(files[name]) != expected_sum:
                expected = "a part as it was saved (delete it, and its step is run again)"
                raise InvalidInput.of("--resume", str(files[name]), expected)
        return cls(run, plan, seconds, there)

    @property
    def seconds(self) -> float:
        """How long the run has taken so far, in all its sessions."""
        return self._before + time.monotonic() - self._began

    def recall_of(self, stage: str) -> Recall:
        """What gives the parts of the steps of a stage: read if they are here, else computed."""
        return partial(self._recall, stage)

    def known_of(self, stage: str) -> Callable[[int], list[xarray.Dataset] | None]:
        """What gives the parts of the steps of a stage if they are here, else None."""
        return partial(self._known, stage)

    def datasets_of(self, stages: Mapping[str, Stage]) -> dict[str, xarray.Dataset]:
        """All that was computed of stages, in any session; nothing of those not come to."""
        found = {name: stage.so_far(self.known_of(name)) for name, stage in stages.items()}
        return {name: dataset for name, dataset in found.items() if dataset is not None}

    def _recall(self, stage: str, number: int, step: Step) -> list[xarray.Dataset]:
        known = self._known(stage, number)
        if known is not None:
            return known
        parts = step()
        file = self._file(stage, number)
        write_parts(file, parts)
        self._sums[file.name] = _sum(file)
        self.note_time()
        return parts

    def _known(self, stage: str, number: int) -> list[xarray.Dataset] | None:
        file = self._file(stage, number)
        return read_parts(file) if file.name in self._sums else None

    def _file(self, stage: str, number: int) -> Path:
        return self._folder / f"{stage}-{number}.npz"

    def note_time(self) -> None:
        """Note how long the run has taken; whoever goes on with it counts from there."""
        noted = {"plan": self._plan, "seconds": self.seconds, "parts": self._sums}
        write_json(self._folder / PLAN, noted)

    def remove(self) -> None:
        """Remove everything, if there is anything: the run is whole."""
        if self._folder.exists():
            shutil.rmtree(self._folder)


def _sum(file: Path) -> int:
    return zlib.crc32(file.read_bytes())


def _read(file: Path) -> tuple[dict[str, Any], float, dict[str, int]]:
    """A plan, its seconds, and the checksums of its parts."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return dict(found["plan"]), float(found["seconds"]), dict(found["parts"])
    except (OSError, ValueError, TypeError, KeyError):
        run = file.parent.parent
        expected = f"the folder of an interrupted run, with {PARTS}/{PLAN}"
        raise InvalidInput.of("--resume", str(run), expected) from None
