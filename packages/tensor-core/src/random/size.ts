import { LabError } from '../errors';
import { checkKey, type Key } from './key';
import { refuseTraced } from './traced';

/** How many values: a number, or the shape of the array that they will fill (row-major). */
export type Size = number | readonly number[];

/** How many values `size` asks for, having checked it and the key; `where` opens the sentence of an error. */
export function countOf(key: Key, size: Size, where: string): number {
  checkKey(key, where);
  refuseTraced(key, where);
  const axes = typeof size === 'number' ? [size] : Array.isArray(size) ? (size as readonly number[]) : [-1];
  let count = 1;
  for (const axis of axes) count *= Number.isInteger(axis) && axis >= 0 ? axis : Number.NaN;
  if (count < 2 ** 32) return count;
  throw new LabError('argument', `${where}: size is a whole number or a shape, below 2^32 values`, {
    argument: 'size',
    received: size,
  });
}

/** Refuses a range that is empty or not finite. */
export function checkRange(low: number, high: number, where: string): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
  throw new LabError('argument', `${where}: low and high are finite and low is below high`, {
    argument: 'low, high',
    received: `${String(low)}, ${String(high)}`,
  });
}
