/**
 * argmin 0.5 |z - x|^2 + sum f_i(z), in place, from the proximal maps of the f_i alone: Dykstra's method, which for functions is
 * block coordinate ascent on the dual (Boyle and Dykstra, 1986; Bauschke and Combettes, 2008). Plain alternating projections,
 * without the corrections, reach a common point but not the nearest one.
 */
export function proxSum(
  x: Float64Array,
  proxes: readonly ((z: Float64Array) => void)[],
  { tolerance, maxSweeps }: { readonly tolerance: number; readonly maxSweeps: number },
): { converged: boolean; sweeps: number } {
  const corrections = proxes.map(() => new Float64Array(x.length));
  const before = new Float64Array(x.length);
  for (let sweeps = 1; sweeps <= maxSweeps; sweeps++) {
    let change = 0;
    proxes.forEach((prox, f) => {
      const correction = corrections[f]!;
      for (let j = 0; j < x.length; j++) before[j] = x[j]! += correction[j]!;
      prox(x);
      for (let j = 0; j < x.length; j++) {
        const next = before[j]! - x[j]!;
        change = Math.max(change, Math.abs(next - correction[j]!));
        correction[j] = next;
      }
    });
    if (change <= tolerance) return { converged: true, sweeps };
  }
  return { converged: false, sweeps: maxSweeps };
}
