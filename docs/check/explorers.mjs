// Holds the explorers of the built site to the library's own numbers, as a reader uses them.
//
//   node explorers.mjs SITE EXPECTED [REPORT]
//
// SITE: the built folder; EXPECTED: the JSON that expected.py prints; REPORT: a report.html
// made by `powerseek argue`, whose explorers must run too. Pages are opened straight from disk.
//
// POWER must lie within 5 standard errors of the exact value (a false alarm in about one state
// of two million), the closed form within 1e-6, and numbers that were measured must be equal.
// Exit status: 0 nothing found, 1 something found, 2 misuse.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const SIGMAS = 5;
const CLOSE = 1e-6;
const EQUAL = 1e-12;
const PATIENCE = 120_000;

const [site, expectedFile, report] = process.argv.slice(2);
if (!site || !expectedFile) {
  console.error("usage: node explorers.mjs SITE EXPECTED [REPORT]");
  process.exit(2);
}
const expected = JSON.parse(fs.readFileSync(expectedFile, "utf8"));
const problems = [];
let checks = 0;

/** Note a problem unless `good`; counts what was looked at. */
function check(good, text) {
  checks++;
  if (!good) problems.push(text);
}

function near(found, wanted, tolerance, text) {
  check(Math.abs(found - wanted) <= tolerance, `${text}: ${found}, expected ${wanted}`);
}

const browser = await launch();

/** Open a page from disk in a tab of its own, and hear of every error. */
async function open(file, options = {}) {
  const tab = await browser.newPage({ acceptDownloads: true, ...options });
  tab.setDefaultTimeout(PATIENCE);
  tab.on("pageerror", (error) => problems.push(`${file}: script error: ${error.message}`));
  tab.on("console", (m) => m.type() === "error" && problems.push(`${file}: console: ${m.text()}`));
  tab.on("request", (r) => /^(file|data|blob):/.test(r.url()) || problems.push(`${file}: asked for ${r.url()}`));
  await tab.goto(pathToFileURL(path.resolve(file)).href);
  return tab;
}

/** Move a slider as a script would, by its value and an input event. */
async function slide(tab, name, value) {
  await tab.locator(`.explorer input[name="${name}"]`).evaluate((input, v) => {
    input.value = v;
    input.dispatchEvent(new Event("input"));
  }, value);
}

async function valuesOf(locator) {
  return (await locator.evaluateAll((cells) => cells.map((cell) => cell.dataset.value))).map(Number);
}

async function settled(tab) {
  await tab.locator('.progress[data-done="true"]').waitFor();
}

async function playground() {
  const tab = await open(path.join(site, "theory", "playground.html"));
  for (const { world, reward, gamma, states } of expected.powers) {
    await tab.locator('select[name="reward"]').selectOption(reward);
    await slide(tab, "gamma", gamma);
    await tab.locator('select[name="world"]').selectOption(world);
    await settled(tab);
    const rows = tab.locator(".numbers tbody tr");
    const names = await rows.locator("th").allTextContents();
    const means = await valuesOf(rows.locator("td:nth-child(2)"));
    const errors = await valuesOf(rows.locator("td:nth-child(3)"));
    const where = `playground, ${world}, ${reward} rewards, gamma ${gamma}`;
    check(names.join() === states.map(([name]) => name).join(), `${where}: states ${names}`);
    states.forEach(([name, exact], i) => {
      check(errors[i] > 0 && errors[i] < 0.01, `${where}: standard error ${errors[i]} at ${name}`);
      near(means[i], exact, SIGMAS * errors[i], `${where}: POWER of ${name}`);
    });
  }
  await drawByHand(tab);
  await tab.close();
}

/** Draw a world with mouse and keyboard, save it, and give it to the command line. */
async function drawByHand(tab) {
  await tab.locator('select[name="reward"]').selectOption("uniform");
  await slide(tab, "gamma", 0.9);
  await tab.locator('select[name="world"]').selectOption("your own");
  const canvas = tab.locator(".canvas");
  const box = await canvas.boundingBox();
  const tap = (x, y) => canvas.click({ position: { x: x * box.width, y: y * box.height } });
  await tab.locator('[data-tool="add"]').click();
  await tap(0.75, 0.3);
  await tap(0.75, 0.7);
  check((await tab.locator(".state").count()) === 3, "playground: two taps should add two states");
  await tab.locator('[data-tool="connect"]').click();
  await tab.locator('[data-state="a"]').click();
  await tab.locator('[data-state="b"]').click();
  // The rest by keyboard: from a, an action to c.
  await tab.locator('[data-tool="move"]').click();
  await tab.locator('[data-state="a"]').focus();
  await tab.keyboard.press("c");
  await tab.locator('[data-state="c"]').focus();
  await tab.keyboard.press("Enter");
  const before = await tab.locator('[data-state="c"] .disc').getAttribute("cx");
  await tab.keyboard.press("ArrowRight");
  const after = await tab.locator('[data-state="c"] .disc').getAttribute("cx");
  check(Number(after) > Number(before), "playground: an arrow key should move a state");
  // Chance, typed: a gamble from b.
  await tab.locator('[data-state="b"]').focus();
  await tab.keyboard.press("Enter");
  await tab.locator('.inspector select[name="target"]').selectOption("c");
  await tab.locator(".inspector .action input").last().fill("b 1/3, c 1/2");
  await tab.keyboard.press("Tab");
  check(/sum to/.test(await tab.locator(".alarm").textContent()), "playground: 1/3 + 1/2 should be refused");
  await tab.locator(".inspector .action input").last().fill("b 1/3, c 2/3");
  await tab.keyboard.press("Tab");
  check((await tab.locator(".alarm").textContent()) === "", "playground: 1/3 + 2/3 should be taken");
  await settled(tab);
  const shown = await valuesOf(tab.locator(".numbers tbody td:nth-child(2)"));
  const errors = await valuesOf(tab.locator(".numbers tbody td:nth-child(3)"));

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "explorers-"));
  const [download] = await Promise.all([
    tab.waitForEvent("download"),
    tab.locator('[data-do="export"]').click(),
  ]);
  const file = path.join(folder, download.suggestedFilename());
  await download.saveAs(file);
  const arguments_ = ["power", file, "--gamma", "9/10", "--method", "exact", "--json"];
  const exact = Object.values(JSON.parse(execFileSync("powerseek", arguments_, { encoding: "utf8" })).states);
  check(exact.length === shown.length, "playground: the command line sees other states");
  exact.forEach(({ value }, i) =>
    near(shown[i], value, SIGMAS * errors[i], `playground, drawn by hand: POWER of state ${i}`),
  );

  // The file comes back as it went; a bad one is refused with its reason; undo takes back.
  await tab.locator('select[name="world"]').selectOption("wait");
  await tab.locator('.explorer input[type="file"]').setInputFiles(file);
  await tab.locator('[data-state="a"]').waitFor();
  await settled(tab);
  check((await valuesOf(tab.locator(".numbers tbody td:nth-child(2)"))).join() === shown.join(), "playground: a saved file should give the same numbers again");
  const bad = path.join(folder, "bad.json");
  fs.writeFileSync(bad, '{"format": "powerseek-mdp/1", "states": ["a"], "actions": {"a": {"go": {"b": 1}}}}');
  await tab.locator('.explorer input[type="file"]').setInputFiles(bad);
  await tab.locator(".alarm", { hasText: 'no state called "b"' }).waitFor();
  await tab.getByRole("button", { name: "undo" }).click();
  await tab.locator('[data-state="chocolate"]').waitFor();
  fs.rmSync(folder, { recursive: true });
}

async function phone() {
  const tab = await open(path.join(site, "theory", "playground.html"), {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    reducedMotion: "reduce",
  });
  await tab.locator('[data-tool="connect"]').tap();
  await tab.locator('[data-state="candy"]').tap();
  await tab.locator('[data-state="hug"]').tap();
  check((await tab.locator('.arrow[data-tail="candy"][data-head="hug"]').count()) === 1, "phone: two taps should connect two states");
  await settled(tab);
  await tab.close();
}

async function phase() {
  const tab = await open(path.join(site, "argument", "phase.html"));
  const cell = (column) => valuesOf(tab.locator(`details tbody td:nth-child(${column})`));
  for (const { sliders, advantage, threshold, updates, drive } of expected.closed_forms) {
    for (const [name, value] of Object.entries(sliders)) await slide(tab, name, value);
    const where = `phase diagram at ${JSON.stringify(sliders)}`;
    const [shownAdvantage, shownThreshold] = await valuesOf(tab.locator(".facts dd"));
    near(shownAdvantage, advantage, CLOSE, `${where}: D`);
    near(shownThreshold, threshold, CLOSE, `${where}: p*`);
    const times = (await tab.locator("details tbody th").allTextContents()).map(Number);
    check(times.join() === updates.join(), `${where}: rows for ${times} updates`);
    const [closed, flow] = [await cell(2), await cell(3)];
    drive.forEach((wanted, i) => {
      near(closed[i], wanted, CLOSE, `${where}: closed form after ${updates[i]} updates`);
      near(flow[i], wanted, CLOSE, `${where}: gradient flow after ${updates[i]} updates`);
    });
  }
  await tab.locator('select[name="run"]').selectOption({ label: expected.measured[0].name });
  for (const { need, drive } of expected.measured) {
    await slide(tab, "need", need);
    const shown = await cell(4);
    drive.forEach((wanted, i) => near(shown[i], wanted, EQUAL, `agents at p = ${need}, row ${i}`));
  }
  await tab.locator('select[name="probe"]').selectOption("told");
  for (const { sliders, late } of expected.late_thresholds) {
    for (const [name, value] of Object.entries(sliders)) await slide(tab, name, value);
    const shown = (await valuesOf(tab.locator(".facts dd")))[2];
    near(shown, late, CLOSE, `phase diagram at ${JSON.stringify(sliders)}: late threshold`);
  }
  // A slider is moved with the arrow keys.
  const slider = tab.locator('input[name="need"]');
  const before = Number(await slider.inputValue());
  await slider.focus();
  await tab.keyboard.press("ArrowLeft");
  check(Number(await slider.inputValue()) < before, "phase diagram: an arrow key should move a slider");
  await tab.close();
}

async function switchboard() {
  const tab = await open(path.join(site, "argument", "switchboard.html"));
  const switches = tab.locator("[data-premise]");
  const ids = await switches.evaluateAll((all) => all.map((s) => s.dataset.premise));
  const state = new Set(ids);
  for (const { on, mean, low, high } of expected.cells) {
    for (const id of ids)
      if (state.has(id) !== on.includes(id)) {
        await tab.locator(`[data-premise="${id}"]`).press("Space");
        state.has(id) ? state.delete(id) : state.add(id);
      }
    const shown = await tab.locator(".answer strong").evaluate((strong) => ({ ...strong.dataset }));
    const where = `switchboard with ${on.join(" ") || "nothing"} on`;
    near(Number(shown.value), mean, EQUAL, `${where}: mean`);
    near(Number(shown.low), low, EQUAL, `${where}: lower end`);
    near(Number(shown.high), high, EQUAL, `${where}: upper end`);
  }
  await tab.close();
}

/** What a report says in numbers, in the explorer of that name. */
async function said(tab, selector) {
  return tab.locator(selector).allTextContents();
}

async function reportRuns() {
  for (const colorScheme of ["light", "dark"])
    for (const [width, height] of [[1280, 900], [390, 844]]) {
      const where = `report (${width} px, ${colorScheme})`;
      const tab = await open(report, { colorScheme, viewport: { width, height } });
      const [wide, room] = await tab.evaluate(() => [
        document.scrollingElement.scrollWidth,
        document.scrollingElement.clientWidth,
      ]);
      check(wide <= room, `${where}: overflows sideways, ${wide} px in ${room}`);
      const paper = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const bright = paper.match(/\d+/g).slice(0, 3).every((part) => Number(part) > 127);
      check(bright === (colorScheme === "light"), `${where}: its paper is ${paper}`);

      // The switchboard: all on is what the run judged, and one off is not.
      const switches = tab.locator("[data-premise]");
      check((await switches.count()) === 6, `${where}: six switches expected`);
      const answer = tab.locator(".answer strong[data-value]");
      const on = Number(await answer.getAttribute("data-value"));
      const full = expected.cells.find((cell) => cell.on.length === 6);
      near(on, full.mean, EQUAL, `${where}: drive with all six on`);
      await switches.first().press("Space");
      check((await tab.locator('[aria-checked="false"]').count()) === 1, `${where}: a switch should flip`);
      const first = await switches.first().getAttribute("data-premise");
      const without = expected.cells.find((c) => c.on.length === 5 && !c.on.includes(first));
      near(Number(await answer.getAttribute("data-value")), without.mean, EQUAL, `${where}: drive without ${first}`);

      // The phase diagram: six facts, and a slider that changes them.
      const facts = () => said(tab, ".explorer .facts dd");
      await slide(tab, "need", 0.2);
      const before = await facts();
      check(before.length === 6, `${where}: six facts expected`);
      await slide(tab, "need", 0.9);
      check((await facts())[0] !== before[0], `${where}: a slider should change the facts`);
      const [advantage] = await valuesOf(tab.locator(".explorer .facts dd").first());
      near(advantage, 0.9 * (1 - 0.2) - 0.15, CLOSE, `${where}: average advantage at p = 0.9`);
      await tab.close();
    }
}

await playground();
await phone();
await phase();
await switchboard();
if (report) await reportRuns();
await browser.close();
for (const text of problems) console.log(text);
console.log(`explorers: ${checks} checks, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
