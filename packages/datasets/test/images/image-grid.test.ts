import { expect, test } from 'vitest';
import { imageGrid, type ImageArray } from '../../src/images';

const image = (shape: number[], ...data: number[]): ImageArray => ({ shape, data: Float64Array.from(data) });

test('images stand in rows with a white gap, small ones enlarged and grey ones coloured', () => {
  const large = image([2, 2, 1], 0, 0.1, 0.2, 0.3);
  const small = image([1, 1, 1], 0.5);
  const { shape, data } = imageGrid([[large, small], [small]], { gap: 1 });
  expect(shape).toEqual([5, 5, 1]);
  expect([...data]).toEqual(
    [
      [0, 0.1, 1, 0.5, 0.5],
      [0.2, 0.3, 1, 0.5, 0.5],
      [1, 1, 1, 1, 1],
      [0.5, 0.5, 1, 1, 1],
      [0.5, 0.5, 1, 1, 1],
    ].flat(),
  );
  const coloured = imageGrid([[small, image([1, 1, 3], 0, 0.25, 0.75)]], { gap: 0 });
  expect([...coloured.data]).toEqual([0.5, 0.5, 0.5, 0, 0.25, 0.75]);
});

test('what is no image, and no image at all, are refused', () => {
  expect(() => imageGrid([[]])).toThrow(/at least one/);
  expect(() => imageGrid([[image([2, 2], 0, 0, 0, 0)]])).toThrow(/\[height, width, channels\]/);
});
