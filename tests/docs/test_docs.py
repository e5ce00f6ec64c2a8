"""What must hold of the documentation before anything is built."""

import ast
import builtins
import doctest
import os
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without importing the Python objects that it names."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: None)


def nav_pages() -> list[str]:
    def walk(entry: object) -> Iterator[str]:
        match entry:
            case str():
                yield entry
            case list():
                for item in entry:
                    yield from walk(item)
            case dict():
                for item in entry.values():
                    yield from walk(item)

    config = yaml.load((ROOT / "mkdocs.yml").read_text(), Loader=_Loader)
    return list(walk(config["nav"]))


def shown_code(page: str) -> str:
    """The Python that a reader of a page sees, in its order; not the blocks that are only run."""
    hidden = r' exec="on"(?![^\n]*source=)'
    fence = re.compile(rf"^( *)```python(?!{hidden})[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
    blocks = [textwrap.dedent(match[2]) for match in fence.finditer(page)]
    return "\n".join(block for block in blocks if ">>>" not in block)


def never_defined(code: str) -> set[str]:
    """Names that are used and nowhere bound."""
    bound, used = set(dir(builtins)), set()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Name(name, ctx):
                (used if isinstance(ctx, ast.Load) else bound).add(name)
            case ast.FunctionDef(name) | ast.ClassDef(name):
                bound.add(name)
            case ast.arg(name):
                bound.add(name)
            case ast.alias(name, other):
                bound.add(other or name.partition(".")[0])
    return used - bound


def project_files() -> list[Path]:
    """The project's own text files; works in a clone and in an unpacked sdist."""
    folders = [".ci", "benchmarks", "docs", "proofs", "src", "tests", "theory", "toymodels"]
    skipped = {"node_modules", "__pycache__", "vendor"}
    found = [p for p in ROOT.iterdir() if p.is_file() and p.name != ".git"]  # a worktree has one
    for folder in folders:
        for parent, children, names in os.walk(ROOT / folder):
            children[:] = [c for c in children if c not in skipped]
            found += [Path(parent, name) for name in names]
    return [p for p in found if p.suffix not in {".png", ".woff2", ".nc", ".pyc"}]


PAGES_WITH_CODE = [page for page in nav_pages() if shown_code((DOCS / page).read_text())]


@pytest.mark.parametrize("page", PAGES_WITH_CODE)
def test_what_a_page_shows_can_be_typed_from_top_to_bottom(page: str) -> None:
    assert never_defined(shown_code((DOCS / page).read_text())) == set()


def test_code_that_is_only_run_does_not_count_as_shown() -> None:
    hidden = '```python exec="on" session="a"\nx = 1\n```\n'
    shown = '```python exec="on" source="above" session="a"\nprint(x)\n```\n'
    assert never_defined(shown_code(hidden + shown)) == {"x"}
    assert never_defined(shown_code(hidden)) == set()
    assert never_defined(shown_code("```python\nx = 1\n```\n" + shown)) == set()


def test_every_page_is_in_the_menu_once_and_exists() -> None:
    pages = {
        page.relative_to(DOCS).as_posix()
        for page in DOCS.rglob("*.md")
        if page.relative_to(DOCS).parts[0] not in {"check", "hooks", "vendor"}
    }
    assert sorted(nav_pages()) == sorted(pages)


def test_no_machine_paths_and_no_registry_hosts() -> None:
    folders = "|".join(["work", "farm", "root", r"home/\w+", "tmp/bash_jobs"])
    hosts = "|".join(["pypi", "npmjs", "pythonhosted", "yarnpkg"])
    leak = re.compile(rf"(?<![\w.])/(?:{folders})/|(?:{hosts})\.(?:org|com)")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in project_files()
        for match in leak.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize("last", ["pytest -n auto", "argue"])
def test_ci_runs_the_readme_command(last: str) -> None:
    readme = (ROOT / "README.md").read_text().splitlines()
    command = re.compile(rf"python3 -m venv .* && .*{last}$")
    commands = [line for line in readme if command.match(line)]
    assert len(commands) == 1
    assert "--group" not in commands[0]
    ci = (ROOT / ".ci" / "run").read_text()
    assert f"readme_command {last})" in ci.replace("'", "")
    assert "-e .[test]" not in ci.replace('"', "")


def test_readme_example() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="an sdist holds copies instead of symlinks"
)
@pytest.mark.parametrize("folder", ["theory", "toymodels", "proofs"])
def test_code_folders_are_symlinked_into_the_package(folder: str) -> None:
    link = ROOT / "src" / "powerseek" / folder
    assert link.is_symlink()
    assert os.readlink(link) == f"../../{folder}"


def test_citation_is_valid() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    for work in [citation, *citation["references"]]:
        assert work["type"] in {"software", "article", "blog", "conference-paper"}
        assert work["title"]
        for author in work["authors"]:
            assert author.keys() & {"name", "family-names"}
