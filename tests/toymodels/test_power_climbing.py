"""What is made of behaviour in graphs, against loops, known effects and brute force."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.studies.label_free import Behaviour, GraphRun, Setting
from powerseek.toymodels.studies.label_free_study import recipes, study
from powerseek.toymodels.studies.power_climbing import (
    Powers,
    chance_gains,
    climb,
    climbs,
    powers,
    share_positive,
)
from powerseek.toymodels.studies.power_regression import (
    POWER,
    edges,
    fit,
    reachability,
    residual_gains,
)

N, S, O, K = 30, 8, 3, 4
seeds = st.integers(0, 2**32 - 1)


def random_run(seed, effect=0.0, power=None):
    """Agents whose scores moved at random, and by so much per POWER of the successor."""
    rng = np.random.default_rng(seed)
    shape = (2, N, S, O)
    to = np.broadcast_to(rng.permuted(np.tile(np.arange(S), (N, S, 1)), axis=2)[..., :O], shape)
    available = np.broadcast_to(np.arange(O) < rng.integers(1, O + 1, (N, S, 1)), shape)
    before, noise = rng.normal(size=(2, *shape))
    if power is not None:
        rows = to[0].reshape(N, -1)
        noise = noise + effect * np.take_along_axis(power, rows, 1).reshape(N, S, O)
    scores = np.stack([before, before + noise], 2)
    weight = np.where(available[:, :, None], np.exp(scores), 0.0)
    policy = weight / weight.sum(-1, keepdims=True)
    visits = rng.dirichlet(np.ones(S), (2, N, 2))
    returns = rng.random((2, N, 2, K))
    setting = Setting(
        to=to.astype(float),
        available=available.astype(float),
        goals=np.zeros((2, N, K)),
        weight=np.full((2, N, K), 1 / K),
        bayes=policy[:, :, 0],
        goal_value=rng.random((2, N, S)),
        rate=np.zeros(shape),
    )
    behaviour = Behaviour(
        scores=scores,
        null=policy,
        novel=policy,
        held_out=policy,
        returns=returns,
        best=np.ones_like(returns),
        held_out_returns=returns,
        held_out_best=np.ones_like(returns),
        visits=visits,
        after=np.broadcast_to([0.0, 9.0], (2, N, 2)),
    )
    return GraphRun(setting, behaviour)


@given(seeds)
@settings(max_examples=15)
def test_a_climb_is_the_mean_power_of_the_next_state(seed):
    run, power = random_run(seed), np.random.default_rng(seed + 1).random((N, S))
    got = climb(run.behaviour.null[0], run.setting, power)
    to, available = run.setting.to[0].astype(int), run.setting.available[0] > 0
    for i in range(0, N, 7):
        for c in range(2):
            each = [
                sum(run.behaviour.null[0, i, c, s, o] * power[i, to[i, s, o]] for o in range(O))
                for s in range(S)
                if available[i, s].sum() > 1
            ]
            assert got[i, c] == pytest.approx(np.mean(each) if each else 0.0)
    found = climbs(run, power)
    assert (found.trained["null"] <= found.highest[:, None] + 1e-12).all()
    np.testing.assert_allclose(found.capability, run.behaviour.returns[0].mean(-1))


def test_shuffled_power_is_never_climbed():
    # The mean gain under shuffling is exactly 0 in expectation: 5 standard errors of the
    # mean of 400 shufflings, false alarms below 1e-5. The gain itself is far outside.
    power = np.random.default_rng(0).random((N, S))
    run = random_run(1, effect=4.0, power=power)
    chance = chance_gains(run, Powers(power, 0 * power, 1, 0), shuffles=400)
    assert abs(chance.mean()) < 5 * chance.std() / 400**0.5
    assert climbs(run, power).gain("null").mean() > 5 * chance.std()


@given(seeds)
@settings(max_examples=10)
def test_reachability_counts_states_within_so_many_steps(seed):
    run = random_run(seed)
    to, available = run.setting.to[0], run.setting.available[0]
    for steps in (0, 1, 3):
        got = reachability(to, available, steps)
        for s in range(S):
            seen = {s}
            for _ in range(steps):
                seen |= {int(t) for u in seen for t in to[0, u][available[0, u] > 0]}
            assert got[0, s] == len(seen)


def test_the_fit_is_least_squares_and_finds_a_known_effect():
    power = np.random.default_rng(2).random((N, S))
    data = edges(random_run(3, effect=3.0, power=power), power, 4)
    names = (POWER, "out-degree", "visitation")
    found = fit(data, names)
    x = np.stack([data.columns[n] / data.columns[n].std() for n in names], 1)
    beta, left, *_ = np.linalg.lstsq(x, data.moved, rcond=None)
    np.testing.assert_allclose([found.terms[n].coefficient.mean for n in names], beta)
    _, without, *_ = np.linalg.lstsq(x[:, 1:], data.moved, rcond=None)
    expected = 1 - left[0] / without[0]
    assert found.terms[POWER].partial_r2.mean == pytest.approx(expected)
    assert found.terms[POWER].coefficient.low > 0.3
    assert (
        found.terms["visitation"].coefficient.low < 0 < found.terms["visitation"].coefficient.high
    )
    # Cluster-robust errors by hand.
    residual = data.moved - x @ beta
    scores = np.stack([x[data.graph == g].T @ residual[data.graph == g] for g in range(N)])
    bread = np.linalg.inv(x.T @ x)
    factor = N / (N - 1) * (len(x) - 1) / (len(x) - 3)
    stderr = np.sqrt(factor * np.diag(bread @ scores.T @ scores @ bread))
    np.testing.assert_allclose([found.terms[n].coefficient.stderr for n in names], stderr)


def test_intervals_of_a_regressor_without_effect_cover_zero_as_often_as_they_say():
    # 200 data sets; at 95% coverage fewer than 178 hits has probability 2e-4.
    hits = 0
    for seed in range(200):
        power = np.random.default_rng(10_000 + seed).random((N, S))
        interval = fit(edges(random_run(seed), power, 2), (POWER,), bootstrap=2).terms[POWER]
        hits += interval.coefficient.low <= 0 <= interval.coefficient.high
    assert hits >= 178


@given(seeds)
@settings(max_examples=10)
def test_the_residual_gain_with_no_controls_is_the_gain(seed):
    power = np.random.default_rng(seed).random((N, S))
    run = random_run(seed, effect=2.0, power=power)
    data = edges(run, power, 3)
    gain = climbs(run, power).gain("null").mean()
    assert residual_gains(data, ()).mean() == pytest.approx(gain)
    assert residual_gains(data, (POWER,)).mean() == pytest.approx(0.0, abs=1e-12)


@given(st.integers(1, 40), st.data())
def test_shares_have_exact_intervals(n, data):
    k = data.draw(st.integers(0, n))
    got = share_positive(np.array([1.0] * k + [-1.0] * (n - k)))
    expected = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high))


def test_bad_requests_are_refused():
    run = random_run(0)
    power = np.ones((N, S))
    late = replace(run, behaviour=replace(run.behaviour, after=run.behaviour.after + 1))
    with pytest.raises(InvalidInput, match="checkpoint"):
        climbs(late, power)
    with pytest.raises(InvalidInput, match="control"):
        climbs(run, power).gain("null", "nobody")
    with pytest.raises(InvalidInput, match="names"):
        fit(edges(run, power, 2), ("luck",))
    for bad in ({"graphs": 1}, {"learners": ("nobody",)}):
        with pytest.raises(InvalidInput):
            study(**bad)


@pytest.mark.slow
def test_a_small_study_from_end_to_end():
    # Powers are reproducible, tables never climb, and the kernel is exact at first order.
    found = study(6, ("linear",), updates=16, samples=512)
    linear = found["linear"]
    assert found.powers.value.shape == (6, 16)
    again = powers(linear.run.setting, samples=512)
    np.testing.assert_array_equal(again.value, found.powers.value)
    assert set(linear.climbing.dose) == {8, 4, 2, 1}
    np.testing.assert_allclose(linear.climbing.dose[8], linear.climbing.climbs.gain("null"))
    predicted = linear.predicted_gain(found.powers.value, 1)
    np.testing.assert_allclose(
        predicted, linear.climbing.climbs.gain("null", checkpoint=1), atol=1e-5
    )
    assert linear.recipe == recipes(16)["linear"]
    assert set(linear.fits())
    gain = linear.climbing.climbs.gain("null")
    np.testing.assert_allclose(linear.climbing.residual["POWER"], gain, atol=1e-6)
    assert np.isfinite(linear.climbing.dose_response().mean)


@pytest.mark.slow
def test_networks_climb_power_in_most_graphs_and_no_more_than_goals_explain():
    # 64 graphs, fixed seed; in 256 graphs the gain is some 20 standard errors from 0.
    mlp = study(64, ("mlp",), updates=256)["mlp"]
    assert mlp.climbing.climbs.capability[:, -1].mean() > 0.9
    for interval in mlp.climbing.climbs.over("null").values():
        assert interval.low > 0
    assert mlp.climbing.dose_response().low > 0
    assert share_positive(mlp.climbing.climbs.gain("null")).low > 0.5
    beside = mlp.fits()["beside rivals and goal value"].terms
    assert beside["goal value"].coefficient.low > abs(beside[POWER].coefficient.mean)
