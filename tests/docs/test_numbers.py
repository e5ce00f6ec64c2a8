"""No result is typed by hand, and no sentence about one stands without a check.

Pages read their numbers from runs that the build makes. A number that looks like a result
(a decimal, a percentage, a p-value, "three times", "5 of 6", "4.2e-3") may stand in the text
of a page only if it is on the list below, with the reason. The text of a page is what is left
without code, maths, links and tags, and the words that its executed blocks print.

Sentences that say how a result came out are held to it by ``claims.holds``, when the site is
built; here it is seen that they are still on the page.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    page
    for page in sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
    if not {"node_modules", "vendor"} & set(page.relative_to(ROOT).parts)
]
HOOKS = sorted(DOCS.joinpath("hooks").glob("*.py"))

COUNT = r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|twenty|a\ hundred|a\ thousand)"
RESULT = re.compile(
    rf"""
      (?<![\w.])[-+±]?\d[\d,]*(?:\.\d+)?(?:\ ?%|\ per\ ?cent)          # 73%
    | \bp\ ?[<=]\ ?0?\.\d+                                            # p < 0.05
    | (?<![\w.])(?<!Python\ )[-+±]?\d[\d,]*\.\d+(?:e[-+]?\d+)?(?!\w|\.\d)          # 0.73, 1.5e-3
    | (?<![\w.])\d+e-?\d+\b                                           # 1e-3
    | \b{COUNT}(?:\ to\ {COUNT})?(?:\ times|-fold)\b                  # 16 times
    | \b(?:twice|half)\ as\b
    | \bfactor\ of\ (?:about\ |nearly\ )?{COUNT}\b                    # a factor of ten
    | \b\d+(?:\ out)?\ of\ (?:the\ )?\d+\b                            # 5 of 6
    """,
    re.VERBOSE | re.IGNORECASE,
)
LEVEL = re.compile(r"95% (?:confidence )?(?:intervals?|bands?)")
"""Not a result: the level at which everything is judged."""

SETTING = "a setting, not a result"
QUOTED = "quoted from the source that the page names"
CITED = "the number of a theorem, definition or section in the source that the page names"
ALLOWED: dict[str, dict[str, str]] = {
    "docs/argument/results.md": {"95%": "the level of all intervals"},
    "docs/argument/verdicts.md": {
        "0.05": "the rule",
        "2.5%": "the rule: half of what a 95% interval leaves out",
        "95%": "the rule",
        "three times": "the rule: three controls",
    },
    "docs/predictions/steering.md": {"50%": "a definition"},
    "docs/predictions/supervision.md": {"20%": "the name of a supervisor"},
    "docs/proofs/countermodels.md": {"factor of 0": "exact: a premise switched off"},
    "docs/proofs/drives.md": {"four times": SETTING},
    "docs/reference/cli-train.md": {"95%": "the level of all intervals"},
    "docs/reference/mdp-format.md": {
        "1e999999999": "an example of a number that is refused",
        "three times": "1/3, rounded: the sum is what matters",
    },
    "docs/reference/results-format.md": {"95%": "the level of all intervals"},
    "docs/theory/around-power.md": {"5.6": CITED, "6.10": CITED},
    "docs/theory/corrections.md": {
        "0.001": SETTING,
        "0.12": SETTING,
        "0.91": QUOTED,
        "0.999": SETTING,
        "5.1": CITED,
        "91%": QUOTED,
        "twice as": QUOTED,
    },
    "docs/theory/power.md": {"6.9": CITED},
    "docs/toymodels/graph.md": {"0.01": SETTING},
}
"""What may stand on a page all the same, and why."""


def text_of(page: str) -> str:
    """The words that a page says itself."""
    fences = re.compile(r"^([ >]*)(`{3,})[^\n]*\n.*?^\1\2[ ]*$", re.DOTALL | re.MULTILINE)
    text = re.sub(r"\A---\n.*?\n---\n", "", fences.sub("", page), flags=re.DOTALL)
    maths = r"\\\[(.*?)\\\]|\\\((.*?)\\\)|\$\$(.*?)\$\$|\$([^$\n]*(?:\n[^$\n]+)?)\$"
    text = re.sub(maths, bare_number, text, flags=re.DOTALL)
    text = re.sub(r"(`+).*?\1", " CODE ", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)|<[^>]*>|https?://\S+|arXiv:\S+", "", text)
    return LEVEL.sub("", " ".join(text.split()))


def bare_number(maths: re.Match[str]) -> str:
    """What is left of a formula: nothing, unless it is only a number."""
    inside = next(group for group in maths.groups() if group is not None).strip()
    return inside.replace("\\", "") if re.fullmatch(r"[-+\d., \\%]+", inside) else " MATHS "


def blocks(page: str) -> Iterator[ast.Module]:
    """The code that the build executes for a page."""
    fence = re.compile(
        r'^([ ]*)```python exec="on"[^\n]*\n(.*?)^\1```[ ]*$', re.DOTALL | re.MULTILINE
    )
    for match in fence.finditer(page):
        yield ast.parse(textwrap.dedent(match.group(2)))


def printed(code: ast.AST) -> Iterator[str]:
    """Words in the strings of code, except command lines and documentation."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(code)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(code):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value
            if " " in words and id(node) not in documentation and "powerseek " not in words:
                yield words


def results_in(words: str) -> set[str]:
    """What looks like a result."""
    return {match.group().strip() for match in RESULT.finditer(text_of(words))}


def found_in(file: Path) -> set[str]:
    """What looks like a result in the text of a page, or of a module that makes text."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return set().union(*map(results_in, printed(ast.parse(source))))
    said = [words for code in blocks(source) for words in printed(code)]
    return results_in(source).union(*map(results_in, said))


@pytest.mark.parametrize("file", [*PAGES, *HOOKS], ids=lambda f: f.relative_to(ROOT).as_posix())
def test_no_result_is_typed_by_hand(file: Path) -> None:
    allowed = ALLOWED.get(file.relative_to(ROOT).as_posix(), {})
    found = found_in(file)
    assert found - set(allowed) == set(), "read these from a results file, or say why not"
    assert set(allowed) - found == set(), "these are no longer there: take them off the list"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("It rose to 0.73.", {"0.73"}),
        ("In 73% of the runs, or 12 of 16, p < 0.01", {"73%", "12 of 16", "p < 0.01"}),
        ("ten times faster, by a factor of 3", {"ten times", "factor of 3"}),
        ("about $0.91$, twice as much", {"0.91", "twice as"}),
        ("Python 3.11, on 2 cores", set()),
        ("a 95% interval, \\(\\gamma = 0.9\\), `0.5`, [x](y.md#0.5) and 64 agents", set()),
    ],
)
def test_what_looks_like_a_result(words: str, expected: set[str]) -> None:
    assert results_in(words) == expected


def claims() -> list[tuple[Path, str]]:
    """Sentences that the build holds to results, and the pages that have them."""
    out = []
    for page in PAGES:
        for code in blocks(page.read_text(encoding="utf-8")):
            for node in ast.walk(code):
                match node:
                    case ast.Call(ast.Name("holds"), [ast.Constant(str(sentence)), _, *_]):
                        out.append((page, sentence))
                    case ast.Call(ast.Name("holds")):
                        out.append((page, "NOT A SENTENCE WITH A CONDITION"))
    return out


def test_held_sentences_are_on_their_pages() -> None:
    fence = re.compile(r"^([ ]*)(`{3,})[^\n]*\n.*?^\1\2[ ]*$", re.DOTALL | re.MULTILINE)
    assert claims()
    for page, sentence in claims():
        text = " ".join(fence.sub("", page.read_text(encoding="utf-8")).split())
        assert " ".join(sentence.split()) in text, f"{page.name} does not say: {sentence}"
