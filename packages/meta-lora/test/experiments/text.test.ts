import { beforeAll, expect, test } from 'vitest';
import { disposeTree, engine, tf } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import { robertaForSequenceClassification } from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { trial } from '../../src/experiments/text/trial';
import { encodeGroups, rankingLoss, topOne } from '../../src/experiments/text/ranking';
import { robertaScorer } from '../../src/experiments/text/scorer';
import { drawGroups, personas, presidents } from '../../src/experiments/text/sources';

beforeAll(() => engine());

const network = robertaForSequenceClassification({
  vocab_size: 40,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  labels: 2,
});

/** Words become their length, which is enough of a tokenizer here. */
const encode = (texts: readonly string[], length: number) => {
  const rows = texts.map((text) =>
    text
      .split(' ')
      .slice(0, length)
      .map((word) => 3 + Math.min(word.length, 30)),
  );
  const fill = (value: (row: readonly number[], i: number) => number) =>
    tf.tensor2d(
      rows.flatMap((row) => Array.from({ length }, (_, i) => value(row, i))),
      [texts.length, length],
      'int32',
    );
  return { ids: fill((row, i) => row[i] ?? 1), mask: fill((row, i) => (i < row.length ? 1 : 0)) };
};

const authors = Array.from({ length: 4 }, (_, a) => {
  const texts = Array.from({ length: 12 }, (_each, i) => ({
    text: `${'x'.repeat(a + 1)} ${'y'.repeat(i + 1)} end`,
  }));
  return { id: `author ${a}`, train: texts.slice(0, 8), held: texts.slice(8) };
});

test('RoBERTa takes the same way as the sentence encoder', () =>
  expectNoLeak(async () => {
    const params = network.init(key(0));
    const scorer = robertaScorer(network, params, encode);
    const scores = await trial(key(1), authors, {
      scorer,
      signal: new AbortController().signal,
      progress: () => undefined,
      tasks: [2, 2],
      candidates: [2, 3],
      length: 4,
      groups: [8, 8, 8],
      batchSize: 8,
      step: 'per-task',
      epochs: [1, 2],
      rates: [1e-4, 1e-3, 1e-3],
      rank: 2,
      dropout: 0.1,
    });
    for (const base of ['LoRA-ML', 'standard', 'no retraining'] as const)
      expect(scores[base].after).toBeGreaterThanOrEqual(0);
    disposeTree(params);
  }));

test('the loss is the mean over candidates, the metric counts groups whose first is largest', () =>
  tf.tidy(() => {
    const scorer = robertaScorer(network, network.init(key(0)), encode);
    const fixed = {
      ...scorer,
      score: (_: unknown, { ids }: { ids: tf.Tensor }) =>
        tf.cast(tf.squeeze(tf.slice(ids, [0, 0], [-1, 1])), 'float32'),
    };
    // Scores are 3 + the first word's length: 5, 4, 4 and then 4, 4, 6.
    const batch = encodeGroups(
      fixed,
      [
        ['aa', 'b', 'c'],
        ['a', 'b', 'ccc'],
      ],
      2,
    );
    const softplus = (x: number): number => Math.log1p(Math.exp(x));
    const expected = [softplus(-5), softplus(4), softplus(4), softplus(-4), softplus(4), softplus(6)];
    const mean = expected.reduce((a, b) => a + b) / 6;
    expect(rankingLoss(fixed)(scorer.params, batch).dataSync()[0]).toBeCloseTo(mean, 5);
    expect(topOne(fixed)(scorer.params, batch).dataSync()[0]).toBe(0.5);
  }));

test('authors keep documents apart, and groups begin with their own text', () => {
  const sentence = (word: string): string => `The ${word} of these States has been one of peace.`;
  const documents = ['a', 'b', 'c'].map((word) => ({
    name: word,
    author: 'One',
    text: `${sentence(word)} Short. ${sentence(word)}`,
  }));
  const dataset = {
    id: 'x',
    title: '',
    licence: '',
    source: '',
    checksum: '',
    documents: [...documents, { ...documents[0]!, author: 'Two' }],
  };
  const [one, ...more] = presidents(dataset);
  expect(more).toEqual([]);
  expect(one!.train).toHaveLength(4);
  expect(one!.held).toEqual([{ text: sentence('c') }, { text: sentence('c') }]);
  const turns = [
    { said: 'hi', reply: 'yo' },
    { said: 'where do you live ?', reply: 'here' },
  ];
  const found = personas(
    [
      { persona: ['i row.', 'i read.'], turns },
      { persona: ['i read.', 'i row.'], turns: [{ said: 'a', reply: 'b' }] },
      { persona: ['alone'], turns },
    ],
    { tokens: 16 },
  );
  expect(found).toEqual([
    {
      id: 'i read. i row.',
      train: [
        { text: 'yo', context: 'hi' },
        // The last six words of all that was said.
        { text: 'here', context: 'yo where do you live ?' },
      ],
      held: [{ text: 'b', context: 'a' }],
    },
  ]);
  const others = [{ text: 'theirs' }, { text: 'hers' }];
  const options = { groups: 3, candidates: 4 };
  for (const [groups, start] of [
    [drawGroups(foldIn(key(0), 1), [{ text: 'mine' }], others, options), ''],
    [drawGroups(foldIn(key(0), 1), [{ text: 'mine', context: 'So?' }], others, options), 'So? '],
  ] as const)
    for (const [first, ...rest] of groups) {
      expect([first, rest.length]).toEqual([`${start}mine`, 3]);
      for (const each of rest) expect([`${start}theirs`, `${start}hers`]).toContain(each);
    }
});
