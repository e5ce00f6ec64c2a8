"""What the explorers must show, by the library: one JSON document on standard output.

The browser check compares the built site with it: POWER of gallery worlds, exact; drives of
the closed form; and every cell of the switchboard, judged afresh from the stored run.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, logit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hooks"))

from experiment import stages
from sweeps import flow_sweeps

from powerseek.argue.experiment import LEARNING_RATE, baseline_knobs
from powerseek.argue.summary import switchboard_of
from powerseek.theory import power
from powerseek.theory.gallery import load
from powerseek.toymodels import average_advantage, log_odds_at, threshold
from powerseek.toymodels.argument import POWER
from powerseek.toymodels.hub_flow import late_threshold
from powerseek.toymodels.statistics import over_seeds

WORLDS = ("wait", "figure-1", "gamble", "shutdown", "grid-2x2-slippery", "tree-2x3")
SETTINGS = (("uniform", "9/10"), ("uniform", "1/4"), ("exponential", "9/10"))
UPDATES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


def powers() -> list[dict[str, Any]]:
    """Exact POWER of small gallery worlds."""
    out = []
    for name, (reward, gamma) in product(WORLDS, SETTINGS):
        if reward != "uniform" and name != "wait":
            continue
        table = power(load(name), gamma, reward, method="exact")
        states = [[state, table[state].value] for state in load(name).states]
        rate = int(gamma.split("/")[0]) / int(gamma.split("/")[1])
        out.append({"world": name, "reward": reward, "gamma": rate, "states": states})
    return out


def closed_forms() -> list[dict[str, Any]]:
    """Drives of the closed form at its exact setting (all shared, no cue)."""
    exploration = float(np.asarray(baseline_knobs(POWER).exploration))
    start = float(logit(exploration))
    out = []
    for need, price, success in product((0.1, 0.5, 0.85), (0.15, 0.4), (0.2, 0.6)):
        advantage = average_advantage(need, success, price)
        odds = log_odds_at(LEARNING_RATE * np.array(UPDATES, float), start, advantage)
        out.append(
            {
                "sliders": {"need": need, "price": price, "success": success}
                | {"sharing": 1, "cue": 0},
                "advantage": advantage,
                "threshold": threshold(success, price),
                "updates": UPDATES,
                "drive": (expit(odds) - exploration).tolist(),
            }
        )
    return out


def late_thresholds() -> list[dict[str, Any]]:
    """Where the sign of the drive changes in the end, in probes that show power is useless."""
    return [
        {
            "sliders": {"sharing": sharing, "cue": cue},
            "late": late_threshold("told", cue, sharing),
        }
        for sharing, cue in ((0.5, 0.3), (0.2, 0.9), (0.9, 0.05), (0.5, 0.0))
    ]


def cells() -> list[dict[str, Any]]:
    """The drive in every combination of premises, with its interval."""
    board = switchboard_of(POWER, stages()["switchboard"])
    return [
        {
            "on": [p for p, flag in zip(board.premises, row, strict=True) if flag],
            "mean": found.mean,
            "low": found.low,
            "high": found.high,
        }
        for row, found in zip(board.on, map(over_seeds, board.drive), strict=True)
    ]


def measured() -> list[dict[str, Any]]:
    """Mean drives of the trained agents of a sweep, per need fraction, after training."""
    sweep = flow_sweeps()[0]
    null = sweep.dataset["null"].transpose("need", "updates", "seed").values
    assert replace(sweep.knobs, sharing=1.0, legibility=0.0) == sweep.knobs
    drive = (null - null[:, :1]).mean(axis=2)
    return [
        {"name": sweep.name, "need": float(need), "drive": row.tolist()}
        for need, row in zip(sweep.dataset["need"].values, drive, strict=True)
    ]


if __name__ == "__main__":
    document = {
        "powers": powers(),
        "closed_forms": closed_forms(),
        "late_thresholds": late_thresholds(),
        "cells": cells(),
        "measured": measured(),
    }
    print(json.dumps(document))
