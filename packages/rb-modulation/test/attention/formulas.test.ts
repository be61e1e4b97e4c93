import { fc, test as property } from '@fast-check/vitest';
import { attend, engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import '@lab/testing';
import { afaAttention, afaBranches, attendBranches, type AttentionSets, type KeyValues } from '../../src';
import { joinSets } from '../../src/attention/key-values';
import { expectRefusal } from '../support/throws';
import { draw, drawSet, set } from '../support/attention-sets';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

// Made by an independent program (float64) from the formulas of Section 4.2.
test('the example of the reference', () => {
  const eye = [
    [1, 0],
    [0, 1],
  ];
  const q = tf.tensor4d([[eye]]);
  const self = set(eye, [
    [1, 2],
    [3, 4],
  ]);
  const text = set([[1, 1]], [[10, 0]]);
  const style = set(
    [
      [-1, 0.5],
      [0.5, -1],
    ],
    [
      [0, 10],
      [5, 5],
    ],
  );
  const close = { atol: 1e-5, rtol: 0 };
  const of = (sets: AttentionSets, mode: 'paper' | 'text' | 'concat') =>
    Array.from(afaAttention(q, sets, { mode }).dataSync());
  expect(of({ self, text }, 'text')).toBeAllclose([5.00556, 1.593327, 5.412233, 2], close);
  expect(of({ self, text: style }, 'text')).toBeAllclose([2.456616, 4.065982, 1.931062, 5.423125], close);
  expect(of({ self, text, style }, 'concat')).toBeAllclose([4.650497, 2.883452, 4.277793, 3.845889], close);
  expect(of({ self, text, style }, 'paper')).toBeAllclose([4.037558, 2.847587, 3.873696, 3.756338], close);
});

describe('identities', () => {
  const at = (seed: number, ...counts: number[]) =>
    counts.map((count, i) => drawSet([seed, i], count)) as [KeyValues, KeyValues, KeyValues, KeyValues];
  const seeds = fc.integer({ min: 0, max: 1000 });

  property.prop([seeds], { numRuns: 10 })('without text and style it is self-attention', (seed) => {
    const [self] = at(seed, 5);
    const q = draw([seed, 9], 2, 3, 5, 4);
    const plain = attend(q, self.keys, self.values);
    for (const mode of ['paper', 'official', 'concat', 'text'] as const)
      expect(afaAttention(q, { self }, { mode })).toBeAllclose(plain, { atol: 1e-6 });
  });

  property.prop([seeds], { numRuns: 10 })('the order of tokens within a set does not matter', (seed) => {
    const [self, text, style] = at(seed, 5, 4, 3);
    const q = draw([seed, 9], 2, 3, 5, 4);
    const turned = ({ keys, values }: KeyValues): KeyValues => ({
      keys: tf.reverse(keys, -2),
      values: tf.reverse(values, -2),
    });
    expect(
      afaAttention(q, { self: turned(self), text: turned(text), style: turned(style) }, { mode: 'paper' }),
    ).toBeAllclose(afaAttention(q, { self, text, style }, { mode: 'paper' }), { atol: 1e-5 });
  });

  property.prop([seeds], { numRuns: 10 })('each branch is attention over everything with a mask', (seed) => {
    const [self, text, style] = at(seed, 5, 4, 3);
    const q = draw([seed, 9], 2, 3, 5, 4);
    const all = joinSets([self, text, style]);
    const masks = [
      [1, 1, 0],
      [1, 0, 1],
      [1, 1, 1],
    ].map((open) =>
      tf.tensor4d(
        [5, 4, 3].flatMap((count, i) => new Array<number>(count).fill(open[i]!)),
        [1, 1, 1, 12],
      ),
    );
    const seen = masks.map((mask) => attend(q, all.keys, all.values, { mask }));
    const mean = tf.div(tf.add(tf.add(seen[0]!, seen[1]!), seen[2]!), 3);
    expect(afaAttention(q, { self, text, style }, { mode: 'paper' })).toBeAllclose(mean, { atol: 1e-5 });
  });

  property.prop([seeds], { numRuns: 10 })(
    'the joint branch mixes the sets by their log-sum-exp, inside the hull of the values',
    (seed) => {
      const [self, text, style] = at(seed, 5, 4, 3);
      const q = draw([seed, 9], 2, 3, 5, 4);
      const sets = [self, text, style];
      const mass = sets.map(({ keys }) =>
        tf.exp(tf.logSumExp(tf.mul(tf.matMul(q, keys, false, true), 0.5), -1, true)),
      );
      const total = tf.add(tf.add(mass[0]!, mass[1]!), mass[2]!);
      const parts = sets.map(({ keys, values }, i) =>
        tf.mul(attend(q, keys, values), tf.div(mass[i]!, total)),
      );
      const joint = afaAttention(q, { self, text, style }, { mode: 'concat' });
      expect(joint).toBeAllclose(tf.add(tf.add(parts[0]!, parts[1]!), parts[2]!), { atol: 1e-5 });
      const { values } = joinSets(sets);
      const result = afaAttention(q, { self, text, style });
      const [low, high] = [tf.min(values, -2, true), tf.max(values, -2, true)];
      expect(tf.all(tf.greaterEqual(result, tf.sub(low, 1e-5))).dataSync()[0]).toBe(1);
      expect(tf.all(tf.lessEqual(result, tf.add(high, 1e-5))).dataSync()[0]).toBe(1);
    },
  );
});

describe('as the released code computes it', () => {
  /** A list of tokens as its loop has it, overwritten from branch to branch. */
  const tokens = (x: Tensor, begin: number, end: number): Tensor =>
    tf.slice(x, [0, 0, begin, 0], [-1, -1, end - begin, -1]);
  const overwrite = (x: Tensor, begin: number, by: Tensor): Tensor => {
    const [count, taken] = [x.shape[2]!, by.shape[2]!];
    return tf.concat([tokens(x, 0, begin), by, tokens(x, begin + taken, count)], 2);
  };
  const mean4 = (x: Tensor): Tensor => tf.tile(tf.mean(x, 2, true), [1, 1, 4, 1]);
  const names = ['keys', 'values'] as const;
  const both = (change: (x: Tensor) => Tensor, all: KeyValues): KeyValues => ({
    keys: change(all.keys),
    values: change(all.values),
  });
  const look = (q: Tensor, all: KeyValues): Tensor => attend(q, all.keys, all.values);

  test('a style: three branches over one list that is overwritten', () => {
    const [self, text, style] = [drawSet(key(1), 6), drawSet(key(2), 7), drawSet(key(3), 4)];
    const q = draw(key(4), 2, 3, 6, 4);
    const before = names.map((name) => Array.from(style[name].dataSync()));
    let kv = joinSets([self, text, style]);
    kv = both((x) => overwrite(x, 13, mean4(tokens(x, 13, 17))), kv);
    const textOnly = look(
      q,
      both((x) => tokens(x, 0, 13), kv),
    );
    const joint = look(q, kv);
    kv = both((x) => overwrite(x, 9, tokens(x, 13, 17)), kv);
    const styled = look(
      q,
      both((x) => tokens(x, 0, 13), kv),
    );
    const expected = tf.div(tf.add(tf.add(textOnly, joint), styled), 3);
    expect(afaAttention(q, { self, text, style })).toBeAllclose(expected, { atol: 1e-5 });
    expect(names.map((name) => Array.from(style[name].dataSync()))).toEqual(before);
    // Without pooling it is something else.
    const own = afaAttention(q, { self, text, style }, { poolStyle: false });
    expect(tf.max(tf.abs(tf.sub(own, expected))).dataSync()[0]).toBeGreaterThan(0.01);
  });

  test('content and style: four branches', () => {
    const [self, text] = [drawSet(key(1), 6), drawSet(key(2), 7)];
    const [content, style] = [drawSet(key(3), 4), drawSet(key(5), 4)];
    const q = draw(key(4), 2, 3, 6, 4);
    let kv = joinSets([self, text, content, style]);
    const seen = [
      look(
        q,
        both((x) => tokens(x, 0, 13), kv),
      ),
      look(
        q,
        both((x) => tokens(x, 0, 17), kv),
      ),
    ];
    kv = both((x) => overwrite(x, 17, mean4(tokens(x, 17, 21))), kv);
    seen.push(look(q, kv));
    kv = both((x) => overwrite(x, 13, tokens(x, 17, 21)), kv);
    seen.push(
      look(
        q,
        both((x) => tokens(x, 0, 17), kv),
      ),
    );
    const expected = tf.div(
      seen.reduce((sum, each) => tf.add(sum, each)),
      4,
    );
    expect(afaBranches({ self, text, content, style }).length).toBe(4);
    expect(afaAttention(q, { self, text, content, style })).toBeAllclose(expected, { atol: 1e-5 });
  });
});

test('the paper with content: text, style, content, and content with style', () => {
  const [self, text, content, style] = [5, 4, 3, 2].map((count, i) => drawSet(key(i), count)) as [
    KeyValues,
    KeyValues,
    KeyValues,
    KeyValues,
  ];
  const q = draw(key(9), 2, 3, 5, 4);
  const seen = [
    [self, text],
    [self, style],
    [self, content],
    [self, content, style],
  ].map((sets) => {
    const { keys, values } = joinSets(sets);
    return attend(q, keys, values);
  });
  const expected = tf.div(
    seen.reduce((sum, each) => tf.add(sum, each)),
    4,
  );
  expect(afaAttention(q, { self, text, content, style }, { mode: 'paper' })).toBeAllclose(expected, {
    atol: 1e-5,
  });
  const weighted = afaAttention(q, { self, text, content, style }, { mode: 'paper', weights: [2, 0, 0, 0] });
  expect(weighted).toBeAllclose(seen[0]!, { atol: 1e-6 });
});

test('hidden tokens are as if they were not there', () => {
  const [self, text, style] = [drawSet(key(1), 5), drawSet(key(2), 4), drawSet(key(3), 3)];
  const q = draw(key(9), 2, 3, 5, 4);
  const hidden = { ...style, mask: tf.zeros([2, 1, 1, 3]) };
  expect(afaAttention(q, { self, text, style: hidden }, { mode: 'concat' })).toBeAllclose(
    afaAttention(q, { self, text }, { mode: 'text' }),
    { atol: 1e-6 },
  );
});

test.each<[string, () => unknown, string]>([
  [
    'a style larger than the text',
    () => afaAttention(draw(key(0), 2, 3, 2, 4), { text: drawSet(key(1), 2), style: drawSet(key(2), 3) }),
    'argument',
  ],
  [
    'weights for other branches',
    () => attendBranches(draw(key(0), 2, 3, 2, 4), [[drawSet(key(1), 2)]], [1, 1]),
    'argument',
  ],
  ['no tokens at all', () => afaAttention(draw(key(0), 2, 3, 2, 4), {}, { mode: 'text' }), 'argument'],
])('refuses %s', (_, act, code) => expectRefusal(act, code));
