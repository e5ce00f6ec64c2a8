"""Mathematics of power in finite Markov decision processes; knows nothing of learning."""

from . import gallery
from .attainable_utility import (
    UtilityChange,
    attainable_utility_change,
    attainable_utility_deviation,
)
from .decision_rules import (
    AntiOptimal,
    BestOfK,
    Boltzmann,
    DecisionRule,
    EpsilonGreedy,
    EpsilonOptimal,
    Learner,
    Optimal,
    Quantilising,
    Satisficing,
)
from .empowerment import channel_capacity, empowerment
from .errors import InvalidInput, InvalidMDP, NotExact, PowerseekError, TooLarge
from .mdp import MDP
from .mdp_json import (
    MDPDocument,
    mdp_from_json,
    mdp_to_json,
    read_document,
    read_mdp,
    write_mdp,
)
from .measures import (
    Agreement,
    MeasureTable,
    StateMeasure,
    compare_measures,
    standard_measures,
)
from .optimal_values import optimal_values
from .orbits import OrbitVote, orbit, orbit_size, orbit_vote, permute
from .plots import (
    plot_against_gamma,
    plot_graph,
    plot_grid,
    plot_power,
    save_figure,
)
from .power import power
from .power_seeking import ActionRanking, rank_actions
from .power_table import PowerTable, SymbolicPowerTable
from .reachability import reachable_count, recurrent_state_distributions, rsd_count
from .results import Certified, Estimate, Exact, Result
from .retargetability import is_retargetable, orbit_preference
from .similarity import OptionsComparison, compare_options, find_copies, find_copy
from .toytext import from_gymnasium
from .visits import VisitDistribution, value, visit_distribution

__all__ = [
    "MDP",
    "ActionRanking",
    "Agreement",
    "AntiOptimal",
    "BestOfK",
    "Boltzmann",
    "Certified",
    "DecisionRule",
    "EpsilonGreedy",
    "EpsilonOptimal",
    "Estimate",
    "Exact",
    "InvalidInput",
    "InvalidMDP",
    "Learner",
    "MDPDocument",
    "MeasureTable",
    "NotExact",
    "Optimal",
    "OptionsComparison",
    "OrbitVote",
    "PowerTable",
    "PowerseekError",
    "Quantilising",
    "Result",
    "Satisficing",
    "StateMeasure",
    "SymbolicPowerTable",
    "TooLarge",
    "UtilityChange",
    "VisitDistribution",
    "attainable_utility_change",
    "attainable_utility_deviation",
    "channel_capacity",
    "compare_measures",
    "compare_options",
    "empowerment",
    "find_copies",
    "find_copy",
    "from_gymnasium",
    "gallery",
    "is_retargetable",
    "mdp_from_json",
    "mdp_to_json",
    "optimal_values",
    "orbit",
    "orbit_preference",
    "orbit_size",
    "orbit_vote",
    "permute",
    "plot_against_gamma",
    "plot_graph",
    "plot_grid",
    "plot_power",
    "power",
    "rank_actions",
    "reachable_count",
    "read_document",
    "read_mdp",
    "recurrent_state_distributions",
    "rsd_count",
    "save_figure",
    "standard_measures",
    "value",
    "visit_distribution",
    "write_mdp",
]
