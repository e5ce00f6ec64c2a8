"""Stages grow step by step, and names keep the order in which they came."""

import numpy as np
import xarray
from hypothesis import given
from hypothesis import strategies as st

from powerseek.argue.stage import Stage

GOALS = ["power", "decoy", "decline", "work", "skill"]
names = st.lists(st.sampled_from(GOALS), min_size=1, unique=True)


@given(st.lists(names, min_size=1, max_size=4))
def test_a_stage_grows_and_keeps_what_it_has(parts):
    def step(goals):
        return [xarray.Dataset({"gain": ("goal", np.arange(len(goals)))}, {"goal": goals})]

    stage = Stage("case", tuple(lambda goals=goals: step(goals) for goals in parts))
    told = []
    grown = list(stage.grow(lambda *seen: told.append(seen)))
    assert [g.sizes["case"] for g in grown] == list(range(1, len(parts) + 1))
    assert told == [(i, len(parts)) for i in range(len(parts) + 1)]
    xarray.testing.assert_identical(grown[-1], stage.whole())
    in_order = list(dict.fromkeys(goal for goals in parts for goal in goals))
    assert grown[-1]["goal"].values.tolist() == in_order
    for i, goals in enumerate(parts):
        case = grown[-1]["gain"].isel(case=i)
        assert case.sel(goal=goals).values.tolist() == list(range(len(goals)))
        assert int(case.notnull().sum()) == len(goals)
