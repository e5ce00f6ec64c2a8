"""The file format powerseek-mdp/1: exact reading, and one clear line for bad input."""

import json
import os
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, InvalidMDP
from powerseek.theory.gallery import gallery, load, random_stochastic
from powerseek.theory.mdp import MDP
from powerseek.theory.mdp_json import (
    MDPDocument,
    document_from_json,
    mdp_from_json,
    mdp_to_json,
    read_document,
    read_mdp,
    write_mdp,
)

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@st.composite
def mdps(draw):
    """Random exact MDPs whose states and actions have arbitrary names."""
    plain = draw(
        st.builds(
            random_stochastic,
            seed=st.integers(0, 10**6),
            n_states=st.integers(3, 5),
            n_actions=st.integers(1, 3),
            n_next=st.integers(1, 3),
        )
    )
    states = draw(st.lists(names, min_size=plain.n_states, max_size=5, unique=True))
    actions = draw(st.lists(names, min_size=3, max_size=3, unique=True))
    return MDP(
        tuple(states[: plain.n_states]),
        tuple(tuple(actions[: len(available)]) for available in plain.actions),
        plain.rows,
    )


def text_of(**changes: object) -> str:
    content = {
        "format": "powerseek-mdp/1",
        "states": ["a", "b"],
        "actions": {"a": {"go": {"b": 1}}, "b": {"stay": {"b": 1}}},
    }
    content.update(changes)
    return json.dumps({k: v for k, v in content.items() if v is not ...})


def with_row(row: str) -> str:
    return (
        '{"format": "powerseek-mdp/1", "states": ["a", "b"],'
        f' "actions": {{"a": {{"go": {row}}}, "b": {{"stay": {{"b": 1}}}}}}}}'
    )


@given(mdps())
def test_json_round_trip(mdp):
    text = mdp_to_json(mdp)
    assert mdp_from_json(text) == mdp
    assert mdp_from_json(json.loads(text)) == mdp
    assert json.loads(text)["format"] == "powerseek-mdp/1"


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5))
def test_float_rows_survive_the_file_within_rounding(weights):
    total = sum(weights)
    states = [f"s{i}" for i in range(len(weights))]
    row = {s: w / total for s, w in zip(states, weights, strict=True)}
    mdp = MDP.from_transitions({s: {"go": row} for s in states})
    again = mdp_from_json(mdp_to_json(mdp))
    assert [t for t, _ in again.rows[0][0]] == [t for t, _ in mdp.rows[0][0]]
    for (_, p), (_, q) in zip(mdp.rows[0][0], again.rows[0][0], strict=True):
        assert float(q) == pytest.approx(float(p), abs=1e-15)


def test_files_round_trip_with_their_descriptions(tmp_path):
    document = MDPDocument(
        load("wait"),
        "tea",
        "Tea for two\nor “three”.",
        "the kettle",
        gallery()["wait"].positions,
    )
    write_mdp(document, tmp_path / "tea.json")
    assert read_document(tmp_path / "tea.json") == document
    assert read_mdp(str(tmp_path / "tea.json")) == load("wait")


def test_a_byte_order_mark_is_no_error(tmp_path):
    (tmp_path / "a.json").write_text(text_of(), encoding="utf-8-sig")
    assert read_mdp(tmp_path / "a.json").states == ("a", "b")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('{"a": 0.1, "b": 0.9}', (Fraction(1, 10), Fraction(9, 10))),
        ('{"a": 1e-3, "b": "999/1000"}', (Fraction(1, 1000), Fraction(999, 1000))),
        ('{"a": "0.25", "b": 75e-2}', (Fraction(1, 4), Fraction(3, 4))),
        ('{"a": "1/3", "b": "2/3"}', (Fraction(1, 3), Fraction(2, 3))),
    ],
)
def test_numerals_are_read_exactly(row, expected):
    mdp = mdp_from_json(with_row(row))
    assert mdp.is_exact
    assert tuple(p for _, p in mdp.rows[0][0]) == expected


def test_zero_probabilities_are_dropped():
    assert mdp_from_json(with_row('{"a": 0.0, "b": 1}')).rows[0][0] == ((1, Fraction(1)),)


def test_decimals_that_nearly_sum_to_one_are_floats():
    mdp = mdp_from_json(with_row('{"a": 0.3333333333, "b": 0.6666666666}'))
    assert not mdp.is_exact
    assert mdp.rationalize().rows[0][0] == ((0, Fraction(1, 3)), (1, Fraction(2, 3)))


def test_a_float_in_a_mapping_means_the_decimal_that_prints_it():
    document = json.loads(with_row('{"a": 0.1, "b": 0.9}'))
    assert mdp_from_json(document).rows[0][0] == (
        (0, Fraction(1, 10)),
        (1, Fraction(9, 10)),
    )


BAD = {
    "truncated": ('{"format"', "line 1 column 10: malformed JSON, Expecting ':' delimiter"),
    "comma": ('{\n "format": 1,\n}', "line 3 column 1: malformed JSON, Expecting property"),
    "empty": ("", "line 1 column 1: malformed JSON, Expecting value"),
    "deep": ("[" * 100_000, "malformed document: nested too deeply"),
    "deep object": ('{"a":' * 100_000, "malformed document: nested too deeply"),
    "array": ("[]", "document: got [], expected a JSON object"),
    "null": ("null", "document: got None, expected a JSON object"),
    "no format": (
        text_of(format=...),
        "format: got 'no such key', expected \"powerseek-mdp/1\"",
    ),
    "wrong format": (text_of(format="mdp/2"), "format: got 'mdp/2', expected"),
    "number format": (text_of(format=1e9), "format: got 1000000000.0, expected"),
    "no states": (text_of(states=...), "states: missing, expected the keys"),
    "no actions": (text_of(actions=...), "actions: missing, expected the keys"),
    "extra key": (text_of(action={}), "'action': unknown key, expected only"),
    "states text": (text_of(states="ab"), "states: got 'ab', expected an array of names"),
    "states object": (text_of(states={"a": 1}), "states: got {'a': 1}, expected an array"),
    "states number": (text_of(states=[1]), "states[0]: got 1, expected a non-empty string"),
    "state twice": (
        text_of(states=["a", "a"]),
        "states[1]: got 'a', expected each state n",
    ),
    "nested state": (text_of(states=[["a"]]), "states[0]: got ['a'], expected a non-empty"),
    "no state": (text_of(states=[], actions={}), "states: got [], expected at least one"),
    "actions array": (text_of(actions=[]), "actions: got [], expected an object"),
    "unlisted state": (
        text_of(states=["b"]),
        "actions: got 'a', expected a state listed in",
    ),
    "idle state": (
        text_of(states=["a", "b", "c"]),
        "actions['c']: got {}, expected at least",
    ),
    "no action": (
        text_of(actions={"a": {}, "b": {}}),
        "actions['a']: got {}, expected at l",
    ),
    "actions number": (
        text_of(actions={"a": 1}),
        "actions['a']: got 1, expected an object",
    ),
    "row number": (
        with_row("1"),
        "actions['a']['go']: got 1, expected an object {next state",
    ),
    "row array": (with_row('["b"]'), "actions['a']['go']: got ['b'], expected an object"),
    "unknown state": (
        with_row('{"c": 1}'),
        "actions['a']['go']: got 'c', expected a known ne",
    ),
    "sum": (with_row('{"a": "1/3", "b": "1/3"}'), "['a']['go']: probabilities sum to 2/3,"),
    "decimal sum": (
        with_row('{"a": 0.25, "b": 0.5}'),
        "probabilities sum to 3/4, expected 1",
    ),
    "ratio sum": (with_row('{"a": "1/3", "b": "0.6666666666"}'), "probabilities sum to"),
    "empty row": (with_row("{}"), "actions['a']['go']: probabilities sum to 0, expected 1"),
    "negative": (
        with_row('{"a": -0.5, "b": 1.5}'),
        "['go']['a']: got -1/2, expected",
    ),
    "NaN": (with_row('{"b": NaN}'), "actions['a']['go']['b']: got NaN, expected"),
    "Infinity": (with_row('{"b": -Infinity}'), "['a']['go']['b']: got -Infinity, expected"),
    "true": (with_row('{"b": true}'), "actions['a']['go']['b']: got True, expected"),
    "null p": (with_row('{"b": null}'), "actions['a']['go']['b']: got None, expected"),
    "object p": (with_row('{"b": {}}'), "actions['a']['go']['b']: got {}, expected"),
    "text p": (with_row('{"b": "all"}'), "actions['a']['go']['b']: got 'all', expected"),
    "division": (with_row('{"b": "1/0"}'), "actions['a']['go']['b']: got '1/0', expected"),
    "exponent": (with_row('{"b": 1e999999999}'), "['b']: got 1e999999999, expected a prob"),
    "tiny": (with_row('{"b": 1e-999999999}'), "['b']: got 1e-999999999, expected a prob"),
    "exponent text": (
        with_row('{"b": "1e999999999"}'),
        "['b']: got '1e999999999', expected",
    ),
    "long number": (with_row(f'{{"b": {"1" * 10**5}}}'), "['b']: got 1111111111111111111"),
    "long decimal": (with_row(f'{{"b": 0.{"1" * 10**5}}}'), "['b']: got 0.11111111111111"),
    "next state twice": (
        with_row('{"b": 1, "b": 1}'),
        "actions['a']['go']: got 'b', expect",
    ),
    "surrogate": (
        text_of(states=["\ud800"], actions={}),
        "states[0]: got '\\ud800', expec",
    ),
    "state key twice": (
        '{"format": "powerseek-mdp/1", "states": ["a"],'
        ' "actions": {"a": {"x": {"a": 1}}, "a": {"y": {"a": 1}}}}',
        "actions: got 'a', expected each key only once",
    ),
    "action twice": (
        '{"format": "powerseek-mdp/1", "states": ["a"],'
        ' "actions": {"a": {"x": {"a": 1}, "x": {"a": 1}}}}',
        "actions['a']: got 'x', expected each key only once",
    ),
    "format twice": (
        '{"format": "powerseek-mdp/1", "format": "powerseek-mdp/1"}',
        "document: got 'format', expected each key only once",
    ),
    "name": (text_of(name=1), "name: got 1, expected a string"),
    "positions": (text_of(positions=[]), "positions: got [], expected an object"),
    "stray position": (
        text_of(positions={"c": [0, 0]}),
        "positions: got 'c', expected a st",
    ),
    "bad position": (
        text_of(positions={"a": [0]}),
        "positions['a']: got [0], expected an ar",
    ),
    "text position": (
        text_of(positions={"a": [0, "x"]}),
        "positions['a']: got 'x', expecte",
    ),
    "missing position": (
        text_of(positions={"a": [0, 0]}),
        "positions: none for 'b', expecte",
    ),
    "huge position": (
        text_of(positions={"a": [0, 1]}).replace("[0, 1]", "[0, 1e900]"),
        "positions['a']: got 1e900, expected an array of two numbers",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=list(BAD))
def test_bad_documents_give_one_line_naming_the_field(tmp_path, text, message):
    with pytest.raises(InvalidMDP) as caught:
        mdp_from_json(text)
    assert message in str(caught.value)
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidMDP) as from_file:
        read_mdp(path)
    assert str(from_file.value) == f"{path}: {caught.value}"
    assert "\n" not in str(from_file.value)
    assert len(str(from_file.value)) < len(str(path)) + 250


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"none.json: No such file"):
        read_mdp(tmp_path / "none.json")
    with pytest.raises(InvalidInput, match="Is a directory, expected an MDP file"):
        read_mdp(tmp_path)
    with pytest.raises(InvalidInput, match="embedded null"):
        read_mdp("a\0b")
    (tmp_path / "latin.json").write_bytes(b'{"format": "\xe9"}')
    with pytest.raises(InvalidInput, match=r"latin.json: byte 12 is not UTF-8"):
        read_mdp(tmp_path / "latin.json")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root and Windows may read every file"
)
def test_files_without_permission_are_named(tmp_path):
    path = tmp_path / "secret.json"
    path.write_text(text_of())
    path.chmod(0)
    with pytest.raises(InvalidInput, match=r"secret.json: Permission denied"):
        read_mdp(path)


def test_files_that_cannot_be_written_are_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"no/a.json: No such file"):
        write_mdp(load("wait"), tmp_path / "no" / "a.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    )
)
def test_no_json_value_in_any_field_gives_anything_but_a_clear_refusal(value):
    for text in (
        json.dumps(value),
        text_of(states=value),
        text_of(actions=value),
        text_of(actions={"a": value, "b": {"stay": {"b": 1}}}),
        with_row(json.dumps(value)),
        with_row(f'{{"b": {json.dumps(value)}}}'),
        text_of(positions=value),
    ):
        with suppress(InvalidMDP):
            assert mdp_from_json(text).n_states == 2


def test_documents_without_descriptions_have_empty_ones():
    document = document_from_json(text_of())
    assert (document.name, document.description, document.source) == ("", "", "")
    assert document.positions == {}


def test_files_are_laid_out_for_people():
    """To the space: the doctest of `mdp_to_json` looks at the words only."""
    lines = mdp_to_json(MDP.from_successors({"a": ["a"]})).split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines]
    assert indents == [0, 2, 2, 2, 4, 6, 4, 2, 0, 0]
