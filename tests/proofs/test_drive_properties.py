"""When reinforcement becomes a drive: properties over worlds, knobs and seeds."""

import json
from dataclasses import dataclass, replace

import pytest

import powerseek.proofs.drive_properties as drives
from powerseek.cli import main
from powerseek.testing import DRIVE_PROPERTIES, Verdict, verify_world
from powerseek.theory.errors import InvalidInput
from powerseek.toymodels import HubKnobs
from powerseek.toymodels.worlds import DETOUR_WORLDS, WrappedWorld

KNOBS = HubKnobs(need=0.75, price=0.1, base_success=0.1, sharing=0.5, legibility=0.5)
QUICK = [p for name, p in DRIVE_PROPERTIES.items() if name != "reward_scale"]
"""Without the one that needs two more compilations."""


@pytest.mark.slow
def test_all_hold_of_agents_in_the_hub():
    outcomes = list(verify_world("hub", QUICK, examples=10))
    assert [o.detail for o in outcomes if o.verdict is Verdict.VIOLATED] == []
    assert len(outcomes) == len(DRIVE_PROPERTIES) - 1


@pytest.mark.slow
@pytest.mark.parametrize("world", DETOUR_WORLDS)
def test_all_hold_of_agents_in_every_world(world):
    outcomes = list(verify_world(world, examples=25))
    assert [o.violation for o in outcomes if o.verdict is Verdict.VIOLATED] == []


def test_what_the_hypotheses_exclude_breaks_the_statement():
    """With sharing, an advantage, or work still to be learnt, things do move."""
    assert DRIVE_PROPERTIES["no_sharing"].check("hub", KNOBS) is not None
    zero = replace(KNOBS, need=0.0, price=0.0)
    assert DRIVE_PROPERTIES["zero_advantage"].check("hub", zero) is None
    for knobs in (KNOBS, replace(zero, price=0.1), replace(zero, competence=0.5)):
        found = DRIVE_PROPERTIES["zero_advantage"].check("hub", knobs)
        assert found is not None
        assert "without any advantage" in found.detail


@dataclass(frozen=True)
class Mispriced(WrappedWorld):
    """Relabelled, and wrong: options cost twice as much."""

    def training(self, key, knobs):
        return self.world.training(key, replace(knobs, price=2 * knobs.price))


def test_wrong_drives_are_noticed(monkeypatch):
    def found(name):
        return DRIVE_PROPERTIES[name].check("hub", KNOBS)

    by_hand, rates = drives.kernel_weighted_advantage, drives._rates
    with monkeypatch.context() as broken:
        broken.setattr(
            drives,
            "kernel_weighted_advantage",
            lambda *a: {kind: (-mean, 0.0) for kind, (mean, _) in by_hand(*a).items()},
        )
        assert "kernel-weighted advantage says" in found("early_sign").detail
    with monkeypatch.context() as broken:
        broken.setattr(drives, "_rates", lambda *a: -rates(*a))
        assert "higher" in found("monotone").detail
        broken.setattr(drives, "_rates", lambda *a: rates(*a) ** 2)
        assert "half the sharing" in found("monotone").detail
    with monkeypatch.context() as broken:
        broken.setattr(drives, "Relabelled", Mispriced)
        assert "with other labels" in found("labels").detail
    with monkeypatch.context() as broken:
        broken.setattr(drives, "twin", lambda knobs: knobs)
        assert "without need" in found("twin_mirrors").detail
        broken.setattr(drives, "_rates", lambda *a: 0 * rates(*a))
        assert "rise" in found("twin_mirrors").detail


@pytest.mark.slow
def test_a_wrong_scale_of_rewards_is_noticed(monkeypatch):
    assert DRIVE_PROPERTIES["reward_scale"].check("hub", KNOBS) is None
    rescaled = drives.Rescaled
    monkeypatch.setattr(drives, "Rescaled", lambda world, factor: rescaled(world, factor / 2))
    assert "differ" in DRIVE_PROPERTIES["reward_scale"].check("hub", KNOBS).detail


@pytest.mark.slow
def test_a_false_property_is_reported_with_a_simple_agent(capsys, monkeypatch):
    def no_need(world, knobs, seed):
        return f"need {knobs.need:g}" if knobs.need > 0.3 else None

    false = replace(DRIVE_PROPERTIES["no_sharing"], name="false", test=no_need, fixed={})
    monkeypatch.setitem(DRIVE_PROPERTIES, "false", false)
    arguments = ["verify", "world:rater", "--property", "false", "--examples", "30"]
    assert main(arguments) == 1
    assert "violated (need 0.5)" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 1
    (entry,) = json.loads(capsys.readouterr().out)["properties"]
    assert entry["counterexample"]["knobs"]["need"] == 0.5
    assert entry["counterexample"]["seed"] == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["world:moon"], "keydoor"),
        (["world:hub", "--examples", "none"], "--examples"),
        (["world:hub", "--property", "power_bounds"], "no_sharing"),
        (["gallery:wait", "--examples", "3"], "--examples"),
    ],
)
def test_bad_input_is_one_line(arguments, word, capsys):
    assert main(["verify", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
    with pytest.raises(InvalidInput, match="keydoor"):
        drives.small_world("moon")


def test_lists_name_the_properties(capsys):
    assert main(["verify", "--list"]) == 0
    assert main(["verify", "world:hub", "--list"]) == 0
    everything, only_drives = capsys.readouterr().out.split("visits_total", 1)[1], ""
    assert "twin_mirrors" in everything
    assert main(["verify", "world:hub", "--list"]) == 0
    only_drives = capsys.readouterr().out
    assert "twin_mirrors" in only_drives
    assert "visits_total" not in only_drives
