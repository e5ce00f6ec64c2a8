r"""Checking proofs with Coq.

A proof counts as checked if ``coqc`` accepts the file, the file contains no command that
skips a proof or weakens the checker, and ``Print Assumptions`` lists nothing for any of
the claimed theorems beyond `AXIOMS`: the axioms by which Coq's standard library builds the
real numbers, and classical logic.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from powerseek.theory.errors import InvalidInput

SOURCES = Path(__file__).parent / "coq"
"""The folder of the Coq files."""

TIME_LIMIT = 300.0
"""Seconds that one file may take."""

AXIOMS = {
    "ClassicalDedekindReals.sig_not_dec": "excluded middle for negated statements, as data",
    "ClassicalDedekindReals.sig_forall_dec": "a property of numbers holds of all, or fails "
    "at one that can be named",
    "FunctionalExtensionality.functional_extensionality_dep": "functions with equal values "
    "are equal",
    "Classical_Prop.classic": "excluded middle",
}
"""What a proof may rest on, beyond Coq's logic itself."""

_FORBIDDEN = (
    r"Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Primitive|Declare\s+ML|"
    r"Unset\s+\w+\s+Checking|bypass_check|Load|Extract\s+\w+|Abort|Undo|Drop"
)
_PREFIX = "PowerSeek"
_REQUIRE = re.compile(rf"From\s+{_PREFIX}\s+Require\s+(?:Import|Export)?\s*([^.]*)\.")
_MARK = "assumptions of"


@dataclass(frozen=True)
class CoqResult:
    """What Coq said of one file.

    Attributes:
        axioms: for each claimed theorem what it rests on; empty if the file failed.
        problems: why it does not count as checked; empty if it does.
        seconds: how long it took.
    """

    axioms: dict[str, tuple[str, ...]]
    problems: tuple[str, ...]
    seconds: float


def find_coqc() -> str | None:
    """Where the Coq compiler is, or None."""
    return shutil.which("coqc")


def read_source(file: str) -> str:
    """The text of a Coq file of the library.

    Raises:
        InvalidInput: if there is no such file.
    """
    path = SOURCES / file
    if not path.is_file():
        known = ", ".join(sorted(p.name for p in SOURCES.glob("*.v")))
        raise InvalidInput.of("file", file, f"one of: {known}")
    return path.read_text("utf-8")


def without_comments(source: str) -> str:
    """The source with comments (nested ones too) and string contents removed.

    >>> without_comments('a (* b (* c *) "*)" d *) e "Admitted"')
    'a  e ""'
    """
    kept, depth, i = [], 0, 0
    while i < len(source):
        if source[i] == '"':
            end = source.find('"', i + 1)
            end = len(source) - 1 if end < 0 else end
            kept.append('""' if depth == 0 else "")
            i = end + 1
        elif source.startswith("(*", i):
            depth, i = depth + 1, i + 2
        elif source.startswith("*)", i) and depth:
            depth, i = depth - 1, i + 2
        else:
            kept.append(source[i] if depth == 0 else "")
            i += 1
    return "".join(kept)


def forbidden_commands(source: str) -> tuple[str, ...]:
    """Commands in a source that skip a proof, assume something or weaken the checker.

    >>> forbidden_commands("Lemma x : False. Admitted. (* Axiom *)")
    ('Admitted',)
    """
    return tuple(re.findall(rf"\b({_FORBIDDEN})\b", without_comments(source)))


def statement_of(source: str, theorem: str) -> str:
    r"""The text of a theorem's statement, from its keyword to its full stop.

    Raises:
        InvalidInput: if the source does not prove such a theorem.

    >>> statement_of("Theorem easy : True.\nProof. exact I. Qed.", "easy")
    'Theorem easy : True.'
    """
    found = re.search(
        rf"^((?:Theorem|Lemma|Corollary)\s+{re.escape(theorem)}\b.*?\.)\s*^Proof",
        source,
        re.DOTALL | re.MULTILINE,
    )
    if found is None:
        raise InvalidInput.of("theorem", theorem, "the name of a theorem proved in the file")
    return found[1]


def files_needed(file: str) -> tuple[str, ...]:
    """The file and the library's files that it imports, in an order that compiles."""
    order: list[str] = []

    def visit(name: str) -> None:
        for imported in _REQUIRE.findall(without_comments(read_source(name))):
            for module in imported.split():
                visit(f"{module}.v")
        if name not in order:
            order.append(name)

    visit(file)
    return tuple(order)


def parse_assumptions(printed: str) -> dict[str, tuple[str, ...]]:
    r"""Read the marked output of ``Print Assumptions``.

    Every line that starts at the margin names something assumed, whatever it is.

    >>> parse_assumptions("assumptions of a\nClosed under the global context\n"
    ...                   "assumptions of b\nAxioms:\nclassic\n  : forall P, P")
    {'a': (), 'b': ('classic',)}
    """
    axioms: dict[str, tuple[str, ...]] = {}
    for block in printed.split(_MARK)[1:]:
        theorem, *lines = block.strip().splitlines()
        assumed = [line.split()[0] for line in lines if line and not line[0].isspace()]
        closed = lines == ["Closed under the global context"]
        axioms[theorem] = () if closed else tuple(x for x in assumed if x != "Axioms:")
    return axioms


def check_file(coqc: str, file: str, theorems: tuple[str, ...]) -> CoqResult:
    """Compile a file in a temporary folder and ask what the theorems rest on.

    Args:
        coqc: the compiler, as `find_coqc` gives it.
        file: the Coq file.
        theorems: the theorems claimed to be proved in it.
    """
    began = time.perf_counter()
    needed = files_needed(file)
    problems = [
        f"{name} contains {word}"
        for name in needed
        for word in forbidden_commands(read_source(name))
    ]
    module = Path(file).stem
    questions = "".join(
        f'Goal True. idtac "{_MARK} {t}". Abort.\nPrint Assumptions {module}.{t}.\n'
        for t in theorems
    )
    axioms: dict[str, tuple[str, ...]] = {}
    with tempfile.TemporaryDirectory(prefix="powerseek-coq-") as folder:
        for name in needed:
            Path(folder, name).write_text(read_source(name), "utf-8")
        Path(folder, "questions.v").write_text(
            f"From {_PREFIX} Require {module}.\n{questions}", "utf-8"
        )
        for name in (*needed, "questions.v"):
            command = [coqc, "-q", "-w", "none", "-R", folder, _PREFIX, str(Path(folder, name))]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
                )
            except subprocess.TimeoutExpired:
                problems.append(f"{name}: not done after {TIME_LIMIT:g} s")
                break
            if done.returncode:
                problems.append(done.stderr.replace(folder + "/", "").strip())
                break
            if name == "questions.v":
                axioms = parse_assumptions(done.stdout)
                problems += _unwelcome(theorems, axioms)
    return CoqResult(axioms, tuple(problems), time.perf_counter() - began)


def _unwelcome(theorems: tuple[str, ...], axioms: dict[str, tuple[str, ...]]) -> list[str]:
    """Theorems without an answer, and assumptions beyond the allowed ones."""
    silent = [f"{t}: Coq did not say what it rests on" for t in theorems if t not in axioms]
    return silent + [
        f"{t} rests on {axiom}"
        for t, found in axioms.items()
        for axiom in found
        if axiom not in AXIOMS
    ]
