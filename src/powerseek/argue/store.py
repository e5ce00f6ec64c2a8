"""Where results go: a new folder, filled atomically, never overwritten silently."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    import xarray

RESULTS, DOCUMENT, REPORT = "results.nc", "argument.json", "report.html"


def open_folder(path: str | None, default: str, overwrite: bool) -> Path:
    """Make the output folder, before anything is computed.

    Args:
        path: what the user asked for; None for a free name that starts with ``default``.
        default: the stem of that name.
        overwrite: whether an existing folder's results may be replaced.

    Raises:
        InvalidInput: if the folder holds results already or cannot be written.
    """
    if path is None:
        folder, n = Path(default), 1
        while folder.exists():
            n += 1
            folder = Path(f"{default}-{n}")
    else:
        folder = Path(path)
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise InvalidInput.of("--out", str(folder), "a new or empty folder (or add --overwrite)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput.of(
            "--out", str(folder), f"a folder that can be written ({reason})"
        ) from None
    return folder


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    temporary = path.with_name(path.name + ".partial")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document."""
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def write_results(path: Path, stages: Mapping[str, xarray.Dataset]) -> None:
    """Write the datasets as groups of one NetCDF file."""
    temporary = path.with_name(path.name + ".partial")
    temporary.unlink(missing_ok=True)
    for name, dataset in stages.items():
        dataset.to_netcdf(
            temporary,
            mode="a" if temporary.exists() else "w",
            group=name,
            engine="h5netcdf",
        )
    os.replace(temporary, path)


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
