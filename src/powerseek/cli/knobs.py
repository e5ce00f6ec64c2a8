"""Knobs of a world as options: ``--need 0.5``, or ``--need 0,0.5,1`` for several settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from powerseek.cli.maths import in_characters
from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    from rich.table import Table

    from powerseek.toymodels.worlds import Knobs

K = TypeVar("K", bound="Knobs")
SEVERAL = 512
"""At most so many settings in one run."""


def read_knobs(kind: type[K], options: Sequence[str], several: bool = True) -> K:
    """Read options that the parser does not know as knobs of a world.

    Args:
        kind: the world's knobs.
        options: words such as ``["--need", "0.5", "--price=0,0.1"]``.
        several: whether a knob may be given several numbers.

    Returns:
        The knobs; a list of several numbers becomes an array, and the settings are then
        every combination of the lists.

    Raises:
        InvalidInput: naming the option, what it was given and what it takes.

    >>> from powerseek.toymodels import HubKnobs
    >>> read_knobs(HubKnobs, ["--need", "0.5", "--price=0,0.1"]).price
    array([0. , 0.1])
    """
    import numpy as np

    known = {f.name: f for f in kind.describe()}
    given: dict[str, list[float]] = {}
    words = iter(options)
    for word in words:
        if not word.startswith("--"):
            raise InvalidInput(f"unexpected argument {word!r}, expected --KNOB VALUE")
        name, has_value, text = word[2:].partition("=")
        field = name.replace("-", "_")
        if field not in known:
            expected = "an option, or a knob of this world: " + ", ".join(known)
            raise InvalidInput(f"--{name}: not known, expected {expected}")
        if not has_value:
            text = next(words, "")
        if field in given:
            raise InvalidInput(f"--{name}: given twice, expected one list of values")
        given[field] = _numbers(f"--{name}", text, str(known[field].metadata["domain"]), several)
    shape = [len(values) for values in given.values()]
    if int(np.prod(shape, dtype=float)) > SEVERAL:
        raise InvalidInput.of("knobs", int(np.prod(shape)), f"at most {SEVERAL} settings")
    grid = np.meshgrid(*given.values(), indexing="ij")
    columns: dict[str, Any] = {
        name: column.ravel() if column.size > 1 else float(column.ravel()[0])
        for name, column in zip(given, grid, strict=True)
    }
    knobs = kind(**columns)
    knobs.check()
    return knobs


def _numbers(option: str, text: str, domain: str, several: bool) -> list[float]:
    """Comma-separated numbers, or one number."""
    try:
        return [float(part) for part in (text.split(",") if several else [text])]
    except ValueError:
        expected = f"{domain}, or several with commas" if several else domain
        raise InvalidInput.of(option, text, expected) from None


def knobs_listing(kind: type[Knobs]) -> Table:
    """The knobs of a world for the terminal."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title="Knobs", title_justify="left")
    for column in ("option", "default", "meaning"):
        table.add_column(column, no_wrap=column == "option")
    for f in kind.describe():
        option = f"--{f.name.replace('_', '-')}"
        table.add_row(option, f"{f.default:g}", in_characters(f.metadata["meaning"]))
    return table
