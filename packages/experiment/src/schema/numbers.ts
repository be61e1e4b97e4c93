import { z } from 'zod';

const names = ['NaN', 'Infinity', '-Infinity'] as const;

/** JSON has no NaN and no infinity: they are written as `{ "nonFinite": "NaN" }`, which no text or number can be mistaken for. */
export const anyNumber = z.union([
  z.number(),
  z.strictObject({ nonFinite: z.enum(names) }).transform(({ nonFinite }) => Number(nonFinite)),
]);

/** A copy that JSON can hold: numbers that are not finite become objects, what JSON does not know is left out. */
export function encodeNumbers(value: unknown): unknown {
  return copy(value, (number) => ({ nonFinite: String(number) }));
}

/** A copy for Vega, to which null means "not known". */
export function encodeForVega(value: unknown): unknown {
  return copy(value, () => null);
}

function copy(value: unknown, nonFinite: (value: number) => unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : nonFinite(value);
  if (Array.isArray(value)) return value.map((each) => copy(each, nonFinite));
  if (ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<number>, (each) => copy(each, nonFinite));
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return copy((value as { toJSON(): unknown }).toJSON(), nonFinite);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each, nonFinite)]));
}
