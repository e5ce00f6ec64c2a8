"""Knobs of a world as options: ``--need 0.5``, or ``--need 0,0.5,1`` for several settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from powerseek.cli.maths import in_characters
from powerseek.theory.errors import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from rich.table import Table

    from powerseek.toymodels.worlds import Knobs
    from powerseek.toymodels.worlds.knobs import Domain

K = TypeVar("K", bound="Knobs")
SEVERAL = 512
"""At most so many settings in one run."""


def read_knobs(
    kind: type[K], options: Sequence[str], several: bool = True, others: Sequence[str] = ()
) -> K:
    """Read options that the parser does not know as knobs of a world.

    Args:
        kind: the world's knobs.
        options: words such as ``["--need", "0.5", "--price=0,0.1"]``.
        several: whether a knob may be given several numbers.
        others: options that the parser knows, one of which may have been meant.

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

    domains = {f.name: f.metadata["domain"] for f in kind.describe()}
    given = {
        name: _numbers(option(name), text, domains[name], several)
        for name, text in knob_texts(kind, options, others).items()
    }
    shape = [len(values) for values in given.values()]
    if int(np.prod(shape, dtype=float)) > SEVERAL:
        raise InvalidInput.of("knobs", int(np.prod(shape)), f"at most {SEVERAL} settings")
    grid = np.meshgrid(*given.values(), indexing="ij")
    columns: dict[str, Any] = {
        name: column.ravel() if column.size > 1 else float(column.ravel()[0])
        for name, column in zip(given, grid, strict=True)
    }
    return kind(**columns)


def knob_texts(
    kind: type[Knobs], options: Sequence[str], others: Sequence[str] = ()
) -> dict[str, str]:
    """What was typed for each knob.

    Args:
        kind: the world's knobs.
        options: words such as ``["--need", "0.5"]``.
        others: options that the parser knows, one of which may have been meant.

    Raises:
        InvalidInput: naming the word that is no option, no knob of this world, or there twice.

    >>> from powerseek.toymodels import HubKnobs
    >>> knob_texts(HubKnobs, ["--need", "0.50", "--price-spread=0,0.1"])
    {'need': '0.50', 'price_spread': '0,0.1'}
    """
    known = [f.name for f in kind.describe()]
    texts: dict[str, str] = {}
    words = iter(options)
    for word in words:
        if not word.startswith("--"):
            raise InvalidInput(f"unexpected argument {word!r}, expected --KNOB VALUE")
        typed, has_value, text = word[2:].partition("=")
        name = typed.replace("-", "_")
        if name not in known:
            expected = "an option, or a knob of this world: " + ", ".join(known)
            hint = did_you_mean(f"--{typed}", [*map(option, known), *others])
            raise InvalidInput(f"--{typed}: not known, expected {expected}{hint}")
        if name in texts:
            raise InvalidInput(f"--{typed}: given twice, expected one list of values")
        texts[name] = text if has_value else next(words, "")
    return texts


def option(name: str) -> str:
    """A knob as an option.

    >>> option("price_spread")
    '--price-spread'
    """
    return f"--{name.replace('_', '-')}"


def _numbers(option: str, text: str, domain: Domain, several: bool) -> list[float]:
    """Comma-separated numbers, or one number, all in their domain."""
    import numpy as np

    numbers = []
    for part in text.split(",") if several else [text]:
        try:
            number = float(part)
        except ValueError:
            number = math.nan
        if not domain.holds(np.asarray(number)):
            expected = f"{domain}, or several with commas" if several else str(domain)
            raise InvalidInput.of(option, part, expected)
        numbers.append(number)
    return numbers


def knobs_listing(knobs: Knobs) -> Table:
    """The knobs of a world for the terminal: values, and defaults where they differ."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title="Knobs", title_justify="left")
    for column in ("option", "value", "meaning"):
        table.add_column(column, no_wrap=column == "option")
    for f in knobs.describe():
        value = f"{getattr(knobs, f.name):g}"
        if getattr(knobs, f.name) != f.default:
            value += f" (default: {f.default:g})"
        table.add_row(option(f.name), value, in_characters(f.metadata["meaning"]))
    return table
