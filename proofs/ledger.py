r"""What a theorem is here: one statement with four faces.

A theorem of this library has

1. a **statement** with its hypotheses and its source;
2. a **proof** that a program has checked, with the checker and what it takes for granted;
3. a **property**: the same statement as a test of the library's own code on random
   instances, which can also be run on an instance of your own;
4. its **use**: which premises of the argument rest on it, and how.

The *status* says what is known: ``proved`` needs a proof; ``tested`` has the property
only; ``conjecture`` and ``refuted`` are what they say. Nothing is checked when a theorem is
imported: see `powerseek.proofs.checking`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from powerseek.theory.errors import InvalidInput

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PREMISES = ("P1", "P2", "P3", "P4", "P5", "P6", "C")
"""The premises of the argument and its conclusion."""


class Status(Enum):
    """What is known of a statement."""

    PROVED = "proved"
    TESTED = "tested"
    CONJECTURE = "conjecture"
    REFUTED = "refuted"


@dataclass(frozen=True)
class CoqProof:
    """A proof checked by Coq.

    Attributes:
        file: name of a file in ``proofs/coq/``.
        theorems: the Coq theorems in it that together are the statement.
    """

    file: str
    theorems: tuple[str, ...]


@dataclass(frozen=True)
class Valid:
    """A formula claimed to hold for all values of its variables, for an SMT solver.

    Attributes:
        given: hypotheses; together they must be satisfiable, or the claim would be empty.
        conclusion: what follows from them.
    """

    given: tuple[Any, ...]
    conclusion: Any


@dataclass(frozen=True)
class Possible:
    """Conditions claimed to be satisfiable together, for an SMT solver.

    Attributes:
        conditions: the conditions.
    """

    conditions: tuple[Any, ...]


@dataclass(frozen=True)
class SmtProof:
    """A part of a theorem that an SMT solver verifies: a second checker, beside Coq.

    Attributes:
        claims: gives the claims by name. A function, so that the solver is imported only
            when they are checked.
        scope: which part of the statement they are, in words.
    """

    claims: Callable[[], Mapping[str, Valid | Possible]]
    scope: str


@dataclass(frozen=True)
class Property:
    """A statement about the library's code, tested on random instances.

    Attributes:
        instances: gives, for each argument of ``holds``, a Hypothesis strategy. A function,
            so that Hypothesis is imported only when the property is run.
        holds: whether the statement holds of one instance, given by keyword.
        examples: how many instances are tried.
    """

    instances: Callable[[], Mapping[str, SearchStrategy[Any]]]
    holds: Callable[..., bool]
    examples: int = 50


@dataclass(frozen=True)
class Name:
    """One thing under its three names.

    Attributes:
        meaning: in mathematics, LaTeX allowed.
        coq: its name in the Coq file; empty if there is none.
        python: its dotted name in the library, without the leading ``powerseek.``.
    """

    meaning: str
    coq: str
    python: str


@dataclass(frozen=True)
class Theorem:
    r"""A statement with its four faces.

    Attributes:
        name: identifier, also the name of its module in ``proofs/theorems/``.
        title: a few words.
        statement: the claim, in Markdown with LaTeX.
        hypotheses: what is assumed, one entry each.
        source: where it comes from.
        proof: the machine-checked proof, None if there is none.
        property: the test of the library's code.
        names: the same things in the statement, in Coq and in Python.
        premises: the premises of the argument that rest on it (or C).
        use: how the argument uses it, in a sentence or two.
        status: what is known; an SMT solver alone proves nothing here.
        smt: the part of it that an SMT solver verifies, None if there is none.

    Raises:
        InvalidInput: if a face is missing, or a premise does not exist.
    """

    name: str
    title: str
    statement: str
    hypotheses: tuple[str, ...]
    source: str
    proof: CoqProof | None
    property: Property
    names: tuple[Name, ...]
    premises: tuple[str, ...]
    use: str
    status: Status
    smt: SmtProof | None = None

    def __post_init__(self) -> None:
        for face in ("name", "title", "statement", "hypotheses", "source", "names", "use"):
            if not getattr(self, face):
                raise InvalidInput.of(f"{self.name or 'theorem'}.{face}", "", "something written")
        if not self.premises or not set(self.premises) <= set(PREMISES):
            raise InvalidInput.of(
                f"{self.name}.premises", self.premises, "some of " + ", ".join(PREMISES)
            )
        if (self.status is Status.PROVED) != (self.proof is not None):
            raise InvalidInput.of(
                f"{self.name}.status", self.status.value, "'proved' with a proof and only then"
            )
