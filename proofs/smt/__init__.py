"""Finite or algebraic parts of theorems, stated for an SMT solver; see `smt_checker`."""
