import { describe, expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { graphNames, graphQuestions } from '../../src/experiments/logic/graph-questions';
import { keywordGrammar } from '../../src/experiments/shared/keyword-grammar';

describe('the keyword grammar', () => {
  const grammar = keywordGrammar({ key: key(0) });
  const { shape, data } = grammar.sample(key(1), 2000);
  const rows = Array.from({ length: 2000 }, (_, i) => data.subarray(i * 32, (i + 1) * 32));

  test('with noise the probabilities of all sequences sum to 1, and without they are those of the grammar', () => {
    const small = keywordGrammar({ key: key(0), segments: 2, segmentLength: 1 });
    const tokens = small.maskId;
    let [total, least] = [0, 1];
    for (let a = 0; a < tokens; a++)
      for (let b = 0; b < tokens; b++) {
        const p = Math.exp(small.noisyLogProbability([a, b], 0.1));
        total += p;
        least = Math.min(least, p);
      }
    expect(total).toBeCloseTo(1, 12);
    expect(least).toBeGreaterThan(0);
    const language = keywordGrammar({ key: key(3) });
    const { data } = language.sample(key(4), 5);
    for (let row = 0; row < 5; row++) {
      const ids = data.subarray(row * language.length, (row + 1) * language.length);
      expect(language.noisyLogProbability(ids, 1e-13)).toBeCloseTo(language.logProbability(ids), 8);
    }
  });

  test('has its entropy in closed form: 54.59 nats, optimum perplexity 5.506', () => {
    expect(shape).toEqual([2000, 32]);
    expect(grammar.vocabSize).toBe(53);
    expect(grammar.entropy).toBeCloseTo(
      Math.log(16) + 3 * Math.log(3) + 28 * (Math.LN2 + 0.5 * Math.log(4) + 0.5 * Math.LN2),
      12,
    );
    expect(grammar.entropy).toBeCloseTo(54.59, 2);
    expect(Math.exp(grammar.entropy / 32)).toBeCloseTo(5.506, 3);
  });

  test('makes what it calls well made, with the log-probability that it says', () => {
    expect(rows.every((row) => grammar.segments(row).every(Boolean))).toBe(true);
    const logs = rows.map((row) => -grammar.logProbability(row));
    const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / logs.length);
    expect(Math.abs(mean - grammar.entropy)).toBeLessThan((4 * deviation) / Math.sqrt(logs.length));
  });

  test('a leaf of another keyword, a keyword out of order and a word in a wrong place are seen', () => {
    const broken = rows.map((row) => Int32Array.from(row));
    const [leaf, keyword, place] = broken as [Int32Array, Int32Array, Int32Array];
    leaf[9] = 20 + 2 * ((leaf[8]! + 1) % 16);
    expect(grammar.segments(leaf)).toEqual([true, false, true, true]);
    const follows = new Set(rows.filter((row) => row[0] === keyword[0]).map((row) => row[8]));
    keyword[8] = [...Array(16).keys()].find((each) => !follows.has(each))!;
    for (let i = 9; i < 16; i++) keyword[i] = 16;
    expect(grammar.segments(keyword)[1]).toBe(false);
    place[3] = 2;
    expect(grammar.segments(place)[0]).toBe(false);
    expect(grammar.logProbability(place)).toBe(-Infinity);
  });
});

describe('questions about graphs', () => {
  const names = [...graphNames.persons, ...graphNames.classes];
  const items = graphQuestions({ key: key(5), count: 300, names, persons: graphNames.persons.length });

  test('the target can be reached by the steps, the other cannot be reached', () => {
    for (const { edges, root, target, otherTarget, steps, names: own, answer, question } of items) {
      const reached = new Set([root]);
      for (let grew = true; grew;) {
        const before = reached.size;
        for (const [from, to] of edges) if (reached.has(from)) reached.add(to);
        grew = reached.size > before;
      }
      expect(reached.has(target)).toBe(true);
      expect(reached.has(otherTarget)).toBe(false);
      // Something leads to either, so that no look at single edges tells them apart.
      for (const each of [target, otherTarget]) expect(edges.some(([, to]) => to === each)).toBe(true);
      for (const step of steps) expect(question).toContain(step);
      expect(steps[0]).toMatch(new RegExp(`^${own[root]!} is a`));
      expect(steps.at(-1)).toContain(`is a ${own[target]!}.`);
      expect(answer).toBe(`${own[root]!} is a ${own[target]!}.`);
      expect(steps.length).toBeGreaterThanOrEqual(2);
      expect(steps.length).toBeLessThanOrEqual(3);
    }
  });

  test('neither place in the question gives the answer away', () => {
    const first = items.filter(({ question, names: own, target }) =>
      question.includes(`a ${own[target]!} or `),
    ).length;
    expect(Math.abs(first - 150)).toBeLessThan(4 * Math.sqrt(75));
  });
});
