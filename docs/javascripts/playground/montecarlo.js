// POWER by Monte Carlo, in a worker.
//
// POWER(s) = (1-g)/g E[V*(s) - R(s)]: draw rewards, solve the MDP for each, average. Solving
// is policy iteration with exact evaluation, so the solver adds rounding error only, and the
// error that remains is that of sampling, which is reported with every mean.
//
// The functions below must not use anything outside themselves but one another: the worker
// is made from their source text, so that it also starts in a page opened from disk.

/** Uniform numbers in (0, 1) from a seed (the generator sfc32, after Doty-Humphrey). */
export function generator(seed) {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88, 1];
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 20; i++) next();
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6) + 0.5) / 9007199254740992;
}

/** One reward from a distribution of powerseek: uniform, exponential or gaussian. */
export function reward(distribution, uniform) {
  if (distribution === "exponential") return -Math.log(uniform());
  if (distribution === "gaussian")
    return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return uniform();
}

/**
 * Optimal values V* = max_policy (I - g P)^-1 R, by policy iteration.
 * `policy` is where to start, and is left at an optimal one. The matrix is strictly
 * diagonally dominant, so elimination needs no pivoting.
 */
export function solve(transitions, gamma, rewards, policy) {
  const n = transitions.length;
  const a = new Float64Array(n * (n + 1));
  const values = new Float64Array(n);
  for (;;) {
    a.fill(0);
    for (let s = 0; s < n; s++) {
      a[s * (n + 1) + s] += 1;
      for (const [next, p] of transitions[s][policy[s]]) a[s * (n + 1) + next] -= gamma * p;
      a[s * (n + 1) + n] = rewards[s];
    }
    for (let k = 0; k < n; k++)
      for (let i = k + 1; i < n; i++) {
        const factor = a[i * (n + 1) + k] / a[k * (n + 1) + k];
        if (factor === 0) continue;
        for (let j = k; j <= n; j++) a[i * (n + 1) + j] -= factor * a[k * (n + 1) + j];
      }
    for (let k = n - 1; k >= 0; k--) {
      let rest = a[k * (n + 1) + n];
      for (let j = k + 1; j < n; j++) rest -= a[k * (n + 1) + j] * values[j];
      values[k] = rest / a[k * (n + 1) + k];
    }
    let changed = false;
    for (let s = 0; s < n; s++) {
      const worth = transitions[s].map((outcomes) =>
        outcomes.reduce((sum, [next, p]) => sum + p * values[next], 0),
      );
      const best = worth.indexOf(Math.max(...worth));
      // A gain below rounding error is no gain: it could go round in circles.
      if (worth[best] > worth[policy[s]] + 1e-11 * (1 + Math.abs(worth[best]))) {
        policy[s] = best;
        changed = true;
      }
    }
    if (!changed) return values;
  }
}

/** Running means of POWER: `draw(count)` adds samples, `result()` gives mean and stderr. */
export function sampler({ transitions, gamma, distribution, seed }) {
  const n = transitions.length;
  const uniform = generator(seed);
  const policy = new Int32Array(n);
  const rewards = new Float64Array(n);
  const mean = new Float64Array(n);
  const squares = new Float64Array(n);
  let samples = 0;
  return {
    draw(count) {
      for (let k = 0; k < count; k++) {
        for (let s = 0; s < n; s++) rewards[s] = reward(distribution, uniform);
        const values = solve(transitions, gamma, rewards, policy);
        samples++;
        for (let s = 0; s < n; s++) {
          const x = ((1 - gamma) / gamma) * (values[s] - rewards[s]);
          const distance = x - mean[s];
          mean[s] += distance / samples;
          squares[s] += distance * (x - mean[s]);
        }
      }
    },
    result() {
      const stderr = Array.from(squares, (q) => Math.sqrt(q / (samples - 1) / samples));
      return { samples, mean: Array.from(mean), stderr };
    },
  };
}

/** The worker's main: takes { id, most, ...problem }, posts { id, done, ...result } as it goes on. */
export function serve(scope) {
  const FRAME = 60; // milliseconds between reports
  let current = null;
  const work = (id, most, running) => {
    if (current !== id) return;
    const until = Date.now() + FRAME;
    let { samples } = running;
    do {
      const batch = Math.min(64, most - samples);
      running.sampler.draw(batch);
      samples += batch;
    } while (samples < most && Date.now() < until);
    running.samples = samples;
    scope.postMessage({ id, done: samples >= most, ...running.sampler.result() });
    if (samples < most) setTimeout(work, 0, id, most, running);
  };
  scope.onmessage = ({ data: { id, most, ...problem } }) => {
    current = id;
    work(id, most, { sampler: sampler(problem), samples: 0 });
  };
}

/**
 * The browser's own Worker. In a page opened from disk the site's search puts a stand-in at
 * its place, which cannot start from a blob; a fresh frame still has the original.
 */
function nativeWorker() {
  if (location.protocol !== "file:") return Worker;
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  return frame.contentWindow.Worker;
}

/** A worker that samples. */
export function startWorker() {
  const source = [generator, reward, solve, sampler, serve].map(String).join("\n");
  const blob = new Blob([`"use strict";\n${source}\nserve(self);`], { type: "text/javascript" });
  return new (nativeWorker())(URL.createObjectURL(blob));
}
