"""Everything that the commands print of the library's maths can be read in a terminal."""

import pytest

from powerseek.cli.maths import in_characters
from powerseek.cli.worlds import story
from powerseek.proofs import named
from powerseek.testing import DRIVE_PROPERTIES, PROPERTIES
from powerseek.toymodels.worlds import WORLDS

STATEMENTS = {p.name: p.statement for p in [*PROPERTIES.values(), *DRIVE_PROPERTIES.values()]}
STORIES = {name: "\n".join(story(world)) for name, (world, _) in WORLDS.items()}
KNOBS = {
    f"{name} {f.name}": f.metadata["meaning"]
    for name, (_, kind) in WORLDS.items()
    for f in kind.describe()
}
TITLES = {theorem.name: theorem.title for theorem in named([])}
SHOWN = {**STATEMENTS, **STORIES, **KNOBS, **TITLES}


@pytest.mark.parametrize("text", SHOWN.values(), ids=list(SHOWN))
def test_no_latex_is_left(text):
    shown = in_characters(text)
    assert "\\" not in shown
    assert "$" not in shown


def test_names_of_functions_stand_apart():
    assert in_characters(r"is $\mu\max_a\sum_t T(t)$.") == "is μ max_a Σ_t T(t)."
