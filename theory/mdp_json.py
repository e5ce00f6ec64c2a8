r"""MDP files: the JSON format ``powerseek-mdp/1``.

A file is one JSON object::

    {
      "format": "powerseek-mdp/1",
      "states": ["start", "candy", "later"],
      "actions": {
        "start": {"eat": {"candy": 1}, "wait": {"later": 1}},
        "candy": {"stay": {"candy": 1}},
        "later": {"flip": {"candy": "1/3", "later": "2/3"}}
      }
    }

``states`` gives the names and their order; ``actions`` maps each state to its named
actions and each action to its distribution over next states. A probability is a JSON
number or a string ``"p/q"``. Four more keys are optional and do not change the MDP:
``name``, ``description``, ``source`` (strings) and ``positions`` (state to ``[x, y]``,
for drawing). Any other key is an error, so that a misspelt key cannot pass unnoticed;
so is the same key twice in one object.

Numerals are read exactly: ``0.1`` is $1/10$. The one exception: when a row with decimal
literals misses the sum 1 by at most `FLOAT_SUM_TOLERANCE` (three times
``0.3333333333``), its decimals are taken for rounded floats, and the MDP is then not
exact (`MDP.rationalize` makes it so again).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

from .errors import InvalidInput, InvalidMDP
from .mdp import FLOAT_SUM_TOLERANCE, MDP, Probability, invalid_mdp
from .rationals import MAX_LENGTH, rational

FORMAT = "powerseek-mdp/1"
"""The value of the ``format`` key."""

REQUIRED = ("format", "states", "actions")
OPTIONAL = ("name", "description", "source", "positions")

Position: TypeAlias = tuple[float, float]
"""Where to draw a state: (x to the right, y upwards)."""


@dataclass(frozen=True)
class MDPDocument:
    """An MDP file: the MDP and what people should know about it.

    Attributes:
        mdp: the MDP.
        name: a short name.
        description: one line of prose.
        source: where the world comes from, such as a paper and figure.
        positions: where to draw each state; empty, or one entry for every state.
    """

    mdp: MDP
    name: str = ""
    description: str = ""
    source: str = ""
    positions: Mapping[str, Position] = field(default_factory=dict)


def read_mdp(path: str | Path) -> MDP:
    """Read an MDP file.

    Raises:
        InvalidInput: naming the file if it cannot be read as UTF-8 text; `InvalidMDP`
            naming the file and the field if its content breaks a rule.
    """
    return read_document(path).mdp


def write_mdp(mdp: MDP | MDPDocument, path: str | Path) -> None:
    """Write an MDP file that `read_mdp` reads back as an equal MDP.

    Floats come back exact where their decimals sum to exactly 1, and within rounding
    error otherwise.

    Raises:
        InvalidInput: naming the file if it cannot be written.
    """
    try:
        Path(path).write_text(mdp_to_json(mdp), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _file_error(path, "a path that can be written", error) from None


def mdp_from_json(document: str | Mapping[str, Any]) -> MDP:
    """The MDP that a JSON text, or the same content as Python mappings, describes.

    Raises:
        InvalidMDP: naming the field (or the line and column) and what was expected.

    >>> mdp_from_json('''{"format": "powerseek-mdp/1", "states": ["a"],
    ...     "actions": {"a": {"stay": {"a": 1.0}}}}''').is_exact
    True
    """
    return document_from_json(document).mdp


def mdp_to_json(mdp: MDP | MDPDocument) -> str:
    """The JSON text of an MDP, with what its document says about it.

    >>> print(mdp_to_json(MDP.from_successors({"a": ["a"]})))
    {
      "format": "powerseek-mdp/1",
      "states": ["a"],
      "actions": {
        "a": {
          "a": {"a": 1}
        }
      }
    }
    <BLANKLINE>
    """
    document = MDPDocument(mdp) if isinstance(mdp, MDP) else mdp
    entries = {"format": json.dumps(FORMAT)}
    for key in ("name", "description", "source"):
        if text := getattr(document, key):
            entries[key] = json.dumps(text, ensure_ascii=False)
    entries["states"] = json.dumps(document.mdp.states, ensure_ascii=False)
    entries["actions"] = _block(
        {
            state: _block({a: _row_to_json(row) for a, row in available.items()}, 2)
            for state, available in document.mdp.to_transitions().items()
        },
        1,
    )
    if document.positions:
        entries["positions"] = _block(
            {state: json.dumps(place) for state, place in document.positions.items()}, 1
        )
    return _block(entries, 0) + "\n"


def read_document(path: str | Path) -> MDPDocument:
    """Read an MDP file with its name, description, source and positions.

    Raises:
        InvalidInput: as `read_mdp`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path}: byte {error.start} is not UTF-8, expected a JSON file in UTF-8"
        ) from None
    except (OSError, ValueError) as error:
        raise _file_error(path, "an MDP file that can be read", error) from None
    try:
        return document_from_json(text)
    except InvalidMDP as error:
        raise InvalidMDP(f"{path}: {error}") from None


def document_from_json(document: str | Mapping[str, Any]) -> MDPDocument:
    """The document that a JSON text, or the same content as mappings, describes.

    Raises:
        InvalidMDP: as `mdp_from_json`.
    """
    content = _parse(document) if isinstance(document, str) else document
    if not isinstance(content, Mapping):
        raise invalid_mdp("document", content, "a JSON object")
    _check_keys(content)
    states, actions = content["states"], content["actions"]
    if isinstance(states, str) or not isinstance(states, list | tuple):
        raise invalid_mdp("states", states, "an array of names")
    if not isinstance(actions, Mapping):
        raise invalid_mdp("actions", actions, "an object {state: {action: ...}}")
    _refuse_duplicates("actions", actions)
    transitions = {s: _read_actions(f"actions[{s!r}]", actions[s]) for s in actions}
    mdp = MDP.from_transitions(transitions, states)
    texts = {}
    for key in ("name", "description", "source"):
        texts[key] = content.get(key, "")
        if not isinstance(texts[key], str):
            raise invalid_mdp(key, texts[key], "a string")
    positions = content.get("positions", {})
    return MDPDocument(mdp, **texts, positions=_read_positions(positions, mdp))


class _Object(dict[str, Any]):
    """A JSON object that remembers a key it was given twice."""

    duplicate: str | None = None

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> _Object:
        made = cls(pairs)
        if len(made) < len(pairs):
            made.duplicate = Counter(key for key, _ in pairs).most_common(1)[0][0]
        return made


@dataclass(frozen=True)
class _Numeral:
    """A number literal, kept as text until the field it belongs to is known."""

    text: str

    def __repr__(self) -> str:
        return self.text if len(self.text) <= 40 else f"{self.text[:40]}..."

    @property
    def is_decimal(self) -> bool:
        return not self.text.lstrip("-").isdigit()


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_Object.of,
            parse_int=_Numeral,
            parse_float=_Numeral,
            parse_constant=_Numeral,
        )
    except json.JSONDecodeError as error:
        raise InvalidMDP(
            f"line {error.lineno} column {error.colno}: malformed JSON, {error.msg}"
        ) from None
    except RecursionError:
        raise InvalidMDP(
            "malformed document: nested too deeply, expected states, actions and "
            "probabilities three levels deep"
        ) from None


def _check_keys(content: Mapping[str, Any]) -> None:
    _refuse_duplicates("document", content)
    found = content.get("format")
    if found != FORMAT:
        shown = found if "format" in content else "no such key"
        raise invalid_mdp("format", shown, f'"{FORMAT}"')
    for key in REQUIRED:
        if key not in content:
            raise InvalidMDP(f"{key}: missing, expected the keys {_listed(REQUIRED)}")
    for key in content:
        if key not in REQUIRED + OPTIONAL:
            raise InvalidMDP(f"{key!r}: unknown key, expected only {_listed(REQUIRED + OPTIONAL)}")


def _refuse_duplicates(place: str, value: object) -> None:
    if isinstance(value, _Object) and value.duplicate is not None:
        raise invalid_mdp(place, value.duplicate, "each key only once")


def _read_actions(place: str, available: object) -> Any:
    _refuse_duplicates(place, available)
    if not isinstance(available, Mapping):
        return available  # `MDP.from_transitions` says what is wrong with it
    return {
        action: _read_distribution(f"{place}[{action!r}]", distribution)
        for action, distribution in available.items()
    }


def _read_distribution(place: str, distribution: object) -> Any:
    _refuse_duplicates(place, distribution)
    if not isinstance(distribution, Mapping):
        return distribution
    row = {target: _number(f"{place}[{target!r}]", value) for target, value in distribution.items()}
    if not all(isinstance(p, Fraction) for p in row.values()):
        return row
    total = sum(row.values(), start=Fraction(0))
    if total != 1 and abs(total - 1) <= FLOAT_SUM_TOLERANCE:
        return {
            target: float(p) if _is_decimal(distribution[target]) else p
            for target, p in row.items()
        }
    return row


def _number(place: str, value: object) -> Any:
    """The exact number a JSON value stands for; other values pass through unread."""
    if isinstance(value, float) and math.isfinite(value):
        return rational(repr(value))
    if not isinstance(value, _Numeral):
        return value if not isinstance(value, str) else _ratio(value)
    try:
        return rational(value.text)
    except ValueError:
        expected = f"a probability in [0, 1] of at most {MAX_LENGTH} digits"
        raise invalid_mdp(place, value, expected) from None


def _ratio(text: str) -> Any:
    try:
        return rational(text)
    except ValueError:
        return text


def _is_decimal(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, _Numeral) and value.is_decimal)


def _read_positions(positions: object, mdp: MDP) -> dict[str, Position]:
    _refuse_duplicates("positions", positions)
    if not isinstance(positions, Mapping):
        raise invalid_mdp("positions", positions, "an object {state: [x, y]}")
    places: dict[str, Position] = {}
    for state, value in positions.items():
        place = f"positions[{state!r}]"
        if state not in mdp.states:
            raise invalid_mdp("positions", state, "a state listed in states")
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise invalid_mdp(place, value, "an array of two numbers [x, y]")
        x, y = (_coordinate(place, number) for number in value)
        places[state] = (x, y)
    if places and len(places) < mdp.n_states:
        missing = next(state for state in mdp.states if state not in places)
        raise InvalidMDP(f"positions: none for {missing!r}, expected one for every state")
    return places


def _coordinate(place: str, value: object) -> float:
    text = value.text if isinstance(value, _Numeral) else repr(value)
    try:
        return float(rational(text))
    except (ValueError, OverflowError):
        raise invalid_mdp(place, value, "an array of two numbers [x, y]") from None


def _file_error(path: object, expected: str, error: Exception) -> InvalidInput:
    reason = getattr(error, "strerror", None) or str(error)
    return InvalidInput(f"{path}: {reason}, expected {expected}")


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def _row_to_json(row: Mapping[str, Probability]) -> str:
    return json.dumps({t: _plain(p) for t, p in row.items()}, ensure_ascii=False)


def _plain(p: Probability) -> int | float | str:
    if isinstance(p, Fraction):
        return p.numerator if p.denominator == 1 else str(p)
    return p


def _block(entries: Mapping[str, str], level: int) -> str:
    """A JSON object with one entry a line; the values are JSON text already."""
    pad = "  " * (level + 1)
    lines = (
        f"{pad}{json.dumps(key, ensure_ascii=False)}: {value}" for key, value in entries.items()
    )
    return "{\n" + ",\n".join(lines) + "\n" + "  " * level + "}"
