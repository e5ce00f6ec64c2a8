// The mathematics of the hub world: thresholds, the closed form, and gradient flow.
// The same definitions as powerseek.toymodels.hub_theory; a test holds them together.

/** P(power) from log-odds. */
export function probability(logOdds) {
  return 1 / (1 + Math.exp(-logOdds));
}

/** Log-odds from a probability. */
export function logit(p) {
  return Math.log(p / (1 - p));
}

/** D = p(1-q) - c, what power adds to the return of an average task. */
export function averageAdvantage({ need, success, price }) {
  return need * (1 - success) - price;
}

/**
 * What a probe learns of power early in training, in units of pi(1-pi): the sum over tasks
 * of kernel times advantage. Null probes show no cue; told probes show "not needed".
 */
export function earlyRate(knobs, probe) {
  const { need, success, price, sharing, cue } = knobs;
  const square = probe === "told" ? cue ** 2 : 0;
  return (
    sharing *
    (need * (1 - square) * (1 - success - price) - (1 - need) * (1 + square) * price)
  );
}

/** The need fraction at which that rate changes sign; Infinity if it is never positive. */
export function threshold({ success, price, cue }, probe) {
  const gain = 1 - success;
  const square = probe === "told" ? cue ** 2 : 0;
  const slope = gain - square * (gain - 2 * price);
  return slope > 0 ? (price * (1 + square)) / slope : Infinity;
}

/**
 * The need fraction at which the drive changes sign as training goes on for ever: the root in
 * [1/2, 1] of 2p - 1 - cue^2 = 4 k cue^2 p (1-p), k = tasks sharing / (1-sharing).
 */
export function lateThreshold({ sharing, cue, tasks }, probe) {
  if (probe === "null" || cue === 0) return 0.5;
  if (sharing === 1) return 1;
  const square = cue ** 2;
  const a = (4 * tasks * sharing * square) / (1 - sharing);
  if (a === 0) return (1 + square) / 2;
  return (a - 2 + Math.sqrt((a - 2) ** 2 + 4 * a * (1 + square))) / (2 * a);
}

/** Solve 2z + 2 sinh z = 2 z0 + 2 sinh z0 + D t for z, by bisection to rounding error. */
export function logOddsAt(time, initial, advantage) {
  const target = 2 * initial + 2 * Math.sinh(initial) + advantage * time;
  // 2 sinh|z| <= |target| and 4|z| <= |target|: either bounds the root.
  const bound = Math.min(Math.abs(target) / 4, Math.asinh(Math.abs(target) / 2)) + 1e-12;
  let [low, high] = [-bound, bound];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (2 * middle + 2 * Math.sinh(middle) > target) high = middle;
    else low = middle;
  }
}

/**
 * P(power) in a probe after `time` by the closed form. It is exact for every time if
 * everything is shared and no cue is shown in training (sharing 1, cue 0); otherwise it is
 * exact to first order in time, with the early rate of the probe in place of D.
 */
export function closedForm(knobs, probe, time) {
  return probability(logOddsAt(time, logit(knobs.exploration), earlyRate(knobs, probe)));
}

/** Whether the closed form is the exact solution at these knobs. */
export function isExact({ sharing, cue }) {
  return sharing === 1 && cue === 0;
}

/**
 * Exact gradient flow with equal prices, integrated by Runge-Kutta (order 4).
 *
 * Needy and easy tasks each share one log-odds, since they look alike and start alike, so
 * the flow has two dimensions whatever the number of tasks; probes follow along:
 *   dz(x)/dt = sum over groups g of weight(g) K(x, g) pi(1-pi) A(g),
 *   K(x, g) = sharing (1 + cue(x) cue(g)) + (1 - sharing) [x in g] / (tasks in g).
 * Returns P(power) at each of the given increasing times, for { null, told }.
 */
export function gradientFlow(knobs, times) {
  const { need, success, price, sharing, cue, tasks, exploration } = knobs;
  const shown = [cue, -cue, 0, -cue]; // needy tasks, easy tasks, null probe, told probe
  const own = (1 - sharing) / tasks;

  function slope(z) {
    const [needy, easy] = [probability(z[0]), probability(z[1])];
    const push = [needy * (1 - needy) * (1 - success - price), -easy * (1 - easy) * price];
    const common = sharing * (need * push[0] + (1 - need) * push[1]);
    const cued = sharing * cue * (need * push[0] - (1 - need) * push[1]);
    const shared = (x) => common + shown[x] * cued;
    return [shared(0) + own * push[0], shared(1) + own * push[1], shared(2), shared(3)];
  }

  const along = (z, d, h) => [z[0] + h * d[0], z[1] + h * d[1], z[2] + h * d[2], z[3] + h * d[3]];
  const start = logit(exploration);
  let z = [start, start, start, start];
  let now = 0;
  const out = { null: [], told: [] };
  for (const time of times) {
    while (now < time) {
      // Slopes are at most of order 1/4 and die away as 1/t, so steps may grow with t.
      const h = Math.min(time - now, Math.max(0.25, now / 50));
      const a = slope(z);
      const b = slope(along(z, a, h / 2));
      const c = slope(along(z, b, h / 2));
      const d = slope(along(z, c, h));
      z = z.map((value, i) => value + (h / 6) * (a[i] + 2 * b[i] + 2 * c[i] + d[i]));
      now = time - now <= h ? time : now + h;
    }
    out.null.push(probability(z[2]));
    out.told.push(probability(z[3]));
  }
  return out;
}
