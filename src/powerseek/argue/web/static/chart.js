// Line charts as SVG: scales, axes, lines, bands, points. Colours come from the style sheet.

import { svg } from "./dom.js";

/** A function that maps [from, to] onto [start, end] in a straight line. */
export function linear(from, to, start, end) {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/**
 * Where updates 0, 1, 2, 4, ... go on an axis: untrained first, then one step per doubling.
 * Whole numbers are unchanged in order and 0 gets a place, which a logarithm would not give.
 */
export function doublings(updates) {
  return updates < 1 ? updates : 1 + Math.log2(updates);
}

/** How wide to draw inside an element, in pixels, so that text keeps its size on a phone. */
export function widthIn(element) {
  return Math.round(Math.max(280, Math.min(720, element.clientWidth || 640)));
}

/** Call `draw` whenever the width to draw in changes. */
export function onResize(element, draw) {
  let width = widthIn(element);
  new ResizeObserver(() => {
    if (widthIn(element) === width) return;
    width = widthIn(element);
    draw();
  }).observe(element);
}

/** The path through points [x, y]. */
export function path(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** A band between [x, low] and [x, high]. */
export function band(points) {
  const up = points.map(([x, low]) => [x, low]);
  const down = points.map(([x, , high]) => [x, high]).reverse();
  return `${path([...up, ...down])}Z`;
}

/**
 * The frame of a chart with axes.
 * x and y: { scale, ticks: [[value, text], ...], label }; box: { left, right, top, bottom }.
 */
export function axes(box, x, y) {
  const { left, right, top, bottom } = box;
  const parts = [];
  for (const [value, text] of y.ticks) {
    const at = y.scale(value);
    parts.push(svg("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }));
    parts.push(svg("text", { class: "tick", x: left - 6, y: at + 4, "text-anchor": "end" }, text));
  }
  for (const [value, text] of x.ticks) {
    const at = x.scale(value);
    parts.push(svg("line", { class: "axis", x1: at, x2: at, y1: bottom, y2: bottom + 4 }));
    parts.push(
      svg("text", { class: "tick", x: at, y: bottom + 18, "text-anchor": "middle" }, text),
    );
  }
  parts.push(svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
  parts.push(
    svg(
      "text",
      { class: "axis-label", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" },
      x.label,
    ),
    svg("text", { class: "axis-label", x: left - 30, y: top - 18 }, y.label),
  );
  return svg("g", {}, ...parts);
}
