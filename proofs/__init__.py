"""Theorems: statement, machine-checked proof, property test; builds on both."""

from .checking import Check, Report, Verdict, check, find_violation
from .index import THEOREMS, named
from .ledger import CoqProof, Name, Possible, Property, SmtProof, Status, Theorem, Valid

__all__ = [
    "THEOREMS",
    "Check",
    "CoqProof",
    "Name",
    "Possible",
    "Property",
    "Report",
    "SmtProof",
    "Status",
    "Theorem",
    "Valid",
    "Verdict",
    "check",
    "find_violation",
    "named",
]
