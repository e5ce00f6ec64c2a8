"""The look that the site and the report share: paper, ink, one blue for links, one rust."""

from __future__ import annotations

COLOURS = {
    "ink": ("#22272d", "#dfe2e6"),
    "quiet": ("#5c6670", "#a3acb8"),
    "paper": ("#fdfbf7", "#15191d"),
    "panel": ("#f5f1e8", "#1e2328"),
    "rule": ("#e3ded3", "#32383f"),
    "power": ("#b4451f", "#f0906a"),
    "link": ("#1b5a86", "#85bce6"),
    "maybe": ("#75641c", "#d9c56b"),
}
"""Every colour by what it is for: in light, in dark."""

FONTS = {
    "serif": '"Source Serif 4", Charter, Georgia, serif',
    "sans": '"Source Sans 3", "Helvetica Neue", Arial, sans-serif',
}
"""Families; the site brings the first of each, elsewhere the reader may have it."""


def variables(dark: bool) -> str:
    """The colours and fonts as CSS custom properties named ``--ps-...``.

    >>> variables(dark=True).split(";")[0]
    '--ps-ink: #dfe2e6'
    """
    colours = {name: pair[dark] for name, pair in COLOURS.items()}
    return "; ".join(f"--ps-{name}: {value}" for name, value in (colours | FONTS).items())
