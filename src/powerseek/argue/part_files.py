"""Datasets in a file of NumPy arrays, for a while: quick to write and to read.

A NetCDF file of as many small variables takes a tenth of a second, which a step of a stage may
not take itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from powerseek.toymodels.files import replacing

if TYPE_CHECKING:
    import xarray


def write_parts(path: Path, parts: Sequence[xarray.Dataset]) -> None:
    """Write datasets; the file is there as a whole or not at all."""
    about = [
        {
            "variables": {n: [list(v.dims), str(v.dtype)] for n, v in part.variables.items()},
            "coords": list(part.coords),
            "attrs": part.attrs,
        }
        for part in parts
    ]
    arrays: dict[str, Any] = {  # names are of dtype object, which such a file cannot have
        f"{i}/{name}": np.array(variable.values.tolist())
        if variable.dtype == object
        else variable.values
        for i, part in enumerate(parts)
        for name, variable in part.variables.items()
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), **arrays)


def read_parts(path: Path) -> list[xarray.Dataset]:
    """Read what `write_parts` wrote."""
    import xarray

    with np.load(path) as file:
        parts = []
        for i, one in enumerate(json.loads(str(file["about"]))):
            columns = {
                name: (dims, file[f"{i}/{name}"].astype(dtype))
                for name, (dims, dtype) in one["variables"].items()
            }
            coords = {name: columns.pop(name) for name in one["coords"]}
            parts.append(xarray.Dataset(columns, coords, one["attrs"]))
    return parts
