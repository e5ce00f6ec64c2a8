"""Monte Carlo POWER: laws, published values, honest standard errors and certificates.

Statistical tests fix their seeds. With |z| < 5 a single comparison raises a false alarm
with probability 6e-7.
"""

import itertools
import math
import subprocess
import sys
from fractions import Fraction

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from powerseek.theory import montecarlo, streaming
from powerseek.theory.control_variates import Neighbourhoods, expected_maximum
from powerseek.theory.errors import InvalidInput, InvalidMDP
from powerseek.theory.mdp import MDP
from powerseek.theory.montecarlo import montecarlo_power, optimality_probability_mc
from powerseek.theory.rewards import (
    SAMPLINGS,
    FiniteSupport,
    Gaussian,
    Orbit,
    Sampler,
    Simplex,
    Uniform,
)
from powerseek.theory.sampling import BlockSource, seed_sequence
from powerseek.theory.streaming import Moments, group_moments

Z = 5
WAIT = MDP.from_successors(
    {
        "start": ["candy", "wait"],
        "wait": ["choc", "hug"],
        **{s: [s] for s in ("candy", "choc", "hug")},
    }
)
FIGURE_1 = MDP.from_successors(
    {
        "*": ["0", "L", "R"],
        "0": ["0"],
        "L": ["lu", "ld"],
        "R": ["ru", "rd"],
        "lu": ["ld"],
        "ld": ["lu", "ld"],
        "ru": ["ru", "rd"],
        "rd": ["rd", "ru"],
    }
)


def star(k):
    leaves = [f"leaf{i}" for i in range(k)]
    return MDP.from_successors({"root": leaves, **{leaf: [leaf] for leaf in leaves}})


def grid(rows, columns):
    cells = list(itertools.product(range(rows), range(columns)))
    near = {(i, j): [(i, j), (i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)] for i, j in cells}
    return MDP.from_successors({f"{c}": [f"{d}" for d in near[c] if d in cells] for c in cells})


def assert_near(estimate, expected, last_digit=0.0):
    slack = Z * estimate.stderr + estimate.bound + last_digit + 1e-12
    assert abs(estimate.value - float(expected)) <= slack


def by_name(mdp, estimates):
    return dict(zip(mdp.states, estimates, strict=True))


# Published and derived values -------------------------------------------------------------


@pytest.mark.parametrize("gamma", ["1/10", "9/10", "999/1000"])
def test_absorbing_children(gamma):
    """k/(k+1) for every gamma (Turner et al. 2021, section 5)."""
    for k in (2, 5):
        root = montecarlo_power(star(k), gamma, samples=20_000, seed=k)[0]
        assert_near(root, Fraction(k, k + 1))


def test_absorbing_children_with_other_rewards():
    """Any rewards: E max of k. F = x^m: mk/(mk+1); Bernoulli(p): 1-(1-p)^k."""
    cubes = Sampler(lambda rng, s, n: rng.random((s, n)) ** (1 / 3), "x^3", 3 / 4)
    coins = Sampler(lambda rng, s, n: rng.random((s, n)) < 0.3, "coins", 0.3)
    for reward, expected in (
        (cubes, 12 / 13),
        (coins, 1 - 0.7**4),
        ("exponential", 25 / 12),
        ("simplex", 5 / 12),
        ("gaussian", 1.0293753730),
    ):
        root = montecarlo_power(star(4), 0.9, reward, samples=20_000, seed=1)[0]
        assert_near(root, expected, 1e-9)


def test_complete_digraph():
    """S/(S+1): arXiv 1912.01683, proposition 5.4."""
    names = [f"s{i}" for i in range(6)]
    mdp = MDP.from_successors(dict.fromkeys(names, names))
    for gamma in (0.3, 0.99):
        for estimate in montecarlo_power(mdp, gamma, samples=20_000):
            assert_near(estimate, Fraction(6, 7))


@pytest.mark.parametrize("gamma", [Fraction(1, 2), Fraction(9, 10)])
def test_wait_world(gamma):
    found = by_name(WAIT, montecarlo_power(WAIT, gamma, samples=60_000, seed=4))
    assert_near(found["wait"], Fraction(2, 3))
    assert_near(found["candy"], Fraction(1, 2))
    assert_near(found["start"], Fraction(2, 3) + gamma**2 / 12)
    candy, wait = optimality_probability_mc(WAIT, gamma, "uniform", "start", samples=60_000, seed=4)
    assert_near(wait, Fraction(1, 2) + gamma / 6)
    assert_near(candy, Fraction(1, 2) - gamma / 6)
    assert wait.bound == candy.bound == 0


@pytest.mark.parametrize("g", [Fraction(1, 2), Fraction(9, 10)])
def test_figure_1(g):
    """arXiv 1912.01683, figure 1."""
    found = by_name(FIGURE_1, montecarlo_power(FIGURE_1, g, samples=60_000, seed=5))
    assert_near(found["0"], Fraction(1, 2))
    for name in ("ld", "L"):
        assert_near(found[name], (4 + 3 * g) / (6 * (1 + g)))
    assert_near(found["lu"], (3 + 4 * g) / (6 * (1 + g)))
    for name in ("R", "ru", "rd"):
        assert_near(found[name], Fraction(2, 3))


@pytest.mark.parametrize("g", [Fraction(1, 10), Fraction(9, 10)])
def test_corridor_of_three_cells(g):
    left, centre, right = montecarlo_power(grid(1, 3), g, samples=60_000, seed=6)
    assert_near(centre, Fraction(3, 4))
    for end in (left, right):
        assert_near(end, Fraction(2, 3) + (g + g**2) / 24)


@pytest.mark.parametrize(
    ("gamma", "corner", "edge", "centre"),
    [(0.6, 0.8052, 0.8356, 0.8616), (0.9, 0.8671, 0.8774, 0.8878), (0.99, 0.8964, 0.8976, 0.8988)],
)
def test_powerplay_grid(gamma, corner, edge, centre):
    """gladstoneai/POWERplay, experiment 0001, last digit +-1."""
    found = montecarlo_power(grid(3, 3), gamma, samples=100_000, seed=7)
    expected = [corner, edge, corner, edge, centre, edge, corner, edge, corner]
    for estimate, value in zip(found, expected, strict=True):
        assert_near(estimate, value, 1.5e-4)


# Laws -------------------------------------------------------------------------------------


def random_world(seed, deterministic):
    """Six states; the first has three actions, the others one to three."""
    rng = np.random.default_rng(seed)
    world = {}
    for s in range(6):
        world[str(s)] = {}
        for a in range(3 if s == 0 else rng.integers(1, 4)):
            odds = rng.dirichlet(np.ones(6))
            row = (
                {str(rng.integers(6)): 1}
                if deterministic
                else dict(zip("012345", odds, strict=True))
            )
            world[str(s)][f"a{a}"] = {t: p if p == 1 else float(p) for t, p in row.items()}
    return MDP.from_transitions(world)


def values_by_iteration(mdp, rewards, gamma):
    tensor, values = mdp.transition_tensor(), np.zeros_like(rewards)
    for _ in range(math.ceil(math.log(1e-12) / math.log(gamma))):
        values = rewards + gamma * np.einsum("sat,tn->san", tensor, values).max(axis=1)
    return values


@pytest.mark.parametrize("deterministic", [True, False])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**16), gamma=st.sampled_from([0.05, 0.6, 0.9]))
def test_the_same_rewards_give_the_same_power_by_plain_value_iteration(deterministic, seed, gamma):
    mdp = random_world(seed, deterministic)
    found = montecarlo_power(mdp, gamma, "gaussian", samples=256, seed=seed)
    with jax.enable_x64(True):
        rewards = np.asarray(BlockSource(Gaussian(), 6, 256, seed).blocks(0, 1))[0]
    optimal = values_by_iteration(mdp, rewards, gamma)
    each = (1 - gamma) / gamma * (optimal - rewards)
    for estimate, column in zip(found, each, strict=True):
        assert abs(estimate.value - column.mean()) <= estimate.bound + 1e-9
        assert estimate.stderr == pytest.approx(column.std(ddof=1) / 16, abs=1e-5)
        assert estimate.bound <= 1e-6


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    scale=st.sampled_from([0.25, 1.0, 7.0]),
    shift=st.sampled_from([-10.0, 0.0, 3.0]),
)
def test_affine_law(seed, scale, shift):
    """POWER under a R + b is a POWER + b; with the same draws, up to the bounds."""
    mdp = random_world(seed, deterministic=True)
    plain = Sampler(lambda rng, s, n: rng.random((s, n)), "plain")
    other = Sampler(lambda rng, s, n: scale * rng.random((s, n)) + shift, "other")
    before = montecarlo_power(mdp, 0.9, plain, samples=256, seed=seed)
    after = montecarlo_power(mdp, 0.9, other, samples=256, seed=seed)
    for b, a in zip(before, after, strict=True):
        assert abs(a.value - (scale * b.value + shift)) <= a.bound + scale * b.bound + 1e-9


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**16), deterministic=st.booleans())
def test_power_lies_between_the_mean_and_the_mean_of_the_best(seed, deterministic):
    """E R <= POWER <= E max R (Turner et al. 2021, lemma 5.4 and after)."""
    mdp = random_world(seed, deterministic)
    for estimate in montecarlo_power(mdp, 0.9, samples=2048, seed=seed):
        slack = Z * estimate.stderr + estimate.bound
        assert 1 / 2 - slack <= estimate.value <= 6 / 7 + slack


def test_gamma_near_one_keeps_its_digits():
    """Two self-loops and their chooser: 2/3 and 1/2 for every gamma."""
    for gamma in ("99999999/100000000", "1/100000000"):
        found = montecarlo_power(star(2), gamma, samples=20_000, tolerance=1e-5)
        assert_near(found[0], 2 / 3)
        assert_near(found[1], 1 / 2)
        assert found[0].bound < 1e-6


def test_finite_support_is_averaged():
    reward = FiniteSupport([(0, 1, 0), (0, 0, 1), (9, 0, 0)], ["1/2", "1/4", "1/4"])
    root, first, _ = montecarlo_power(star(2), 0.5, reward, samples=4096)
    assert_near(root, 3 / 4)
    assert_near(first, 1 / 2)


# Sampling and standard errors ---------------------------------------------------------------


@pytest.mark.parametrize("controls", [True, False])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_way_of_sampling_is_unbiased(sampling, controls):
    expected = {"start": 881 / 1200, "wait": 2 / 3, "candy": 1 / 2}
    found = montecarlo_power(
        WAIT, 0.9, samples=40_000, seed=8, sampling=sampling, control_variates=controls
    )
    for name, value in expected.items():
        assert_near(by_name(WAIT, found)[name], value)


@pytest.mark.parametrize("controls", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_standard_errors_are_honest(sampling, controls, monkeypatch):
    """The mean square error of 400 runs is the mean of their squared standard errors.

    For n normal draws a run the quotient has the F distribution with 400 and 400 (n - 1)
    degrees of freedom. Each of the six cases is let off between its quantiles 5e-5 and
    1 - 5e-5: a false alarm, for these fixed seeds, with probability 1e-4. Where n is large
    that is 0.87 to 1.14 for standard errors; ones that are wrong by a factor of 1.3 either
    way are noticed. A pilot run and sequences few enough for small runs change neither what
    is averaged nor that its draws are independent.
    """
    monkeypatch.setattr(montecarlo, "PILOT_SAMPLES", 32)
    monkeypatch.setattr(streaming, "MIN_SEQUENCES", 4)
    runs, samples = 400, 512
    found = [
        montecarlo_power(
            WAIT, 0.9, samples=samples, seed=seed, sampling=sampling, control_variates=controls
        )[0]
        for seed in range(runs)
    ]
    errors = np.array([start.value for start in found]) - 881 / 1200
    stderrs = np.array([start.stderr for start in found])
    n = {"iid": samples, "antithetic": samples // 2, "sobol": 4}[sampling]
    low, high = stats.f(runs, runs * (n - 1)).ppf([5e-5, 1 - 5e-5])
    assert low < np.mean(errors**2) / np.mean(stderrs**2) < high


def test_control_variates_reduce_the_variance():
    mdp = grid(5, 5)
    plain = montecarlo_power(mdp, 0.99, samples=30_000, control_variates=False)
    less = montecarlo_power(mdp, 0.99, samples=30_000)
    for before, after in zip(plain, less, strict=True):
        assert after.stderr < before.stderr / 5
        assert abs(before.value - after.value) < Z * math.hypot(before.stderr, after.stderr)


def test_seeds_reproduce_and_differ():
    runs = [montecarlo_power(WAIT, 0.9, samples=1000, seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0][0].value != runs[2][0].value


@st.composite
def parts_of_the_same_words(draw):
    """Two times a seed, a stream and a number, whose words in a row are the same, or nearly."""

    def number(words):
        return sum(word << 32 * i for i, word in enumerate(words))

    words = draw(st.lists(st.integers(0, 2) | st.integers(0, 2**32 - 1), min_size=1, max_size=6))
    cuts = draw(st.tuples(*[st.integers(0, len(words) - 1)] * 2))
    return [(number(words[:k]), words[k], number(words[k + 1 :][:2])) for k in cuts]


@settings(max_examples=500)
@given(parts=parts_of_the_same_words())
def test_no_two_parts_of_streams_are_the_same(parts):
    """However large the seeds: what is drawn from is equal only if seed and place are."""
    one, other = (tuple(seed_sequence(*part).generate_state(4)) for part in parts)
    assert (one == other) == (parts[0] == parts[1])


def test_large_seeds_have_streams_of_their_own():
    """Written as words one after the other, 2**32 in stream 0 would be 0 in stream 1."""
    for reward in (Uniform(), Sampler(lambda rng, s, n: rng.random((s, n)), "plain")):
        drawn = set()
        for seed, stream in itertools.product((0, 1, 2**32, 2**32 + 1, 2**64), (0, 1, 2)):
            with jax.enable_x64(True):
                source = BlockSource(reward, 2, 2, seed, stream)
                drawn |= {np.asarray(block).tobytes() for block in source.blocks(0, 2)}
        assert len(drawn) == 5 * 3 * 2


@given(seed=st.integers(0, 2**32 - 1), number=st.integers(0, 2**32 - 1))
def test_small_seeds_are_those_of_numpy(seed, number):
    expected = np.random.SeedSequence((seed, 1, number)).generate_state(4)
    assert (seed_sequence(seed, 1, number).generate_state(4) == expected).all()


@pytest.mark.parametrize(
    ("sampling", "asked", "drawn"),
    [("iid", 777, 777), ("antithetic", 777, 778), ("sobol", 128, 128), ("sobol", 1000, 1024)],
)
def test_samples_are_counted(sampling, asked, drawn):
    found = montecarlo_power(WAIT, 0.9, samples=asked, sampling=sampling)
    assert {estimate.samples for estimate in found} == {drawn}


def test_a_standard_error_can_be_asked_for():
    calls = []
    found = montecarlo_power(
        WAIT,
        0.9,
        seed=3,
        target_stderr=1e-3,
        control_variates=False,
        progress=lambda done, in_all: calls.append((done, in_all)),
    )
    assert max(estimate.stderr for estimate in found) <= 1e-3
    assert calls[-1] == (found[0].samples, found[0].samples)
    assert all(done < in_all for done, in_all in calls[:-1])
    stopped = montecarlo_power(
        WAIT, 0.9, target_stderr=1e-9, max_samples=9000, control_variates=False
    )
    assert stopped[0].samples == 9000
    assert stopped[0].stderr > 1e-9


def test_single_precision_is_certified_more_loosely():
    wide, narrow = (
        montecarlo_power(WAIT, 0.9, samples=2000, dtype=dtype) for dtype in ("float64", "float32")
    )
    for a, b in zip(wide, narrow, strict=True):
        assert 1e-7 < b.bound < 1e-4
        assert abs(a.value - b.value) <= a.bound + b.bound
    with pytest.raises(InvalidInput, match=r"^tolerance: got 1e-09, expected at least"):
        montecarlo_power(WAIT, 0.9, samples=2000, dtype="float32", tolerance=1e-9)


def test_moments_merge_to_those_of_the_whole():
    numbers = 1e8 + np.random.default_rng(0).standard_normal((50, 2))
    merged = Moments()
    for part in np.split(numbers, [3, 20]):
        mean = part.mean(axis=0)
        merged.merge(len(part), mean, ((part - mean) ** 2).sum(axis=0))
    np.testing.assert_allclose(merged.mean, numbers.mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(merged.stderr, numbers.std(axis=0, ddof=1) / 50**0.5, rtol=1e-6)
    assert np.isinf(Moments(1, np.zeros(2), np.zeros(2)).stderr).all()
    count, mean, squares = group_moments(np.ones(50), numbers)
    assert count == 50
    np.testing.assert_allclose(squares, merged.squares, rtol=1e-6)
    np.testing.assert_allclose(mean, merged.mean, rtol=1e-15)


# Control variates ---------------------------------------------------------------------------


@pytest.mark.parametrize("reward", [Uniform(), "exponential", Simplex(), Gaussian()])
def test_means_of_controls_are_right(reward):
    """Sample means of the centred controls; z < 5.5 for 54 of them."""
    from powerseek.theory.rewards import reward_distribution

    reward, mdp = reward_distribution(reward), grid(3, 3)
    rewards = reward.sample(np.random.default_rng(0), 9, 20_000)
    with jax.enable_x64(True):
        near = Neighbourhoods.of(mdp, reward)
        controls = np.array(near.controls(jax.numpy.asarray(rewards)))
    assert near.everywhere
    error = controls.std(axis=2) / 20_000**0.5
    assert (np.abs(controls.mean(axis=2)) < 5.5 * error).all()


def test_normal_maxima():
    """E max of 2 and 3 standard normals: 1/sqrt(pi) and 3/(2 sqrt(pi))."""
    found = expected_maximum(Gaussian(), np.array([1, 2, 3]), 9)
    np.testing.assert_allclose(found, [0, math.pi**-0.5, 1.5 * math.pi**-0.5], atol=1e-12)


def test_rewards_without_known_maxima_have_no_neighbourhoods():
    assert Neighbourhoods.of(WAIT, Orbit((1, 2, 3, 4, 5))) is None


# Optimality probability ---------------------------------------------------------------------


def test_ties_count_for_each_action():
    same = MDP.from_transitions(
        {"s": {"a": {"t": 1}, "b": {"t": 1}, "c": {"s": 1}}, "t": {"stay": {"t": 1}}}
    )
    a, b, c = optimality_probability_mc(same, 0.9, "uniform", "s", samples=2000)
    assert a == b
    assert a.value + c.value == pytest.approx(1)
    assert a.bound == 0
    flat = FiniteSupport([(1, 1)])
    found = optimality_probability_mc(same, 0.9, flat, "s", samples=100)
    assert [(e.value, e.bound) for e in found] == [(1, 1)] * 3


def test_optimality_in_stochastic_worlds():
    """A fair coin between two absorbing states against a third: P(x > (y+z)/2) = 1/2."""
    mdp = MDP.from_transitions(
        {
            "s": {"sure": {"x": 1}, "flip": {"y": "1/2", "z": "1/2"}},
            **{t: {"stay": {t: 1}} for t in "xyz"},
        }
    )
    for estimate in optimality_probability_mc(mdp, 0.9, "uniform", "s", samples=20_000):
        assert_near(estimate, 1 / 2)
        assert estimate.bound < 1e-3


# Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"gamma": 1}, "gamma"),
        ({"gamma": Fraction(1, 10**400)}, "gamma"),
        ({"gamma": 1 - Fraction(1, 10**40)}, "gamma"),
        ({"reward": "cauchy"}, "reward"),
        ({"samples": 1}, "samples"),
        ({"samples": 1e5}, "samples"),
        ({"max_samples": True}, "max_samples"),
        ({"seed": -1}, "seed"),
        ({"sampling": "dice"}, "sampling"),
        ({"target_stderr": 0}, "target_stderr"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"dtype": "int8"}, "dtype"),
        ({"reward": Orbit((1, 2))}, "reward"),
        (
            {"reward": Sampler(lambda rng, s, n: rng.random((s, n)), "u"), "sampling": "sobol"},
            "sampling",
        ),
        ({"gamma": "999999999999/1000000000000", "tolerance": 1e-14}, "tolerance"),
    ],
)
def test_refusals_name_the_argument(arguments, field):
    with pytest.raises(InvalidInput, match=f"^{field}: got "):
        montecarlo_power(WAIT, **{"gamma": 0.9, "samples": 1000, **arguments})


def test_unknown_states_are_refused():
    with pytest.raises(InvalidMDP, match=r"^state: got 'nowhere'"):
        optimality_probability_mc(WAIT, 0.9, "uniform", "nowhere")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_rewards():
    """Ten million reward functions on 100 states would take 8 GB at once."""
    program = """
import resource
from powerseek.theory.gallery import grid
from powerseek.theory.montecarlo import montecarlo_power

def peak(samples):
    found = montecarlo_power(grid(10, 10), 0.9, samples=samples, control_variates=False)
    assert found[0].samples == samples
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

small = peak(100_000)
print(peak(10_000_000) - small)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 100  # MiB


@pytest.mark.slow
def test_a_large_grid():
    """900 states, 100,000 rewards. How fast is a matter for benchmarks/test_montecarlo.py."""
    found = montecarlo_power(grid(30, 30), 0.9, samples=100_000)
    assert all(p.samples == 100_000 and p.stderr < 1e-3 for p in found)


def test_negative_rewards_and_unavailable_actions():
    """Rewards in [-1, 0]: an action that is not there is no way to get nothing.

    The best of two costs is -1/3, a single one -1/2. |z| < 5 three times.
    """
    mdp = MDP.from_successors({"start": ["a", "b"], "a": ["a"], "b": ["b"]})
    costs = Sampler(lambda rng, s, n: -rng.random((s, n)), "costs", -0.5)
    for gamma in (0.9, 0.999):
        found = montecarlo_power(mdp, gamma, costs, samples=20_000, seed=1)
        for p, right in zip(found, (-1 / 3, -1 / 2, -1 / 2), strict=True):
            assert abs(p.value - right) <= 5 * p.stderr + p.bound + 1e-12
