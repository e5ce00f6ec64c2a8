"""Where results go: a new folder, filled atomically, never overwritten silently."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.files import replacing

if TYPE_CHECKING:
    import xarray

RESULTS, DOCUMENT, REPORT, RUN = "results.nc", "argument.json", "report.html", "run.json"


def open_folder(
    path: str | None, default: str, overwrite: bool, results: Sequence[str] = ()
) -> Path:
    """Make the output folder, before anything is computed.

    Args:
        path: what the user asked for; None for a free name that starts with ``default``.
        default: the stem of that name.
        overwrite: whether an existing folder's results may be replaced.
        results: the names of the files to come; those of an earlier run are removed, so that
            a folder never holds files of two runs.

    Raises:
        InvalidInput: if the folder holds results already or cannot be written.
    """
    folder = Path(default if path is None else path)
    n = 1
    while path is None and folder.exists():
        n += 1
        folder = Path(f"{default}-{n}")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise InvalidInput.of("--out", str(folder), "a new or empty folder (or add --overwrite)")
    try:
        folder.mkdir(parents=True, exist_ok=path is not None)
        with tempfile.TemporaryFile(dir=folder):
            pass
        for name in results:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput.of(
            "--out", str(folder), f"a folder that can be written ({reason})"
        ) from None
    return folder


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
        return {name: xarray.load_dataset(path, group=name, engine="h5netcdf") for name in names}
    except OSError:
        expected = f"a {RESULTS} file written by `powerseek argue`"
        raise InvalidInput.of("results", str(path), expected) from None
