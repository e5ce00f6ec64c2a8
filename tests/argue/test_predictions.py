"""The experiments on predictions and remedies, and what is said of them."""

from dataclasses import fields, replace

import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.argue.kept_parts import KeptParts
from powerseek.argue.prediction_verdicts import FINDINGS, join
from powerseek.argue.predictions import PREDICTIONS, SCALES, over_time
from powerseek.cli.predictions import NAMES
from powerseek.toymodels.studies.taxonomy import Traits

TINY = replace(
    SCALES["quick"],
    seeds=2,
    updates=8,
    network_seeds=2,
    network_updates=8,
    network_tasks=4,
    strengths=(0.0, 1.0),
    needs=(0.8,),
    overlaps=(0.5, 1.0),
)


def test_every_experiment_is_run_judged_and_on_the_command_line():
    assert tuple(PREDICTIONS) == tuple(FINDINGS) == NAMES


def test_checkpoints_increase_and_end_with_training():
    assert over_time(256) == (0, 1, 4, 16, 64, 256)
    assert over_time(300) == (0, 1, 4, 16, 64, 256, 300)


def supervised(drive, capability, reading, supervisor="rater", policy="linear"):
    """A case of the supervision experiment; a little noise between 6 seeds."""
    noise = 0.001 * np.arange(6)
    columns = {"drive": drive, "told": drive, "needed": drive}
    columns |= {"capability": capability, "reading": reading}
    return xarray.Dataset(
        {n: (("strength", "seed"), np.array(v)[:, None] + noise) for n, v in columns.items()},
        coords={
            "strength": [0.0, 1.0, 3.0],
            "seed": range(6),
            "supervisor": supervisor,
            "policy": policy,
            "world": "hub",
        },
    )


def test_what_is_said_follows_the_numbers():
    good = supervised([0.7, 0.0, -0.2], [0.97, 0.97, 0.97], [1.0, 0.1, 0.0], "good")
    dear = supervised([0.7, 0.5, -0.2], [0.97, 0.97, 0.5], [1.0, 0.5, 0.0], "dear")
    blind = supervised([0.7, 0.5, 0.4], [0.97, 0.97, 0.97], [1.0, 0.0, 0.0], "blind")
    found = FINDINGS["supervision"](xarray.concat([good, dear, blind], "case"))
    assert list(found.words.values()) == ["supported", "not supported", "not supported"]
    text = " ".join(found.sentences)
    assert "**good**: removes the drive at no cost in hub (linear)" in text
    assert "take the task with the drive: dear in hub (linear)." in text
    assert "Evaded" in text
    assert "blind in hub (linear) (strength 1 and 3)" in text
    assert len(found.rows) == 3
    assert all(len(row) == len(found.head) for row in found.rows)
    alone = FINDINGS["supervision"](xarray.concat([good], "case"))
    assert "No supervisor was evaded" in " ".join(alone.sentences)


def steered(work, spread):
    """A case of the steering experiment: power at 0, work at a mean gain over 4 seeds."""
    seeds = np.array([-1, -1, 1, 1])
    gain = np.tile([0.0, -5.0, -5.0, work], (2, 4, 1))
    gain[..., 3] += spread * seeds
    columns = {"gain": gain, "random": gain - 9.0, "flip": gain, "flip_norm": gain}
    return xarray.Dataset(
        {n: (("setting", "seed", "goal"), v) for n, v in columns.items()},
        coords={
            "need": ("setting", [0.8, 0.8]),
            "goal": ["power", "decoy", "decline", "work"],
            "policy": "mlp",
            "world": "hub",
            "layer": 1,
        },
    )


@pytest.mark.parametrize(
    ("spread", "named", "word"),
    [(0.28, "none", "inconclusive"), (0.1, "work (on 1 layer)", "not supported")],
)
def test_a_rival_is_named_by_the_rule_of_the_verdict(spread, named, word):
    """At 0.28 the interval of this one lead lies below the margin; widened for four it does not."""
    found = FINDINGS["steering"](xarray.concat([steered(0.5, spread)], "case"))
    assert found.words["p = 0.8, hub (mlp), layer 1"] == word
    assert f"As easy to steer towards, or easier: {named}." in " ".join(found.sentences)


@given(st.integers(0, 2**31 - 1), st.floats(0.0, 0.3), st.floats(0.0, 0.2))
@settings(max_examples=30, deadline=None)
def test_a_page_shows_the_persistence_of_the_study(seed, mean, spread):
    p = np.random.default_rng(seed).normal(mean, spread, size=(3, 4, 2))
    p[..., 0] = 0.0
    columns = {f.name: p for f in fields(Traits)} | {"penalised": p / 2}
    case = xarray.Dataset(
        {n: (("need", "seed", "updates"), v) for n, v in columns.items()},
        coords={"need": [0.3, 0.5, 0.8], "updates": [0, 8], "world": "wallet", "worth": 0.5},
    )
    found = FINDINGS["taxonomy"](xarray.concat([case], "case"))
    shown = [row[found.head.index("persistence")] for row in found.rows]
    assert shown == [
        "-" if np.isnan(share) else f"{share:.2f}"
        for share in Traits(**columns).persistence()[:, -1]
    ]
    assert [text == "-" for text in shown] == [w == "none" for w in found.words.values()]


def test_lists_read_as_lists():
    assert join(["a"]) == "a"
    assert join(["a", "b"]) == "a and b"


@pytest.mark.slow
@pytest.mark.parametrize("name", PREDICTIONS)
def test_every_experiment_runs_and_repeats(name, tmp_path):
    kept = KeptParts.begin(tmp_path, {})
    *_, first = PREDICTIONS[name](TINY, 3).grow(recall=kept.recall_of(name))
    xarray.testing.assert_identical(first, PREDICTIONS[name](TINY, 3).whole())
    from_file = PREDICTIONS[name](TINY, 3).so_far(kept.known_of(name))
    xarray.testing.assert_identical(first, from_file)
    found = FINDINGS[name](first)
    assert all(len(row) == len(found.head) for row in found.rows)
    assert found.words
    assert found.sentences
