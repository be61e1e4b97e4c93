import { reshape } from './arrange';
import { madeBy, splatOf } from './graph';
import { concat, slice } from './pieces';
import type { Graph, Value } from './types';

/*
 * A complex value is a real one with a further last axis of length 2: real and imaginary part.
 */

/** A complex value of its parts. */
export function complex(g: Graph, real: Value, imag: Value): Value {
  const shape = [...real.shape, 1];
  return concat(g, [reshape(g, real, shape), reshape(g, imag, shape)], real.shape.length);
}

/** The real (0) or imaginary (1) part. */
export function part(g: Graph, z: Value, which: 0 | 1): Value {
  const shape = z.shape.slice(0, -1);
  const last = shape.length;
  const node = madeBy(z, 'Concat');
  const given = node?.attributes['axis'] === last ? node.inputs : undefined;
  if (given?.length === 2 && given.every((each) => each!.shape[last] === 1))
    return reshape(g, given[which]!, shape);
  const splat = splatOf(z);
  if (splat !== undefined) return g.splat(splat, { shape, dtype: 'float32' });
  return reshape(g, slice(g, z, [...shape.map(() => 0), which], [...shape, 1]), shape);
}
