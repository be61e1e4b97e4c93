import { beforeAll, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import { expectNoLeak } from '@lab/testing';
import { assertImageSize, guidanceInput, imageIds, modelFamilies, packLatents, unpackLatents } from '../src';
import { asTensor, draw } from './support/random-flow';

beforeAll(() => engine({ prefer: 'cpu' }));

const [batch, channels, height, width] = [1, 16, 6, 10];
const latents = draw(0, [batch, channels, height, width]);

test('packing puts each two by two square into one token', () => {
  const packed = packLatents(latents);
  expect(packed.shape).toEqual([1, 15, 64]);
  for (let r = 0; r < 3; r++)
    for (let q = 0; q < 5; q++)
      for (let c = 0; c < channels; c++)
        for (const [py, px] of [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ] as const) {
          const from = latents.data[(c * height + 2 * r + py) * width + 2 * q + px];
          expect(packed.data[(r * 5 + q) * 64 + c * 4 + py * 2 + px]).toBe(from);
        }
  expect(unpackLatents(packed, { height, width })).toEqual(latents);
});

test('tensors are packed alike, and nothing leaks', async () => {
  await expectNoLeak(() => {
    const x = asTensor(draw(1, [2, 4, 4, 6]));
    const packed = packLatents(x);
    const back = unpackLatents(packed, { height: 4, width: 6 });
    expect(packed).toBeAllclose(packLatents(draw(1, [2, 4, 4, 6])), { atol: 1e-6 });
    expect(Array.from(back.dataSync())).toEqual(Array.from(x.dataSync()));
    tf.dispose([x, packed, back]);
  });
});

test('places of tokens, in rows', () => {
  expect(Array.from(imageIds(2, 3))).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 1, 1, 0, 1, 2]);
});

test('what does not fit is refused with the way out', () => {
  expect(() => packLatents(draw(0, [1, 15, 64]))).toThrow(/packed already/);
  expect(() => unpackLatents(latents, { height, width })).toThrow(/unpacked already/);
  expect(() => packLatents(draw(0, [1, 4, 3, 2]))).toThrow(/multiples of 16/);
  expect(() => assertImageSize(1000, 520, modelFamilies['flux-dev'])).toThrow(
    /1008 by 528|992 by 528|1008 by 512|nearest/,
  );
  expect(() => assertImageSize(1024, 512, modelFamilies['flux-dev'])).not.toThrow();
  expect(() => guidanceInput(modelFamilies['flux-dev'], undefined, 2)).toThrow(/0 to invert/);
  expect(() => guidanceInput(modelFamilies['flux-schnell'], 3.5, 2)).toThrow(/no guidance input/);
  expect(Array.from(guidanceInput(modelFamilies['flux-dev'], 3.5, 2)!)).toEqual([3.5, 3.5]);
  expect(Math.log(modelFamilies['flux-dev'].gridShift(1024, 1024))).toBeAllclose(1.15);
});
