import { runExperiment, type Experiment } from '@lab/experiment';
import { engine } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { experiments } from '../../src/experiments';
import { grammarClaims, type GrammarRun } from '../../src/experiments/grammar/claims';
import { textClaims, type MethodRun } from '../../src/experiments/text/claims';

beforeAll(async () => {
  // Two steps are not worth a compilation.
  await engine({ execution: 'eager' });
});

/** Too little training for any claim, but every part of the run is there. */
const training = { steps: 2, batch: 4, learningRate: 1e-3, evaluateEvery: 1 };
const small: Record<string, object> = {
  text: {
    seeds: 1,
    training,
    width: 8,
    vocabSize: 270,
    length: 8,
    documents: 5,
    validationChunks: 6,
    novelChapters: 1,
    novelChunks: 4,
    samples: 4,
    judged: 'all',
  },
  grammar: {
    seeds: 1,
    training,
    width: 8,
    sequences: 20,
    validation: 8,
    middle: 1,
    others: ['baselines', 'variants'],
    judged: 'all',
  },
  causal: { seeds: 1, training, width: 8, sequences: 20, validation: 8, compared: 20, judged: 'all' },
  samplers: {
    seeds: 1,
    training,
    width: 8,
    sequences: 20,
    batch: 2,
    steps: [20, 21],
    otherSteps: [20],
    judged: 'all',
  },
  logic: {
    seeds: 1,
    questions: { nodes: [5, 6], hops: [2, 2], style: 'terse' },
    classes: 8,
    train: 20,
    test: 4,
    width: 8,
    blocks: 1,
    batch: 4,
    learningRate: 1e-3,
    steps: 4,
    thoughts: 2,
    prosqa: false,
    judged: 'all',
  },
};

function shortened(id: string): Experiment {
  const whole = experiments.find((each) => each.id === id)!;
  return { ...whole, scales: { ...whole.scales, tour: small[id] } };
}

test.each(Object.keys(small))('%s runs to its end, the same for a seed, and frees all', async (id) => {
  const run = () => runExperiment(shortened(id), { scale: 'tour', seed: 3 });
  const result = await expectNoLeak(run);
  expect(result.error).toBeUndefined();
  expect(result.status).toBe('completed');
  expect(result.claims.length).toBeGreaterThanOrEqual(3);
  expect(result.tables.length).toBeGreaterThan(0);
  expect(result.figures.length).toBeGreaterThan(0);
  for (const { rows, columns } of result.tables)
    for (const row of rows) expect(row).toHaveLength(columns.length);
  expect((await run()).tables).toEqual(result.tables);
});

test('an aborted run frees what it had', async () => {
  const stop = new AbortController();
  const run = () =>
    runExperiment(shortened('grammar'), {
      scale: 'tour',
      seed: 0,
      signal: stop.signal,
      onProgress: (fraction) => {
        if (fraction > 0.1) stop.abort();
      },
    }).catch((error: unknown) => error);
  const outcome = await expectNoLeak(run);
  if (isLabError(outcome)) expect(outcome.code).toBe('aborted');
  else expect(outcome).toMatchObject({ status: 'aborted' });
});

describe('claims follow from what was measured', () => {
  const curve = (nll: number) => [
    { step: 10, nll: nll + 1 },
    { step: 20, nll },
  ];
  const grammarRun = (adlm: number): GrammarRun => ({
    methods: [
      ['MDLM, 4 blocks', 2],
      ['ADLM, no anchor loss', 2.2],
      ['ADLM', adlm],
    ].map(([name, nll]) => ({
      name: String(name),
      curve: curve(Number(nll)),
      middle: Number(nll) + 1,
      final: Number(nll),
      novel: Number(nll),
      standardError: 0.01,
    })),
    accuracies: {
      without: { keywords: 0.1, leaves: 0, functions: 0 },
      with: { keywords: 0.3, leaves: 0, functions: 0 },
    },
    decided: [],
  });
  const holding = (claims: { id: string; holds: boolean }[]): string[] =>
    claims.filter(({ holds }) => holds).map(({ id }) => id);
  const options = { optimum: 1.7, middle: 10, training: { steps: 20 } };

  test('of the grammar', () => {
    expect(holding(grammarClaims([grammarRun(1.9), grammarRun(1.95)], options))).toEqual([
      'anchor-loss-while-training',
      'anchor-loss-at-the-end',
      'against-mdlm',
      'anchors-know-keywords',
      'zero-shot-ranking',
      'no-bound-below-the-entropy',
    ]);
    // One seed in which the gain is small, and no win over MDLM.
    expect(holding(grammarClaims([grammarRun(1.9), grammarRun(2.15)], options))).toEqual([
      'anchor-loss-at-the-end',
      'anchors-know-keywords',
      'zero-shot-ranking',
      'no-bound-below-the-entropy',
    ]);
    expect(holding(grammarClaims([grammarRun(1.5)], options))).not.toContain('no-bound-below-the-entropy');
  });

  test('of the text: at equal compute a cheaper model is taken later on its curve', () => {
    const names = { ar: 'AR', mdlm: 'MDLM', without: 'plain', adlm: 'ADLM' };
    const method = (name: string, nll: number): MethodRun => ({
      name,
      curve: curve(nll),
      nll,
      novelNll: nll,
      generativePerplexity: nll,
      entropy: 1,
      mauveStar: 1,
      example: '',
    });
    const run = {
      methods: [method('AR', 3), method('MDLM', 3.2), method('plain', 3.5), method('ADLM', 3.1)],
    };
    const claims = (adlmCost: number): string[] =>
      holding(
        textClaims([run, run], {
          names,
          samples: 1,
          compute: new Map([
            ['AR', 1],
            ['MDLM', 1],
            ['plain', 1],
            ['ADLM', adlmCost],
          ]),
        }),
      );
    expect(claims(1)).toEqual([
      'anchor-loss',
      'mdlm-at-equal-weights',
      'mdlm-at-equal-compute',
      'zero-shot',
      'samples',
    ]);
    // With twice the cost it is compared at step 10, where it had 4.1.
    expect(claims(2)).toEqual(['anchor-loss', 'mdlm-at-equal-weights', 'zero-shot', 'samples']);
  });
});
