"""Tables of the results files of `tests/`, for the page on trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[2] / "tests"


def load(folder: str, file: str = "results.json") -> dict[str, Any]:
    """A results file."""
    found: dict[str, Any] = json.loads((TESTS / folder / file).read_text("utf-8"))
    return found


def mutants() -> list[tuple[str, dict[str, Any]]]:
    """Every mutant tried, with its module."""
    modules = load("mutation")["modules"]
    return [(name, m) for name, found in modules.items() for m in found["mutants"]]


def mutation_score() -> str:
    """The score in one sentence."""
    tried = mutants()
    survived = [(name, m) for name, m in tried if m["fate"] == "survived"]
    explained = explanations()
    same = sum(explained.get(key(name, m), {}).get("kind") == "equivalent" for name, m in survived)
    noticed = len(tried) - len(survived)
    return (
        f"Of {len(tried)} mutants in {len(load('mutation')['modules'])} modules, {noticed} were "
        f"noticed ({noticed / len(tried):.0%}) and {len(survived)} survived. Of the survivors, "
        f"{same} change nothing that anyone could see; without these the score is "
        f"{noticed / (len(tried) - same):.0%}."
    )


def mutation_table() -> str:
    """Per module, how many mutants there are, were tried and were noticed."""
    lines = ["| module | mutants there are | tried | noticed |", "|---|---|---|---|"]
    for name, found in load("mutation")["modules"].items():
        tried = found["mutants"]
        noticed = sum(m["fate"] != "survived" for m in tried)
        lines.append(f"| `{name}` | {found['possible']} | {len(tried)} | {noticed} |")
    return "\n".join(lines)


def explanations() -> dict[str, dict[str, str]]:
    """What has been found out about survivors."""
    found: dict[str, dict[str, str]] = load("mutation", "explained.json")
    return found


def key(module: str, mutant: dict[str, Any]) -> str:
    """How a mutant is named in the file of explanations."""
    return f"{module}: {mutant['before']} -> {mutant['after']}"


def survivors() -> str:
    """Every survivor and what it means."""
    explained = explanations()
    lines = ["| mutant | verdict |", "|---|---|"]
    for name, m in mutants():
        if m["fate"] == "survived":
            why = explained.get(key(name, m), {"kind": "open", "why": "not looked at yet"})
            code = f"`{m['before']}` became `{m['after']}`".replace("|", "\\|")
            lines.append(f"| `{name}`: {code} | **{why['kind']}**: {why['why']} |")
    return "\n".join(lines)


def fuzz_table() -> str:
    """What fuzzing tried and saw."""
    lines = ["| inputs | tried | refused in one line | accepted | faults | slowest |"]
    lines.append("|---|---|---|---|---|---|")
    for name, part in load("fuzz")["parts"].items():
        seen = part["outcomes"]
        accepted = sum(n for word, n in seen.items() if word not in ("refused", "fault"))
        lines.append(
            f"| {name} | {part['inputs']:,} | {seen.get('refused', 0):,} | {accepted:,} | "
            f"{len(part['faults'])} | {part['slowest_seconds']:.2f} s of work |"
        )
    return "\n".join(lines)


def coverage_table() -> str:
    """Lines and branches of the exact paths that the tests run."""
    lines = ["| module | lines | run | branches | run |", "|---|---|---|---|---|"]
    found = load("exact_coverage")["modules"]
    counts = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    total = {count: sum(m[count] for m in found.values()) for count in counts}
    for name, m in [*found.items(), ("all", total)]:
        run = _share(m["covered_lines"], m["num_statements"])
        taken = _share(m["covered_branches"], m["num_branches"])
        lines.append(
            f"| `{name}` | {m['num_statements']} | {run} | {m['num_branches']} | {taken} |"
        )
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""
