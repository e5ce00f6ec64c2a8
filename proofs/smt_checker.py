r"""Checking finite and algebraic parts of theorems with the SMT solver z3.

A claim that something *holds* counts as verified if its hypotheses are satisfiable and z3
finds that they leave no room for the opposite of its conclusion; a claim that something is
*possible*, if z3 finds values. z3 is one large program whose answers carry no proof that
another program checks, so it is trusted as a whole: what it verifies is labelled
``SMT-verified`` and is never the only ground for calling a theorem proved. It is the layer
that needs nothing but pip (``pip install ".[smt]"``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from .ledger import Possible, SmtProof, Valid

TIME_LIMIT = 30.0
"""Seconds that z3 may take for one claim."""


@dataclass(frozen=True)
class SmtResult:
    """What z3 said of the claims about one theorem.

    Attributes:
        verified: how many claims were verified.
        problems: why the others were not.
        seconds: how long it took.
    """

    verified: int
    problems: tuple[str, ...]
    seconds: float


def find_z3() -> str | None:
    """The version of z3, or None if it is not installed."""
    if find_spec("z3") is None:
        return None
    import z3

    return str(z3.get_version_string())


def check_claims(proof: SmtProof) -> SmtResult:
    """Ask z3 about every claim."""
    began = time.perf_counter()
    claims = proof.claims()
    problems = [
        f"{name}: {why}" for name, claim in claims.items() if (why := _why_not(claim)) is not None
    ]
    problems += [] if claims else ["no claims"]
    seconds = time.perf_counter() - began
    return SmtResult(len(claims) - len(problems) if claims else 0, tuple(problems), seconds)


def _why_not(claim: Valid | Possible) -> str | None:
    """Why a claim is not verified; None if it is."""
    import z3

    def ask(*formulas: Any) -> tuple[Any, z3.Solver]:
        solver = z3.Solver()
        solver.set("timeout", int(1000 * TIME_LIMIT))
        solver.add(*formulas)
        return solver.check(), solver

    if isinstance(claim, Possible):
        answer, _ = ask(*claim.conditions)
        return None if answer == z3.sat else f"{answer}, expected sat"
    answer, _ = ask(*claim.given)
    if answer != z3.sat:
        return f"hypotheses are {answer}, expected sat"
    answer, solver = ask(*claim.given, z3.Not(claim.conclusion))
    if answer == z3.sat:
        return f"fails at {solver.model()}"
    return None if answer == z3.unsat else f"z3 says {answer}"
