import { random, tf } from '@lab/tensor-core';

/** What the tests of the baselines share: a small network, and drawn tokens. */
export const sizes = { vocabSize: 11, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };
const { conditionWidth: _, ...rest } = sizes;
export const plain = rest;
export const maskId = 10;
export const ids = (rows: number, length: number, seed = 0) => ({
  shape: [rows, length],
  data: random.randint(random.key(seed), rows * length, { high: 10 }),
});
export const tensorOf = ({ shape, data }: { shape: number[]; data: Int32Array }) =>
  tf.tensor(data, shape, 'int32');
