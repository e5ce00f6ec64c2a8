"""The explorers' scripts, and the data that they show."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from powerseek.argue.report import render
from powerseek.argue.summary import switchboard_of
from powerseek.argue.web import (
    COLOURS,
    bundle,
    has_closed_form,
    phase_data,
    place,
    script,
    style,
    sweep_of_run,
    switchboard_data,
    variables,
)
from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.argument import POWER, SYCOPHANCY
from powerseek.toymodels.statistics import over_seeds

from .conftest import ARGUMENT

pytestmark = pytest.mark.slow


def write(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return [folder / f"{name}.js" for name in modules]


def test_modules_come_after_what_they_import(tmp_path):
    one, _, both = write(
        tmp_path,
        one="export const a = 1;\nconst hidden = 0;\n",
        two='import { a } from "./one.js";\nexport function b() {\n  return a;\n}\n',
        both='import { a } from "./one.js";\nimport { b } from "./two.js";\nb(a);\n',
    )
    text = bundle(both, one)
    assert text.index("// one.js") < text.index("// two.js") < text.index("// both.js")
    assert text.count("// one.js") == 1
    assert "const { a } = module0;" in text
    assert "return { b };" in text
    assert not re.search(r"^(import|export)\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        'import * as all from "./one.js";',
        'import "./one.js";',
        'import { a } from "elsewhere";',
        "export default 1;",
        "export { a };",
    ],
)
def test_what_cannot_be_bundled_is_refused(tmp_path, line):
    write(tmp_path, one="export const a = 1;\n")
    (entry,) = write(tmp_path, entry=f"{line}\n")
    with pytest.raises(InvalidInput, match=re.escape("entry.js")):
        bundle(entry)


def test_circles_are_refused(tmp_path):
    one, _ = write(
        tmp_path,
        one='import { b } from "./two.js";\nexport const a = 1;\n',
        two='import { a } from "./one.js";\nexport const b = 1;\n',
    )
    with pytest.raises(InvalidInput, match="circle"):
        bundle(one)


def test_explorers_use_the_shared_colours_only():
    used = set(re.findall(r"--ps-(\w+)", style() + script("switchboard", "phase")))
    assert used <= {*COLOURS, "sans", "serif"}
    assert not re.search(r"#[0-9a-f]{3,6}\b(?=;)", style())
    assert variables(dark=False) != variables(dark=True)


def test_scripts_ask_for_nothing():
    text = script("switchboard", "phase")
    for word in ("fetch(", "XMLHttpRequest", "http:", "https:", "import("):
        assert word not in text.replace("http://www.w3.org/2000/svg", "")


def test_switchboard_shows_what_was_judged(stages):
    (board,) = switchboard_data(ARGUMENT, {"hub": stages["switchboard"]})["boards"]
    judged = switchboard_of(ARGUMENT, stages["switchboard"])
    assert len(board["drive"]) == 64
    for on, drive in zip(judged.on, judged.drive, strict=True):
        cell = int("".join(str(int(flag)) for flag in on), 2)
        found = over_seeds(drive)
        assert board["drive"][cell][-1] == [found.mean, found.low, found.high]
    untrained = np.array([rows[0][0] for rows in board["drive"]])
    assert (untrained <= 0).all()  # no drive over oneself, and the controls may be higher


def test_phase_diagram_shows_the_run(stages):
    (run,) = phase_data(ARGUMENT, [sweep_of_run(ARGUMENT, stages["phase"])])["runs"]
    told = stages["phase"]["told"]
    assert run["needs"] == told["need"].values.tolist()
    gain = (told.sel(need=1.0) - told.sel(need=1.0, updates=0)).isel(updates=-1)
    assert run["told"][-1][-1][0] == pytest.approx(float(gain.mean()), abs=1e-15)
    assert run["knobs"] == {"price": 0.15, "success": 0.2, "sharing": 0.5, "cue": 0.3}


def test_the_closed_form_is_offered_where_it_holds():
    assert has_closed_form(POWER)
    assert not has_closed_form(SYCOPHANCY)


def test_data_cannot_end_its_script():
    html = place("phase", {"name": "</script><b>"}, "label", "instead")
    assert html.count("</script>") == 1
    text = html[html.index("json") + 6 : html.index("</script>")]
    assert json.loads(text) == {"name": "</script><b>"}


def test_report_holds_both_explorers(stages, summary):
    html = render(summary, stages, "meta")
    assert html.count('data-explorer="phase"') == html.count('data-explorer="switchboard"') == 1
    places = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert [sorted(json.loads(text)) for text in places] == [
        ["exploration", "learning_rate", "runs", "tasks"],
        ["boards", "premises"],
    ]
    worlds = [board["world"] for board in json.loads(places[1])["boards"]]
    assert worlds == list(ARGUMENT.worlds)
