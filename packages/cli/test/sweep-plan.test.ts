import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { jobId, planSweep } from '@lab/experiment/node';
import { isLabError } from '@lab/tensor-core/errors';
import { parseSeeds, parseSettings, singleSettings } from '../src/sweep/arguments';

const seeds = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 6 });
const settings = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 3 }),
  { maxKeys: 3 },
);
const experiments = fc
  .uniqueArray(fc.constantFrom('cps/bias', 'adlm/counting', 'stsl/cost'), { minLength: 1 })
  .map((names) => names.map((experiment) => ({ experiment, version: '1.2.3' })));
const scale = fc.constantFrom('tour' as const, 'quick' as const, 'full' as const);
const plans = fc.record({ experiments, scale, seeds, settings });

describe('a plan', () => {
  test.prop([plans])('is the whole grid, each run once, ids all different', (plan) => {
    const jobs = planSweep(plan);
    const combinations = Object.values(plan.settings).reduce((product, { length }) => product * length, 1);
    expect(jobs).toHaveLength(plan.experiments.length * plan.seeds.length * combinations);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    for (const [name, values] of Object.entries(plan.settings))
      for (const value of values)
        expect(jobs.filter((job) => job.settings[name] === value)).toHaveLength(jobs.length / values.length);
  });

  test.prop([plans])('has ids that neither order nor the other runs change', (plan) => {
    const turned = {
      ...plan,
      seeds: [...plan.seeds].reverse(),
      settings: Object.fromEntries(Object.entries(plan.settings).reverse()),
    };
    const ids = planSweep(plan).map(({ id }) => id);
    expect(
      planSweep(turned)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...ids].sort());
    const [first] = plan.seeds;
    for (const { id } of planSweep({ ...plan, seeds: [first!] })) expect(ids).toContain(id);
  });

  test.prop([plans])('survives JSON, and the id says when a job was changed on the way', (plan) => {
    for (const job of planSweep(plan)) {
      expect(jobId(JSON.parse(JSON.stringify(job)))).toBe(job.id);
      expect(jobId({ ...job, seed: job.seed + 1 })).not.toBe(job.id);
      expect(jobId({ ...job, version: '1.2.4' })).not.toBe(job.id);
      expect(jobId({ ...job, threads: 2 })).not.toBe(job.id);
    }
  });

  test('takes what is named twice once, and refuses an empty list', () => {
    const one = { experiments: [{ experiment: 'cps/bias', version: '1.0.0' }], scale: 'tour' as const };
    expect(planSweep({ ...one, seeds: [3, 3] })).toHaveLength(1);
    expect(() => planSweep({ ...one, seeds: [] })).toThrow(/seeds/);
    expect(() => planSweep({ ...one, seeds: [0], settings: { steps: [] } })).toThrow(/steps/);
  });
});

test.each([
  ['0..3', [0, 1, 2, 3]],
  ['7', [7]],
  ['0..1,5, 1..2', [0, 1, 5, 2]],
])('--seeds %s', (text, expected) => {
  expect(parseSeeds(text)).toEqual(expected);
});

test.each(['', '3..1', '-1', '1.5', '0..', 'a', '0..1000000'])('--seeds "%s" is refused', (text) => {
  expect(() => parseSeeds(text)).toThrow(expect.toSatisfy(isLabError));
});

test('--set reads numbers, words, switches and lists', () => {
  expect(parseSettings(['steps=5,10', 'method=a,b c', 'isFast=true', 'sizes=[1,2],[3]', 'a.b=1e-3'])).toEqual(
    {
      steps: [5, 10],
      method: ['a', 'b c'],
      isFast: [true],
      sizes: [[1, 2], [3]],
      'a.b': [0.001],
    },
  );
  expect(singleSettings(['sizes=[1,2]'])).toEqual({ sizes: [1, 2] });
  expect(() => singleSettings(['steps=1,2'])).toThrow(/one value/);
});

test.each([['steps'], ['steps='], ['=3'], ['steps=1', 'steps=2']])('--set %s is refused', (...texts) => {
  expect(() => parseSettings(texts)).toThrow(expect.toSatisfy(isLabError));
});
