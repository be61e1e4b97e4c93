import { engine } from '@lab/tensor-core';
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { createGraph } from '../../src/compile/graph/graph';
import { product } from '../../src/compile/graph/product';
import type { Model } from '../../src/compile/graph/types';
import { threadsFor } from '../../src/compile/runtime/threads';

/** A product of n x n matrices: n^3 multiplications. */
function square(n: number, turned = false): Model {
  const g = createGraph();
  const type = { shape: [n, n], dtype: 'float32' as const };
  const [x, y] = [g.input('x', type), g.input('y', type)];
  return {
    name: 'square',
    inputs: [
      { name: 'x', value: x },
      { name: 'y', value: y },
    ],
    outputs: [{ name: 'z', value: product(g, x, y, turned) }],
  };
}

test('little work gets one thread, more gets all cores, unless somebody said', async () => {
  const all = availableParallelism();
  expect([square(200), square(220), square(200, true), square(220, true)].map(threadsFor)).toEqual([
    1,
    all,
    1,
    all,
  ]);
  await engine({ prefer: 'wasm', threads: 3 });
  expect([square(200), square(220)].map(threadsFor)).toEqual([3, 3]);
});
