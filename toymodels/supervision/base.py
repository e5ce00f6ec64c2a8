r"""The interface of supervision: what may be taught besides outcomes.

A supervisor acts in one of two places, with a strength that is a knob of the agent
(`oversight`, $\lambda$):

* on the **rewards** that credit is computed from, as raters of behaviour do (*process*
  supervision): a function of context, state and option only;
* on the **parameters**, by a loss that is a function of activations (*computational*
  supervision): its gradient is added to the update, whatever the agent does.

What the world pays is not changed: success, returns and drives are always measured on the
unsupervised table.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass

from powerseek.toymodels.policies import Policy
from powerseek.toymodels.policies.base import Params
from powerseek.toymodels.tasks import TaskTable
from powerseek.toymodels.worlds.knobs import DetourKnobs


class Supervision(ABC):
    """A supervisor; instances are hashable and stateless."""

    name: str

    def rewarded(self, table: TaskTable, knobs: DetourKnobs) -> TaskTable:
        """The table that credit is computed from."""
        del knobs
        return table

    def descent(
        self, policy: Policy, params: Params, table: TaskTable, knobs: DetourKnobs
    ) -> Params | None:
        """Gradient of a loss in the parameters, to be descended; None if there is none."""
        del policy, params, table, knobs
        return None


@dataclass(frozen=True)
class Outcome(Supervision):
    """Nothing but the outcome of the task."""

    name: str = "outcome"
