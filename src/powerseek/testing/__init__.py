"""Test your own world, and your own conjectures about worlds.

* `PROPERTIES`: statements that hold of every MDP, each run on one MDP by ``check``;
  `verify` runs all that apply.
* `DRIVE_PROPERTIES`: statements about when reinforcement becomes a drive, run on trained
  agents of a toy world by `verify_world`.
* Strategies for Hypothesis that shrink well: `mdps` and its kinds (`deterministic_mdps`,
  `stochastic_mdps`, `communicating_mdps`, `tree_mdps`, `hub_mdps`), `gammas`, `goals`,
  `finite_rewards`, `reward_distributions`, `policies`, and `hub_knobs` and `world_knobs` for
  toy models.
* `find_counterexample` hunts for an MDP that breaks a conjecture; `shrink` makes one small.

>>> from hypothesis import given
>>> @given(communicating_mdps())
... def test_every_state_reaches_every_other(mdp):
...     assert all(len(mdp.reachable(s)) == mdp.n_states for s in range(mdp.n_states))
>>> test_every_state_reaches_every_other()
"""

from powerseek.proofs.drive_properties import (
    DRIVE_PROPERTIES,
    DriveProperty,
    DriveViolation,
)
from powerseek.proofs.mdp_strategies import (
    communicating_mdps,
    deterministic_mdps,
    finite_rewards,
    gammas,
    goals,
    hub_mdps,
    mdps,
    policies,
    reward_distributions,
    stochastic_mdps,
    tree_mdps,
)
from powerseek.proofs.properties import PROPERTIES, MDPProperty, Violation
from powerseek.proofs.strategies import world_knobs

from .drives import DriveOutcome, verify_world
from .knobs import hub_knobs
from .search import find_counterexample, shrink
from .verification import Outcome, Verdict, verify

__all__ = [
    "DRIVE_PROPERTIES",
    "PROPERTIES",
    "DriveOutcome",
    "DriveProperty",
    "DriveViolation",
    "MDPProperty",
    "Outcome",
    "Verdict",
    "Violation",
    "communicating_mdps",
    "deterministic_mdps",
    "find_counterexample",
    "finite_rewards",
    "gammas",
    "goals",
    "hub_knobs",
    "hub_mdps",
    "mdps",
    "policies",
    "reward_distributions",
    "shrink",
    "stochastic_mdps",
    "tree_mdps",
    "verify",
    "verify_world",
    "world_knobs",
]
