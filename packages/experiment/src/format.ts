import type { Summary } from './types';

/** True for a mean with its interval. */
export function isSummary(value: unknown): value is Summary {
  return (
    typeof value === 'object' &&
    value !== null &&
    'mean' in value &&
    'low' in value &&
    'high' in value &&
    'n' in value
  );
}

/** A number for reading: whole numbers in full, others with four significant digits, exponents where they help. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || (Number.isInteger(value) && size < 1e15)) return String(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace('e+', 'e');
  return trimZeros(value.toPrecision(4));
}

/** `1.23 [1.1, 1.36], n = 5`; without an interval where there is none. */
export function formatSummary({ mean, low, high, n }: Summary): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return `${formatNumber(mean)}, n = ${n}`;
  return `${formatNumber(mean)} [${formatNumber(low)}, ${formatNumber(high)}], n = ${n}`;
}

export type Measured = string | number | Summary | Readonly<Record<string, string | number | Summary>>;

/** Any measurement as text; named ones as `name value; name value`. */
export function formatMeasured(value: Measured): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatNumber(value);
  if (isSummary(value)) return formatSummary(value);
  return Object.entries(value)
    .map(([name, each]) => `${name} ${formatMeasured(each)}`)
    .join('; ');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
