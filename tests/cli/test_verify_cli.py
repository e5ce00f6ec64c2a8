"""`powerseek verify` and the pytest plugin as a user meets them."""

import dataclasses
import json
import subprocess
import sys

import pytest

import powerseek.proofs.properties as properties
from powerseek.cli import main
from powerseek.proofs.properties import MDPProperty
from powerseek.theory.gallery import load
from powerseek.theory.mdp_json import mdp_from_json, write_mdp

FALSE = MDPProperty(
    "small",
    "no world has two states",
    "false",
    lambda mdp, gamma: "too many" if mdp.n_states > 1 else None,
    lambda mdp, gamma: None,
)


@pytest.fixture
def wait(tmp_path):
    path = tmp_path / "wait.json"
    write_mdp(load("wait"), path)
    return str(path)


def test_a_world_that_is_fine(wait, capsys):
    assert main(["verify", wait, "--property", "power_bounds", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"]
    assert [p["verdict"] for p in document["properties"]] == ["holds"]


def test_a_violation_is_shown_with_its_smallest_counterexample(wait, capsys, monkeypatch):
    monkeypatch.setitem(properties.PROPERTIES, "small", FALSE)
    assert main(["verify", wait, "--property", "small"]) == 1
    printed = capsys.readouterr().out
    assert "violated (too many)" in printed
    assert main(["verify", wait, "--property", "small", "--json"]) == 1
    (entry,) = json.loads(capsys.readouterr().out)["properties"]
    assert mdp_from_json(entry["counterexample"]["mdp"]).n_states == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere.json"], "nowhere.json"),
        (["gallery:wait", "--gamma", "2"], "gamma"),
        (["gallery:wait", "--property", "nonsense"], "power_bounds"),
        (["gallery:wait", "--property", "power_bonds"], "; did you mean 'power_bounds'?"),
        (["world:hbu"], "; did you mean 'hub'?"),
        (["gallery:wait", "--examples", "3"], "--examples: got '3', expected world:NAME"),
        (["--list", "--examples", "3"], "--examples: got '3', expected no --list"),
        (["--list", "--gamma", "1/2"], "--gamma: got '1/2', expected no --list"),
        (["world:hub", "--gamma", "1/2"], "--gamma: got '1/2'"),
        ([], "FILE"),
    ],
)
def test_bad_input_is_one_line(arguments, word, capsys):
    assert main(["verify", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error


def test_list(capsys):
    assert main(["verify", "--list"]) == 0
    printed = capsys.readouterr().out
    assert "power_monotone" in printed
    assert "1/2 ≤ POWER(s) ≤ n/(n+1)" in printed


def test_a_violated_statement_can_be_read(wait, capsys, monkeypatch):
    false = dataclasses.replace(FALSE, statement=r"$n \le 1$")
    monkeypatch.setitem(properties.PROPERTIES, "small", false)
    assert main(["verify", wait, "--property", "small"]) == 1
    assert "the property: n ≤ 1\n" in capsys.readouterr().out


def test_a_property_named_twice_is_checked_once(wait, capsys):
    assert main(["verify", wait, *["--property", "bellman"] * 2]) == 0
    assert "1 holds, 0 violated" in capsys.readouterr().out


def test_progress_is_told_on_standard_error(wait, capsys):
    assert main(["verify", wait, "--property", "bellman", "--property", "optimum"]) == 0
    captured = capsys.readouterr()
    assert "checking" in captured.err
    assert "2 of 2 properties" in captured.err
    assert "checking" not in captured.out


def pytest_run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "powerseek.pytest_plugin", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_pytest_plugin_adds_a_test_for_each_property(wait, tmp_path):
    done = pytest_run(tmp_path, "--powerseek-mdp", wait, "-k", "visits")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 14 deselected" in done.stdout


@pytest.mark.slow
def test_the_pytest_plugin_refuses_a_bad_file(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    done = pytest_run(tmp_path, "--powerseek-mdp", "bad.json")
    assert done.returncode == 4
    assert "bad.json" in done.stderr
