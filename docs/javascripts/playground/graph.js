// The drawing of an MDP: where things go, and the shapes and colours of states and arrows.

import { number, svg } from "../../../src/powerseek/argue/web/static/dom.js";
import { edgesOf } from "./mdp.js";

const EDGE = 62; // pixels kept free around the outermost states
const UNIT = 120; // largest distance between neighbours, in pixels

/** How positions become pixels: scale and offset that show the whole model. */
export function fit(model, width, height) {
  const points = model.states.map((name) => model.positions[name]);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  const span = (values) => Math.max(...values) - Math.min(...values);
  const room = (size, extent) => (extent > 0 ? (size - 2 * EDGE) / extent : UNIT);
  const scale = Math.min(UNIT, room(width, span(xs)), room(height, span(ys)));
  return { scale, x: middle(xs), y: middle(ys), width, height };
}

/** Pixels of a position. */
export function toPixels(view, [x, y]) {
  return [view.width / 2 + (x - view.x) * view.scale, view.height / 2 - (y - view.y) * view.scale];
}

/** The position of pixels. */
export function toPosition(view, [px, py]) {
  return [view.x + (px - view.width / 2) / view.scale, view.y - (py - view.height / 2) / view.scale];
}

/** Radius of the states: as large as their distances allow. */
export function radius(model, view) {
  let closest = Infinity;
  const at = model.states.map((name) => toPixels(view, model.positions[name]));
  for (let i = 0; i < at.length; i++)
    for (let j = 0; j < i; j++)
      closest = Math.min(closest, Math.hypot(at[i][0] - at[j][0], at[i][1] - at[j][1]));
  return Math.max(13, Math.min(26, closest * 0.34));
}

function towards([ax, ay], [bx, by], distance) {
  const length = Math.hypot(bx - ax, by - ay) || 1;
  return [ax + (distance * (bx - ax)) / length, ay + (distance * (by - ay)) / length];
}

/** The path of an arrow from rim to rim, and where its label goes. */
function arrow(tail, head, r, bent) {
  const length = Math.hypot(head[0] - tail[0], head[1] - tail[1]) || 1;
  const side = bent ? Math.min(20, length / 5) : 0;
  const [ux, uy] = [(head[0] - tail[0]) / length, (head[1] - tail[1]) / length];
  const middle = [(tail[0] + head[0]) / 2 - side * uy, (tail[1] + head[1]) / 2 + side * ux];
  const start = towards(tail, middle, r + 2);
  const end = towards(head, middle, r + 3);
  const xy = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return {
    d: `M${xy(start)}Q${xy(middle)} ${xy(end)}`,
    label: [middle[0] - 7 * uy, middle[1] + 7 * ux + 4],
  };
}

/** A loop at a state, on the side that faces away from the middle. */
function loop([x, y], r, view) {
  const out = x >= view.width / 2 ? 1 : -1;
  const far = x + out * (r + 30);
  const d = `M${x + out * r * 0.8} ${y - r * 0.66}C${far} ${y - r * 1.2} ${far} ${y + r * 1.2} ${x + out * (r * 0.8 + 2)} ${y + r * 0.66}`;
  return { d, label: [x + out * (r + 22), y - r * 0.9] };
}

/** A colour between paper and rust for a value between the least and the greatest. */
function tint(value, [least, most]) {
  const share = most - least > 1e-9 ? (value - least) / (most - least) : 0.5;
  return `color-mix(in srgb, var(--ps-power) ${(8 + 52 * share).toFixed(0)}%, var(--ps-panel))`;
}

/**
 * Everything there is to draw, before it is painted by its POWER.
 * selected, source: names of states or null.
 * Arrows carry data-tail and data-head, states data-state.
 */
export function shapes(model, view, { selected, source }) {
  const r = radius(model, view);
  const at = Object.fromEntries(model.states.map((n) => [n, toPixels(view, model.positions[n])]));
  const edges = edgesOf(model);
  const known = new Set(edges.map(({ tail, head }) => JSON.stringify([tail, head])));
  const parts = [
    svg(
      "defs",
      {},
      svg(
        "marker",
        { id: "playground-head", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
        svg("path", { class: "arrow-head", d: "M0 0 10 5 0 10z" }),
      ),
    ),
  ];
  for (const { tail, head, sure, chance } of edges) {
    const { d, label } =
      tail === head
        ? loop(at[tail], r, view)
        : arrow(at[tail], at[head], r, known.has(JSON.stringify([head, tail])));
    parts.push(
      svg(
        "g",
        { class: sure ? "arrow" : "arrow chance", "data-tail": tail, "data-head": head },
        svg("path", { class: "reach", d }),
        svg("path", { class: "shaft", d, "marker-end": "url(#playground-head)" }),
        ...(sure || chance.length > 1
          ? []
          : [svg("text", { class: "chance-label", x: label[0], y: label[1], "text-anchor": "middle" }, chance[0])]),
      ),
    );
  }
  for (const name of model.states) {
    const [x, y] = at[name];
    const mark = `${name === selected ? " selected" : ""}${name === source ? " source" : ""}`;
    const size = `font-size:${Math.min(13, r * 0.62)}px`;
    parts.push(
      svg(
        "g",
        { class: `state${mark}`, "data-state": name, tabindex: 0, role: "button", "aria-pressed": String(name === selected) },
        svg("circle", { class: "reach", cx: x, cy: y, r: Math.max(r, 22) }),
        svg("circle", { class: "disc", cx: x, cy: y, r }),
        svg("text", { class: "value", x, y: y + 4, "text-anchor": "middle", style: size }),
        svg("text", { class: "name", x, y: y + r + 14, "text-anchor": "middle" }, name),
      ),
    );
  }
  return parts;
}

/** Colour and label the states by POWER; results: { mean, stderr } by name, or null. */
export function paint(canvas, results) {
  const means = Object.values(results ?? {}).map(({ mean }) => mean);
  const range = [Math.min(...means), Math.max(...means)];
  for (const group of canvas.querySelectorAll(".state")) {
    const name = group.dataset.state;
    const result = results?.[name];
    const disc = group.querySelector(".disc");
    const digits = Number(disc.getAttribute("r")) < 20 ? 2 : 3;
    disc.style.fill = result ? tint(result.mean, range) : "";
    const text = result ? number(result.mean, digits).replace(/^0\./, ".") : "";
    group.querySelector(".value").textContent = text;
    const said = result
      ? `POWER ${number(result.mean, 3)}, standard error ${number(result.stderr, 4)}`
      : "POWER not known yet";
    group.setAttribute("aria-description", said); // its name is the text inside it
  }
}
