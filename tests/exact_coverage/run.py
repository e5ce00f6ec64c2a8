"""Coverage of the exact paths: which lines and branches of `theory/exact` the tests run.

``python tests/exact_coverage/run.py`` runs the tests of the exact methods under coverage.py and
writes lines and branches per module to ``tests/exact_coverage/results.json``, which the site's
page on trust reads. A line that is run is not a line that is tested: see ``tests/mutation``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FORMAT = "powerseek-coverage/1"
PACKAGE = "powerseek.theory.exact"
TESTS = ("tests/theory/exact",)
COUNTS = ("num_statements", "covered_lines", "num_branches", "covered_branches")


def main() -> int:
    """The command; the exit status of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        options = [f"--cov={PACKAGE}", "--cov-branch", f"--cov-report=json:{report}"]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *TESTS]
        settings = f"--cov-config={ROOT / 'pyproject.toml'}"
        here = {**os.environ, "COVERAGE_FILE": str(Path(folder, "coverage"))}
        done = subprocess.run([*command, settings], cwd=ROOT, env=here, check=False)
        status = done.returncode
        if not report.exists():
            return status or 1
        files = json.loads(report.read_text("utf-8"))["files"]
    modules = {}
    for name, found in sorted(files.items()):
        if Path(name).parent.parts[-2:] != ("theory", "exact"):
            continue  # the project's configuration measures all of powerseek
        summary = found["summary"]
        missing = {
            "missing_lines": found["missing_lines"],
            "missing_branches": found["missing_branches"],
        }
        modules[Path(name).name] = {key: summary[key] for key in COUNTS} | missing
    document = {"format": FORMAT, "package": PACKAGE, "tests": TESTS, "modules": modules}
    (HERE / "results.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
