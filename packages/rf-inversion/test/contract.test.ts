import type { Array64 } from '@lab/tensor-core/linalg64';
import { methodCase, notApplicable, paperContract } from '@lab/testing';
import { jamesStein } from '../src';

const method = methodCase<Array64, Array64>({
  name: 'jamesStein',
  input: () => ({ shape: [2, 3], data: new Float64Array([1, 2, 3, -4, 5, 6]) }),
  run: (observations) => jamesStein(observations),
  numbers: (estimates) => estimates,
  random: false,
  withNaN: ({ shape, data }) => ({ shape, data: Float64Array.from(data).fill(Number.NaN, 1, 2) }),
  empty: () => ({ shape: [0, 3], data: new Float64Array(0) }),
  single: () => ({ shape: [1, 3], data: new Float64Array([1, 2, 3]) }),
  abort: notApplicable('one pass over the numbers, nothing to interrupt'),
  saved: notApplicable('a plain array of numbers, with no state to keep'),
  batch: {
    members: ({ data }) => [0, 3].map((start) => ({ shape: [1, 3], data: data.slice(start, start + 3) })),
  },
});

paperContract(import.meta.dirname, { methods: [method] });
