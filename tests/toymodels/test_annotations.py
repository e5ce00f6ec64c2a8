"""Array shapes and types are as annotated, wherever training and measuring go."""

import subprocess
import sys

import pytest

SETUP = """
from jaxtyping import install_import_hook

with install_import_hook("powerseek.toymodels", "beartype.beartype"):
    import powerseek.toymodels as toymodels
    from powerseek.toymodels import drive, kernel, learning, premises, switchboard, training
    from powerseek.toymodels.algorithms import ExactGradient, Reinforce

import jax
import numpy as np
from powerseek.toymodels import MLP, Attention, Hub, HubKnobs, Linear, Recipe, Tabular

def trace(function, **choices):
    recipe = Recipe(world=Hub(n_tasks=4, n_prices=5), checkpoints=(0, 1), **choices)
    knobs = HubKnobs(**{f.name: np.float64(0.5) for f in HubKnobs.describe()})
    def one(seed, agent, knobs):
        drawn = learning.draw_agent(recipe, seed, agent, knobs)
        return function(recipe.method, drawn, knobs.plain())
    # traced, which checks, not compiled
    jax.make_jaxpr(one)(np.uint32(0), np.uint32(0), knobs)
"""

TRACE = """
for policy in (Linear(), Tabular(), MLP(hidden=(4,)), Attention(width=4)):
    for algorithm in (ExactGradient(), Reinforce()):
        trace(training.train_one, policy=policy, algorithm=algorithm)
    trace(kernel._predict_one, policy=policy)
Hub().bayes_power(HubKnobs())
"""

RUN = """
recipe = Recipe(world=Hub(n_tasks=4, n_prices=5), checkpoints=(0, 2))
on = switchboard.cells(6)[-2:]
knobs = switchboard.cell_knobs(toymodels.argument.POWER, HubKnobs(), on)
run = training.train(recipe, knobs, range(3))
said = kernel.predict(recipe, knobs, range(3))
said.null_drive(1.0), said.told_drive(1.0)
premises.premise_quantities(run, said)
drive.drive(recipe.world, HubKnobs(), run, run).intervals()
board = switchboard.Switchboard(("P6",), on[:, 5:], run.told[..., -1], 0.05)
board.effects(), board.sufficient()
toymodels.log_odds_at(np.array([0.0, 1.0]), -1.0, 0.5)
"""


def run_checked(script):
    done = subprocess.run(
        [sys.executable, "-c", SETUP + script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_training_is_traced_with_the_shapes_annotated():
    run_checked(TRACE)


@pytest.mark.slow
def test_results_have_the_shapes_annotated():
    run_checked(RUN)


@pytest.mark.slow
def test_the_check_is_awake():
    with pytest.raises(AssertionError, match="TypeCheckError"):
        run_checked("toymodels.threshold(base_success='a', price=1.0)")
