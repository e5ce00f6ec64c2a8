"""Checking a theorem: its proof by Coq, parts of it by z3, its property on random instances."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .coq_checker import CoqResult, check_file, find_coqc
from .hunting import smallest
from .ledger import Property, SmtProof, Theorem
from .smt_checker import check_claims, find_z3


class Verdict(Enum):
    """The outcome of one check."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_CHECKED = "not checked here"


@dataclass(frozen=True)
class Check:
    """The outcome of checking one face of a theorem.

    Attributes:
        checker: what checked it.
        verdict: the outcome.
        detail: why it failed or was not checked; otherwise what was done.
        seconds: how long it took.
        trusts: the axioms that the proof rests on, beyond the checker itself.
    """

    checker: str
    verdict: Verdict
    detail: str
    seconds: float
    trusts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """As data."""
        return {
            "checker": self.checker,
            "verdict": self.verdict.value,
            "detail": self.detail,
            "seconds": round(self.seconds, 2),
            "trusts": list(self.trusts),
        }


@dataclass(frozen=True)
class Report:
    """What checking a theorem gave.

    Attributes:
        theorem: the theorem.
        proof: of its Coq proof; None if none is claimed.
        smt: of the part that an SMT solver verifies; None if there is none.
        tested: of its property.
    """

    theorem: Theorem
    proof: Check | None
    smt: Check | None
    tested: Check

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that were due."""
        return tuple(c for c in (self.proof, self.smt, self.tested) if c is not None)

    @property
    def fails(self) -> bool:
        """Whether anything claimed did not check."""
        return any(check.verdict is Verdict.FAILS for check in self.checks)

    def to_json(self) -> dict[str, object]:
        """As data."""
        return {
            "name": self.theorem.name,
            "title": self.theorem.title,
            "status": self.theorem.status.value,
            "premises": list(self.theorem.premises),
            "proof": None if self.proof is None else self.proof.to_json(),
            "smt": None if self.smt is None else self.smt.to_json(),
            "property": self.tested.to_json(),
        }


def find_violation(claim: Property, examples: int | None = None) -> dict[str, Any] | None:
    """Look for an instance of which a property does not hold, and shrink it.

    The instances tried are the same in every run.

    Args:
        claim: the property.
        examples: how many instances to try; the property's own number by default.

    Returns:
        The smallest violation found, by keyword; None if every instance holds.

    >>> from hypothesis import strategies as st
    >>> def small(n: int) -> bool:
    ...     return n < 7
    >>> find_violation(Property(lambda: {"n": st.integers(0, 99)}, small))
    {'n': 7}
    """
    from hypothesis import strategies

    return smallest(
        strategies.fixed_dictionaries(dict(claim.instances())),
        lambda instance: not claim.holds(**instance),
        most=examples or claim.examples,
    )


def check_property(theorem: Theorem) -> Check:
    """Run a theorem's property on random instances."""
    began = time.perf_counter()
    violation = find_violation(theorem.property)
    seconds = time.perf_counter() - began
    if violation is None:
        detail = f"{theorem.property.examples} instances"
        return Check("Hypothesis", Verdict.HOLDS, detail, seconds)
    shown = ", ".join(f"{name}={value!r}" for name, value in violation.items())
    return Check("Hypothesis", Verdict.FAILS, f"fails at {shown}", seconds)


def check_smt(proof: SmtProof) -> Check:
    """Ask z3 about the part of a theorem that it verifies."""
    version = find_z3()
    if version is None:
        return Check("SMT", Verdict.NOT_CHECKED, "z3 not installed", 0.0)
    result = check_claims(proof)
    if result.problems:
        return Check("SMT", Verdict.FAILS, "; ".join(result.problems), result.seconds)
    claims = f"{result.verified} claim{'s' if result.verified > 1 else ''}"
    trusts = (f"z3 {version}",)
    return Check("SMT", Verdict.HOLDS, f"{claims}: {proof.scope}", result.seconds, trusts)


def check(theorems: Sequence[Theorem]) -> Iterator[Report]:
    """Check theorems one after the other; each Coq file is compiled once.

    Where there is no ``coqc``, or no z3, what needs it is reported as not checked, never as
    holding.
    """
    coqc = find_coqc()
    files: dict[str, CoqResult] = {}
    claimed: dict[str, tuple[str, ...]] = {}
    for theorem in theorems:
        if theorem.proof is not None:
            file = theorem.proof.file
            claimed[file] = claimed.get(file, ()) + theorem.proof.theorems
    for theorem in theorems:
        proof = None
        if theorem.proof is not None:
            file = theorem.proof.file
            if coqc is None:
                proof = Check("Coq", Verdict.NOT_CHECKED, "coqc not found", 0.0)
            else:
                seconds = 0.0
                if file not in files:
                    files[file] = check_file(coqc, file, claimed[file])
                    seconds = files[file].seconds
                proof = _judge(theorem.proof.theorems, files[file], seconds)
        smt = None if theorem.smt is None else check_smt(theorem.smt)
        yield Report(theorem, proof, smt, check_property(theorem))


def _judge(theorems: tuple[str, ...], result: CoqResult, seconds: float) -> Check:
    """One theorem's share of what Coq said of its file; any problem there counts."""
    if result.problems:
        return Check("Coq", Verdict.FAILS, "; ".join(result.problems), seconds)
    trusts = sorted({axiom for t in theorems for axiom in result.axioms[t]})
    return Check("Coq", Verdict.HOLDS, ", ".join(theorems), seconds, tuple(trusts))
