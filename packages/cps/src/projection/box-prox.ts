import { HARD, L1, type Mode } from './penalty';

/**
 * Proximal point of the distance from [lower, upper] for each coordinate, z = argmin 0.5 (z - y)^2 + 0.5 gamma Pi(z), and its
 * slope dz/dy (0 or 1, and 1 / (1 + gamma w^2) for a violated quadratic): bounds on single entries are handled here exactly and
 * need no multiplier. `weight` is the coefficient w of the bound's row, 1 unless a user's matrix says otherwise.
 */
export function boxProx(
  y: Float64Array,
  box: {
    readonly lower: Float64Array;
    readonly upper: Float64Array;
    readonly weight?: Float64Array | undefined;
  },
  out: { readonly z: Float64Array; readonly slope: Float64Array; readonly count: number },
  mode: Mode,
): void {
  const { lower, upper, weight } = box;
  const { z, slope, count } = out;
  for (let j = 0; j < count; j++) {
    const value = y[j]!;
    const low = lower[j]!;
    const high = upper[j]!;
    const gap = value < low ? low - value : value > high ? high - value : 0;
    if (gap === 0) {
      z[j] = value;
      slope[j] = low === high && mode.kind !== 2 ? 0 : 1;
    } else if (mode.kind === HARD) {
      z[j] = gap > 0 ? low : high;
      slope[j] = 0;
    } else {
      const w = weight === undefined ? 1 : weight[j]!;
      if (mode.kind === L1) {
        const cap = mode.cap * w;
        const held = Math.abs(gap) <= cap;
        z[j] = held ? (gap > 0 ? low : high) : value + (gap > 0 ? cap : -cap);
        slope[j] = held ? 0 : 1;
      } else {
        const strength = mode.gamma * w * w;
        z[j] = value + gap * (strength / (1 + strength));
        slope[j] = 1 / (1 + strength);
      }
    }
  }
}

/** One coordinate of `boxProx`, for updates of a few entries. */
export function boxProxOne(value: number, low: number, high: number, weight: number, mode: Mode): number {
  const gap = value < low ? low - value : value > high ? high - value : 0;
  if (gap === 0) return value;
  if (mode.kind === HARD) return gap > 0 ? low : high;
  if (mode.kind === L1) {
    const cap = mode.cap * weight;
    return Math.abs(gap) <= cap ? (gap > 0 ? low : high) : value + (gap > 0 ? cap : -cap);
  }
  const strength = mode.gamma * weight * weight;
  return value + gap * (strength / (1 + strength));
}

/** What `boxProx` minimises beside the squared distance: 0.5 gamma Pi(z), for one coordinate already at its proximal point. */
export function boxCharge(value: number, low: number, high: number, weight: number, mode: Mode): number {
  if (mode.kind === HARD) return 0;
  const gap = value < low ? low - value : value > high ? value - high : 0;
  return mode.kind === L1 ? mode.cap * weight * gap : 0.5 * mode.gamma * weight * weight * gap * gap;
}
