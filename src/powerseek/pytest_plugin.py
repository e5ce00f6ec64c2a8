"""Pytest plugin: run powerseek's properties on MDP files as tests.

``pytest -p powerseek.pytest_plugin --powerseek-mdp world.json`` adds one test for each
property and file. A property that cannot be checked there is skipped, with the reason; one
that is violated fails, with a counterexample made as small as it goes. ``-k`` selects
properties by name, as it does tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from powerseek.theory.errors import PowerseekError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from powerseek.proofs.properties import MDPProperty
    from powerseek.testing import Violation
    from powerseek.theory.mdp import MDP


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("powerseek")
    group.addoption(
        "--powerseek-mdp",
        action="append",
        default=[],
        metavar="FILE",
        help="an MDP file on which to run powerseek's properties; may be repeated",
    )
    group.addoption(
        "--powerseek-gamma",
        default="9/10",
        metavar="G",
        help="the discount rate at which they are checked (default: 9/10)",
    )


class PropertyViolated(Exception):
    """A property does not hold of the file's MDP."""

    def __init__(self, detail: str, violation: Violation | None) -> None:
        super().__init__(detail)
        self.detail, self.violation = detail, violation


class PropertyItem(pytest.Item):
    """One property of one MDP."""

    def __init__(self, *, claim: MDPProperty, mdp: MDP, gamma: Fraction, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim, self.mdp, self.gamma = claim, mdp, gamma

    def runtest(self) -> None:
        """Run the property."""
        from powerseek.testing import Verdict, verify

        (outcome,) = verify(self.mdp, self.gamma, [self.claim])
        if outcome.verdict is Verdict.SKIPPED:
            pytest.skip(outcome.detail)
        if outcome.verdict is Verdict.VIOLATED:
            raise PropertyViolated(outcome.detail, outcome.violation)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is wrong, and the smallest MDP found of which it is."""
        if not isinstance(excinfo.value, PropertyViolated):
            return super().repr_failure(excinfo, style)
        from powerseek.theory.mdp_json import mdp_to_json

        lines = [f"{self.claim.name}: {self.claim.statement}", excinfo.value.detail]
        violation = excinfo.value.violation
        if violation is not None:
            lines += ["smallest:", violation.detail, mdp_to_json(violation.mdp)]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, None, str]:
        """How the test is called in reports."""
        return self.path, None, f"{self.path.name}: {self.claim.name}"


class MDPFile(pytest.File):
    """An MDP file: one item for each property."""

    def collect(self) -> Iterator[PropertyItem]:
        """Read the file and list the properties."""
        from powerseek.proofs.properties import PROPERTIES
        from powerseek.theory.discount import discount
        from powerseek.theory.mdp_json import read_mdp

        try:
            gamma = discount(self.config.getoption("--powerseek-gamma"))
            mdp = read_mdp(self.path)
        except PowerseekError as error:
            raise pytest.UsageError(str(error)) from None
        for claim in PROPERTIES.values():
            yield PropertyItem.from_parent(self, name=claim.name, claim=claim, mdp=mdp, gamma=gamma)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the tests, before -k and -m select."""
    for file in config.getoption("--powerseek-mdp") or []:
        world: MDPFile = MDPFile.from_parent(session, path=Path(file).resolve())
        items.extend(world.collect())
