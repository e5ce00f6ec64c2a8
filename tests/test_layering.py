"""Imports between folders only go down.

The folders are layers: ``theory`` (0), ``toymodels`` (1), ``proofs`` (2), and the facade
with the command line, ``src/powerseek`` (3). The rule, read off the syntax tree of every
module, whether the import is at the top or inside a function:

* a module imports from its own layer or a lower one, never from a higher one;
* between layers by the absolute name, ``from powerseek.theory.mdp import MDP``;
* a relative import stays within the directory of its module: ``from .mdp import MDP``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("theory", "toymodels", "proofs")
FACADE = len(LAYERS)


def modules(root: Path) -> Iterator[tuple[int, Path]]:
    """Every module of the project with its layer; symlinked folders are not entered."""
    for layer, folder in enumerate(LAYERS):
        yield from ((layer, path) for path in sorted((root / folder).rglob("*.py")))
    linked = {root / "src" / "powerseek" / folder for folder in LAYERS}
    for path in sorted((root / "src" / "powerseek").rglob("*.py")):
        if not linked.intersection(path.parents):
            yield FACADE, path


def imported_names(tree: ast.AST) -> Iterator[tuple[int, int, str]]:
    """(line, level, dotted name) of every import; level 0 is absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, 0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}" if node.module else alias.name
                yield node.lineno, node.level, name


def layer_of(name: str) -> int:
    """The layer of a dotted name that starts with ``powerseek``."""
    folder = name.split(".")[1] if "." in name else ""
    return LAYERS.index(folder) if folder in LAYERS else FACADE


def violations(root: Path) -> list[str]:
    found = []
    for layer, path in modules(root):
        place = path.relative_to(root)
        for line, level, name in imported_names(ast.parse(path.read_text("utf-8"))):
            first = name.split(".")[0]
            if level > 1:
                found.append(f"{place}:{line}: relative import of {name} leaves its folder")
            elif level == 0 and first in LAYERS:
                found.append(f"{place}:{line}: {name} lacks the prefix powerseek")
            elif level == 0 and first == "powerseek" and layer_of(name) > layer:
                found.append(f"{place}:{line}: {name} is in a higher layer")
    return found


def test_imports_only_go_down():
    assert violations(ROOT) == []


def test_every_layer_is_looked_at():
    looked_at = {layer for layer, _ in modules(ROOT)}
    assert looked_at == {0, 1, 2, FACADE}
    names = [path.relative_to(ROOT).as_posix() for _, path in modules(ROOT)]
    assert len(names) == len(set(names))
    assert "theory/mdp.py" in names
    assert "src/powerseek/cli/power.py" in names


@pytest.mark.parametrize(
    ("path", "code", "verdict"),
    [
        ("theory/a.py", "from powerseek.toymodels.hub import Hub", "higher layer"),
        ("theory/a.py", "def f():\n    import powerseek.proofs", "higher layer"),
        ("theory/a.py", "from powerseek import toymodels", "higher layer"),
        ("theory/a.py", "from powerseek import __version__", "higher layer"),
        ("theory/a.py", "import powerseek", "higher layer"),
        ("toymodels/a.py", "from powerseek.proofs import ledger", "higher layer"),
        ("proofs/a.py", "from powerseek.cli import main", "higher layer"),
        ("theory/a.py", "from ..toymodels import hub", "leaves its folder"),
        ("toymodels/worlds/hub.py", "from ..tasks import Task", "leaves its folder"),
        ("toymodels/a.py", "from theory.mdp import MDP", "lacks the prefix"),
        ("theory/a.py", "from .mdp import MDP\nfrom . import mdp", None),
        ("toymodels/a.py", "from powerseek.theory.mdp import MDP", None),
        ("proofs/a.py", "from powerseek import theory, toymodels", None),
        ("src/powerseek/cli/a.py", "from powerseek import __version__, proofs", None),
        ("theory/a.py", "import powerseek_extras, numpy", None),
    ],
)
def test_each_kind_of_violation_is_found(tmp_path, path, code, verdict):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(code, encoding="utf-8")
    found = violations(tmp_path)
    if verdict is None:
        assert found == []
    else:
        assert len(found) == 1
        assert verdict in found[0]
        assert found[0].startswith(f"{path}:")
