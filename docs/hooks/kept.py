"""What pages quote and takes long to make, kept under ``.cache`` by the code that made it.

So a second build reuses it and a change of the code makes it again. `prepare` makes all of it
before the build, in several processes at once.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from powerseek.argue.store import read_results, write_results

if TYPE_CHECKING:
    import xarray

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
ARGUE = ("experiment", "label_free_stage", "predictions", "stage", "studies")
CODE = (
    *sorted((ROOT / "theory").rglob("*.py")),
    *sorted((ROOT / "toymodels").rglob("*.py")),
    *(ROOT / "src" / "powerseek" / "argue" / f"{name}.py" for name in ARGUE),
)
"""The code that trains, and what it knows of POWER."""
LIBRARIES = tuple(
    f"{name} {version(name)}" for name in ("jax", "jaxlib", "numpy", "optax", "scipy")
)

MOST_PROCESSES = 4  # each takes a gigabyte or two

PARTS = (
    ("laboratory", "study", "calibration"),
    ("predictions", "data", "steering"),
    ("predictions", "data", "supervision"),
    ("experiment", "stages"),
    ("laboratory", "study", "persistence"),
    ("predictions", "data", "coherence"),
    ("label_free", "small"),
    ("predictions", "data", "own-sake"),
    ("predictions", "data", "taxonomy"),
    ("laboratory", "study", "yoked"),
    ("laboratory", "study", "fields"),
    ("sweeps", "flow_sweeps"),
    ("sweeps", "doses"),
)
"""All that is kept of what is trained: module of these hooks, function, arguments; the longest
first. What is missing here is made when a page asks for it."""


def kept_file(name: str, suffix: str, *more: Path | str) -> Path:
    """Where something is kept.

    Args:
        name: what the file's name begins with.
        suffix: what it ends with.
        more: code besides `CODE` that it depends on, or words that say how it is made.
    """
    digest = hashlib.sha256()
    for part in (*CODE, *LIBRARIES, *more):
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    CACHE.mkdir(exist_ok=True)
    return CACHE / f"{name}-{digest.hexdigest()[:16]}{suffix}"


def kept(
    name: str, make: Callable[[], Mapping[str, xarray.Dataset]], *more: Path | str
) -> dict[str, xarray.Dataset]:
    """Datasets, made where they are not kept yet; arguments as for `kept_file`."""
    file = kept_file(name, ".nc", *more)
    if not file.exists():
        write_results(file, make())
    return read_results(file)


def prepare() -> None:
    """Make all `PARTS` that are missing."""
    stamp = kept_file("prepared", "", *sorted(Path(__file__).parent.glob("*.py")))
    if stamp.exists():
        return
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for made in as_completed([pool.submit(_make, *part) for part in PARTS]):
            made.result()
    stamp.touch()


def _make(module: str, function: str, *arguments: str) -> None:
    getattr(importlib.import_module(module), function)(*arguments)
