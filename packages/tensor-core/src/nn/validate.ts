import { LabError } from '../errors';
import type { Tensor } from '../tf';

/** Refuses sizes that are not whole numbers from 1, naming the first. */
export function assertSizes(caller: string, sizes: Readonly<Record<string, number>>): void {
  for (const [argument, received] of Object.entries(sizes))
    if (!Number.isSafeInteger(received) || received < 1)
      throw new LabError('argument', `${caller}: a size must be a whole number from 1`, {
        argument,
        received,
      });
}

/**
 * Refuses an input of another shape. `expected` gives a size or a letter for each axis; a leading `'...'` stands for
 * any axes.
 */
export function assertShape(
  caller: string,
  x: Tensor,
  expected: readonly (number | string)[],
  argument = 'x',
): void {
  const open = expected[0] === '...';
  const axes = open ? expected.slice(1) : expected;
  const shape = open ? x.shape.slice(Math.max(x.shape.length - axes.length, 0)) : x.shape;
  const fits =
    shape.length === axes.length && axes.every((size, i) => typeof size === 'string' || size === shape[i]);
  if (!fits)
    throw new LabError('shape', `${caller}: the input has another shape`, {
      argument,
      expected: `[${expected.join(',')}]`,
      received: x.shape,
    });
}
