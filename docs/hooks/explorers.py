"""MkDocs hook: the explorers, made from the modules that the report uses too.

Adds to the site the bundled scripts, their style sheets and the gallery's MDP files. Pages
call `playground`, `switchboard` and `phase` for the places in which explorers start.
"""

from __future__ import annotations

import functools
import json
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from powerseek.argue.web import bundle, place, script, style, variables

HOOKS = Path(__file__).resolve().parent
ROOT = HOOKS.parent.parent
PLAYGROUND = ROOT / "docs" / "javascripts" / "playground"
GALLERY = ROOT / "theory" / "gallery_data"
SCHEMES = {"default": False, "slate": True}
"""The theme's colour schemes, and whether each is dark."""


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add what is made rather than written."""
    look = "\n".join(
        f'[data-md-color-scheme="{scheme}"] {{ {variables(dark)} }}'
        for scheme, dark in SCHEMES.items()
    )
    sheet = style() + (PLAYGROUND / "playground.css").read_text(encoding="utf-8")
    made = {
        "stylesheets/look.css": look + "\n",
        "stylesheets/explorers.css": sheet,
        "javascripts/argument.js": script("switchboard", "phase"),
        "javascripts/playground.js": bundle(PLAYGROUND / "playground.js"),
    }
    made |= {f"assets/gallery/{p.name}": p.read_text(encoding="utf-8") for p in _gallery_files()}
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def _gallery_files() -> list[Path]:
    return sorted(GALLERY.glob("*.json"))


def gallery_documents() -> dict[str, Any]:
    """The gallery's MDP files by name, smallest first."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in _gallery_files()]
    documents.sort(key=lambda d: (len(d["states"]), d["name"]))
    return {document["name"]: document for document in documents}


def _explorer(name: str, bundle_name: str, data: Any, label: str, instead: str) -> str:
    """An explorer with its style sheet and script, for a page one folder down."""
    return (
        '<link rel="stylesheet" href="../stylesheets/explorers.css">'
        f"{place(name, data, label, f'<p>{escape(instead)}</p>')}"
        f'<script src="../javascripts/{bundle_name}.js" defer></script>'
    )


def playground() -> str:
    """The POWER playground, as HTML."""
    return _explorer(
        "playground",
        "playground",
        gallery_documents(),
        "POWER playground",
        "The playground needs JavaScript. The command line computes the same from an MDP file.",
    )


def switchboard() -> str:
    """The switchboard with the quick run's numbers, as HTML."""
    from experiment import stages

    from powerseek.argue.web import switchboard_data
    from powerseek.toymodels.argument import POWER

    return _explorer(
        "switchboard",
        "argument",
        switchboard_data(POWER, {POWER.worlds[0]: stages()["switchboard"]}),
        "switchboard of premises",
        "The switchboard needs JavaScript. The chart of all combinations is among the results.",
    )


@functools.cache
def phase_sweeps() -> dict[str, Any]:
    """The data of the phase diagram: the quick run's agents, then those of a wider sweep."""
    from experiment import stages
    from sweeps import flow_sweeps

    from powerseek.argue.web import phase_data, sweep_of_run
    from powerseek.toymodels.argument import POWER

    quick = sweep_of_run(POWER, stages()["phase"], "of the quick run")
    return phase_data(POWER, [quick, *flow_sweeps()])


def phase() -> str:
    """The phase diagram, as HTML."""
    return _explorer(
        "phase",
        "argument",
        phase_sweeps(),
        "phase diagram with sliders",
        "The phase diagram needs JavaScript. A still one is among the results.",
    )
