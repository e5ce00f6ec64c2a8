"""Mutation testing: how many small wrong changes of the code do the tests notice?

``python tests/mutation/run.py`` takes a seeded sample of the mutants of every module listed
in `SUBJECTS`, runs that module's own tests and doctests against each, and writes what became
of it to ``tests/mutation/results.json``, which the site's page on trust reads. A mutant is *killed*
if a test fails (or takes far too long), and it *survives* if all pass. A survivor is a gap
in the tests, or no real change; ``explained.json`` says which, for those looked at.

No file is changed: each mutant lives in a child process, whose import of that one module
is redirected. Runs on systems that can fork.
"""

from __future__ import annotations

import argparse
import ast
import doctest
import hashlib
import importlib
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
FORMAT = "powerseek-mutation/1"

SUBJECTS: dict[str, tuple[str, ...]] = {
    "toymodels/drive.py": ("toymodels/test_measurement.py",),
    "toymodels/statistics.py": ("toymodels/test_verdicts.py",),
    "toymodels/verdicts.py": ("toymodels/test_verdicts.py",),
    "toymodels/measurement.py": ("toymodels/test_measurement.py",),
    "toymodels/premises.py": ("toymodels/test_measurement.py",),
    "toymodels/hub_theory.py": ("toymodels/test_hub_theory.py",),
    "toymodels/tasks.py": ("toymodels/test_tasks.py",),
    "toymodels/kernel.py": ("toymodels/test_kernel.py",),
    "toymodels/algorithms/exact.py": ("toymodels/test_algorithms.py",),
    "toymodels/algorithms/base.py": ("toymodels/test_algorithms.py",),
    "toymodels/algorithms/walks.py": ("toymodels/test_walks.py",),
    "toymodels/algorithms/episodes.py": (
        "toymodels/test_episodes.py",
        "toymodels/test_algorithms.py",
    ),
    "toymodels/studies/frontier.py": ("toymodels/test_frontier.py",),
    "toymodels/studies/survival.py": ("toymodels/test_survival.py",),
    "toymodels/studies/crossing.py": ("toymodels/test_crossing.py",),
    "toymodels/switchboard.py": ("toymodels/test_switchboard.py",),
    "toymodels/worlds/hub.py": ("toymodels/test_hub.py",),
    "src/powerseek/argue/store.py": ("argue/test_store.py",),
    "src/powerseek/laboratory/run.py": ("laboratory/test_run.py",),
    "theory/visits.py": ("theory/test_visits.py",),
    "theory/power.py": ("theory/test_power.py",),
    "theory/mdp.py": ("theory/test_mdp.py",),
    "theory/mdp_json.py": ("theory/test_mdp_json.py",),
    "theory/discount.py": ("theory/test_discount.py",),
    "theory/optimal_values.py": ("theory/test_optimal_values.py",),
    "theory/orbits.py": ("theory/test_orbits.py",),
    "theory/retargetability.py": ("theory/test_retargetability.py",),
    "theory/reachability.py": ("theory/test_reachability.py",),
    "theory/exact/visits.py": ("theory/exact/test_visits.py",),
    "theory/exact/nondominated.py": ("theory/exact/test_nondominated.py",),
    "theory/exact/expectation.py": ("theory/exact/test_expectation.py",),
    "theory/exact/vertex_sums.py": ("theory/exact/test_vertex_sums.py",),
    "theory/exact/array_sums.py": ("theory/exact/test_vertex_sums.py",),
    "theory/exact/basis_classes.py": ("theory/exact/test_vertex_sums.py",),
    "theory/exact/epigraph.py": ("theory/exact/test_vertex_sums.py",),
    "theory/exact/residues.py": ("theory/exact/test_vertex_sums.py",),
}
"""Each module, and the tests that should notice what is wrong with it."""

PRELOADED = (
    *("numpy", "scipy.stats", "scipy.optimize", "jax", "jax.numpy", "optax", "flint", "sympy"),
    *("networkx", "hypothesis", "hypothesis.extra.numpy", "pytest", "beartype", "jaxtyping"),
)
"""What children find imported already; nothing of powerseek."""

DOCTEST = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

TIMES_SLOWER, AT_LEAST = 6.0, 60.0
"""A mutant that takes so many times as long as the right code, and so many seconds, hangs."""


class _Redirect(MetaPathFinder):
    """Imports one module from another syntax tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of that module, None for all others."""
        del path, target
        if name != self.name:
            return None
        tree = self.tree

        class Loader(SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                del fullname
                return compile(tree, self.path, "exec")

        return importlib.util.spec_from_file_location(
            name, self.path, loader=Loader(name, str(self.path))
        )


def run_tests(
    module: str, tests: Sequence[str], tree: ast.Module, limit: float
) -> tuple[str, float]:
    """Run tests in a child process in which a module has this syntax tree.

    Returns:
        ``"passed"``, ``"failed"`` or ``"hung"``, and the seconds it took.
    """
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _child(module, tests, tree)
    while time.perf_counter() - began < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            word = "passed" if os.waitstatus_to_exitcode(status) == 0 else "failed"
            return word, time.perf_counter() - began
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung", time.perf_counter() - began


def _child(module: str, tests: Sequence[str], tree: ast.Module) -> None:
    """In the child: redirect the import, run pytest, leave."""
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        inside = module.removeprefix("src/powerseek/").removesuffix(".py")
        name = "powerseek." + inside.replace("/", ".")
        sys.meta_path.insert(0, _Redirect(name, ROOT / module, tree))
        import pytest

        examples_in = doctest.testmod(importlib.import_module(name), optionflags=DOCTEST)
        if examples_in.failed:
            return
        with tempfile.TemporaryDirectory() as examples:
            os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = examples
            options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
            options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
            code = int(pytest.main([*options, *(f"tests/{test}" for test in tests)]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _load(path: Path) -> dict[str, Any]:
    empty: dict[str, Any] = {"format": FORMAT, "modules": {}}
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else empty
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 1 if the right code fails its own tests."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", help="modules to mutate (default: all listed)")
    parser.add_argument("--sample", type=int, default=10, help="mutants per module (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample (default: 0)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(HERE))
    from mutants import mutants

    os.chdir(ROOT)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax-mutation"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    for name in PRELOADED:
        importlib.import_module(name)
    warnings.filterwarnings("ignore", message=".*fork.*")

    document = _load(options.out)
    document |= {"sample": options.sample, "seed": options.seed}
    failed = False
    for module in options.modules or SUBJECTS:
        source = (ROOT / module).read_text("utf-8")
        tests = SUBJECTS[module]
        word, seconds = run_tests(module, tests, ast.parse(source), 1200.0)
        if word != "passed":
            print(f"{module}: its own tests {word} on the right code", file=sys.stderr)
            failed = True
            continue
        everything = list(mutants(source))
        chosen = sorted(
            random.Random(f"{options.seed} {module}").sample(
                range(len(everything)), min(options.sample, len(everything))
            )
        )
        limit = max(AT_LEAST, TIMES_SLOWER * seconds)
        entries = []
        for i in chosen:
            mutant = everything[i]
            word, _ = run_tests(module, tests, mutant.tree, limit)
            fate = {"passed": "survived", "failed": "killed", "hung": "hung"}[word]
            entries.append(
                {"line": mutant.line, "before": mutant.before, "after": mutant.after, "fate": fate}
            )
            print(f"{module}:{mutant.line} {fate}: {mutant.before} -> {mutant.after}", flush=True)
        document["modules"][module] = {
            "sha256": hashlib.sha256(source.encode()).hexdigest(),
            "tests": list(tests),
            "possible": len(everything),
            "mutants": entries,
        }
        options.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
