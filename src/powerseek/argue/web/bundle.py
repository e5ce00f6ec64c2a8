"""ES modules as one classic script, which also runs in a page opened from disk.

Browsers refuse ``import`` on ``file://`` pages, and both the offline site and the report are
opened so. Each module becomes a function that returns what it exports, each after those that
it imports. Only what is needed is supported, and the rest is refused: imports by name from
relative paths, and exports of declarations.
"""

from __future__ import annotations

import re
from pathlib import Path

from powerseek.theory.errors import InvalidInput

_IMPORT = re.compile(r'^import \{([\w\s,]*)\} from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const|let|class)) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(*entries: Path) -> str:
    """The entries and all that they import, as one script.

    Args:
        entries: paths of ES modules.

    Raises:
        InvalidInput: naming the file and what in it cannot be bundled.
    """
    names: dict[Path, str] = {}  # modules that are done, in the order of the script
    parts: list[str] = []

    def add(path: Path, importers: tuple[Path, ...]) -> None:
        if path in importers:
            raise InvalidInput.of(path.name, "a circle of imports", "imports without circles")
        if path in names:
            return
        source = path.read_text(encoding="utf-8")
        for _, target in _IMPORT.findall(source):
            add((path.parent / target).resolve(), (*importers, path))

        def imported(match: re.Match[str]) -> str:
            target = names[(path.parent / match[2]).resolve()]
            return f"const {{{match[1]}}} = {target};"

        exported = [name for _, name in _EXPORT.findall(source)]
        source = _EXPORT.sub(r"\1 \2", _IMPORT.sub(imported, source))
        for line in _LEFT.findall(source):
            raise InvalidInput.of(path.name, line, "named imports from paths, or declarations")
        names[path] = f"module{len(names)}"
        parts.append(
            f"const {names[path]} = (() => {{ // {path.name}\n{source.strip()}\n"
            f"return {{ {', '.join(exported)} }};\n}})();\n"
        )

    for entry in entries:
        add(entry.resolve(), ())
    return f'(() => {{\n"use strict";\n{"".join(parts)}}})();\n'
