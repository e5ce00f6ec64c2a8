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
from powerseek.proofs import (
    THEOREMS,
    Possible,
    Property,
    SmtProof,
    Status,
    Valid,
    Verdict,
    find_violation,
)
from powerseek.theory.errors import InvalidInput

THRESHOLD = THEOREMS["threshold"]
PROVED = [t for t in THEOREMS.values() if t.proof is not None]
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
    for name in theorem.names:
        python_object(name.python)
    if theorem.proof is None:
        assert not any(name.coq for name in theorem.names)
        return
    needed = coq_checker.files_needed(theorem.proof.file)
    source = "".join(coq_checker.without_comments(coq_checker.read_source(f)) for f in needed)
    for name in theorem.names:
        assert re.search(rf"\b{name.coq}\b", source), name.coq
    for claimed in theorem.proof.theorems:
        assert coq_checker.statement_of(source, claimed)


@pytest.mark.parametrize("path", sorted(coq_checker.SOURCES.glob("*.v")), ids=lambda p: p.name)
def test_coq_files_skip_no_proof_and_assume_nothing(path):
    assert coq_checker.forbidden_commands(path.read_text("utf-8")) == ()


@pytest.mark.parametrize("face", ["title", "statement", "hypotheses", "source", "names", "use"])
def test_a_missing_face_is_refused(face):
    with pytest.raises(InvalidInput, match=face):
        replace(THRESHOLD, **{face: type(getattr(THRESHOLD, face))()})


def test_at_least_twelve_are_proved_and_the_core_is_among_them():
    """Those that the experiment leans on most."""
    core = {"transfer", "locality", "threshold", "reliability", "indistinguishability"}
    core |= {"orbit_share", "retargetability", "argument", "power_lipschitz", "separation"}
    assert core <= {t.name for t in PROVED}
    assert len(PROVED) >= 12


def test_proved_needs_a_proof():
    with pytest.raises(InvalidInput, match="status"):
        replace(THRESHOLD, proof=None)
    assert replace(THRESHOLD, proof=None, status=Status.TESTED).proof is None


@pytest.mark.slow
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


SMT = {name: theorem for name, theorem in THEOREMS.items() if theorem.smt is not None}


@pytest.mark.parametrize("name", SMT)
def test_what_is_left_to_z3_is_verified(name):
    found = checking.check_smt(SMT[name].smt)
    assert found.verdict is Verdict.HOLDS, found.detail
    assert found.trusts[0].startswith("z3 ")
    assert SMT[name].smt.claims.__name__ == name


def test_z3_refuses_what_is_false_empty_or_impossible():
    z3 = pytest.importorskip("z3")
    x = z3.Real("x")
    claims = {
        "false": Valid((x > 1,), x > 2),
        "empty": Valid((x > 1, x < 0), x == 7),
        "impossible": Possible((x * x < 0,)),
        "true": Valid((x > 1,), x > 0),
        "possible": Possible((x * x == 2,)),
    }
    found = checking.check_smt(SmtProof(lambda: claims, "some"))
    assert found.verdict is Verdict.FAILS
    words = found.detail.split("; ")
    assert [w.split(":")[0] for w in words] == ["false", "empty", "impossible"]
    assert checking.check_smt(SmtProof(dict, "none")).verdict is Verdict.FAILS


def test_without_z3_nothing_is_verified(monkeypatch):
    monkeypatch.setattr(checking, "find_z3", lambda: None)
    found = checking.check_smt(THRESHOLD.smt)
    assert found.verdict is Verdict.NOT_CHECKED
    assert found.detail == "z3 not installed"
    assert found.trusts == ()


def test_an_smt_solver_alone_proves_nothing():
    with pytest.raises(InvalidInput, match="status"):
        replace(THRESHOLD, proof=None)
    assert THRESHOLD.smt is not None


@pytest.mark.slow
def test_the_lipschitz_constant_cannot_be_halved(monkeypatch):
    """In some world POWER moves by more than half of the bound."""
    import powerseek.proofs.properties.power as laws

    powers = laws.powers
    monkeypatch.setattr(laws, "powers", lambda *a: [2 * x for x in powers(*a)])
    assert find_violation(THEOREMS["power_lipschitz"].property) is not None


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
@pytest.mark.parametrize("file", sorted({t.proof.file for t in PROVED}))
def test_every_proof_checks(file):
    claimed = tuple(n for t in PROVED if t.proof.file == file for n in t.proof.theorems)
    assert coq_checker.check_file(coq_checker.find_coqc(), file, claimed).problems == ()
