import { expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { balancedSplits, digitSource } from '../../src/experiments/images/source';

/** Digits that are easy to tell: all pixels of digit d are 20 d, of the held-out ones 20 d + 4. */
const plain = (count: number, shift: number) => ({
  id: 'digits',
  title: '',
  licence: '',
  source: '',
  checksum: '',
  count,
  labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
  images: Uint8Array.from({ length: count * 784 }, (_, i) => 20 * (Math.floor(i / 784) % 10) + shift),
});

test('six kinds can be split in ten ways into two labels of three', () => {
  const splits = balancedSplits();
  expect(new Set(splits.map((labels) => labels.join(''))).size).toBe(10);
  for (const labels of splits) expect([labels[0], labels.reduce((a, b) => a + b)]).toEqual([0, 3]);
});

test('digits: as many of each kind, at half the side, held-out ones from the other file', () => {
  const source = digitSource(key(3), { train: plain(60, 0), held: plain(40, 4) });
  const kinds = (part: 'train' | 'held', shift: number): number[] => {
    const { pixels, classes } = source.draw(key(4), 18, part);
    expect(pixels).toHaveLength(18 * source.size);
    expect(Array.from(classes)).toEqual(Array.from({ length: 18 }, (_, i) => i % 6));
    return Array.from(classes, (_, i) => {
      const own = pixels.subarray(i * source.size, (i + 1) * source.size);
      expect(new Set(own).size).toBe(1);
      return ((own[0]! + 1) * 127.5 - shift) / 20;
    }).map((digit) => Math.round(digit * 1e4) / 1e4 + 0);
  };
  const train = kinds('train', 0);
  expect(new Set(train).size).toBe(6);
  expect(train.every(Number.isInteger)).toBe(true);
  expect(train.slice(6, 12)).toEqual(train.slice(0, 6));
  expect(kinds('held', 4)).toEqual(train);
});
