"""`powerseek train` and `powerseek worlds` as a user meets them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

import powerseek.laboratory.graphs
import powerseek.laboratory.run
from powerseek.cli import main
from powerseek.cli.train import AGENTS, CURVES, DOCUMENT, FILES, RESULTS
from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp_json import read_mdp
from powerseek.toymodels.saved import load_agents
from powerseek.toymodels.worlds import WORLDS

SMALL = ["--updates", "16", "--seeds", "3"]


@pytest.fixture(autouse=True)
def somewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def train(capsys, *arguments):
    status = main(["train", *arguments])
    return status, capsys.readouterr()


@pytest.mark.slow
def test_trains_judges_draws_and_keeps_the_agents(tmp_path, capsys):
    status, printed = train(capsys, "hub", *SMALL, "--need", "0,0.9", "--out", "here")
    assert status == 0
    assert "need=0.9" in printed.out
    assert "drive" in printed.out
    for name in (DOCUMENT, RESULTS, CURVES, AGENTS):
        assert (tmp_path / "here" / name).stat().st_size > 0
    document = json.loads((tmp_path / "here" / DOCUMENT).read_text())
    none, most = document["settings"]
    assert none["told"]["mean"] < 0.25 < most["told"]["mean"]
    assert document["knobs"]["need"] == [0.0, 0.9]
    # The agents, loaded, do what the run says they did.
    agents = load_agents(tmp_path / "here" / AGENTS)
    told = [float(agents.measure(1, i).told) for i in range(3)]
    assert np.mean(told) == pytest.approx(most["told"]["mean"], abs=1e-12)

    status, printed = train(capsys, "hub", *SMALL, "--out", "here")
    assert status == 2
    assert "--overwrite" in printed.err


def test_same_seed_same_document(tmp_path, capsys):
    runs = []
    for out in ("one", "two"):
        status, printed = train(capsys, "hub", *SMALL, "--out", out, "--json")
        assert status == 0
        assert json.loads(printed.out)["out"] == out
        runs.append((tmp_path / out / DOCUMENT).read_bytes())
    assert runs[0] == runs[1]


@pytest.mark.slow
def test_every_learner_can_be_asked_for(capsys):
    status, printed = train(
        capsys, "hub", *SMALL, "--policy", "mlp", "--algorithm", "actor-critic",
        "--supervision", "blanket", "--oversight", "1", "--json",
    )  # fmt: skip
    assert status == 0
    document = json.loads(printed.out)
    assert (document["policy"], document["algorithm"]) == ("mlp", "actor-critic")
    assert document["optimiser"] == "adam"


@pytest.mark.slow
def test_interrupt_keeps_the_seeds_that_are_done(tmp_path, capsys, monkeypatch):
    fit = powerseek.laboratory.run.fit

    def interrupted(recipe, knobs, seeds, **options):
        if seeds.start > 0:
            raise KeyboardInterrupt
        return fit(recipe, knobs, seeds, **options)

    monkeypatch.setattr(powerseek.laboratory.run, "fit", interrupted)
    monkeypatch.setattr(powerseek.laboratory.run, "TOGETHER", 4)
    status, printed = train(capsys, "hub", "--updates", "16", "--seeds", "6", "--out", "cut")
    assert status == 130
    assert "saved" in printed.err
    assert json.loads((tmp_path / "cut" / DOCUMENT).read_text())["seeds"] == 2


def test_what_an_interrupted_run_saved_is_not_replaced_unasked(tmp_path, capsys, monkeypatch):
    fit = powerseek.laboratory.run.fit

    def interrupted(recipe, knobs, seeds, **options):
        if seeds.start > 0:
            raise KeyboardInterrupt
        return fit(recipe, knobs, seeds, **options)

    monkeypatch.setattr(powerseek.laboratory.run, "fit", interrupted)
    monkeypatch.setattr(powerseek.laboratory.run, "TOGETHER", 4)
    command = ["hub", "--updates", "1", "--seeds", "6", "--out", "cut"]
    assert train(capsys, *command)[0] == 130
    saved = {path.name: path.read_bytes() for path in (tmp_path / "cut").iterdir()}
    assert set(saved) == set(FILES)
    status, printed = train(capsys, *command)
    assert (status, printed.err.count("\n")) == (2, 1)
    assert "--out: got 'cut'" in printed.err
    assert "--overwrite" in printed.err
    assert saved == {path.name: path.read_bytes() for path in (tmp_path / "cut").iterdir()}


def test_interrupted_before_anything_was_saved_nothing_stands_in_the_way(capsys, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    command = ["hub", "--updates", "1", "--seeds", "2", "--out", "cut"]
    with monkeypatch.context() as patch:
        patch.setattr(powerseek.laboratory.run, "fit", interrupted)
        assert train(capsys, *command)[0] == 130
    assert train(capsys, *command)[0] == 0


@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_two_runs_at_a_time_do_not_share_a_folder(more, tmp_path, capsys, monkeypatch):
    fit, seen = powerseek.laboratory.run.fit, []

    def meanwhile(*args, **options):
        monkeypatch.setattr(powerseek.laboratory.run, "fit", fit)
        seen.append(train(capsys, *command, *more))
        return fit(*args, **options)

    monkeypatch.setattr(powerseek.laboratory.run, "fit", meanwhile)
    command = ["hub", "--updates", "1", "--seeds", "2", "--out", "one"]
    assert train(capsys, *command)[0] == 0
    ((status, printed),) = seen
    assert status == 2
    (refusal,) = (line for line in printed.err.splitlines() if line.startswith("powerseek:"))
    assert "--out: got 'one', expected a folder that no other run writes to" in refusal
    assert {path.name for path in (tmp_path / "one").iterdir()} == set(FILES)


def test_agents_that_diverged_are_named(tmp_path, capsys, monkeypatch):
    """One agent, and the twin of another, end with a weight that is not a number."""
    fit = powerseek.laboratory.run.fit

    def diverging(*args, **options):
        weights, measured = fit(*args, **options)
        weights.shared[1, 2] = np.inf
        measured.told[2, 0, -1] = np.nan
        return weights, measured

    monkeypatch.setattr(powerseek.laboratory.run, "fit", diverging)
    status, printed = train(capsys, "hub", *SMALL, "--need", "0,0.9", "--out", "here")
    assert status == 0
    (line,) = [x for x in printed.err.splitlines() if "diverged" in x]
    assert (
        "training diverged for 2 of 6 agents (or their twins), first for agent 0 of need=0:" in line
    )
    assert "--learning-rate" in line
    document = json.loads((tmp_path / "here" / DOCUMENT).read_text())
    assert [setting["diverged"] for setting in document["settings"]] == [[0], [2]]


def test_runs_that_do_not_diverge_say_nothing_of_it(capsys):
    status, printed = train(capsys, "hub", *SMALL, "--json")
    assert status == 0
    assert "diverged" not in printed.err
    assert json.loads(printed.out)["settings"][0]["diverged"] == []


@pytest.mark.slow
def test_graphs_in_which_training_diverged_are_named(capsys, monkeypatch):
    """What one agent does at the end is not a number; none is made up for it."""
    train_in_graphs = powerseek.laboratory.graphs.train_in_graphs

    def diverging(*args, **options):
        run = train_in_graphs(*args, **options)
        run.behaviour.null[0, 1, -1] = np.nan
        return run

    monkeypatch.setattr(powerseek.laboratory.graphs, "train_in_graphs", diverging)
    status, printed = train(capsys, "graph", "--updates", "16", "--seeds", "3", "--json")
    assert status == 0
    document = json.loads(printed.out)
    assert document["diverged"] == [1]
    assert "training diverged for 1 of 3 agents" in printed.err
    assert "first for graph 1:" in printed.err
    assert document["climbed_in"]["null"]["mean"] is None


@pytest.mark.slow
def test_the_graph_world_has_a_measure_of_its_own(tmp_path, capsys):
    few = ["--policy", "tabular", "--updates", "8", "--seeds", "3"]
    status, printed = train(capsys, "graph", *few, "--goals", "2", "--out", "graphs")
    assert status == 0
    assert "capability" in printed.out
    document = json.loads((tmp_path / "graphs" / DOCUMENT).read_text())
    assert document["graphs"] == 3
    assert document["knobs"]["goals"] == 2
    # A table shares nothing with a task that is not its own: it cannot climb there.
    assert document["gain"]["null"]["untrained"]["mean"] == pytest.approx(0, abs=1e-12)
    assert document["capability"]["training"]["mean"] > 0
    assert (tmp_path / "graphs" / CURVES).read_text().count("<svg") == 1
    status, printed = train(capsys, "graph", *few, "--goals", "2,3")
    assert (status, printed.err.count("\n")) == (2, 1)
    assert "--goals: got '2,3', expected a whole number >= 1\n" in printed.err


@pytest.mark.slow
def test_the_usual_learner_of_deep_reinforcement_learning_in_graphs(capsys):
    status, printed = train(
        capsys, "graph", "--policy", "actor", "--algorithm", "reward-to-go", "--learning-rate",
        "0.02", "--updates", "64", "--seeds", "4", "--out", "one",
    )  # fmt: skip
    assert status == 0
    assert "no gain over it is expected" in " ".join(printed.out.split())
    with open("one/" + DOCUMENT) as file:
        document = json.load(file)
    assert (document["policy"], document["algorithm"]) == ("actor", "reward-to-go")
    assert document["optimiser"] == "adam"
    assert document["capability"]["training"]["mean"] > 0.4


@pytest.mark.parametrize("width", ["80", "120"])
def test_settings_can_be_told_apart_on_any_terminal(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    options = ["--supervision", "blanket", "--oversight", "0,1"]
    status, printed = train(capsys, "hub", "--updates", "2", "--seeds", "2", *options)
    assert status == 0
    assert "oversight=0" in printed.out
    assert "oversight=1" in printed.out
    assert "…" not in printed.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere"], "WORLD: got 'nowhere'"),
        (["hub", "--policy", "x"], "--policy: got 'x'"),
        (["hub", "--policy", "actor"], "--policy: got 'actor'"),
        (["hub", "--algorithm", "reward-to-go"], "--algorithm: got 'reward-to-go'"),
        (["hub", "--supervision", "blanket"], "such as --oversight 1"),
        (["hub", "--supervision", "blanket", "--oversight", "0,0"], "such as --oversight 1"),
        (["hub", "--supervision", "probe", "--oversight", "1"], "--supervision: got 'probe'"),
        (["hub", "--oversight", "1"], "--oversight: got '1', expected 0"),
        (["hub", "--swapped", "1"], "--swapped: got '1'"),
        (["hub", "--overseer", "1"], "--overseer: got '1'"),
        (["graph", "--relabelled", "1"], "--relabelled: got '1'"),
        (["graph", "--supervision", "blanket"], "--supervision: got 'blanket'"),
        (["graph", "--goals", "9"], "--goals: got '9', expected at most 8"),
        (["graph", "--goals", "1.5"], "--goals: got '1.5', expected a whole number"),
        (["hub", "--algorithm", "x"], "--algorithm: got 'x'"),
        (["hub", "--supervision", "x"], "--supervision: got 'x'"),
        (["hub", "--optimiser", "x"], "--optimiser: got 'x'"),
        (["hub", "--learning-rate", "0"], "--learning-rate: got '0'"),
        (["hub", "--learning-rate", "1e308"], "--learning-rate: got '1e308'"),
        (["hub", "--learning-rate", "nan"], "--learning-rate: got 'nan'"),
        (["hub", "--price", "1e308"], "--price: got '1e308', expected"),
        (["hub", "--updates", "0"], "--updates: got '0'"),
        (["hub", "--seeds", "1"], "--seeds: got '1'"),
        (["hub", "--need", "2"], "--need: got '2', expected a number in [0, 1]"),
        (["hub", "--need", "some"], "--need: got 'some'"),
        (["hub", "--need", "0,0.50,1.50"], "--need: got '1.50', expected a number in [0, 1], or"),
        (["hub", "--need", "nan"], "--need: got 'nan'"),
        (["hub", "--oversight", "0,1.0"], "--oversight: got '0,1.0', expected 0"),
        (["hub", "--overwrite"], "--overwrite: expected --out to go with it"),
        (["hub", "--need"], "--need: got ''"),
        (["hub", "--need", "0", "--need", "1"], "--need: given twice"),
        (["graph", "--supervision", "blanket"], "supervision: got 'blanket'"),
        (["hub", "--hazard", "0.5"], "--hazard: not known"),
        (["hubb"], "; did you mean 'hub'?"),
        (["hub", "--nedd", "1"], "; did you mean '--need'?"),
        (["hub", "--price_spraed", "1"], "; did you mean '--price-spread'?"),
        (["hub", "--polciy", "mlp"], "; did you mean '--policy'?"),
        (["hub", "--policy", "mpl"], "; did you mean 'mlp'?"),
        (["hub", "more"], "'more'"),
        (["hub", "--need", ",".join(["0.5"] * 600)], "at most 512 settings"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments, named, capsys):
    status, printed = train(capsys, *arguments)
    assert status == 2
    assert named in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_what_a_terminal_cannot_show_is_escaped(encoding, monkeypatch):
    """Arrows and plus-minus signs, and the bytes that file names may hold."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", out)
    assert main(["train", "hub", "--updates", "1", "--seeds", "2", "--out", "\udcff"]) == 0
    out.seek(0)
    printed = out.read()
    assert "wrote \\udcff/curves.svg" in printed
    assert ("\\xb1" in printed) == (encoding == "ascii")


def test_worlds_lists_them_all(capsys):
    assert main(["worlds"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{listed}" for name in WORLDS)
    assert main(["worlds", "--json"]) == 0
    assert [w["name"] for w in json.loads(capsys.readouterr().out)["worlds"]] == list(WORLDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_every_world_is_shown_drawn_and_exported(name, tmp_path, capsys):
    options = ["--plot", "world.svg", "--export", "world.json"]
    assert main(["worlds", name, *options, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    power = {state: entry["value"] for state, entry in document["power"].items()}
    if "decoy" in power:
        assert power["power"] > power["decoy"]
    assert read_mdp(tmp_path / "world.json").states == tuple(power)
    assert (tmp_path / "world.svg").read_text().count("<svg") == 1
    assert main(["worlds", name, *options, "--sharing", "0.25"]) == 0
    printed = capsys.readouterr().out
    assert "Knobs" in printed
    assert "0.25 (default: 0.5)" in printed
    assert printed.endswith("wrote world.svg\nwrote world.json\n")
    assert not set("$\\") & set(printed)  # maths as characters, not as LaTeX
    assert "POWER" in printed


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere"], "WORLD: got 'nowhere'"),
        (["--plot", "x.png"], "--plot: got 'x.png', expected a WORLD"),
        (["--need=1"], "--need=1: expected a WORLD"),
        (["hub", "--plot", "x.doc"], "'x.doc'"),
        (["hub", "--export", "no/such/folder.json"], "no/such/folder.json"),
        (["hub", "--need", "0,1"], "--need: got '0,1', expected a number in [0, 1]\n"),
        (["hub", "--need", "2"], "--need: got '2', expected a number in [0, 1]\n"),
        (["a\nb"], "WORLD: got 'a\\nb'"),
        (["--a\nb"], "--a\\nb: expected a WORLD"),
        (["hub", "--a\nb"], "--a\\nb: not known"),
        (["hub", "--export", "a\0b"], "a\\x00b: embedded null byte, expected a path"),
    ],
)
def test_worlds_names_bad_input(arguments, named, capsys):
    assert main(["worlds", *arguments]) == 2
    printed = capsys.readouterr()
    assert named in printed.err
    assert printed.err.count("\n") == 1


def test_what_is_not_finite_is_written_as_null(tmp_path):
    """Here no success is possible, so there is no share of the best return."""
    knobs = ["--need", "1", "--base-success", "0", "--price", "2"]
    options = ["train", "hub", *knobs, "--seeds", "2", "--updates", "4"]
    assert main([*options, "--out", str(tmp_path)]) == 0
    document = json.loads((tmp_path / DOCUMENT).read_text())
    assert document["settings"][0]["capability"]["mean"] is None
    assert all((tmp_path / name).exists() for name in FILES)


@pytest.mark.slow
def test_interrupted_after_the_first_batch_of_many_settings(tmp_path, monkeypatch):
    """However many settings there are, what is kept has intervals."""
    original, calls = powerseek.laboratory.run.fit, []

    def interrupted(*args, **options):
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        return original(*args, **options)

    monkeypatch.setattr(powerseek.laboratory.run, "fit", interrupted)
    needs = ",".join(f"{k / 100}" for k in range(70))
    options = ["train", "hub", "--need", needs, "--seeds", "4", "--updates", "1"]
    assert main([*options, "--out", str(tmp_path)]) == 130
    assert json.loads((tmp_path / DOCUMENT).read_text())["seeds"] == 2


def test_an_agents_file_that_names_an_unknown_world(tmp_path):
    main(["train", "hub", "--seeds", "2", "--updates", "1", "--out", str(tmp_path)])
    with np.load(tmp_path / AGENTS) as file:
        arrays = dict(file)
    arrays["about"] = np.array(str(arrays["about"]).replace('"name": "hub"', '"name": "hubb"'))
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(InvalidInput, match=r"recipe\.world: got 'hubb', expected one of"):
        load_agents(tmp_path / "other.npz")
