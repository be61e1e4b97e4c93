import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { refinement, reweighted, wordSwap, type PromptEdit } from '../../src';

/** For each place of the target, what it takes of which places of the source. */
const taken = ({ matrix, taken: shares }: PromptEdit): Record<number, number>[] =>
  Array.from(shares, (share, to) => {
    const from = Array.from(shares, (_, i) => [i, matrix.data[i * shares.length + to]!] as const);
    return Object.fromEntries(share === 0 ? [] : from.filter(([, each]) => each !== 0));
  });

describe('word swap, by hand', () => {
  test('a word of two tokens for one of one: the rest moves up, the last place has no counterpart', () => {
    const edit = wordSwap([['a'], ['hedge', 'hog'], ['sits']], [['a'], ['cat'], ['sits']], { length: 7 });
    expect(taken(edit)).toEqual([{ 0: 1 }, { 1: 1 }, { 2: 1, 3: 1 }, { 4: 1 }, { 5: 1 }, { 6: 1 }, {}]);
  });
  test('a word of one token for one of two: each gets half', () => {
    const edit = wordSwap([['a'], ['cat']], [['a'], ['hedge', 'hog']], { length: 6 });
    expect(taken(edit)).toEqual([{ 0: 1 }, { 1: 1 }, { 2: 0.5 }, { 2: 0.5 }, { 3: 1 }, { 4: 1 }]);
  });
  test('words of one length keep their tokens apart', () => {
    const edit = wordSwap([['hedge', 'hog']], [['por', 'poise']], { length: 4 });
    expect(taken(edit)).toEqual([{ 0: 1 }, { 1: 1 }, { 2: 1 }, { 3: 1 }]);
  });
  test('what does not fit is refused', () => {
    expect(() => wordSwap([['a']], [['a'], ['b']], { length: 9 })).toThrow(/as many words/);
    expect(() => wordSwap([['a', 'b']], [['a']], { length: 2 })).toThrow(
      expect.objectContaining({ code: 'shape' }),
    );
  });
});

describe('refinement, by hand', () => {
  test('an inserted word keeps its own attention', () => {
    const edit = refinement(['a', 'cat', 'sits'], ['a', 'big', 'cat', 'sits'], { length: 7 });
    expect(taken(edit)).toEqual([{ 0: 1 }, { 1: 1 }, {}, { 2: 1 }, { 3: 1 }, { 4: 1 }, { 5: 1 }]);
  });
  test('an exchanged word is none that both have, and no order is broken', () => {
    const edit = refinement(['x', 'y', 'z'], ['z', 'x', 'y', 'w'], { length: 4, offset: 0 });
    // The place after the text has no counterpart: the target's own last word is at it.
    expect(taken(edit)).toEqual([{}, { 0: 1 }, { 1: 1 }, {}]);
  });
});

const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 });
property.prop([words, words])('aligned places are equal, in order, and as many as can be', (a, b) => {
  const edit = refinement(a, b, { length: 20, offset: 0 });
  const pairs = taken(edit)
    .slice(0, b.length)
    .flatMap((each, to) => Object.keys(each).map((from) => [Number(from), to] as const));
  expect(pairs.every(([from, to]) => a[from] === b[to])).toBe(true);
  expect(pairs.every(([from], i) => i === 0 || from > pairs[i - 1]![0])).toBe(true);
  expect(pairs.length).toBe(longestCommon(a, b));
});

/** By trying every subsequence of the first. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let best = 0;
  for (let mask = 0; mask < 2 ** a.length; mask++) {
    const kept = a.filter((_, i) => (mask >> i) % 2 === 1);
    if (kept.length <= best) continue;
    let at = -1;
    if (kept.every((letter) => (at = b.indexOf(letter, at + 1)) >= 0)) best = kept.length;
  }
  return best;
}

test('factors multiply, and places are those of the text', () => {
  const same = refinement([1, 2], [1, 2], { length: 4 });
  expect([...same.weights]).toEqual([1, 1, 1, 1]);
  expect([...reweighted(reweighted(same, { 2: 3 }), { 0: 0.5, 2: 2 }).weights]).toEqual([0.5, 1, 6, 1]);
  expect(() => reweighted(same, { 4: 1 })).toThrow(/places 0 to 3/);
  expect(() => reweighted(same, { 1: -1 })).toThrow(expect.objectContaining({ code: 'argument' }));
});
