import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal } from '@lab/tensor-core/random';
import type { Space } from '../types';
import { assertSameShape } from './same-shape';

/**
 * States as float64 host arrays: exact tests, hard constraints, a double-precision state around a single-precision
 * network (`toFloat64`). Nothing to dispose.
 */
export const float64Space: Space<Array64> = {
  name: 'float64',

  combine(terms) {
    const first = terms[0];
    if (first === undefined) throw new LabError('argument', 'combine needs at least one term');
    assertSameShape(terms.map(([, x]) => x.shape));
    const data = new Float64Array(first[1].data.length);
    for (const [coefficient, x] of terms) {
      if (coefficient === 0) continue;
      const source = x.data;
      for (let i = 0; i < data.length; i++) data[i]! += coefficient * source[i]!;
    }
    return { shape: first[1].shape, data };
  },

  clamp(x, low, high) {
    return { shape: x.shape, data: x.data.map((value) => Math.min(high, Math.max(low, value))) };
  },

  normal(key, shape) {
    return { shape: [...shape], data: new Float64Array(normal(key, shape)) };
  },

  shape: (x) => x.shape,

  isFinite({ data }) {
    // value - value is 0 for finite numbers alone, and a sum is many times faster than a call for each.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i]! - data[i]!;
    return sum === 0;
  },

  dispose() {
    // Host memory is collected.
  },
};
