"""`powerseek power`: what it prints, and one clear line for every bad input."""

import inspect
import json
import os
import subprocess
import sys

import pytest

from powerseek.cli import main
from powerseek.cli.power import DEFAULTS
from powerseek.theory.gallery import gallery, load
from powerseek.theory.mdp import MDP
from powerseek.theory.mdp_json import write_mdp
from powerseek.theory.power import power

GAMMA = "\N{GREEK SMALL LETTER GAMMA}"
THIRDS = {"a": {"go": {"a": 0.3333333333, "b": 0.6666666666}}, "b": {"stay": {"b": 1}}}


def command(*arguments):
    return [sys.executable, "-m", "powerseek", "power", *arguments]


@pytest.fixture
def wait(tmp_path):
    path = tmp_path / "wait.json"
    write_mdp(load("wait"), path)
    return str(path)


def run(capsys, *arguments):
    """Exit status, standard output and standard error of a call in this process."""
    try:
        status = main(["power", *arguments])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_json_is_the_table_and_nothing_else(capsys, wait):
    status, out, err = run(capsys, wait, "--gamma", "9/10", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == power(load("wait"), "9/10").to_json()


def test_human_output_ranks_states_and_says_how(capsys, wait):
    status, out, err = run(capsys, wait, "--gamma", "9/10")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"POWER in wait.json, uniform rewards, {GAMMA} = 9/10"
    assert [line.split()[0] for line in lines[2:7]] == [
        "start",
        "wait",
        "candy",
        "chocolate",
        "hug",
    ]
    assert "0.734167" in lines[2]
    assert "881/1200" in lines[2]
    assert lines[2].count("█") > lines[3].count("█") > lines[4].count("█")
    assert lines[7].startswith("exact in ")


def test_formulas_need_no_gamma(capsys):
    status, out, _ = run(capsys, "gallery:wait", "--method", "symbolic")
    assert status == 0
    assert f"POWER in wait, uniform rewards, as a function of {GAMMA}" in out
    status, out, _ = run(capsys, "gallery:wait", "--method", "symbolic", "--json")
    assert json.loads(out) == power(load("wait"), method="symbolic").to_json()
    status, out, _ = run(capsys, "gallery:wait", "--method", "symbolic", "--json", "--gamma=.5")
    assert json.loads(out)["states"]["start"]["exact"] == "11/16"


def test_formulas_with_breakpoints_are_listed_piece_by_piece(capsys):
    _, out, _ = run(capsys, "gallery:shutdown", "--method", "symbolic")
    breaks = power(load("shutdown"), method="symbolic")["room"].breakpoints
    assert breaks
    assert all(str(x) in out for x in breaks)
    assert len(out.splitlines()) > 2 + len(load("shutdown").states) + len(breaks)


def test_equal_formulas_are_written_once(capsys):
    status, out, _ = run(capsys, "gallery:shutdown", "--method", "symbolic")
    assert status == 0
    assert "gamma up to" in out
    _, out, _ = run(capsys, "gallery:grid-2x2-slippery", "--method", "symbolic")
    assert "gamma up to" not in out
    assert [line.split()[-2:] for line in out.splitlines() if line.startswith("r")][1:] == [
        ["as", "r0c0"]
    ] * 3


def test_long_exact_computations_are_announced(capsys, monkeypatch):
    from powerseek.theory.exact import cost

    monkeypatch.setattr(cost, "WORTH_SAYING", 0.0)
    _, out, err = run(capsys, "gallery:wait", "--gamma", "0.9", "--json")
    assert json.loads(out)["method"] == "exact"
    assert err.startswith("powerseek: exact method: predicted to take about a second for 2 states")
    assert err.count("\n") == 1
    _, _, err = run(capsys, "gallery:wait", "--gamma", "0.9", "--json", "--force")
    assert err == ""


def test_monte_carlo_prints_standard_errors_and_the_note(capsys):
    status, out, err = run(capsys, "gallery:grid-5x5", "--gamma", "0.9", "--samples", "200")
    assert (status, err) == (0, "")
    assert "± s.e." in out
    assert "note: estimated by Monte Carlo: " in out
    assert "Monte Carlo, 200 reward functions, in " in out


@pytest.mark.slow
def test_monte_carlo_options_reach_the_sampler(capsys):
    arguments = ["gallery:wait", "--gamma", "0.9", "--method", "montecarlo", "--json"]
    arguments += ["--samples", "128", "--seed", "4", "--sampling", "sobol"]
    _, out, _ = run(capsys, *arguments, "--reward", "exponential")
    expected = power(
        load("wait"), 0.9, "exponential", "montecarlo", samples=128, seed=4, sampling="sobol"
    )
    assert json.loads(out) == expected.to_json()
    _, out, _ = run(capsys, *arguments[:5], "--json", "--target-stderr", "0.01")
    entries = json.loads(out)["states"].values()
    assert max(entry["stderr"] for entry in entries) <= 0.01


def test_floats_are_rationalised_on_request(capsys, tmp_path):
    path = tmp_path / "thirds.json"
    write_mdp(MDP.from_transitions(THIRDS), path)
    _, out, _ = run(capsys, str(path), "--gamma", "0.5", "--json", "--samples", "100")
    assert "--rationalize" in json.loads(out)["note"]
    _, out, _ = run(capsys, str(path), "--gamma", "0.5", "--json", "--rationalize")
    assert json.loads(out)["method"] == "exact"


def test_gymnasium_worlds(capsys):
    pytest.importorskip("gymnasium")
    world = "gym:FrozenLake-v1?is_slippery=false&map_name=4x4"
    status, out, _ = run(capsys, world, "--gamma", "0.9", "--json", "--samples", "50")
    assert status == 0
    states = json.loads(out)["states"]
    assert len(states) == 16
    assert states["r0c0"]["value"] > states["r1c1"]["value"]


def test_the_gallery_is_listed(capsys):
    status, out, _ = run(capsys, "--list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        f"gallery:{name}" for name in gallery()
    ]
    _, out, _ = run(capsys, "--list", "--json")
    assert [world["name"] for world in json.loads(out)] == list(gallery())


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots_are_written(capsys, tmp_path, ending):
    path = tmp_path / f"figure.{ending}"
    status, out, _ = run(capsys, "gallery:wait", "--gamma", "0.9", "--plot", str(path))
    assert status == 0
    assert f"wrote {path}" in out
    assert path.stat().st_size > 1000


DRAWING = {
    "samples": "10",
    "seed": "1",
    "target-stderr": "0.1",
    "sampling": "sobol",
}
WITHOUT_EFFECT = {
    **{
        f"{method} {name}": (
            [f"--method={method}", f"--{name}={value}"],
            f"--{name}: got '{value}'",
        )
        for method in ("exact", "symbolic")
        for name, value in DRAWING.items()
    },
    "montecarlo force": (["--method=montecarlo", "--force"], "--force: expected another --method"),
    "samples target": (["--samples=9", "--target-stderr=1"], "--samples: got '9', expected no"),
}


@pytest.mark.parametrize(("options", "message"), WITHOUT_EFFECT.values(), ids=list(WITHOUT_EFFECT))
def test_options_that_would_do_nothing_are_refused(capsys, options, message):
    status, out, err = run(capsys, "gallery:wait", "--gamma=.5", *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


@pytest.mark.parametrize("name", DRAWING)
def test_auto_may_have_use_for_options_of_monte_carlo(capsys, name):
    status, _, err = run(capsys, "gallery:wait", "--gamma=.5", f"--{name}={DRAWING[name]}")
    assert (status, err) == (0, "")


@pytest.mark.slow
def test_sobol_takes_the_length_of_its_sequences_beside_a_target(capsys):
    options = ["--method=montecarlo", "--sampling=sobol", "--samples=64", "--target-stderr=.1"]
    status, _, err = run(capsys, "gallery:wait", "--gamma=.5", *options)
    assert (status, err) == (0, "")


LISTED_WITH = (
    "gallery:wait",
    "--gamma=.5",
    "--reward=uniform",
    "--method=auto",
    "--samples=10",
    "--seed=0",
    "--target-stderr=.1",
    "--sampling=iid",
    "--rationalize",
    "--force",
    "--plot=a.png",
)


@pytest.mark.parametrize("other", LISTED_WITH)
def test_the_list_of_worlds_goes_with_json_only(capsys, other):
    status, out, err = run(capsys, "--list", other)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "expected nothing but --json beside --list" in err


def test_defaults_are_those_of_the_library():
    parameters = inspect.signature(power).parameters
    assert {name: str(parameters[name].default) for name in DEFAULTS} == DEFAULTS


BAD = {
    "no world": ([], "FILE: missing, expected an MDP file, gallery:NAME or gym:ENV_ID"),
    "no file": (["none.json", "--gamma=.5"], "none.json: No such file or directory, expect"),
    "folder": ([".", "--gamma=.5"], ".: Is a directory, expected an MDP file"),
    "null": (["a\0b", "--gamma=.5"], "embedded null byte, expected an MDP file"),
    "name": (["wait", "--gamma=.5"], "FILE: no file 'wait', expected an MDP file; did you mean 'g"),
    "near name": (["wiat", "--gamma=.5"], "; did you mean 'gallery:wait'?"),
    "near prefix": (["gallry:wait", "--gamma=.5"], "; did you mean 'gallery:wait'?"),
    "near gallery": (["gallery:wiat", "--gamma=.5"], "; did you mean 'wait'?"),
    "near reward": (["gallery:wait", "--gamma=.5", "--reward=unifrom"], "mean 'uniform'?"),
    "near method": (["gallery:wait", "--gamma=.5", "--method=exat"], "; did you mean 'exact'?"),
    "near option": (
        ["gallery:wait", "--gama=.5"],
        "; did you mean '--gamma'? (see",
    ),
    "gallery": (["gallery:tea", "--gamma=.5"], "gallery: got 'tea', expected one of: grid-1x3"),
    "gym id": (["gym:Nope-v0", "--gamma=.5"], "env: gymnasium cannot make 'Nope-v0'"),
    "gym empty": (["gym:", "--gamma=.5"], "env: gymnasium cannot make ''"),
    "gym option": (["gym:FrozenLake-v1?foo=1", "--gamma=.5"], "argument: got 'foo', expected"),
    "gym switch": (
        ["gym:FrozenLake-v1?is_slippery=maybe", "--gamma=.5"],
        "is_slippery: got 'maybe', expected true or false",
    ),
    "gym twice": (
        ["gym:FrozenLake-v1?is_slippery=true&is_slippery=false", "--gamma=.5"],
        "expected each argument once",
    ),
    "gym query": (["gym:FrozenLake-v1?foo", "--gamma=.5"], "gym:: got 'FrozenLake-v1?foo'"),
    "gym table": (["gym:CartPole-v1", "--gamma=.5"], "publishes no transition table P"),
    "no gamma": (["gallery:wait"], "--gamma: missing, expected a discount rate such as 9/10"),
    "gamma 0": (["gallery:wait", "--gamma=0"], "gamma: got '0', expected a number strictly"),
    "gamma 1": (["gallery:wait", "--gamma", "1.0"], "gamma: got '1.0', expected a number"),
    "gamma < 0": (["gallery:wait", "--gamma=-1/2"], "gamma: got '-1/2', expected a number"),
    "gamma word": (["gallery:wait", "--gamma", "big"], "--gamma: got 'big', expected a finite"),
    "gamma nan": (["gallery:wait", "--gamma", "nan"], "--gamma: got 'nan', expected a finite"),
    "gamma 1/0": (["gallery:wait", "--gamma", "1/0"], "--gamma: got '1/0', expected a finite"),
    "gamma size": (["gallery:wait", "--gamma=1e-999999999"], "--gamma: got '1e-999999999', "),
    "reward": (["gallery:wait", "--gamma=.5", "--reward=x"], "reward: got 'x', expected one"),
    "method": (["gallery:wait", "--gamma=.5", "--method=x"], "method: got 'x', expected one"),
    "samples 1": (["gallery:wait", "--gamma=.5", "--samples=1"], "--samples: got '1', expec"),
    "samples": (["gallery:wait", "--gamma=.5", "--samples=many"], "--samples: got 'many', "),
    "huge samples": (["gallery:wait", "--gamma=.5", "--samples=1e99"], "--samples: got '1e"),
    "seed": (["gallery:wait", "--gamma=.5", "--seed=-1"], "--seed: got '-1', expected a who"),
    "target": (["gallery:wait", "--gamma=.5", "--target-stderr=0"], "--target-stderr: got '0'"),
    "target nan": (["gallery:wait", "--gamma=.5", "--target-stderr=nan"], "--target-stderr: g"),
    "sampling": (
        ["gallery:wait", "--gamma=.5", "--method=montecarlo", "--sampling=dice"],
        "sampling: got 'dice', expected",
    ),
    "unused sampling": (["gallery:wait", "--gamma=.5", "--sampling=dice"], "sampling: got 'dice'"),
    "plot ending": (["gallery:wait", "--gamma=.5", "--plot=a.txt"], "plot: got 'a.txt', expec"),
    "plot folder": (["gallery:wait", "--gamma=.5", "--plot=no/a.png"], "plot: got 'no/a.png'"),
    "plot directory": (["gallery:wait", "--gamma=.5", "--plot=dir.png"], "plot: dir.png: Is a"),
    "unknown option": (["gallery:wait", "--gama=.5"], "unrecognized arguments: --gama=.5"),
    "too large": (
        ["gallery:grid-5x5", "--gamma=.5", "--method=exact"],
        "the exact method would have to look at more than 100,000 policies",
    ),
    "symbolic gaussian": (
        ["gallery:wait", "--method=symbolic", "--reward=gaussian"],
        "reward: got 'gaussian', expected",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=list(BAD))
def test_bad_input_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dir.png").mkdir()
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("powerseek")
    assert err.count("\n") == 1
    assert message in err


def test_bad_files_are_named_with_their_field(capsys, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text('{"format": "powerseek-mdp/1", "states": ["a"], "actions": {"a": {}}}')
    status, _, err = run(capsys, str(path), "--gamma", "0.5")
    assert status == 2
    expected = "at least one action (an absorbing state has a self-loop)"
    assert err == f"powerseek: {path}: actions['a']: got {{}}, expected {expected}\n"


def test_the_command_itself(tmp_path, wait):
    done = subprocess.run(
        command(wait, "--gamma", "0.9", "--json"), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["states"]["start"]["exact"] == "881/1200"
    assert done.stderr == ""
    failed = subprocess.run(
        command(str(tmp_path / "none.json"), "--gamma", "0.9"), capture_output=True, text=True
    )
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert failed.stderr.startswith("powerseek: ")
    assert failed.stderr.count("\n") == 1


def test_terminals_without_unicode(tmp_path):
    path = tmp_path / "tea.json"
    write_mdp(MDP.from_successors({"thé\n[red]": ["thé\n[red]"]}), path)
    done = subprocess.run(
        command(str(path), "--gamma", "0.9"),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    out = done.stdout.decode("ascii")
    assert "gamma = 9/10" in out
    assert r"th\xe9\n[red]" in out
    assert "####" in out
