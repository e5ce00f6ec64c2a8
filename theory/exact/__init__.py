r"""Exact POWER: rational numbers and rational functions of gamma, with certificates.

* `visit_distributions`, `nondominated`, `check_certificates`: $F(s)$ and $F_{nd}(s)$;
  `symbolic_nondominated`, `check_symbolic_certificates`: for all discount rates at once;
* `exact_power`, `optimal_visits`, `action_probabilities`, `optimality_probability`: at a
  rational discount rate;
* `symbolic_power`, `crossings`: as functions of the discount rate;
* `estimate_cost`: how large a computation would be.
"""

from .cost import CostEstimate, StateCost, estimate_cost
from .gaussian import ClosedForm
from .nondominated import (
    CertificateError,
    Dropped,
    Kept,
    Nondominated,
    check_certificates,
    nondominated,
)
from .optimality import (
    OptimalVisits,
    action_probabilities,
    optimal_visits,
    optimality_probability,
)
from .piecewise_rational import Crossing
from .power import ExactResult, exact_power
from .symbolic import GAMMA, SymbolicPower, crossings, symbolic_power
from .symbolic_visits import (
    SymbolicNondominated,
    SymbolicVisits,
    check_symbolic_certificates,
    symbolic_nondominated,
)
from .visits import DeterministicVisits, visit_distributions

__all__ = [
    "GAMMA",
    "CertificateError",
    "ClosedForm",
    "CostEstimate",
    "Crossing",
    "DeterministicVisits",
    "Dropped",
    "ExactResult",
    "Kept",
    "Nondominated",
    "OptimalVisits",
    "StateCost",
    "SymbolicNondominated",
    "SymbolicPower",
    "SymbolicVisits",
    "action_probabilities",
    "check_certificates",
    "check_symbolic_certificates",
    "crossings",
    "estimate_cost",
    "exact_power",
    "nondominated",
    "optimal_visits",
    "optimality_probability",
    "symbolic_nondominated",
    "symbolic_power",
    "visit_distributions",
]
