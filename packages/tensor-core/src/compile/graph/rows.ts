import { reshape } from './arrange';
import { sameShape, sizeOf, splatOf } from './graph';
import type { Graph, Value } from './types';

/**
 * The operands with all axes but the last as one, where they broadcast alike: so that what stands before and after a
 * linear layer, which works on rows, has one shape throughout.
 */
export function asRows(
  g: Graph,
  operands: readonly Value[],
  shape: readonly number[],
): { readonly operands: Value[]; readonly shape: readonly number[] } | undefined {
  if (shape.length < 3 || sizeOf({ shape }) <= 1) return undefined;
  const lead = shape.slice(0, -1);
  const [rows, last] = [sizeOf({ shape: lead }), shape.at(-1)!];
  const flat: Value[] = [];
  for (const x of operands) {
    const own = x.shape.slice(0, -1);
    const width = x.shape.at(-1) ?? 1;
    if (splatOf(x) !== undefined || sizeOf(x) === 1)
      flat.push(sizeOf(x) === 1 && splatOf(x) === undefined ? reshape(g, x, []) : x);
    else if (sameShape(own, lead)) flat.push(reshape(g, x, [rows, width]));
    else if (sizeOf({ shape: own }) === 1) flat.push(reshape(g, x, [width]));
    else return undefined;
  }
  return { operands: flat, shape: [rows, last] };
}
