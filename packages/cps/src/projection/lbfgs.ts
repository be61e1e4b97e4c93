/**
 * Minimises a smooth function in place: limited-memory BFGS with ten pairs and backtracking steps (Nocedal and Wright, 2006,
 * algorithm 7.5). Ends when the gradient is below the tolerance or no step lowers the function.
 *
 * @param objective value at a point; fills the gradient
 * @returns iterations
 */
export function minimise(
  objective: (point: Float64Array, gradient: Float64Array) => number,
  x: Float64Array,
  { maxIterations, tolerance }: { readonly maxIterations: number; readonly tolerance: number },
): number {
  const n = x.length;
  const memory = 10;
  const pairs: { step: Float64Array; change: Float64Array; inverse: number }[] = [];
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (greatest(gradient) <= tolerance) return iteration;
    const direction = descent(gradient, pairs);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      pairs.length = 0;
      for (let j = 0; j < n; j++) direction[j] = -gradient[j]!;
      slope = -dot(gradient, gradient);
    }
    const trial = new Float64Array(n);
    const next = new Float64Array(n);
    let length = pairs.length === 0 ? Math.min(1, 1 / greatest(gradient)) : 1;
    let reached = Infinity;
    for (let halving = 0; halving < 50; halving++, length /= 2) {
      for (let j = 0; j < n; j++) trial[j] = x[j]! + length * direction[j]!;
      reached = objective(trial, next);
      if (reached <= value + 1e-4 * length * slope) break;
    }
    if (!(reached < value)) return iteration;
    const step = trial.map((entry, j) => entry - x[j]!);
    const change = next.map((entry, j) => entry - gradient[j]!);
    const curvature = dot(step, change);
    if (curvature > 1e-12 * dot(change, change)) {
      pairs.push({ step, change, inverse: 1 / curvature });
      if (pairs.length > memory) pairs.shift();
    }
    x.set(trial);
    gradient = next;
    value = reached;
  }
  return maxIterations;
}

/** -H gradient by the two-loop recursion. */
function descent(
  gradient: Float64Array,
  pairs: readonly { step: Float64Array; change: Float64Array; inverse: number }[],
): Float64Array<ArrayBuffer> {
  const q = Float64Array.from(gradient, (entry) => -entry);
  const weights = new Float64Array(pairs.length);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { step, change, inverse } = pairs[k]!;
    weights[k] = inverse * dot(step, q);
    for (let j = 0; j < q.length; j++) q[j]! -= weights[k]! * change[j]!;
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.inverse * dot(last.change, last.change));
    for (let j = 0; j < q.length; j++) q[j]! *= scale;
  }
  pairs.forEach(({ step, change, inverse }, k) => {
    const correction = weights[k]! - inverse * dot(change, q);
    for (let j = 0; j < q.length; j++) q[j]! += correction * step[j]!;
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

function greatest(vector: Float64Array): number {
  let most = 0;
  for (const entry of vector) most = Math.max(most, Math.abs(entry));
  return most;
}
