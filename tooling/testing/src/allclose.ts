import { expect } from 'vitest';
import { flatNumbers, type Numeric } from './values';

export interface AllcloseOptions {
  /** Allowed difference relative to the expected number. @default 1e-5 */
  readonly rtol?: number;
  /** Allowed absolute difference. @default 1e-8 */
  readonly atol?: number;
  /** NaN equals NaN. @default false */
  readonly equalNaN?: boolean;
}

interface Comparison {
  readonly pass: boolean;
  readonly detail: string;
}

/** `|received - expected| <= atol + rtol |expected|` for every number, and equal shapes where both have one. */
export function compareNumbers(
  received: Numeric,
  expected: Numeric,
  { rtol = 1e-5, atol = 1e-8, equalNaN = false }: AllcloseOptions = {},
): Comparison {
  const a = flatNumbers(received);
  const b = flatNumbers(expected);
  const shapes = `received ${describe(a.shape, a.data)}, expected ${describe(b.shape, b.data)}`;
  const isShaped = a.shape !== undefined && b.shape !== undefined;
  if (a.data.length !== b.data.length || (isShaped && a.shape.join() !== b.shape.join()))
    return { pass: false, detail: `shapes differ: ${shapes}` };

  let mismatches = 0;
  let worst = 0;
  let first = '';
  for (let i = 0; i < a.data.length; i++) {
    const x = a.data[i]!;
    const y = b.data[i]!;
    if (x === y || (equalNaN && Number.isNaN(x) && Number.isNaN(y))) continue;
    const difference = Math.abs(x - y);
    if (Number.isFinite(y) && difference <= atol + rtol * Math.abs(y)) continue;
    mismatches++;
    if (!(difference <= worst)) worst = difference;
    if (first === '')
      first = `first at ${position(i, a.shape ?? b.shape)}: received ${x}, expected ${y}, difference ${difference.toExponential(3)}`;
  }
  if (mismatches === 0)
    return { pass: true, detail: `all ${a.data.length} numbers are within ${rtol} / ${atol}` };
  return {
    pass: false,
    detail: `${mismatches} of ${a.data.length} numbers differ by more than rtol ${rtol}, atol ${atol}; ${first}; largest difference ${worst.toExponential(3)}`,
  };
}

function describe(shape: readonly number[] | undefined, data: ArrayLike<number>): string {
  return shape ? `[${shape.join()}]` : `${data.length} numbers`;
}

function position(index: number, shape: readonly number[] | undefined): string {
  if (!shape || shape.length < 2) return `[${index}]`;
  const place: number[] = [];
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    place.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return `[${place.join()}]`;
}

expect.extend({
  toBeAllclose(received: Numeric, expected: Numeric, options?: AllcloseOptions) {
    const { pass, detail } = compareNumbers(received, expected, options);
    return { pass, message: () => `toBeAllclose: ${detail}` };
  },
});

declare module 'vitest' {
  interface Matchers<T> {
    /** Numbers equal within tolerances; takes tensors, typed arrays, `{ shape, data }`, nested arrays. */
    toBeAllclose(expected: Numeric, options?: AllcloseOptions): T;
  }
}
