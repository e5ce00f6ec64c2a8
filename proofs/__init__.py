"""Theorems: statement, machine-checked proof, property test; builds on both."""

from .checking import Check, Report, Verdict, check, find_violation
from .index import THEOREMS, named
from .ledger import CoqProof, Name, Property, Status, Theorem

__all__ = [
    "THEOREMS",
    "Check",
    "CoqProof",
    "Name",
    "Property",
    "Report",
    "Status",
    "Theorem",
    "Verdict",
    "check",
    "find_violation",
    "named",
]
