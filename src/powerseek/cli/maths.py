"""The maths of docstrings on a terminal: LaTeX between dollars, as characters."""

from __future__ import annotations

import re

SIGNS = {
    "alpha": "\N{GREEK SMALL LETTER ALPHA}",
    "varepsilon": "ε",
    "ell": "\N{SCRIPT SMALL L}",
    "lambda": "λ",
    "omega": "ω",
    "pm": "±",
    "propto": "∝",
    "dots": "…",
}


def in_characters(text: str) -> str:
    r"""The text with what stands between dollars in characters that a terminal shows.

    >>> in_characters(r"Prices are uniform in $c(1 \pm \text{spread})$.")
    'Prices are uniform in c(1 ± spread).'
    >>> in_characters(r"$\omega$ times the user's and $\sqrt{1-\omega^2}$ times fresh ones")
    "ω times the user's and √(1-ω²) times fresh ones"
    """

    def formula(match: re.Match[str]) -> str:
        maths = re.sub(r"\\text\{(.*?)\}", r"\1", match[1])
        maths = re.sub(r"\\sqrt\{(.*?)\}", r"√(\1)", maths).replace("^2", "²")
        return re.sub(r"\\([a-z]+)", lambda sign: SIGNS.get(sign[1], sign[0]), maths)

    return re.sub(r"\$(.*?)\$", formula, text, flags=re.DOTALL)
