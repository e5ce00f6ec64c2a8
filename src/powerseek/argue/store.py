"""Where results go: a folder of one run, filled atomically, never overwritten silently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from filelock import FileLock, Timeout

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.files import replacing

if TYPE_CHECKING:
    import xarray

RESULTS, DOCUMENT, REPORT, RUN = "results.nc", "argument.json", "report.html", "run.json"

PARTS = "parts"
"""The folder, in an output folder, with what an interrupted run has computed."""

RUNNING = "running"
"""The file in an output folder that a run holds locked while the folder is its own."""


@contextmanager
def open_folder(
    path: str | None,
    default: str,
    overwrite: bool,
    results: Sequence[str] = (),
    resume: bool = False,
) -> Iterator[Path]:
    """The output folder of a run, made before anything is computed.

    While the block lasts, a lock on the file `RUNNING` in it keeps other runs out. Should the
    process be killed, the system releases the lock, and the file means nothing.

    Args:
        path: what the user asked for; None for a free name that starts with ``default``.
        default: the stem of that name.
        overwrite: whether an existing folder's results may be replaced.
        results: the names of the files to come; those of an earlier run are removed, so that
            a folder never holds files of two runs.
        resume: whether the folder is to be that of an interrupted run, which goes on.

    Raises:
        InvalidInput: if another run has the folder, it holds results already or cannot be
            written; if there is none to go on with.
    """
    if resume and (path is None or not Path(path).is_dir()):
        raise InvalidInput.of("--out", path, "with --resume, the folder of an interrupted run")
    with _can_be_written(Path(path or default)):
        folder = _new_folder(default) if path is None else Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        marker = folder / RUNNING
        lock = FileLock(marker, blocking=False)
        with suppress(Timeout):
            lock.acquire()
    if not lock.is_locked:
        raise InvalidInput.of("--out", str(folder), "a folder that no other run writes to")
    try:
        if not (overwrite or resume) and any(file != marker for file in folder.iterdir()):
            on = "--resume to go on, or " if (folder / PARTS).exists() else ""
            expected = f"a new or empty folder (or add {on}--overwrite)"
            raise InvalidInput.of("--out", str(folder), expected)
        with _can_be_written(folder):
            for name in results:
                (folder / name).unlink(missing_ok=True)
        yield folder
    finally:
        lock.release()
        marker.unlink(missing_ok=True)


def _new_folder(stem: str) -> Path:
    """Make a folder of a free name that starts so; of two at a time each makes its own."""
    folder, n = Path(stem), 1
    while True:
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            n += 1
            folder = Path(f"{stem}-{n}")
        else:
            return folder


@contextmanager
def _can_be_written(folder: Path) -> Iterator[None]:
    """What the system refuses to do with a folder, as bad input."""
    try:
        yield
    except (OSError, ValueError) as error:  # a ValueError is of a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        expected = f"a folder that can be written ({reason})"
        raise InvalidInput.of("--out", str(folder), expected) from None


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document."""
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def write_results(path: Path, stages: Mapping[str, xarray.Dataset]) -> None:
    """Write the datasets as groups of one NetCDF file."""
    with replacing(path) as temporary:
        mode: Literal["w", "a"] = "w"
        for name, dataset in stages.items():
            dataset.to_netcdf(temporary, mode=mode, group=name, engine="h5netcdf")
            mode = "a"


def read_results(path: Path) -> dict[str, xarray.Dataset]:
    """Read what `write_results` wrote.

    Raises:
        InvalidInput: if the file is missing or not such a file.
    """
    import h5py
    import xarray

    try:
        with h5py.File(path) as file:
            names = list(file)
        # How they were encoded would cut longer names that are put beside them.
        return {
            name: xarray.load_dataset(path, group=name, engine="h5netcdf").drop_encoding()
            for name in names
        }
    except OSError:
        expected = f"a {RESULTS} file written by `powerseek argue`"
        raise InvalidInput.of("results", str(path), expected) from None
