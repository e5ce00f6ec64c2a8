"""The maths of docstrings on a terminal: LaTeX between dollars, as characters."""

from __future__ import annotations

import re

SIGNS = {
    "alpha": "\N{GREEK SMALL LETTER ALPHA}",
    "gamma": "\N{GREEK SMALL LETTER GAMMA}",
    "varepsilon": "ε",
    "eta": "η",
    "ell": "\N{SCRIPT SMALL L}",
    "lambda": "λ",
    "mu": "μ",
    "pi": "π",
    "omega": "ω",
    "sum": " Σ",
    "max": " max",
    "log": "log",
    "ge": "≥",
    "le": "≤",
    "pm": "±",
    "propto": "∝",
    "mid": "|",
    "dots": "…",
    "bigl": "",
    "bigr": "",
}

_RULES = (
    (r"\\(?:text|mathrm)\{(.*?)\}", r"\1"),
    (r"\\mathbb (\w)", r"\1"),
    (r"\\sqrt\{(.*?)\}", r"√(\1)"),
    (r"\\frac(\d)(\d)", r"\1/\2"),
    (r"\\frac\{(\w)\}\{(.*?)\}", r"\1/(\2)"),
    (r"\^\*", "*"),
    (r"\^2", "²"),
    (r"\\,", " "),
)
"""What is written otherwise, in this order."""


def in_characters(text: str) -> str:
    r"""The text with what stands between dollars in characters that a terminal shows.

    >>> in_characters(r"Prices are uniform in $c(1 \pm \text{spread})$.")
    'Prices are uniform in c(1 ± spread).'
    >>> in_characters(r"$\omega$ times the user's and $\sqrt{1-\omega^2}$ times fresh ones")
    "ω times the user's and √(1-ω²) times fresh ones"
    >>> in_characters(r"$\frac12 \le \mathrm{POWER}(s) \le \frac{n}{n+1}$")
    '1/2 ≤ POWER(s) ≤ n/(n+1)'
    """

    def formula(match: re.Match[str]) -> str:
        maths = match[1]
        for pattern, written in _RULES:
            maths = re.sub(pattern, written, maths)
        maths = re.sub(r"\\([a-z]+)", lambda sign: SIGNS.get(sign[1], sign[0]), maths)
        return re.sub(" +", " ", maths).strip()

    return re.sub(r"\$(.*?)\$", formula, text, flags=re.DOTALL)
