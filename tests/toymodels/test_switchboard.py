"""The switchboard on games with known answers, and the argument as data."""

from dataclasses import asdict, fields
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from powerseek.toymodels import HubKnobs
from powerseek.toymodels.argument import ARGUMENTS, POWER
from powerseek.toymodels.switchboard import Switchboard, cell_knobs, cells

seeds = st.integers(0, 2**31 - 1)


def board(value, n, n_seeds=4, margin=0.05, order=None):
    """A switchboard whose drive is ``value(on)``: a number or one number per seed."""
    on = cells(n) if order is None else cells(n)[order]
    drive = np.array([np.broadcast_to(value(row), (n_seeds,)) for row in on], float)
    return Switchboard(tuple(f"P{i + 1}" for i in range(n)), on, drive, margin)


def random_game(seed, n, n_seeds=4):
    """One random number per set of premises and seed."""
    table = np.random.default_rng(seed).normal(size=(1 << n, n_seeds))
    return lambda on: table[int("".join(str(int(bit)) for bit in on), 2)]


@given(st.integers(1, 7))
def test_cells_are_all_combinations(n):
    on = cells(n)
    assert on.shape == (2**n, n)
    assert len(np.unique(on, axis=0)) == 2**n
    assert not on[0].any()
    assert on[-1].all()


@given(seeds, st.integers(1, 5))
@settings(max_examples=25)
def test_shapley_shares_average_over_all_orders(seed, n):
    value = random_game(seed, n)
    expected = np.zeros((n, 4))
    orders = list(permutations(range(n)))
    for order in orders:
        on = np.zeros(n, bool)
        for i in order:
            before = value(on)
            on[i] = True
            expected[i] += (value(on) - before) / len(orders)
    np.testing.assert_allclose(board(value, n).shapley(), expected, atol=1e-12)


@given(seeds, st.integers(2, 6), st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_laws_of_shapley_shares(seed, n, random):
    value = random_game(seed, n)
    shares = board(value, n).shapley()
    everything, nothing = value(np.ones(n, bool)), value(np.zeros(n, bool))
    np.testing.assert_allclose(shares.sum(0), everything - nothing, atol=1e-12)
    # a premise that changes nothing gets nothing
    idle = board(lambda on: value(np.append(on[:-1], False)), n).shapley()
    np.testing.assert_allclose(idle[-1], 0.0, atol=1e-12)
    # premises that play the same part get the same
    same = board(lambda on: value(np.append(np.sort(on[:2]), on[2:])), n).shapley()
    np.testing.assert_allclose(same[0], same[1], atol=1e-12)
    # the order in which cells are stored does not matter
    order = list(range(2**n))
    random.shuffle(order)
    again = board(value, n, order=order)
    np.testing.assert_allclose(again.shapley(), shares, atol=1e-12)
    for members, contrast in board(value, n).walsh().items():
        np.testing.assert_allclose(again.walsh()[members], contrast, atol=1e-12)


@given(nps.arrays(float, 6, elements=st.floats(-1, 1)), st.floats(-1, 1))
def test_an_additive_game_has_only_main_effects(weights, constant):
    game = board(lambda on: constant + weights @ on, 6)
    np.testing.assert_allclose(game.shapley(), weights[:, None] * np.ones(4), atol=1e-12)
    for members, contrast in game.walsh().items():
        expected = weights[int(members[0][1]) - 1] if len(members) == 1 else 0.0
        np.testing.assert_allclose(contrast, expected, atol=1e-12)


def test_a_product_game_needs_every_premise_and_shares_equally():
    game = board(lambda on: float(on.all()), 6)
    np.testing.assert_allclose(game.shapley(), 1 / 6)
    # mean over 32 cells with i on is 1/32, with i off 0; all interactions are as large
    for contrast in game.walsh().values():
        np.testing.assert_allclose(np.abs(contrast), 1 / 32)
    assert game.sufficient() == "supported"
    for effect in game.effects():
        assert effect.necessary == "supported"
        assert effect.main.mean == pytest.approx(1 / 32)
        assert effect.alone_off.mean == 0
        assert effect.highest_off == 0


@given(seeds, st.integers(1, 5))
@settings(max_examples=20)
def test_walsh_coefficients_rebuild_the_drive(seed, n):
    game = board(random_game(seed, n), n)
    walsh = game.walsh()
    assert len(walsh) == 2**n - 1
    for i, premise in enumerate(game.premises):
        on, off = game.on[:, i], ~game.on[:, i]
        main = game.drive[on].mean(0) - game.drive[off].mean(0)
        np.testing.assert_allclose(walsh[(premise,)], main, atol=1e-12)
    signs = np.where(game.on, 1.0, -1.0)
    rebuilt = np.repeat(game.drive.mean(0)[None], 2**n, axis=0)
    for size in range(1, n + 1):
        for members in combinations(range(n), size):
            key = tuple(game.premises[i] for i in members)
            rebuilt += signs[:, members].prod(1)[:, None] * walsh[key] / 2
    np.testing.assert_allclose(rebuilt, game.drive, atol=1e-12)


def test_interactions_leave_out_main_effects_and_come_largest_first():
    # x1 x2 in signs of on and off: one interaction of two, nothing else.
    game = board(lambda on: float(on[0] == on[1]), 3)
    largest, *rest = game.interactions()
    assert largest.premises == game.premises[:2]
    assert largest.effect.mean == pytest.approx(1.0)
    assert len(rest) == 2**3 - 1 - 3 - 1
    np.testing.assert_allclose([i.effect.mean for i in rest], 0, atol=1e-12)


LOW, HIGH, WIDE = np.full(4, 0.0), np.full(4, 0.5), np.array([-1.0, 1.0, -1.0, 1.2])


@given(st.integers(0, 2), st.integers(0, 3))
def test_the_rule_of_necessity(i, cell):
    """Every cell without it below the margin; one above refutes; else inconclusive."""
    off_cells = np.flatnonzero(~cells(3)[:, i])
    odd_one = cells(3)[off_cells[cell]]

    def with_odd_one(drive):
        def value(on):
            if (on == odd_one).all():
                return drive
            return HIGH if on[i] else LOW

        return board(value, 3).effects()[i]

    assert with_odd_one(LOW).necessary == "supported"
    assert with_odd_one(HIGH).necessary == "not supported"
    assert with_odd_one(WIDE).necessary == "inconclusive"
    assert with_odd_one(HIGH).highest_off == 0.5
    alone = with_odd_one(HIGH).alone_off.mean
    assert alone == (0.5 if cell == 3 else 0.0)  # the last cell: all others on


def test_one_cell_above_the_margin_refutes_though_others_are_uncertain():
    drives = {0: HIGH, 1: WIDE}
    game = board(lambda on: drives.get(int(on[1]), LOW) if not on[0] else HIGH, 2)
    assert game.effects()[0].necessary == "not supported"


@pytest.mark.parametrize(
    ("drive", "word"), [(LOW, "not supported"), (HIGH, "supported"), (WIDE, "inconclusive")]
)
def test_the_rule_of_sufficiency(drive, word):
    assert board(lambda on: drive if on.all() else HIGH, 3).sufficient() == word


def test_effects_carry_intervals_over_seeds():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(8, 6))
    game = Switchboard(("a", "b", "c"), cells(3), table, 0.05)
    for i, effect in enumerate(game.effects()):
        assert effect.premise == "abc"[i]
        assert effect.shapley.mean == pytest.approx(game.shapley()[i].mean())
        assert effect.main.seeds == effect.shapley.seeds == 6
        off = [game.cell(on) for on in game.on if not on[i]]
        assert effect.highest_off == max(interval.high for interval in off)


def test_cell_knobs_switch_each_premise_alone():
    on = cells(6)
    knobs = cell_knobs(POWER, HubKnobs(price=0.3), on)
    switched = {premise.knob for premise in POWER.premises}
    for premise, column in zip(POWER.premises, on.T, strict=True):
        values = getattr(knobs, premise.knob)
        assert (values[column] == premise.on).all()
        assert (values[~column] == premise.off).all()
    for field in fields(knobs):
        if field.name not in switched:
            assert getattr(knobs, field.name) == getattr(HubKnobs(price=0.3), field.name)
    knobs.check()


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_are_six_premises_and_a_conclusion(argument):
    assert [p.id for p in argument.premises] == [f"P{i}" for i in range(1, 7)]
    assert argument.conclusion.id == "C"
    assert len({p.knob for p in argument.premises}) == 6
    for claim in (*argument.premises, argument.conclusion):
        assert all(text for text in asdict(claim).values() if isinstance(text, str))
        assert claim.margin > 0
