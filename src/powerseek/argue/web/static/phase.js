// The phase diagram: the drive over the need fraction and training time, computed live, with
// the drives of trained agents over it. Mathematics in hub.js; measured numbers from the page.

import { axes, doublings, linear, onResize, path, widthIn } from "./chart.js";
import { choice, html, interval, mountAll, number, slider, svg, table } from "./dom.js";
import {
  averageAdvantage,
  closedForm,
  gradientFlow,
  isExact,
  lateThreshold,
  threshold,
} from "./hub.js";

const MAP = { left: 46, top: 34, bottom: 288 };
const CURVE = { left: 46, top: 30, bottom: 216 };
const MARGIN = 12;
const BEYOND = 16; // how many times longer than the agents the computed lines go on
const COLUMNS = 41;
const ROWS_PER_DOUBLING = 2;
const PROBES = { null: "no task announced", told: "power shown to be useless" };
const KNOBS = ["price", "success", "sharing", "cue"];

/** Strong colour for large drives: rust where power is sought, blue where it is avoided. */
function colour(drive) {
  const share = Math.min(1, Math.abs(drive) / 0.75);
  const hue = drive > 0 ? "var(--ps-power)" : "var(--ps-link)";
  return `color-mix(in srgb, ${hue} ${(100 * share).toFixed(0)}%, var(--ps-panel))`;
}

/** The number of updates at a place of the time axis. */
function updatesAt(place) {
  return place < 1 ? place : 2 ** (place - 1);
}

function mount(root, { learning_rate: rate, tasks, exploration, runs }) {
  let run = runs[0];
  let probe = "null";
  const trained = Math.max(...runs.flatMap(({ updates }) => updates));
  const last = BEYOND * trained;
  const marks = [0, ...Array.from({ length: Math.log2(last) + 1 }, (_, i) => 2 ** i)];
  const ticks = marks.filter((_, i) => i % 3 === 0);
  const state = { ...run.knobs, need: 0.3, place: doublings(trained / 8) };
  const knobs = (need = state.need) => ({ ...state, need, tasks, exploration });
  const flowAt = (updates, need) => gradientFlow(knobs(need), updates.map((u) => u * rate));

  const sliders = {
    need: ["p, share of tasks that need power", 0, 1, 0.05, (v) => number(v)],
    price: ["c, price of power", 0, 0.6, 0.01, (v) => number(v)],
    success: ["q, success without power", 0, 0.95, 0.01, (v) => number(v)],
    sharing: ["\u03b1, sharing between contexts", 0, 1, 0.05, (v) => number(v)],
    cue: ["\u2113, cue that tells needy tasks", 0, 1, 0.05, (v) => number(v)],
    place: ["time, in updates", 0, doublings(last), 0.5, (v) => number(updatesAt(v), 0)],
  };
  for (const [name, [label, min, max, step, format]] of Object.entries(sliders))
    sliders[name] = slider({
      ...{ label, name, min, max, step, format, value: state[name] },
      changed: (value) => {
        state[name] = value;
        draw();
      },
    });

  const measuredHere = () =>
    runs.find(({ knobs: k }) => KNOBS.every((name) => Math.abs(k[name] - state[name]) < 1e-9));

  const pick = choice({
    label: "trained agents",
    name: "run",
    options: [...runs.map(({ name }, i) => [String(i), name]), ["", "none at these knobs"]],
    value: "0",
    changed: (i) => {
      if (i === "") return draw();
      run = runs[Number(i)];
      Object.assign(state, run.knobs);
      for (const name of KNOBS) sliders[name].set(state[name]);
      draw();
    },
  });
  const pickProbe = choice({
    label: "probe",
    name: "probe",
    options: Object.entries(PROBES),
    value: probe,
    changed: (value) => {
      probe = value;
      draw();
    },
  });

  const answer = html("div", { class: "answer", role: "status" });
  const pictures = html("div", { class: "pictures" });
  const details = html("details", {}, html("summary", {}, "The numbers at this p"));
  const numbers = html("div");
  details.append(numbers);

  function curve(measured, row, width) {
    const box = { ...CURVE, right: width - MARGIN };
    const x = linear(0, doublings(last), box.left, box.right);
    const y = linear(-1, 1, box.bottom, box.top);
    const places = Array.from({ length: 4 * Math.ceil(doublings(last)) + 1 }, (_, i) =>
      Math.min(i / 4, doublings(last)),
    );
    const updates = places.map(updatesAt);
    const flow = flowAt(updates)[probe].map((p) => p - exploration);
    const closed = updates.map((u) => closedForm(knobs(), probe, u * rate) - exploration);
    const line = (values) => path(places.map((place, i) => [x(place), y(values[i])]));
    const points = measured && row >= 0 ? measured[probe][row] : [];
    return svg(
      "svg",
      {
        viewBox: `0 0 ${width} 262`,
        role: "img",
        "aria-label": `Drive over training at p = ${number(state.need)}: closed form, gradient flow and trained agents`,
      },
      axes(
        box,
        {
          scale: (u) => x(doublings(u)),
          ticks: ticks.map((u) => [u, String(u)]),
          label: "updates",
        },
        {
          scale: y,
          ticks: [-1, -0.5, 0, 0.5, 1].map((v) => [v, number(v, 1)]),
          label: `drive at p = ${number(state.need)}: P(power) minus untrained`,
        },
      ),
      svg("line", { class: "pointer-line", x1: x(state.place), x2: x(state.place), y1: box.top, y2: box.bottom }),
      svg("path", { class: "line closed", d: line(closed) }),
      svg("path", { class: "line flow", d: line(flow) }),
      ...points.flatMap(([mean, low, high], i) => {
        const px = x(doublings(measured.updates[i]));
        return [
          svg("line", { class: "whisker", x1: px, x2: px, y1: y(low), y2: y(high) }),
          svg("circle", { class: "dot", cx: px, cy: y(mean), r: 3.5 }),
        ];
      }),
    );
  }

  function map(measured, width) {
    const box = { ...MAP, right: width - MARGIN };
    const top = doublings(last);
    const x = linear(0, 1, box.left, box.right);
    const y = linear(0, top, box.bottom, box.top);
    const rows = Math.ceil(top * ROWS_PER_DOUBLING);
    const places = Array.from({ length: rows }, (_, i) => ((i + 0.5) / rows) * top);
    const updates = places.map(updatesAt);
    const column = (box.right - box.left) / COLUMNS;
    const cells = [];
    for (let i = 0; i < COLUMNS; i++) {
      const drives = flowAt(updates, (i + 0.5) / COLUMNS)[probe];
      drives.forEach((p, j) =>
        cells.push(
          svg("rect", {
            x: box.left + i * column,
            width: column + 0.6,
            y: y(places[j]) - (box.bottom - box.top) / rows / 2,
            height: (box.bottom - box.top) / rows + 0.6,
            style: `fill:${colour(p - exploration)}`,
          }),
        ),
      );
    }
    const points = (measured?.needs ?? []).flatMap((need, i) =>
      measured[probe][i].map(([mean], j) =>
        svg("circle", {
          class: "sample",
          cx: x(need),
          cy: y(doublings(measured.updates[j])),
          r: Math.min(4, column * 0.45),
          style: `fill:${colour(mean)}`,
        }),
      ),
    );
    const star = threshold(state, probe);
    const vertical = (at, kind, text) => [
      svg("line", { class: kind, x1: x(at), x2: x(at), y1: box.top, y2: box.bottom }),
      svg("text", { class: `${kind}-label`, x: x(at), y: box.top - 6, "text-anchor": "middle" }, text),
    ];
    return svg(
      "svg",
      {
        viewBox: `0 0 ${width} 334`,
        role: "img",
        "aria-label":
          "Drive over the need fraction p and training time: computed as colour, trained agents as dots of the same scale",
      },
      svg("g", {}, ...cells),
      axes(
        box,
        {
          scale: x,
          ticks: [0, 0.2, 0.4, 0.6, 0.8, 1].map((v) => [v, number(v, 1)]),
          label: "p, share of training tasks that need power",
        },
        {
          scale: (u) => y(doublings(u)),
          ticks: ticks.map((u) => [u, String(u)]),
          label: "updates",
        },
      ),
      ...vertical(lateThreshold(knobs(), probe), "late", "late"),
      ...(star <= 1 ? vertical(star, "star", "early p*") : []),
      ...points,
      svg("circle", { class: "here", cx: x(state.need), cy: y(state.place), r: 8 }),
    );
  }

  function draw() {
    const measured = measuredHere();
    pick.select.value = measured ? String(runs.indexOf(measured)) : "";
    const row = measured ? measured.needs.findIndex((p) => Math.abs(p - state.need) < 1e-9) : -1;
    const updates = updatesAt(state.place);
    const closed = closedForm(knobs(), probe, updates * rate) - exploration;
    const flow = flowAt([updates])[probe][0] - exploration;
    const star = threshold(state, probe);
    const late = lateThreshold(knobs(), probe);
    const fact = (term, text, value = null) =>
      html("div", {}, html("dt", {}, term), html("dd", { "data-value": value }, text));
    const column = measured ? measured.updates.indexOf(updates) : -1;
    answer.replaceChildren(
      html(
        "dl",
        { class: "facts" },
        fact("average advantage D", number(averageAdvantage(state), 3, true), averageAdvantage(state)),
        fact("early threshold p*", star <= 1 ? number(star, 4) : "none: above 1", star),
        fact("late threshold", number(late, 4), late),
        fact("drive, closed form", number(closed, 3, true), closed),
        fact("drive, gradient flow", number(flow, 3, true), flow),
        fact(
          "drive, trained agents",
          row >= 0 && column >= 0 ? interval(measured[probe][row][column], 3) : "not trained at this point",
        ),
      ),
      html(
        "p",
        { class: "quiet" },
        isExact(state)
          ? "Everything is shared and no cue is shown: the closed form is the exact solution, at all times."
          : "With private weights or a cue the closed form is exact to first order in time only; gradient flow is solved numerically.",
      ),
    );
    const width = widthIn(pictures);
    pictures.replaceChildren(map(measured, width), curve(measured, row, width), legend(measured));
    const flows = flowAt(marks);
    numbers.replaceChildren(
      table(
        ["updates", "closed form", "gradient flow", "trained agents [95% interval]"],
        marks.map((u, i) => {
          const exact = closedForm(knobs(), probe, u * rate);
          const at = row >= 0 ? measured.updates.indexOf(u) : -1;
          return [
            u,
            { text: number(exact - exploration, 6, true), value: exact - exploration },
            { text: number(flows[probe][i] - exploration, 6, true), value: flows[probe][i] - exploration },
            at >= 0
              ? { text: interval(measured[probe][row][at], 4), value: measured[probe][row][at][0] }
              : "",
          ];
        }),
      ),
    );
  }

  root.append(
    html("div", { class: "row" }, pick.element, pickProbe.element),
    html("div", { class: "sliders" }, ...Object.values(sliders).map(({ element }) => element)),
    answer,
    pictures,
    details,
  );
  draw();
  onResize(pictures, draw);
}

function legend(measured) {
  const key = (kind, text) => html("li", { class: kind }, text);
  return html(
    "ul",
    { class: "legend" },
    key("closed", "closed form"),
    key("flow", "gradient flow, equal prices"),
    key(
      "dots",
      measured ? `trained agents: ${measured.note}` : "no agents were trained at these knobs",
    ),
  );
}

if (typeof document !== "undefined") mountAll("phase", mount);
