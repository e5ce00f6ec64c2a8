"""Import every module of the installed wheel, from outside any checkout."""

import importlib
import pkgutil
from importlib.metadata import version
from pathlib import Path

import powerseek
from powerseek.theory.exact import array_sums, vertex_sums

NEEDS_AN_EXTRA = ("powerseek.theory.exact.compiled_sums",)

assert "site-packages" in powerseek.__file__, powerseek.__file__
assert (Path(powerseek.__file__).parent / "py.typed").exists()
names = [
    module.name
    for module in pkgutil.walk_packages(powerseek.__path__, "powerseek.")
    if not module.name.endswith(("__main__", ".pytest_plugin"))  # pytest imports that one
    and module.name not in NEEDS_AN_EXTRA
]
for name in names:
    importlib.import_module(name)
for folder in ("theory", "toymodels", "proofs"):
    assert f"powerseek.{folder}" in names, folder
assert vertex_sums.add_terms_of_many() is array_sums.add_terms  # without the extra
web = importlib.import_module("powerseek.argue.web")
assert "// switchboard.js" in web.script("switchboard", "phase")
assert ".explorer" in web.style()
print(f"powerseek {version('powerseek')}: {len(names)} modules import from the wheel")
