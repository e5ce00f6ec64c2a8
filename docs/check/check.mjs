// Opens every page of the built site in headless Chromium and lists what is wrong with it.
//
//   node check.mjs SITE [SHOTS]     SITE: the built folder; SHOTS: where screenshots go
//
// Every .html file under SITE is visited in light and dark and shrunk from desktop to phone. A page
// fails on a console error, a failed request, a request to another host, raw or failed
// maths, a picture without alternative text, a missing or second h1, text that overflows
// the page sideways, a broken link inside the site, an accessibility violation (axe-core,
// WCAG A and AA), or more than its budget of bytes. Search must find something, both over
// HTTP and straight from disk. Exit status: 0 nothing found, 1 something found, 2 misuse.

import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";
import { launch } from "./browser.mjs";

const WIDTHS = { desktop: [1280, 900], phone: [390, 844] };
const SCHEMES = ["light", "dark"];
const SETTLE = 150; // milliseconds for scripts that run after the load event
const PATIENCE = 120_000; // milliseconds for a page or a search on a busy machine
const PAGE_BUDGET = 750_000; // bytes over the wire, fonts, scripts and search included
const INDEX = "search/search_index.js";
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
// What can differ from the first visit: contrast with the scheme, the rest with the width.
const AXE_SCOPE = {
  "desktop light": { runOnly: WCAG },
  "desktop dark": { runOnly: ["color-contrast"] },
  "phone light": { runOnly: WCAG, rules: { "color-contrast": { enabled: false } } },
};
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// As a web host sends it: text is compressed.
const TEXT = /^(text|application.json|image.svg)/;
const sent = new Map();
function body(file, type) {
  if (!sent.has(file)) {
    const bytes = fs.readFileSync(file);
    sent.set(file, TEXT.test(type) ? zlib.gzipSync(bytes) : bytes);
  }
  return sent.get(file);
}

function serve(root) {
  const server = http.createServer((request, response) => {
    let file = path.join(root, decodeURIComponent(new URL(request.url, "http://x").pathname));
    if (fs.existsSync(file) && fs.statSync(file).isDirectory()) file = path.join(file, "index.html");
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    const bytes = body(file, type);
    const zipped = TEXT.test(type) ? { "content-encoding": "gzip" } : {};
    response.writeHead(200, { "content-type": type, "content-length": bytes.length, ...zipped });
    response.end(bytes);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

// Runs inside the page: what can be seen to be wrong with it.
function inspect() {
  const problems = [];
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  if (document.body.dataset.mdColorScheme !== (dark ? "slate" : "default"))
    problems.push("not in the reader's colour scheme");
  const { scrollWidth, clientWidth } = document.scrollingElement;
  if (scrollWidth > clientWidth)
    problems.push(`overflows sideways: ${scrollWidth} px wide in ${clientWidth}`);
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) problems.push(`${headings} h1 headings, expected 1`);
  for (const image of document.querySelectorAll("img"))
    if (!image.alt.trim()) problems.push(`image without alt text: ${image.getAttribute("src")}`);
  for (const drawing of document.querySelectorAll("figure svg"))
    if (drawing.getAttribute("role") !== "img" || !drawing.getAttribute("aria-label")?.trim())
      problems.push('drawing in a figure without role="img" and aria-label');
  for (const error of document.querySelectorAll(".katex-error"))
    problems.push(`maths failed: ${error.title || error.textContent}`);
  for (const formula of document.querySelectorAll(".arithmatex"))
    if (!formula.querySelector(".katex, .katex-error"))
      problems.push(`maths not rendered: ${formula.textContent.slice(0, 60)}`);
  for (const source of document.querySelectorAll('.katex annotation'))
    if (/\\\\[a-zA-Z]{2,}/.test(source.textContent))
      problems.push(`maths with a doubled backslash: ${source.textContent.slice(0, 60)}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    const parent = walker.currentNode.parentElement;
    if (/\\[([]|\\[a-zA-Z]{2,}|\$\$/.test(text) && !parent.closest("code, pre, script, style, .katex, .katex-error"))
      problems.push(`raw maths: ${text.trim().slice(0, 60)}`);
  }
  return problems;
}

// Runs inside the page, once axe-core is there.
async function accessibility(scope) {
  const { violations } = await axe.run(document, { ...scope, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => {
      const why = node.failureSummary.split("\n")[1]?.trim();
      return `accessibility, ${id}: ${node.target.join(" ")}: ${why}`;
    }),
  );
}

// Runs inside the page: ids that links may point at, and where its own links go.
function linksAndTargets() {
  const here = location.href.split("#")[0];
  const hrefs = [...document.querySelectorAll("a[href]")].map((a) => a.href);
  return {
    here,
    ids: [...document.querySelectorAll("[id], a[name]")].map((e) => e.id || e.name),
    hrefs: hrefs.filter((href) => href.startsWith(location.origin)),
  };
}

async function visit(context, base, page, scheme, shots, report) {
  const tab = await context.newPage();
  let where = page;
  let bytes = 0;
  const problem = (text) => report.problems.add(`${where}: ${text}`);
  tab.on("console", (m) => m.type() === "error" && problem(`console: ${m.text()}`));
  tab.on("pageerror", (error) => problem(`script error: ${error.message}`));
  tab.on("requestfailed", (r) => r.url().startsWith(base) && problem(`request failed: ${r.url()}`));
  tab.on("response", (response) => {
    const size = response.headers()["content-length"] ?? 0;
    bytes += response.url().endsWith(INDEX) ? report.indexBytes : Number(size);
    if (response.status() >= 400) problem(`status ${response.status()}: ${response.url()}`);
  });
  await tab.route("**/*", (route) => {
    const url = route.request().url();
    // Every page loads the index of the search; reading it would take time. See searchWorks.
    if (url.endsWith(INDEX)) return route.fulfill({ contentType: TYPES[".js"], body: report.noIndex });
    if ([base, "data:", "blob:"].some((prefix) => url.startsWith(prefix))) return route.continue();
    problem(`request to another host: ${url}`);
    return route.abort();
  });
  for (const [device, [width, height]] of Object.entries(WIDTHS)) {
    where = `${page} (${device}, ${scheme})`;
    await tab.setViewportSize({ width, height });
    if (device === "desktop") {
      await tab.goto(`${base}/${page}`, { waitUntil: "load" });
      await tab.evaluate(() => document.fonts.ready);
    }
    await tab.waitForTimeout(SETTLE);
    if (bytes > PAGE_BUDGET) problem(`weighs ${bytes} bytes, budget ${PAGE_BUDGET}`);
    (await tab.evaluate(inspect)).forEach(problem);
    if (device === "desktop" && scheme === "light")
      report.pages.push(await tab.evaluate(linksAndTargets));
    const scope = AXE_SCOPE[`${device} ${scheme}`];
    if (scope) {
      if (device === "desktop") await tab.evaluate(AXE);
      (await tab.evaluate(accessibility, scope)).forEach(problem);
    }
    if (shots) {
      const name = `${page.replace(/\.html$/, "").replaceAll("/", "--")}.${device}.${scheme}.png`;
      await tab.screenshot({ path: path.join(shots, name), fullPage: true });
    }
  }
  await tab.close();
}

async function searchWorks(context, url, report) {
  const tab = await context.newPage();
  tab.on("pageerror", (error) => report.problems.add(`search at ${url}: ${error.message}`));
  await tab.goto(url, { waitUntil: "load" });
  await tab.locator(".md-search__input").click();
  await tab.keyboard.type("POWER");
  try {
    await tab.locator(".md-search-result__item").first().waitFor({ state: "attached" });
  } catch {
    report.problems.add(`search at ${url}: nothing found for "POWER"`);
  }
  await tab.close();
}

function brokenLinks({ pages, problems }) {
  const ids = new Map(pages.map((page) => [page.here, new Set(page.ids)]));
  for (const { here, hrefs } of pages)
    for (const href of new Set(hrefs)) {
      const [target, anchor] = href.split("#");
      const known = ids.get(target.endsWith("/") ? `${target}index.html` : target);
      const name = new URL(here).pathname.slice(1);
      if (!known && target.endsWith(".html")) problems.add(`${name}: link to a missing page: ${href}`);
      if (known && anchor && !known.has(decodeURIComponent(anchor)))
        problems.add(`${name}: link to a missing place: ${href}`);
    }
}

const [site, shots] = process.argv.slice(2);
if (!site || !fs.existsSync(path.join(site, "index.html"))) {
  console.error("usage: node check.mjs SITE [SHOTS]; SITE must hold index.html");
  process.exit(2);
}
if (shots) fs.mkdirSync(shots, { recursive: true });
const root = path.resolve(site);
const pages = fs
  .readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith(".html"))
  .map((file) => file.split(path.sep).join("/"))
  .sort();
const server = await serve(root);
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await launch();
const index = path.join(root, INDEX);
const report = {
  problems: new Set(),
  pages: [],
  indexBytes: body(index, TYPES[".js"]).length,
  noIndex: fs.readFileSync(index, "utf8").replace(/"docs":\[.*$/s, '"docs":[]}'),
};
await Promise.all(
  SCHEMES.map(async (colorScheme) => {
    // A context of its own: the theme remembers the scheme of a reader's first visit.
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
    context.setDefaultTimeout(PATIENCE);
    for (const page of pages) await visit(context, base, page, colorScheme, shots, report);
    await context.close();
  }),
);
const context = await browser.newContext();
context.setDefaultTimeout(PATIENCE);
await searchWorks(context, `${base}/index.html`, report);
await searchWorks(context, pathToFileURL(path.join(root, "index.html")).href, report);
brokenLinks(report);
await browser.close();
server.close();

const problems = [...report.problems].sort();
for (const text of problems) console.log(text);
console.log(
  `site check: ${pages.length} pages, ${Object.keys(WIDTHS).length} widths, ` +
    `${SCHEMES.length} colour schemes, ${problems.length} problems`,
);
process.exit(problems.length ? 1 : 0);
