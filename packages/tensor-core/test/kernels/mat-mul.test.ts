import { engine, engineInfo, isLabError, tf, type Tensor } from '@lab/tensor-core';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { distance, spread } from '../support/check';

// Records what reaches the engine's own routine: the second-last arguments say whether an operand is transposed.
const calls: { batch: number; transposed: boolean; work: number }[] = [];
await engine({ prefer: 'wasm' });
const { wasm } = tf.backend() as unknown as {
  wasm: { cwrap: (name: string, ...rest: unknown[]) => (...args: unknown[]) => unknown };
};
const cwrap = wasm.cwrap.bind(wasm);
wasm.cwrap = (name, ...rest) => {
  const routine = cwrap(name, ...rest);
  if (name !== 'BatchMatMul') return routine;
  return (...args) => {
    const [batch, rows, inner] = new Int32Array((args[1] as Uint8Array).buffer) as unknown as [
      number,
      number,
      number,
    ];
    const columns = new Int32Array((args[4] as Uint8Array).buffer)[2] as number;
    calls.push({ batch, transposed: args[6] === true || args[7] === true, work: rows * inner * columns });
    return routine(...args);
  };
};

/** Products in float64, entry by entry. */
function product(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < inner; k++)
        out[i * columns + j] =
          (out[i * columns + j] as number) + (a[i * inner + k] as number) * (b[k * columns + j] as number);
  return out;
}

test('trap 2: forward and backward, no large product reaches the scalar loop', () => {
  calls.length = 0;
  const [a, b] = [
    tf.tensor(spread(2 * 24 * 32, 1), [2, 24, 32]),
    tf.tensor(spread(2 * 16 * 32, 2), [2, 16, 32]),
  ];
  const [da, db] = tf.grads((x: Tensor, y: Tensor) => tf.sum(tf.square(tf.matMul(x, y, false, true))))([
    a,
    b,
  ]);
  tf.dispose([da, db]);
  expect(calls).toHaveLength(6);
  for (const call of calls) expect(call).toEqual({ batch: 1, transposed: false, work: 24 * 32 * 16 });
});

test('one matrix for a whole batch is one product', () => {
  calls.length = 0;
  tf.dispose(tf.matMul(tf.zeros([5, 24, 32]), tf.zeros([32, 16])));
  expect(calls).toEqual([{ batch: 1, transposed: false, work: 5 * 24 * 32 * 16 }]);
});

describe('equals products in float64', () => {
  const size = fc.integer({ min: 1, max: 24 });
  property.prop(
    [size, size, size, fc.boolean(), fc.boolean(), fc.constantFrom('none', 'both', 'left', 'right')],
    {
      numRuns: 60,
    },
  )('for any sizes, transposes and broadcasts', (rows, inner, columns, transposeA, transposeB, batched) => {
    const batch = batched === 'none' ? 1 : 3;
    const [ba, bb] = [batched === 'right' ? 1 : batch, batched === 'left' ? 1 : batch];
    const [x, y] = [spread(ba * rows * inner, 1), spread(bb * inner * columns, 2)];
    const before = tf.memory().numTensors;
    const found = tf.tidy(() => {
      const a = tf.tensor3d(x, [ba, rows, inner]);
      const b = tf.tensor3d(y, [bb, inner, columns]);
      return tf.matMul(
        transposeA ? tf.transpose(a, [0, 2, 1]) : a,
        transposeB ? tf.transpose(b, [0, 2, 1]) : b,
        transposeA,
        transposeB,
      );
    });
    const expected = Array.from({ length: batch }, (_, i) => {
      const [left, right] = [ba === 1 ? 0 : i, bb === 1 ? 0 : i];
      const a = x.subarray(left * rows * inner, (left + 1) * rows * inner);
      const b = y.subarray(right * inner * columns, (right + 1) * inner * columns);
      return [...product(a, b, rows, inner, columns)];
    }).flat();
    expect(distance(found.dataSync(), expected)).toBeLessThan(1e-5);
    found.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('broadcasts two batch axes against each other', () => {
  const [a, b] = [spread(2 * 40 * 30, 1), spread(3 * 30 * 20, 2)];
  const found = tf.matMul(tf.tensor4d(a, [2, 1, 40, 30]), tf.tensor4d(b, [1, 3, 30, 20]));
  expect(found.shape).toEqual([2, 3, 40, 20]);
  const expected = [0, 1].flatMap((i) =>
    [0, 1, 2].flatMap((j) => [
      ...product(a.subarray(i * 1200, (i + 1) * 1200), b.subarray(j * 600, (j + 1) * 600), 40, 30, 20),
    ]),
  );
  expect(distance(found.dataSync(), expected)).toBeLessThan(1e-5);
});

test('empty products', () => {
  expect([...tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(tf.matMul(tf.zeros([0, 4]), tf.zeros([4, 3])).shape).toEqual([0, 3]);
});

test('refuses what it cannot multiply', () => {
  const error = (body: () => unknown): unknown => {
    try {
      return body();
    } catch (thrown) {
      return isLabError(thrown) ? thrown.message : thrown;
    }
  };
  expect(error(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 2])))).toMatch(
    /inner sizes differ.*\[\[2,3\],\[4,2\]\]/,
  );
  expect(error(() => tf.matMul(tf.zeros([2, 2], 'int32'), tf.zeros([2, 2], 'int32')))).toMatch(
    /float32.*int32/,
  );
});

test('the heap does not grow: every view and packed operand is given back', () => {
  const [a, b] = [tf.zeros([8, 32, 32]), tf.zeros([8, 32, 32])];
  const run = (times: number): number => {
    for (let i = 0; i < times; i++)
      tf.dispose(tf.grads((x: Tensor, y: Tensor) => tf.sum(tf.matMul(x, y)))([a, b]));
    return engineInfo().memory.heapBytes ?? NaN;
  };
  const warm = run(20);
  expect(run(400)).toBe(warm);
});
