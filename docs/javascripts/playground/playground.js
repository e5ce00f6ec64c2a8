// The POWER playground: draw an MDP, slide the discount rate, see POWER colour the states.
//
// mdp.js is the model, montecarlo.js the numbers, graph.js the drawing; this module holds
// what the reader does. The page brings the gallery as MDP files.

import { onResize, widthIn } from "../../../src/powerseek/argue/web/static/chart.js";
import {
  choice,
  html,
  mountAll,
  number,
  slider,
  svg,
  table,
} from "../../../src/powerseek/argue/web/static/dom.js";
import { fit, paint, shapes, toPixels, toPosition } from "./graph.js";
import {
  addState,
  connect,
  disconnect,
  emptyModel,
  fromFile,
  outcomesFrom,
  outcomesText,
  removeAction,
  removeState,
  renameState,
  toFile,
  transitionsOf,
} from "./mdp.js";
import { startWorker } from "./montecarlo.js";

const SAMPLES = 50_000;
const SEED = 0;
const OWN = "your own";
const EDGE = 30; // pixels between the border and a state that is dragged there
const STEP = 0.1; // how far an arrow key moves a state, in units between neighbours
const HEIGHT = 430;
const TOOLS = {
  move: ["select and move", "Tap a state to select it, drag it to move it."],
  add: ["add a state", "Tap an empty place."],
  connect: ["connect", "Tap a state, then the state its new action leads to (itself to stay)."],
  delete: ["delete", "Tap a state or an arrow."],
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function mount(root, gallery) {
  const worker = startWorker();
  let model = emptyModel();
  let view = null;
  let tool = "move";
  let selected = null;
  let source = null; // where the action under way starts
  let drag = null;
  let dropped = false; // the click that follows a drop is no tap of its own
  let results = null;
  let problem = 0; // number of the problem the worker is at
  const past = [];

  // The parts of the page.

  const canvas = svg("svg", { class: "canvas", role: "group", "aria-label": "the states and their actions" });
  const hint = html("p", { class: "quiet hint" });
  const alarm = html("p", { class: "alarm", role: "alert" });
  const progress = html("p", { class: "quiet progress" });
  const numbers = html("div", { class: "numbers" });
  const inspector = html("div", { class: "inspector" });
  const command = html("code", { class: "command" });
  const undo = html("button", { type: "button", onclick: takeBack }, "undo");
  const world = choice({
    label: "world",
    name: "world",
    options: [...Object.keys(gallery), OWN].map((name) => [name, name]),
    value: OWN,
    changed: (name) => (name === OWN ? replace(emptyModel(), OWN) : openGallery(name)),
  });
  const gamma = slider({
    ...{ label: "\u03b3, discount rate", name: "gamma", min: 0.01, max: 0.99, step: 0.01, value: 0.9 },
    format: (value) => number(value),
    changed: sample,
  });
  const rewards = choice({
    label: "rewards",
    name: "reward",
    options: ["uniform", "exponential", "gaussian"].map((name) => [name, name]),
    value: "uniform",
    changed: sample,
  });
  const opener = html("input", { type: "file", accept: ".json,application/json", id: "playground-file", class: "unseen", onchange: importFile });
  const tools = html(
    "div",
    { class: "tools", role: "group", "aria-label": "what a tap does" },
    ...Object.entries(TOOLS).map(([name, [label]]) =>
      html("button", { type: "button", "data-tool": name, "aria-pressed": "false", onclick: () => pickTool(name) }, label),
    ),
  );
  root.append(
    html(
      "div",
      { class: "row" },
      world.element,
      html("button", { type: "button", onclick: () => opener.click() }, "open a file"),
      html("button", { type: "button", "data-do": "export", onclick: exportFile }, "save as a file"),
      undo,
    ),
    opener,
    tools,
    hint,
    canvas,
    alarm,
    html("div", { class: "sliders" }, gamma.element, rewards.element),
    progress,
    html("div", { class: "columns" }, numbers, inspector),
    html("p", { class: "quiet" }, "The same, exactly where that can be: ", command),
  );

  // Changes of the model.

  function remember() {
    past.push(structuredClone(model));
  }

  function change(edit) {
    remember();
    try {
      edit();
      alarm.textContent = "";
      world.select.value = OWN;
    } catch (error) {
      model = past.pop();
      alarm.textContent = error.message;
    }
    if (!model.states.includes(selected)) selected = null;
    draw();
    sample();
  }

  function takeBack() {
    if (!past.length) return;
    model = past.pop();
    if (!model.states.includes(selected)) selected = null;
    world.select.value = OWN;
    source = null;
    refit();
    draw();
    sample();
  }

  function replace(next, name) {
    remember();
    model = next;
    selected = source = null;
    alarm.textContent = "";
    world.select.value = name;
    refit();
    draw();
    sample();
  }

  function openGallery(name) {
    replace(fromFile(gallery[name]), name);
  }

  async function importFile() {
    const [file] = opener.files;
    if (!file) return;
    try {
      replace(fromFile(JSON.parse(await file.text())), OWN);
    } catch (error) {
      alarm.textContent = `${file.name}: ${error.message}`;
    }
    opener.value = "";
  }

  function exportFile() {
    const blob = new Blob([toFile(model)], { type: "application/json" });
    const link = html("a", { href: URL.createObjectURL(blob), download: "my-world.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // What a tap does.

  function pickTool(name) {
    tool = name;
    source = null;
    draw();
  }

  function tapState(name) {
    if (tool === "delete") return change(() => removeState(model, name));
    if (tool === "connect" || source) return connectTo(name);
    selected = name;
    draw();
  }

  function connectTo(name) {
    if (source === null) {
      source = selected = name;
      return draw();
    }
    const tail = source;
    source = null;
    change(() => {
      if (!connect(model, tail, name)) throw new Error(`"${tail}" has a sure action to "${name}" already`);
    });
  }

  function tapArrow(tail, head) {
    if (tool === "delete") return change(() => disconnect(model, tail, head));
    selected = tail;
    draw();
  }

  function tapNothing(point) {
    if (tool === "add") change(() => (selected = addState(model, toPosition(view, point))));
    else if (selected || source) {
      selected = source = null;
      draw();
    }
  }

  function pointOf(event) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      canvas.getScreenCTM().inverse(),
    );
    return [x, y];
  }

  const stateAt = (target) => target.closest?.(".state")?.dataset.state ?? null;

  canvas.addEventListener("pointerdown", (event) => {
    const name = stateAt(event.target);
    if (!name || tool !== "move" || source) return;
    const [x, y] = toPixels(view, model.positions[name]);
    const [px, py] = pointOf(event);
    drag = { name, dx: x - px, dy: y - py, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [px, py] = pointOf(event);
    const [x, y] = toPixels(view, model.positions[drag.name]);
    const clamp = (value, most) => Math.min(most - EDGE, Math.max(EDGE, value));
    const next = [clamp(px + drag.dx, view.width), clamp(py + drag.dy, view.height)];
    if (!drag.moved && Math.hypot(next[0] - x, next[1] - y) < 4) return;
    if (!drag.moved) remember();
    drag.moved = true;
    model.positions[drag.name] = toPosition(view, next);
    draw();
  });
  const drop = () => {
    if (!drag) return;
    const { name, moved } = drag;
    drag = null;
    dropped = true;
    if (moved) inspect();
    else tapState(name);
  };
  canvas.addEventListener("pointerup", drop);
  canvas.addEventListener("pointercancel", () => (drag = null));
  canvas.addEventListener("click", (event) => {
    if (dropped) return (dropped = false);
    const name = stateAt(event.target);
    if (name) {
      if (tool !== "move" || source) tapState(name);
      return;
    }
    const arrow = event.target.closest?.(".arrow");
    if (arrow) tapArrow(arrow.dataset.tail, arrow.dataset.head);
    else if (tool !== "move" || event.target === canvas) tapNothing(pointOf(event));
  });
  canvas.addEventListener("keydown", (event) => {
    const name = stateAt(event.target);
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (direction) {
      remember();
      const [x, y] = model.positions[name];
      model.positions[name] = [x + STEP * direction[0], y + STEP * direction[1]];
      draw();
    } else if (event.key === "Enter" || event.key === " ") tapState(name);
    else if (event.key === "c") {
      source = null;
      connectTo(name);
    } else if (event.key === "Delete" || event.key === "Backspace")
      change(() => removeState(model, name));
    else if (event.key === "Escape") {
      source = null;
      draw();
    } else return;
    event.preventDefault();
  });
  root.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=text]");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing) {
      takeBack();
      event.preventDefault();
    }
  });

  // The page shows the model.

  function refit() {
    const width = widthIn(canvas);
    view = fit(model, width, HEIGHT);
    canvas.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  }

  function draw() {
    const focused = stateAt(document.activeElement ?? root);
    canvas.dataset.tool = tool;
    canvas.replaceChildren(...shapes(model, view, { selected, source }));
    paint(canvas, results);
    if (focused)
      [...canvas.querySelectorAll(".state")].find((g) => g.dataset.state === focused)?.focus();
    for (const button of tools.children)
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    hint.textContent = source
      ? `From "${source}" to: tap a state. Escape ends this.`
      : TOOLS[tool][1];
    undo.disabled = !past.length;
    if (!drag) inspect();
  }

  function inspect() {
    if (selected === null) {
      const help =
        "Keyboard: Tab goes from state to state, Enter selects, arrow keys move, c starts an action, Delete removes. Select a state to edit its name and actions.";
      return inspector.replaceChildren(html("p", { class: "quiet" }, help));
    }
    const name = selected;
    const field = (label, value, changed) =>
      html("label", { class: "field" }, label, html("input", { type: "text", value, onchange: (event) => changed(event.target.value.trim()) }));
    const rows = model.actions[name].map((action, i) =>
      html(
        "div",
        { class: "action" },
        field(`action \u201c${action.action}\u201d leads to`, outcomesText(action.to), (text) =>
          change(() => (model.actions[name][i].to = outcomesFrom(text, model.states))),
        ),
        html("button", { type: "button", "aria-label": `remove action ${action.action}`, onclick: () => change(() => removeAction(model, name, i)) }, "\u00d7"),
      ),
    );
    const targets = choice({
      label: "new action to",
      name: "target",
      options: ["", ...model.states].map((state) => [state, state]),
      value: "",
      changed: (target) => target && change(() => {
        if (!connect(model, name, target)) throw new Error(`"${name}" has a sure action to "${target}" already`);
      }),
    });
    inspector.replaceChildren(
      field("state", name, (next) =>
        change(() => {
          renameState(model, name, next);
          selected = next;
        }),
      ),
      ...rows,
      targets.element,
      html("p", { class: "quiet" }, "Chance: write \u201cwin 1/2, lose 1/2\u201d."),
    );
  }

  // The worker computes.

  function sample() {
    const distribution = rewards.select.value;
    results = null;
    paint(canvas, null);
    progress.dataset.done = "false";
    numbers.replaceChildren(
      table(["state", "POWER", "\u00b1 standard error"], model.states.map((name) => [name, "", ""])),
    );
    const extra = distribution === "uniform" ? "" : ` --reward ${distribution}`;
    command.textContent = `powerseek power my-world.json --gamma ${gamma.value}${extra}`;
    worker.postMessage({
      id: ++problem,
      most: SAMPLES,
      transitions: transitionsOf(model),
      gamma: gamma.value,
      distribution,
      seed: SEED,
    });
  }

  worker.onmessage = ({ data: { id, done, samples, mean, stderr } }) => {
    if (id !== problem) return;
    results = Object.fromEntries(
      model.states.map((name, i) => [name, { mean: mean[i], stderr: stderr[i] }]),
    );
    paint(canvas, results);
    progress.dataset.done = String(done);
    const drawn = `${samples.toLocaleString("en")} reward functions drawn (seed ${SEED})`;
    progress.textContent = `${drawn}${done ? "." : " \u2026"} Colours run from the least POWER here to the greatest.`;
    numbers.querySelectorAll("tbody tr").forEach((row, i) => {
      const [power, error] = row.querySelectorAll("td");
      power.textContent = number(mean[i], 4);
      power.dataset.value = mean[i];
      error.textContent = number(stderr[i], 4);
      error.dataset.value = stderr[i];
    });
  };

  // Begin with the world that the address names, or the first.

  const named = new URLSearchParams(location.search).get("world");
  openGallery(named in gallery ? named : "wait");
  past.length = 0;
  undo.disabled = true;
  onResize(canvas, () => {
    refit();
    draw();
  });
}

mountAll("playground", mount);
