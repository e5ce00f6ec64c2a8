"""`powerseek prove` as a user meets it."""

import json

import pytest

import powerseek.proofs.checking as checking
from powerseek.cli import main


@pytest.fixture(autouse=True)
def no_coq(monkeypatch):
    monkeypatch.setattr(checking, "find_coqc", lambda: None)


def test_without_coq_it_says_so_and_checks_the_rest(capsys):
    assert main(["prove", "threshold"]) == 0
    printed = capsys.readouterr().out
    assert "not checked here (Coq): coqc not found" in printed
    assert "holds (Hypothesis" in printed


def test_require_fails_without_coq(capsys):
    assert main(["prove", "threshold", "--require", "coq"]) == 1
    captured = capsys.readouterr()
    assert captured.err.endswith("\npowerseek: --require coq: coqc not found\n")
    assert "1 of 1 theorems" in captured.err
    assert "checking" not in captured.out


@pytest.mark.slow
def test_z3_is_named_as_what_is_trusted_and_may_be_required(capsys, monkeypatch):
    assert main(["prove", "threshold", "--require", "smt"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "SMT-verified (z3 " in printed
    assert "Taken for granted, where it says SMT-verified: z3 " in printed
    monkeypatch.setattr(checking, "find_z3", lambda: None)
    assert main(["prove", "threshold"]) == 0
    assert "not checked here (SMT): z3 not installed" in capsys.readouterr().out
    assert main(["prove", "threshold", "--require", "smt", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.err.endswith("powerseek: --require smt: z3 not installed\n")
    assert json.loads(captured.out)["not_checked_smt"] == ["threshold"]


def test_json_is_one_document(capsys):
    assert main(["prove", "threshold", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "powerseek-ledger/1"
    assert document["not_checked"] == ["threshold"]
    assert document["theorems"][0]["property"]["verdict"] == "holds"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["thresold"], ("'thresold'", "locality", "; did you mean 'threshold'?")),
        (["--require", "lean"], ("'lean'", "coq")),
        (["--list", "--require", "coq"], ("--require: got 'coq', expected no --list",)),
    ],
)
def test_unknown_names_are_one_line(arguments, words, capsys):
    assert main(["prove", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words)


def test_list(capsys):
    assert main(["prove", "--list"]) == 0
    assert "orbit_share" in capsys.readouterr().out
