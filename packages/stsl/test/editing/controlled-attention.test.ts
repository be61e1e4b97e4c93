import { beforeAll, describe, expect, test } from 'vitest';
import { attend, engine, tf, type Tensor } from '@lab/tensor-core';
import { expectNoLeak } from '@lab/testing';
import { controlledAttention, reweighted, wordSwap, type PromptEdit } from '../../src';
import { near } from '../support';
import { draw, places, same } from './support';

beforeAll(() => engine({ prefer: 'wasm' }));

describe('controlled attention', () => {
  const [heads, rows, width] = [2, 3, 4];
  /** Queries, keys and values of a source and a target. */
  const layer = (count: number): [Tensor, Tensor, Tensor] => [
    draw(1, [2, heads, rows, width]),
    draw(2, [2, heads, count, width]),
    draw(3, [2, heads, count, 6]),
  ];
  /** Softmax attention's maps and values as numbers, [2][heads][rows][count] and [2][heads][count][6]. */
  const read = (q: Tensor, k: Tensor, v: Tensor) => {
    const [qs, ks, vs] = [q, k, v].map((each) => each.arraySync() as number[][][][]) as [
      number[][][][],
      number[][][][],
      number[][][][],
    ];
    const maps = qs.map((example, b) =>
      example.map((head, h) =>
        head.map((row) => {
          const scores = ks[b]![h]!.map((each) =>
            Math.exp(each.reduce((sum, value, i) => sum + value * row[i]!, 0) / Math.sqrt(width)),
          );
          const total = scores.reduce((sum, each) => sum + each, 0);
          return scores.map((each) => each / total);
        }),
      ),
    );
    return { maps, values: vs };
  };
  const weigh = (map: number[], values: number[][]): number[] =>
    values[0]!.map((_, e) => map.reduce((sum, share, j) => sum + share * values[j]![e]!, 0));
  /** What an attention puts out for the targets, beside what it should, row by row. */
  const compare = (
    count: number,
    by: ReturnType<typeof controlledAttention>,
    expected: (source: number[], target: number[]) => number[],
  ): number =>
    tf.tidy(() => {
      const [q, k, v] = layer(count);
      const { maps, values } = read(q, k, v);
      const out = by(q, k, v).arraySync() as number[][][][];
      const plain = attend(q, k, v).arraySync() as number[][][][];
      // Sources never feel their targets.
      expect(near(out[0]!.flat(2), plain[0]!.flat(2))).toBeLessThan(1e-6);
      const right = maps[1]!.map((head, h) =>
        head.map((row, n) => weigh(expected(maps[0]![h]![n]!, row), values[1]![h]!)),
      );
      return near(out[1]!.flat(2), right.flat(2));
    });

  test("of the text: the source's maps times the target's values", async () => {
    await expectNoLeak(() => {
      const by = controlledAttention(same, { cross: true, self: false });
      expect(compare(places, by, (source) => source)).toBeLessThan(1e-5);
    });
  });
  test('of the text: a swapped word and a new one, mixed as the edit says', () => {
    const edit: PromptEdit = wordSwap([['a'], ['b', 'c']], [['a'], ['d']], { length: places });
    const expected = (s: number[], t: number[]): number[] => [s[0]!, s[1]!, s[2]! + s[3]!, s[4]!, t[4]!];
    expect(compare(places, controlledAttention(edit, { cross: true, self: true }), expected)).toBeLessThan(
      1e-5,
    );
    const half = { ...same, taken: Float64Array.from([0.5, 0.5, 0.5, 0.5, 0.5]) };
    expect(
      compare(places, controlledAttention(half, { cross: true, self: false }), (s, t) =>
        s.map((each, j) => (each + t[j]!) / 2),
      ),
    ).toBeLessThan(1e-5);
  });
  test('re-weighting by 1 is no change, and by c multiplies one column', () => {
    const own = { ...same, taken: new Float64Array(places) };
    const by = (edit: PromptEdit) => controlledAttention(edit, { cross: true, self: false });
    expect(compare(places, by(reweighted(own, { 1: 1, 2: 1 })), (_, t) => t)).toBeLessThan(1e-5);
    expect(
      compare(places, by(reweighted(own, { 2: 3 })), (_, t) => t.map((each, j) => (j === 2 ? 3 : 1) * each)),
    ).toBeLessThan(1e-5);
  });
  test('of the image to itself, unless there are too many places', () => {
    const by = (largest: number) => controlledAttention(same, { cross: true, self: true, text: 0, largest });
    expect(compare(rows, by(rows), (source) => source)).toBeLessThan(1e-5);
    expect(compare(rows, by(rows - 1), (_, target) => target)).toBeLessThan(1e-5);
  });
  test('of both in one softmax: the rest of a row is scaled to sum to 1', () => {
    const image = 4;
    const by = (cross: boolean, self: boolean) => controlledAttention(same, { cross, self });
    const total = (row: number[]): number => row.reduce((sum, each) => sum + each, 0);
    const joined = (told: number[], seen: number[]): number[] => [
      ...seen.map((each) => (each * (1 - total(told))) / total(seen)),
      ...told,
    ];
    const count = image + places;
    expect(compare(count, by(true, true), (source) => source)).toBeLessThan(1e-5);
    expect(compare(count, by(true, false), (s, t) => joined(s.slice(image), t.slice(0, image)))).toBeLessThan(
      1e-5,
    );
    expect(compare(count, by(false, true), (s, t) => joined(t.slice(image), s.slice(0, image)))).toBeLessThan(
      1e-5,
    );
    expect(compare(count, by(false, false), (_, target) => target)).toBeLessThan(1e-6);
  });
  test('what cannot be halves or has too few places is refused', async () => {
    await expectNoLeak(() => {
      const by = controlledAttention(same, { cross: true, self: false });
      const run = (batch: number, count: number) => () =>
        tf.tidy(() => {
          const q = draw(1, [batch, 1, 2, 4]);
          const k = draw(2, [batch, 1, count, 4]);
          return by(q, k, k);
        });
      expect(run(3, places)).toThrow(expect.objectContaining({ code: 'shape' }));
      expect(run(2, places - 1)).toThrow(expect.objectContaining({ code: 'shape' }));
    });
  });
});
