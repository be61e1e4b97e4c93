import { key } from '@lab/tensor-core/random';
import { expect, test } from 'vitest';
import '@lab/testing';
import { sampleWindows, type TokenDenoiser } from '../../src/discrete';
import { tokensOf } from './toys';

/** Each token is the one before it plus one, modulo 5; a mask without a known neighbour before it is uniform. */
const counting: TokenDenoiser = {
  vocabSize: 6,
  maskId: 5,
  maxLength: 4,
  timeConditioned: false,
  predict({ data }) {
    const logits = new Float64Array(data.length * 6);
    data.forEach((_, at) => {
      const before = at % 4 === 0 ? 5 : data[at - 1]!;
      if (before < 5) logits.fill(-Infinity, 6 * at, 6 * at + 6)[6 * at + ((before + 1) % 5)] = 0;
    });
    return { logits };
  },
};

test('windows go on from each other, and from a prefix', async () => {
  const options = { batch: 2, length: 11, window: 4, stride: 2, steps: 400, key: key(0) };
  const prefix = tokensOf([3], [1]);
  const { samples, modelCalls, steps } = await sampleWindows(counting, { ...options, prefix });
  expect(samples.shape).toEqual([2, 11]);
  expect(samples.data.includes(5)).toBe(false);
  expect([samples.data[0], samples.data[11]]).toEqual([3, 1]);
  expect(steps).toBe(5 * 400);
  expect(modelCalls).toBeGreaterThan(5);
  await expect(sampleWindows(counting, { ...options, stride: 5 })).rejects.toMatchObject({
    code: 'argument',
  });
  await expect(
    sampleWindows(counting, { ...options, prefix: tokensOf([1, 2, 3, 4], [1, 2, 3, 4]) }),
  ).rejects.toMatchObject({ code: 'shape' });
});
