import { expect, test } from 'vitest';
import { engine, sgd, tf, type Tensor } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import '@lab/testing';
import { gradientAscent, gradientDescent, minNormOG, negGradPlus, npo, salun, scrub } from '../../src';
import { gatherEach } from '../../src/model/sample-gradients';
import { classifierProblem } from '../support/problems';
import { onClassifier, onLinear } from '../support/runs';

await engine();

test('the drift of an output stays below the limit that is asked for', async () => {
  const { result } = await onClassifier(minNormOG({ strength: 0.9, maxDrift: 1e-3 }));
  expect(result.projections[0]!.maxDrift).toBeLessThanOrEqual(1e-3);
  expect(result.projections[0]!.strength).toBeLessThan(0.9);
});

test('only the parameters that are named change', async () => {
  const { params, result, leaves } = await onClassifier(minNormOG(), { trainable: /layers\.1/ });
  const [fixed, , moved] = leaves(result.params);
  expect(Array.from(fixed!.dataSync())).toEqual(Array.from(params.layers[0]!.weight.dataSync()));
  expect(Array.from(moved!.dataSync())).not.toEqual(Array.from(params.layers[1]!.weight.dataSync()));
});

test('an ascent that diverges is refused, or stopped at the step before', async () => {
  const run = (onDivergence: 'throw' | 'stop') =>
    onLinear(gradientAscent(), {
      epochs: 300,
      optimizer: sgd({ learningRate: 10 }),
      params: { w: tf.tensor2d([1, 2, 3, 5], [4, 1]) },
      onDivergence,
    });
  const error: unknown = await run('throw').catch((each: unknown) => each);
  expect(isLabError(error) && error.code).toBe('numeric');
  expect((await run('stop')).length).toBe(4);
});

test('a model that does not fit its data is warned about', async () => {
  const { result } = await onClassifier(minNormOG());
  expect(result.warnings.join()).toContain('does not fit');
});

test('rows that are to be kept and forgotten are warned about', async () => {
  const own = classifierProblem();
  const both = gatherEach({ x: own.retain.x, y: own.retain.y as Tensor }, [4, 1]);
  const { result } = await onClassifier(minNormOG(), { retain: own.retain, forget: both });
  expect(result.warnings.join()).toContain('2 of the rows to forget are among the retained rows');
  const { result: apart } = await onClassifier(minNormOG());
  expect(apart.warnings.join()).not.toContain('among the retained');
});

const invalid: [string, () => Promise<unknown>, string][] = [
  ['SCRUB for regression', () => onLinear(scrub()), 'argument'],
  ['NPO for regression', () => onLinear(npo()), 'argument'],
  ['SalUn for regression', () => onLinear(salun()), 'argument'],
  ['ascent with nothing to forget', () => onLinear(gradientAscent(), { forget: undefined }), 'argument'],
  [
    'float labels',
    () => onClassifier(minNormOG(), { retain: { x: tf.zeros([2, 4]), y: tf.zeros([2]) } }),
    'argument',
  ],
  [
    'a label out of range',
    () => onClassifier(minNormOG(), { retain: { x: tf.zeros([1, 4]), y: tf.tensor1d([3], 'int32') } }),
    'argument',
  ],
  ['more gdEpochs than epochs', () => onClassifier(minNormOG({ gdEpochs: 2 })), 'argument'],
  ['a sample below the classes', () => onClassifier(minNormOG({ sampleSize: 2 })), 'argument'],
  ['no trainable parameter', () => onClassifier(minNormOG(), { trainable: /nothing/ }), 'argument'],
  ['rows beyond the memory limit', () => onClassifier(minNormOG(), { memoryLimit: 100 }), 'argument'],
  [
    'another number of targets',
    () => onLinear(gradientDescent(), { retain: { x: tf.zeros([2, 4]), y: tf.zeros([3, 1]) } }),
    'shape',
  ],
  ['a strength above 1', async () => minNormOG({ strength: 1.1 }), 'argument'],
  ['a decay above 1', async () => minNormOG({ strengthDecay: 2 }), 'argument'],
  ['a negative weight', async () => negGradPlus({ forgetWeight: -1 }), 'argument'],
];

test.each(invalid)('refuses %s', async (_, run, code) => {
  const error: unknown = await run().catch((each: unknown) => each);
  expect(isLabError(error) && error.code).toBe(code);
});
