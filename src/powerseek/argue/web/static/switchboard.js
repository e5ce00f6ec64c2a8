// The switchboard: flip the premises and see the drive that was measured in that combination.
// All numbers come from the data in the page; nothing is computed here but positions.

import { axes, band, doublings, linear, onResize, path, widthIn } from "./chart.js";
import { choice, html, interval, mountAll, number, svg, table } from "./dom.js";

const CURVE = { left: 46, top: 30, bottom: 210 };
const STRIP = { left: 46, top: 24, bottom: 108 };
const MARGIN = 20;
const WORDS = {
  supported: "above the margin",
  "not supported": "below the margin",
  inconclusive: "too close to the margin to say",
};

/** Index of a combination: the first premise is the highest bit, off is 0. */
export function cellOf(on) {
  return on.reduce((code, flag) => 2 * code + (flag ? 1 : 0), 0);
}

function flagsOf(cell, n) {
  return Array.from({ length: n }, (_, i) => Boolean((cell >> (n - 1 - i)) & 1));
}

function curve(board, cell, width) {
  const box = { ...CURVE, right: width - MARGIN };
  const last = doublings(board.updates.at(-1));
  const x = linear(0, last, box.left, box.right);
  const y = linear(-1, 1, box.bottom, box.top);
  const points = board.drive[cell].map((row, i) => [x(doublings(board.updates[i])), ...row]);
  const every = Math.ceil((board.updates.length * 44) / width);
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} 256`,
      role: "img",
      "aria-label": `Drive over training; after ${board.updates.at(-1)} updates it is ${interval(
        board.drive[cell].at(-1),
      )}`,
    },
    axes(
      box,
      {
        scale: (updates) => x(doublings(updates)),
        ticks: board.updates.filter((_, i) => i % every === 0).map((u) => [u, String(u)]),
        label: "updates",
      },
      {
        scale: y,
        ticks: [-1, -0.5, 0, 0.5, 1].map((v) => [v, number(v, 1)]),
        label: "drive over the hardest control",
      },
    ),
    svg("line", {
      class: "margin",
      x1: box.left,
      x2: box.right,
      y1: y(board.margin),
      y2: y(board.margin),
    }),
    svg("text", { class: "margin-label", x: box.left + 4, y: y(board.margin) - 5 }, "margin"),
    svg("path", { class: "band", d: band(points.map(([px, , low, high]) => [px, y(low), y(high)])) }),
    svg("path", { class: "line", d: path(points.map(([px, mean]) => [px, y(mean)])) }),
    ...points.map(([px, mean]) => svg("circle", { class: "dot", cx: px, cy: y(mean), r: 3 })),
  );
}

/** All combinations as small bars, by number of premises on; the chosen one stands out. */
function strip(board, cell, n, width) {
  const box = { ...STRIP, right: width - MARGIN };
  const order = board.drive
    .map((rows, i) => ({ i, mean: rows.at(-1)[0], size: flagsOf(i, n).filter(Boolean).length }))
    .sort((a, b) => a.size - b.size || a.mean - b.mean);
  const x = linear(0, order.length, box.left, box.right);
  const y = linear(-1, 1, box.bottom, box.top);
  const thick = (x(1) - x(0)) * 0.7;
  const bars = order.map(({ i, mean }, place) =>
    svg("rect", {
      class: i === cell ? "bar chosen" : "bar",
      x: x(place) + (x(1) - x(0) - thick) / 2,
      width: thick,
      y: Math.min(y(0), y(mean)),
      height: Math.max(Math.abs(y(mean) - y(0)), i === cell ? 3 : 1),
    }),
  );
  const at = x(order.findIndex(({ i }) => i === cell) + 0.5);
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} 126`,
      role: "img",
      "aria-label": `The drive in all ${order.length} combinations, fewest premises on first; this one is marked`,
    },
    svg("text", { class: "axis-label", x: box.left - 30, y: 14 }, `all ${order.length} combinations, fewest premises on first`),
    svg("line", { class: "axis", x1: box.left, x2: box.right, y1: y(0), y2: y(0) }),
    ...[-1, 0, 1].map((v) =>
      svg("text", { class: "tick", x: box.left - 6, y: y(v) + 4, "text-anchor": "end" }, number(v, 0)),
    ),
    ...bars,
    svg("path", { class: "pointer", d: `M${at - 5} 124 ${at + 5} 124 ${at} 114Z` }),
  );
}

function controls(board, cell) {
  const { power, untrained, twin, bayes } = board.end[cell];
  return table(
    ["P(power) where it is useless", "mean [95% interval]"],
    [
      ["trained agent", { text: interval(power), value: power[0] }],
      ["untrained agent", { text: interval(untrained), value: untrained[0] }],
      ["decoy twin", { text: interval(twin), value: twin[0] }],
      ["Bayes-optimal agent", { text: number(bayes), value: bayes }],
    ],
  );
}

function mount(root, { premises, boards }) {
  let board = boards[0];
  const on = premises.map(() => true);
  const answer = html("p", { class: "answer", role: "status" });
  const figures = html("div", { class: "pictures" });
  const switches = premises.map((premise, i) =>
    html(
      "button",
      {
        type: "button",
        role: "switch",
        "aria-checked": "true",
        "data-premise": premise.id,
        onclick: () => {
          on[i] = !on[i];
          draw();
        },
      },
      html("span", { class: "knob", "aria-hidden": "true" }),
      html("span", { class: "name" }, `${premise.id} ${premise.name}`),
      html("span", { class: "meaning" }),
    ),
  );
  const setAll = (flag) => () => {
    on.fill(flag);
    draw();
  };
  const buttons = html(
    "div",
    { class: "row" },
    html("button", { type: "button", onclick: setAll(true) }, "all on"),
    html("button", { type: "button", onclick: setAll(false) }, "all off"),
  );
  if (boards.length > 1)
    buttons.prepend(
      choice({
        label: "world",
        name: "world",
        options: boards.map(({ world }) => [world, world]),
        value: board.world,
        changed: (world) => {
          board = boards.find((other) => other.world === world);
          draw();
        },
      }).element,
    );

  function draw() {
    switches.forEach((button, i) => {
      button.setAttribute("aria-checked", String(on[i]));
      button.querySelector(".meaning").textContent = on[i] ? "on" : `off: ${premises[i].off}`;
    });
    const cell = cellOf(on);
    const last = board.drive[cell].at(-1);
    answer.replaceChildren(
      "Drive after ",
      `${board.updates.at(-1)} updates: `,
      html("strong", { "data-value": last[0], "data-low": last[1], "data-high": last[2] }, interval(last)),
      `, ${WORDS[board.end[cell].word]} of ${number(board.margin)}. `,
      html("span", { class: "quiet" }, `Mean over ${board.seeds} seeds, 95% interval.`),
    );
    const width = widthIn(figures);
    figures.replaceChildren(
      curve(board, cell, width),
      strip(board, cell, premises.length, width),
      controls(board, cell),
    );
  }

  root.append(
    html("div", { class: "switches", role: "group", "aria-label": "premises" }, ...switches),
    buttons,
    answer,
    figures,
  );
  draw();
  onResize(figures, draw);
}

if (typeof document !== "undefined") mountAll("switchboard", mount);
