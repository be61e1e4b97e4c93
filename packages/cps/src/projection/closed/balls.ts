import { HARD, L1, type Mode } from '../penalty';

/**
 * Proximal point of the distance from an l2 ball, in place on the chosen entries around `centre`: the vector is shortened, to
 * the radius (exact), by at most the cap (l1), or part of the way (quadratic).
 */
export function proxL2Ball(
  x: Float64Array,
  {
    entries,
    centre,
    radius,
    mode,
  }: { entries: ArrayLike<number>; centre: number; radius: number; mode: Mode },
): void {
  let square = 0;
  for (let e = 0; e < entries.length; e++) square += (x[entries[e]!]! - centre) ** 2;
  const norm = Math.sqrt(square);
  const excess = norm - radius;
  if (excess <= 0) return;
  const kept =
    mode.kind === HARD
      ? radius
      : mode.kind === L1
        ? norm - Math.min(mode.cap, excess)
        : norm - (excess * mode.gamma) / (1 + mode.gamma);
  // Rounding may leave the norm one unit above the radius: round towards the centre.
  const factor = (kept / norm) * (mode.kind === HARD ? 1 - 2 ** -52 : 1);
  for (let e = 0; e < entries.length; e++) x[entries[e]!] = centre + (x[entries[e]!]! - centre) * factor;
}

/**
 * Proximal point of the distance from an l1 ball, in place: soft thresholding, where the threshold makes the norm the radius
 * (found by sorting; Duchi et al., 2008), is capped (l1), or balances the excess (quadratic).
 */
export function proxL1Ball(
  x: Float64Array,
  {
    entries,
    centre,
    radius,
    mode,
  }: { entries: ArrayLike<number>; centre: number; radius: number; mode: Mode },
): void {
  const count = entries.length;
  const sizes = new Float64Array(count);
  let norm = 0;
  for (let e = 0; e < count; e++) {
    sizes[e] = Math.abs(x[entries[e]!]! - centre);
    norm += sizes[e]!;
  }
  if (norm <= radius) return;
  sizes.sort();
  // With k values above the threshold t: sum - k t = radius + softness t, softness 1 / gamma for the quadratic penalty.
  let sum = 0;
  let threshold = 0;
  for (let k = 1; k <= count; k++) {
    sum += sizes[count - k]!;
    const candidate = (sum - radius) / (k + mode.softness);
    if (candidate >= sizes[count - k]!) break;
    threshold = candidate;
  }
  if (mode.kind === L1) threshold = Math.min(threshold, mode.cap);
  for (let e = 0; e < count; e++) {
    const at = entries[e]!;
    const d = x[at]! - centre;
    x[at] = centre + Math.sign(d) * Math.max(0, Math.abs(d) - threshold);
  }
}
