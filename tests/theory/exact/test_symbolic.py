import itertools
import json
from fractions import Fraction

import pytest
import sympy
from flint import fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from powerseek.theory.errors import InvalidInput, TooLarge
from powerseek.theory.exact.algebraic import (
    AlgebraicNumber,
    rational_between,
    roots_in_unit_interval,
    roots_of_all,
)
from powerseek.theory.exact.piecewise_rational import (
    ONE,
    ZERO,
    Piece,
    PiecewiseRational,
    order_changes,
)
from powerseek.theory.exact.power import exact_power
from powerseek.theory.exact.rational_functions import RationalFunction
from powerseek.theory.exact.symbolic import (
    GAMMA,
    SymbolicPower,
    crossings,
    symbolic_power,
)
from powerseek.theory.gallery import (
    grid,
    load,
    random_deterministic,
    random_stochastic,
    star,
)

g = GAMMA
polynomials = st.lists(st.integers(-9, 9), min_size=2, max_size=7).filter(any).map(fmpz_poly)
functions = st.builds(
    RationalFunction.quotient,
    st.lists(st.integers(-4, 4), min_size=1, max_size=4),
    st.lists(st.integers(-4, 4), min_size=1, max_size=4).filter(any),
)


# POWER


@given(st.data(), st.sampled_from(["uniform", "exponential", "simplex"]))
@settings(max_examples=20)
def test_equals_exact_power_at_any_gamma(worlds, data, reward):
    mdp = data.draw(worlds.mdps(max_states=3))
    gammas = [Fraction(data.draw(st.integers(1, 99)), 100) for _ in range(3)]
    symbolic = symbolic_power(mdp, reward)
    for gamma in gammas:
        exact = exact_power(mdp, gamma, reward)
        assert [p.at(gamma) for p in symbolic] == [p.exact for p in exact]


@pytest.mark.parametrize("reward", ["uniform", "exponential"])
@pytest.mark.parametrize(
    "mdp", [random_deterministic(1, n_states=5), random_stochastic(0, n_states=3), load("shutdown")]
)
def test_pieces_on_both_sides_of_every_breakpoint(mdp, reward):
    for power in symbolic_power(mdp, reward):
        ends = [ZERO, *power.function.breakpoints, ONE]
        for low, high in itertools.pairwise(ends):
            gamma = rational_between(low, high)
            assert power.at(gamma) == exact_power(mdp, gamma, reward, [power.state])[0].exact


@pytest.mark.parametrize(
    "mdp", [random_stochastic(6, n_states=3), random_stochastic(2, n_states=4)]
)
def test_no_breakpoint_is_missed(mdp):
    """Worlds in which a row enters or leaves at a breakpoint, on a grid of gamma."""
    (power,) = symbolic_power(mdp, states=["s0"])
    assert power.breakpoints
    for k in range(1, 40):
        gamma = Fraction(k, 40)
        assert power.at(gamma) == exact_power(mdp, gamma, states=["s0"])[0].exact


def test_pieces_meet():
    seen = 0
    for power in symbolic_power(random_stochastic(0, n_states=3)):
        for left, right in zip(power.function.pieces, power.function.pieces[1:], strict=False):
            seen += 1
            assert left.value != right.value
            difference = sympy.Poly(
                sympy.numer(sympy.together(left.value.to_sympy(g) - right.value.to_sympy(g))), g
            )
            minimal = sympy.Poly([int(c) for c in left.high.polynomial.coeffs()][::-1], g)
            assert difference.rem(minimal).is_zero
    assert seen


@given(st.data(), st.sampled_from(["uniform", "exponential"]))
@settings(max_examples=20)
def test_power_is_lipschitz_in_gamma(worlds, data, reward):
    """Turner et al. 2021, lemma 5.3: no pole in [0, 1], and pieces that meet."""
    for power in symbolic_power(data.draw(worlds.mdps(max_states=3)), reward):
        for piece in power.function.pieces:
            poles = roots_in_unit_interval(piece.value.denominator)
            assert not any(piece.low <= pole <= piece.high for pole in poles)
        assert power.function.pieces[0].value.denominator(0) != 0
        assert power.function.pieces[-1].value.denominator(1) != 0
        for left, right in itertools.pairwise(power.function.pieces):
            difference = left.value - right.value
            assert divmod(difference.numerator, left.high.polynomial)[1] == 0


def test_wait_world():
    start, candy, wait, *_ = [p.expr for p in symbolic_power(load("wait"))]
    assert sympy.expand(start) == sympy.Rational(2, 3) + g**2 / 12
    assert (candy, wait) == (sympy.Rational(1, 2), sympy.Rational(2, 3))


def test_figure_1():
    """1912.01683, figure 1."""
    names = ["0", "L", "ld", "lu", "R", "ru", "rd"]
    power = {p.state: p.expr for p in symbolic_power(load("figure-1"), states=names)}
    down, up = (4 + 3 * g) / (6 * (1 + g)), (3 + 4 * g) / (6 * (1 + g))
    third = sympy.Rational(2, 3)
    expected = {"0": sympy.Rational(1, 2), "L": down, "ld": down, "lu": up}
    expected |= dict.fromkeys(["R", "ru", "rd"], third)
    for name, expression in expected.items():
        assert sympy.simplify(power[name] - expression) == 0


def test_symmetry_of_the_world_is_only_a_shortcut():
    mdp = grid(2, 3, stay=False)
    alone = [symbolic_power(mdp, states=[s])[0] for s in mdp.states]
    assert list(symbolic_power(mdp)) == alone


def test_corridor():
    end, centre, _ = symbolic_power(grid(1, 3))
    assert centre.expr == sympy.Rational(3, 4)
    assert sympy.expand(end.expr - (sympy.Rational(2, 3) + (g + g**2) / 24)) == 0
    assert sympy.expand(end.derivative() - (1 + 2 * g) / 24) == 0
    assert (end.limit_at_zero, end.limit_at_one) == (Fraction(2, 3), Fraction(3, 4))


def test_limits_at_one():
    """Two outcomes left, three right: 2/3, 3/4 and 5/6."""
    names = ["left", "right", "start"]
    limits = [p.limit_at_one for p in symbolic_power(load("two-or-three"), states=names)]
    assert limits == [Fraction(2, 3), Fraction(3, 4), Fraction(5, 6)]


def test_limit_at_zero_is_the_best_next_reward():
    """k/(k+1) with k the number of next states, in a deterministic world."""
    mdp = random_deterministic(2, n_states=5)
    for power in symbolic_power(mdp):
        k = len(mdp.successors(mdp.index(power.state)))
        assert power.limit_at_zero == Fraction(k, k + 1)


def test_sympy_expression_has_the_same_values():
    for power in symbolic_power(random_stochastic(0, n_states=3)):
        assert len(power.breakpoints) == len(power.function.pieces) - 1
        for gamma in ("1/9", "1/2", "17/20"):
            value = power.expr.subs(g, sympy.Rational(gamma))
            assert Fraction(str(value)) == power.at(gamma)


@pytest.fixture(scope="module")
def irrational():
    """A function with three rational breakpoints and one that is not."""
    (power,) = symbolic_power(random_stochastic(6, n_states=4), states=["s0"])
    assert [b.is_rational for b in power.function.breakpoints] == [True, True, True, False]
    return power


def test_json_round_trip(irrational):
    for power in (*symbolic_power(random_stochastic(0, n_states=3), "simplex"), irrational):
        again = SymbolicPower.from_json(json.loads(json.dumps(power.to_json())))
        assert again == power
        assert again.at("3/7") == power.at("3/7")
    with pytest.raises(InvalidInput, match="format"):
        SymbolicPower.from_json({"format": "other"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(state=3), "state: got 3"),
        (lambda d: d.pop("pieces"), "pieces: got None"),
        (lambda d: d["pieces"].clear(), r"pieces: got \[\]"),
        (lambda d: d["pieces"].pop(0), r"pieces\[0\].*begins where the last ends"),
        (lambda d: d["pieces"].pop(), "a last piece up to 1"),
        (lambda d: d["pieces"][0].update(denominator=["0"]), r"pieces\[0\]"),
        (lambda d: d["pieces"][0].update(numerator=["x"]), r"pieces\[0\]"),
        (lambda d: d["pieces"][0]["to"].update(index=7), r"pieces\[0\]"),
        (lambda d: d["pieces"][0]["to"].update(between=["0", "1/1000"]), r"pieces\[0\]"),
        (lambda d: d["pieces"][0]["to"].update(between=["0", "1e300000000"]), r"pieces\[0\]"),
        (lambda d: d["pieces"][0]["to"].update(between=["0", "1_0"]), r"pieces\[0\]"),
        (lambda d: d["pieces"][0].update({"from": "1e-300000000"}), r"pieces\[0\]"),
    ],
)
def test_documents_that_are_no_formula_are_refused(irrational, change, message):
    document = irrational.to_json()
    document["pieces"] = document["pieces"][3:]
    document["pieces"][0]["from"] = "0"
    SymbolicPower.from_json(document)
    change(document)
    with pytest.raises(InvalidInput, match=message):
        SymbolicPower.from_json(document)


def test_orders_that_change():
    """In figure 1, lu overtakes the dead end 0 never; in this world two states swap."""
    found = []
    for seed in range(6):
        mdp = random_deterministic(seed, n_states=4)
        all_powers = symbolic_power(mdp)
        for a in all_powers:
            for b in all_powers:
                for crossing in crossings(a, b):
                    found.append(crossing)
                    step = Fraction(1, 10**6)
                    at = Fraction(float(crossing.gamma)).limit_denominator(10**9)
                    before, after = [a.at(x) - b.at(x) for x in (at - step, at + step)]
                    assert [_sign(before), _sign(after)] == [crossing.before, crossing.after]
    assert found


def _sign(x):
    return (x > 0) - (x < 0)


def test_touching_is_no_crossing():
    square = RationalFunction.quotient([1, -4, 4], [1])  # (1 - 2 gamma)^2
    zero = RationalFunction.quotient([0], [1])
    line = RationalFunction.quotient([1, -2], [1])
    f, z, h = [PiecewiseRational.joined([Piece(ZERO, ONE, x)]) for x in (square, zero, line)]
    assert order_changes(f, z) == ()
    (crossing,) = order_changes(h, z)
    assert (crossing.gamma, crossing.before, crossing.after) == (
        AlgebraicNumber.rational(Fraction(1, 2)),
        1,
        -1,
    )


def test_refusals():
    with pytest.raises(InvalidInput, match="gaussian"):
        symbolic_power(star(2), "gaussian")
    with pytest.raises(TooLarge, match=r"symbolic method: predicted to take .* for one state"):
        symbolic_power(grid(3, 4), states=["r0c0"])
    with pytest.raises(InvalidInput, match="gamma"):
        symbolic_power(star(2))[0].at(1)


# Numbers


@given(functions, functions, st.fractions(0, 1))
def test_rational_functions_form_a_field(a, b, x):
    point = x.limit_denominator(1000) + Fraction(2)  # small coefficients: few poles here
    from powerseek.theory.exact.rational import to_flint

    at = to_flint(point)
    if a.denominator(at) == 0 or b.denominator(at) == 0:
        return
    assert (a + b)(at) == a(at) + b(at)
    assert (a - b)(at) == a(at) - b(at)
    assert (a * b)(at) == a(at) * b(at)
    assert a + b == b + a
    assert hash(a * b) == hash(b * a)
    assert a * (a + b) == a * a + a * b
    if b:
        assert a / b * b == a
    if a:
        assert 1 / (1 / a) == a


@given(polynomials)
@settings(max_examples=60)
def test_roots_as_sympy_finds_them(polynomial):
    x = sympy.Symbol("x")
    coefficients = [int(c) for c in polynomial.coeffs()][::-1]
    expected = set()
    if len(coefficients) > 1:
        expected = {r for r in sympy.real_roots(sympy.Poly(coefficients, x)) if 0 < r < 1}
    roots = roots_in_unit_interval(polynomial)
    assert roots == sorted(roots)
    assert [float(r) for r in roots] == pytest.approx(sorted(map(float, expected)), abs=1e-12)
    for root in roots:
        assert float(root.to_sympy()) == pytest.approx(float(root), abs=1e-12)


@given(polynomials, polynomials)
@settings(max_examples=40)
def test_rationals_between_roots(p, q):
    ends = [ZERO, *roots_of_all([p, q]), ONE]
    for low, high in itertools.pairwise(ends):
        x = rational_between(low, high)
        assert low.compare(x) < 0 < high.compare(x)
