export interface Axis {
  readonly label: string;
  readonly domain: readonly [low: number, high: number];
  /** Logarithmic, both ends being positive. */
  readonly log?: boolean;
  readonly format?: (value: number) => string;
}

/** Ticks at round numbers: 1, 2 or 5 times a power of ten; at powers of ten on a logarithmic axis. */
export function ticks({ domain: [low, high], log = false }: Axis, most: number): number[] {
  if (log) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  }
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** From values to pixels between `from` and `to`, and back. */
export function scaleOf({ domain: [low, high], log = false }: Axis, from: number, to: number) {
  const along = log ? Math.log : (value: number): number => value;
  const [a, b] = [along(low), along(high)];
  return {
    at: (value: number): number => from + ((along(value) - a) / (b - a || 1)) * (to - from),
    invert: (pixel: number): number => {
      const value = a + ((pixel - from) / (to - from)) * (b - a);
      return log ? Math.exp(value) : value;
    },
  };
}

/** A domain that holds all values, a little wider than they are. */
export function domainOf(values: Iterable<number>, pad = 0.06): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const margin = (high - low || 1) * pad;
  return [low - margin, high + margin];
}
