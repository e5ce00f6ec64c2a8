"""MkDocs hooks: repeatable builds, and an API reference that leaves nothing out."""

from __future__ import annotations

import importlib
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError

from powerseek.cores import use_all_cores

HOOKS = Path(__file__).resolve().parent
ROOT = HOOKS.parent.parent

# JAX reads these when it is imported, which the next hook does: what an earlier build compiled,
# this one need not.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax-site"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
use_all_cores()


def on_startup(**_: Any) -> None:
    """Date the build by the release, not by the clock, so that two builds are equal.

    MkDocs reads SOURCE_DATE_EPOCH for the sitemap; one that is set already wins.
    """
    released = yaml.safe_load((ROOT / "CITATION.cff").read_text())["date-released"]
    midnight = datetime(released.year, released.month, released.day, tzinfo=UTC)
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(int(midnight.timestamp())))
    sys.path.insert(0, str(HOOKS))
    importlib.import_module("kept").prepare()


def on_post_build(config: MkDocsConfig, **_: Any) -> None:
    """Fail unless every public name of the three folders has its place in the reference."""
    pages = "".join(
        page.read_text(encoding="utf-8")
        for page in Path(config.site_dir, "reference", "api").rglob("*.html")
    )
    anchors = set(re.findall(r'id="(powerseek\.[\w.]+)"', pages))
    missing = [
        f"powerseek.{folder}.{name}"
        for folder in ("theory", "toymodels", "proofs")
        for name in getattr(importlib.import_module(f"powerseek.{folder}"), "__all__", ())
        if not any(
            anchor.startswith(f"powerseek.{folder}.") and anchor.endswith(f".{name}")
            for anchor in anchors
        )
    ]
    if missing:
        raise PluginError(f"not in the API reference: {', '.join(missing)}")
