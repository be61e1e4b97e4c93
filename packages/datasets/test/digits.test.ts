import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readIdx } from '../src';
import { loadDigits } from '../src/node';

// Counts of each digit in the test set, and the first labels, as the data's authors publish them.
test('the test images of MNIST', async () => {
  const { images, labels, count } = await loadDigits({ split: 'test' });
  expect([count, images.length]).toEqual([10_000, 10_000 * 784]);
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]!++;
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  expect(Array.from(labels.subarray(0, 5))).toEqual([7, 2, 1, 0, 4]);
});

test('another file, and none, are refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-digits-'));
  try {
    await expect(loadDigits({ path: folder })).rejects.toMatchObject({ code: 'missing' });
    await writeFile(join(folder, 'train-images-idx3-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5));
    await expect(loadDigits({ path: folder })).rejects.toMatchObject({ code: 'format' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('IDX by hand, and what is not', () => {
  const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9);
  expect(readIdx(bytes)).toEqual({ shape: [2, 1], data: Uint8Array.of(7, 9) });
  for (const broken of [bytes.subarray(0, 13), bytes.subarray(0, 6), Uint8Array.of(1, 0, 8, 0)])
    expect(() => readIdx(broken)).toThrow(/IDX/);
});
