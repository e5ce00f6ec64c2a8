"""Every theorem has its four faces, and they are about the same things."""

import functools
import importlib
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies

import powerseek.proofs.checking as checking
import powerseek.proofs.coq_checker as coq_checker
from powerseek.proofs import THEOREMS, Property, Status, Verdict, find_violation
from powerseek.theory.errors import InvalidInput

THRESHOLD = THEOREMS["threshold"]
every_theorem = pytest.mark.parametrize("theorem", THEOREMS.values(), ids=list(THEOREMS))
needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc not found")


def python_object(dotted):
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(["powerseek", *parts[:cut]]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(
            lambda o, n: n if n in getattr(o, "__dataclass_fields__", ()) else getattr(o, n),
            parts[cut:],
            found,
        )
    raise AssertionError(dotted)


def test_every_module_is_in_the_index_and_named_after_its_theorem():
    folder = Path(checking.__file__).parent / "theorems"
    assert {p.stem for p in folder.glob("*.py")} - {"__init__"} == set(THEOREMS)


@every_theorem
def test_the_names_exist_in_coq_and_in_python(theorem):
    source = coq_checker.without_comments(coq_checker.read_source(theorem.proof.file))
    source += coq_checker.without_comments(coq_checker.read_source("Sums.v"))
    for name in theorem.names:
        assert re.search(rf"\b{name.coq}\b", source), name.coq
        python_object(name.python)
    for claimed in theorem.proof.theorems:
        assert coq_checker.statement_of(source, claimed)


@pytest.mark.parametrize("path", sorted(coq_checker.SOURCES.glob("*.v")), ids=lambda p: p.name)
def test_coq_files_skip_no_proof_and_assume_nothing(path):
    assert coq_checker.forbidden_commands(path.read_text("utf-8")) == ()


@pytest.mark.parametrize("face", ["title", "statement", "hypotheses", "source", "names", "use"])
def test_a_missing_face_is_refused(face):
    with pytest.raises(InvalidInput, match=face):
        replace(THRESHOLD, **{face: type(getattr(THRESHOLD, face))()})


def test_proved_needs_a_proof():
    with pytest.raises(InvalidInput, match="status"):
        replace(THRESHOLD, proof=None)
    assert replace(THRESHOLD, proof=None, status=Status.TESTED).proof is None


@every_theorem
def test_properties_hold(theorem):
    assert find_violation(theorem.property, examples=8) is None


def test_a_false_property_is_reported_with_a_small_counterexample():
    claim = Property(lambda: {"n": strategies.integers(0, 99)}, lambda n: n < 7)
    found = checking.check_property(replace(THRESHOLD, property=claim))
    assert found.verdict is Verdict.FAILS
    assert found.detail == "fails at n=7"


def test_without_coq_a_proof_is_not_checked_and_never_holds(monkeypatch):
    monkeypatch.setattr(checking, "find_coqc", lambda: None)
    (report,) = checking.check([THRESHOLD])
    assert report.proof.verdict is Verdict.NOT_CHECKED
    assert report.proof.detail == "coqc not found"
    assert not report.fails


@pytest.fixture
def coq_file(tmp_path, monkeypatch):
    monkeypatch.setattr(coq_checker, "SOURCES", tmp_path)

    def check(text):
        (tmp_path / "Tiny.v").write_text(text)
        return coq_checker.check_file(coq_checker.find_coqc(), "Tiny.v", ("tiny",))

    return check


@needs_coq
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Theorem tiny : False.\nProof. Admitted.", "Admitted"),
        ("Axiom a : False.\nTheorem tiny : False.\nProof. exact a. Qed.", "tiny rests on Tiny.a"),
        ("Variable v : False.\nTheorem tiny : False.\nProof. exact v. Qed.", "rests on Tiny.v"),
        ("Theorem tiny : False.\nProof. exact I. Qed.", "Tiny.v"),
        ("Theorem other : True.\nProof. exact I. Qed.", "tiny"),
    ],
)
def test_what_is_no_proof_does_not_count(coq_file, text, problem):
    assert any(problem in found for found in coq_file(text).problems)


@needs_coq
def test_a_proof_counts(coq_file):
    result = coq_file("Theorem tiny : True.\nProof. exact I. Qed.")
    assert result.problems == ()
    assert result.axioms == {"tiny": ()}


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("file", sorted({t.proof.file for t in THEOREMS.values()}))
def test_every_proof_checks(file):
    claimed = tuple(n for t in THEOREMS.values() if t.proof.file == file for n in t.proof.theorems)
    assert coq_checker.check_file(coq_checker.find_coqc(), file, claimed).problems == ()
