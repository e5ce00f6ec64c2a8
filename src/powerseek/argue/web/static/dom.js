// Small helpers for building and reading the page. Nothing here keeps state.

const SVG = "http://www.w3.org/2000/svg";

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

/** An HTML element: html("button", { type: "button", onclick: go }, "Go"). */
export function html(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/** The data that was put into the page for an explorer. */
export function dataOf(root) {
  return JSON.parse(root.querySelector('script[type="application/json"]').textContent);
}

/** Start an explorer wherever the page has a place for it, in place of the notice there. */
export function mountAll(name, mount) {
  for (const root of document.querySelectorAll(`.explorer[data-explorer="${name}"]`)) {
    root.querySelector(".explorer-off")?.remove();
    mount(root, dataOf(root));
  }
}

let labels = 0;

/**
 * A labelled slider with its value written beside it.
 * Returns { element, value, set(value) }; `changed` is called on every movement.
 */
export function slider({ label, name, min, max, step, value, format = String, changed }) {
  const id = `explorer-${name}-${++labels}`;
  const output = html("output", { for: id });
  const input = html("input", { type: "range", id, name, min, max, step, value });
  const show = () => {
    output.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show();
    changed(Number(input.value));
  });
  show();
  return {
    element: html("div", { class: "slider" }, html("label", { for: id }, label), input, output),
    get value() {
      return Number(input.value);
    },
    set(next) {
      input.value = next;
      show();
    },
  };
}

/** A labelled list to choose from; options are [value, text] pairs. */
export function choice({ label, name, options, value, changed }) {
  const id = `explorer-${name}-${++labels}`;
  const select = html("select", { id, name, onchange: () => changed(select.value) });
  for (const [key, text] of options) select.append(html("option", { value: key }, text));
  select.value = value;
  const element = html("div", { class: "choice" }, html("label", { for: id }, label), select);
  return { element, select };
}

/** A number as pages write it: a sign if asked for, and a true minus. */
export function number(value, digits = 2, signed = false) {
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  if (value < 0 && !zero) return `\u2212${text}`;
  return signed && !zero ? `+${text}` : text;
}

/** A mean with its interval: 0.71 [0.68, 0.74]. */
export function interval([mean, low, high], digits = 2) {
  return `${number(mean, digits)} [${number(low, digits)}, ${number(high, digits)}]`;
}

/** A table: column names, then rows of texts or of { text, value } with the exact number. */
export function table(head, rows) {
  const cell = (content, i) => {
    const { text = content, value = null } = content ?? {};
    return i === 0
      ? html("th", { scope: "row" }, String(text))
      : html("td", { "data-value": value }, String(text));
  };
  return html(
    "div",
    { class: "explorer-table", tabindex: 0, role: "region", "aria-label": "table of numbers" },
    html(
      "table",
      { class: "plain" },
      html("thead", {}, html("tr", {}, ...head.map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...row.map(cell)))),
    ),
  );
}
