import { beforeAll, expect, it } from 'vitest';
import {
  engine,
  random,
  randomNormal,
  randomTruncatedNormal,
  randomUniform,
  tf,
  type Tensor,
} from '../../src';

beforeAll(async () => {
  await engine();
});

const key = random.key(0);
const shape = [3, 4];

it.each<[string, () => Tensor, Float32Array]>([
  ['randomNormal', () => randomNormal(key, shape), random.normal(key, shape)],
  ['randomUniform', () => randomUniform(key, shape), random.uniform(key, shape)],
  [
    'randomUniform in a range',
    () => randomUniform(key, shape, { low: -2, high: 3 }),
    random.uniform(key, shape, { low: -2, high: 3 }),
  ],
  [
    'randomTruncatedNormal',
    () => randomTruncatedNormal(key, shape, { low: -1, high: 1 }),
    random.truncatedNormal(key, shape, { low: -1, high: 1 }),
  ],
])('%s holds the numbers of the array-valued function', async (_, draw, expected) => {
  const before = tf.memory().numTensors;
  const tensor = draw();
  expect(tensor.shape).toEqual(shape);
  expect(tensor.dtype).toBe('float32');
  expect([...(await tensor.data())]).toEqual([...expected]);
  tensor.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('makes scalars and empty tensors, and refuses a bad shape', () => {
  const scalar = randomNormal(key, []);
  expect(scalar.shape).toEqual([]);
  scalar.dispose();
  const empty = randomNormal(key, [0, 2]);
  expect(empty.size).toBe(0);
  empty.dispose();
  expect(() => randomNormal(key, [2, -1])).toThrow(/size is a whole number or a shape/);
});
