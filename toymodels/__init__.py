"""Worlds, policies, training and the measurement of drives; builds on `theory`."""

from .hub_theory import (
    average_advantage,
    log_odds_at,
    threshold,
    time_to_drive,
    told_threshold,
)
from .kernel import KernelPrediction, predict
from .measurement import Measurement
from .policies import MLP, Attention, Linear, Policy, Tabular
from .recipe import Recipe
from .studies.label_free import GraphRun, train_in_graphs
from .training import fit, train
from .worlds import Graph, GraphKnobs, Hub, HubKnobs, World

__all__ = [
    "MLP",
    "Attention",
    "Graph",
    "GraphKnobs",
    "GraphRun",
    "Hub",
    "HubKnobs",
    "KernelPrediction",
    "Linear",
    "Measurement",
    "Policy",
    "Recipe",
    "Tabular",
    "World",
    "average_advantage",
    "fit",
    "log_odds_at",
    "predict",
    "threshold",
    "time_to_drive",
    "told_threshold",
    "train",
    "train_in_graphs",
]
