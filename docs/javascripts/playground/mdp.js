// A finite MDP as the playground edits it, and as the file format powerseek-mdp/1 has it.
//
// { states: [name], actions: { name: [{ action, to: { name: token } }] }, positions: { name: [x, y] } }
// Probabilities are kept as written ("1/2", 0.5, 1), so that a file goes out as exactly as it
// came in. Positions are in units between neighbours, y upwards, as in the format.

export const FORMAT = "powerseek-mdp/1";

/** A probability token as [numerator, denominator], exactly; null if it is none. */
export function rational(token) {
  const text = String(token).trim();
  const ratio = /^(\d+)\s*\/\s*(\d+)$/.exec(text);
  if (ratio) {
    const [top, bottom] = [BigInt(ratio[1]), BigInt(ratio[2])];
    return bottom > 0n ? [top, bottom] : null;
  }
  const decimal = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (!decimal) return null;
  const digits = decimal[2] ?? "";
  const power = Number(decimal[3] ?? 0) - digits.length;
  const scale = 10n ** BigInt(Math.abs(power));
  const top = BigInt(decimal[1] + digits);
  return power < 0 ? [top, scale] : [top * scale, 1n];
}

/** A probability token as a float. */
export function toNumber(token) {
  const [top, bottom] = rational(token);
  return Number(top) / Number(bottom);
}

/** What is wrong with the outcomes of an action, or "" if they are a distribution. */
export function problemWith(to, states) {
  let sum = [0n, 1n];
  if (!Object.keys(to).length) return "an action needs an outcome";
  for (const [state, token] of Object.entries(to)) {
    if (!states.includes(state)) return `there is no state called "${state}"`;
    const value = rational(token);
    if (!value) return `"${token}" is not a probability such as 1/2 or 0.5`;
    sum = [sum[0] * value[1] + value[0] * sum[1], sum[1] * value[1]];
  }
  return sum[0] === sum[1] ? "" : `probabilities sum to ${Number(sum[0]) / Number(sum[1])}, not 1`;
}

/** Outcomes from text, "win 1/2, lose 1/2" or just "win"; throws an Error that says why not. */
export function outcomesFrom(text, states) {
  const to = {};
  for (const part of text.split(",").map((piece) => piece.trim()).filter(Boolean)) {
    const [, name, token] = /^(.*?)(?:\s+([\d.]+(?:\s*\/\s*\d+)?))?$/.exec(part);
    const whole = states.includes(part) ? [part, 1] : [name, token ?? 1];
    if (whole[0] in to) throw new Error(`"${whole[0]}" is listed twice`);
    to[whole[0]] = whole[1];
  }
  const problem = problemWith(to, states);
  if (problem) throw new Error(problem);
  return to;
}

/** The text that `outcomesFrom` reads back. */
export function outcomesText(to) {
  const entries = Object.entries(to);
  if (entries.length === 1 && toNumber(entries[0][1]) === 1) return entries[0][0];
  return entries.map(([name, token]) => `${name} ${token}`).join(", ");
}

/** A model with one state and nothing else. */
export function emptyModel() {
  return { states: ["a"], actions: { a: [{ action: "stay", to: { a: 1 } }] }, positions: { a: [0, 0] } };
}

/** A name that no state has: a, b, ..., z, s27, ... */
export function freeName(model) {
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
  const free = letters.find((name) => !model.states.includes(name));
  let n = model.states.length + 1;
  while (!free && model.states.includes(`s${n}`)) n++;
  return free ?? `s${n}`;
}

/** Add a state, which at first can only stay where it is. */
export function addState(model, position, name = freeName(model)) {
  model.states.push(name);
  model.actions[name] = [{ action: "stay", to: { [name]: 1 } }];
  model.positions[name] = position;
  return name;
}

/** Add a sure action from one state to another, unless there is one already. */
export function connect(model, tail, head) {
  const actions = model.actions[tail];
  const sure = actions.some(({ to }) => Object.keys(to).length === 1 && head in to);
  if (sure) return false;
  // The stay of a fresh state only stands in for having no action yet.
  const [only] = actions;
  if (actions.length === 1 && only.action === "stay" && only.to[tail] && tail !== head) actions.pop();
  const taken = new Set(actions.map(({ action }) => action));
  let name = tail === head ? "stay" : head;
  while (taken.has(name)) name += "'";
  actions.push({ action: name, to: { [head]: 1 } });
  return true;
}

/** Every state needs an action: one that has none left stays where it is. */
function mend(model, name) {
  if (!model.actions[name].length) model.actions[name].push({ action: "stay", to: { [name]: 1 } });
}

/** Remove every action of one state that may lead to another. */
export function disconnect(model, tail, head) {
  model.actions[tail] = model.actions[tail].filter(({ to }) => !(head in to));
  mend(model, tail);
}

/** Remove one action by its place. */
export function removeAction(model, name, index) {
  model.actions[name].splice(index, 1);
  mend(model, name);
}

/** Remove a state and all actions that may lead to it; the last state stays. */
export function removeState(model, name) {
  if (model.states.length === 1) return false;
  model.states = model.states.filter((other) => other !== name);
  delete model.actions[name];
  delete model.positions[name];
  for (const other of model.states) disconnect(model, other, name);
  return true;
}

/** Give a state another name; throws an Error if that cannot be. */
export function renameState(model, name, next) {
  if (next === name) return;
  if (!next) throw new Error("a state needs a name");
  if (model.states.includes(next)) throw new Error(`there is a state called "${next}" already`);
  const swap = (other) => (other === name ? next : other);
  model.states = model.states.map(swap);
  const renamed = (object) => Object.fromEntries(Object.entries(object).map(([k, v]) => [swap(k), v]));
  model.actions = renamed(model.actions);
  model.positions = renamed(model.positions);
  for (const actions of Object.values(model.actions))
    for (const action of actions) action.to = renamed(action.to);
}

/** All pairs that some action connects: { tail, head, sure, chance } with chance the tokens. */
export function edgesOf(model) {
  const edges = new Map();
  for (const tail of model.states)
    for (const { to } of model.actions[tail])
      for (const [head, token] of Object.entries(to)) {
        const key = JSON.stringify([tail, head]);
        if (!edges.has(key)) edges.set(key, { tail, head, sure: false, chance: [] });
        if (toNumber(token) === 1) edges.get(key).sure = true;
        else if (toNumber(token) > 0) edges.get(key).chance.push(String(token));
      }
  return [...edges.values()];
}

/** Transitions by number, for the sampler: per state, per action, [[next, probability], ...]. */
export function transitionsOf(model) {
  const index = new Map(model.states.map((name, i) => [name, i]));
  return model.states.map((name) =>
    model.actions[name].map(({ to }) =>
      Object.entries(to).map(([next, token]) => [index.get(next), toNumber(token)]),
    ),
  );
}

/** The model as the text of an MDP file. */
export function toFile(model) {
  const actions = {};
  for (const name of model.states)
    actions[name] = Object.fromEntries(model.actions[name].map(({ action, to }) => [action, to]));
  const positions = {};
  for (const name of model.states)
    positions[name] = model.positions[name].map((x) => Math.round(x * 1000) / 1000);
  return `${JSON.stringify({ format: FORMAT, states: model.states, actions, positions }, null, 2)}\n`;
}

/** A model from a parsed MDP file; throws an Error that names what is wrong. */
export function fromFile(document) {
  if (document?.format !== FORMAT) throw new Error(`"format" should be "${FORMAT}"`);
  const { states, actions } = document;
  if (!Array.isArray(states) || !states.length) throw new Error('"states" should list names');
  const model = { states: [...states], actions: {}, positions: {} };
  for (const name of states) {
    const own = Object.entries(actions?.[name] ?? {});
    if (!own.length) throw new Error(`state "${name}" has no action`);
    model.actions[name] = own.map(([action, to]) => {
      const problem = problemWith(to, states);
      if (problem) throw new Error(`action "${action}" of "${name}": ${problem}`);
      return { action, to: { ...to } };
    });
  }
  states.forEach((name, i) => {
    const angle = (2 * Math.PI * i) / states.length;
    const radius = Math.max(1, states.length / 5);
    model.positions[name] = document.positions?.[name] ?? [
      radius * Math.sin(angle),
      radius * Math.cos(angle),
    ];
  });
  return model;
}
