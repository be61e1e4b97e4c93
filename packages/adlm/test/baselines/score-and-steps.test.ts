import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import { crossEntropy, withoutMask } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { d3pm, sedd } from '../../src';
import { d3pmLoss } from '../../src/baselines/d3pm';
import { analyticStep, scoreEntropy } from '../../src/baselines/sedd';
import { perturbed } from '../support/perturbed';
import { ids, maskId, sizes } from '../support/small';

beforeAll(() => engine());

describe('SEDD', () => {
  test('with scores that sum to the schedule its loss is the cross-entropy; untrained it is ln(V - 1) / t', () => {
    const vocabSize = 6;
    const raw = tf.tensor(random.normal(random.key(0), 4 * vocabSize), [4, vocabSize]);
    const targets = tf.tensor1d([0, 1, 2, 4], 'int32');
    // logits whose exponentials sum to V - 1 over the real tokens
    const logits = tf.add(tf.logSoftmax(withoutMask(raw, 5)), Math.log(vocabSize - 1));
    expect(scoreEntropy(logits, targets, 5)).toBeAllclose(crossEntropy(withoutMask(raw, 5), targets), {
      atol: 1e-5,
    });
    const untrained = scoreEntropy(tf.zeros([1, vocabSize]), tf.tensor1d([0], 'int32'), 5);
    expect(untrained.dataSync()[0]! / 0.37).toBeCloseTo(4.349832, 5);
  });

  test('its analytic step is the step of MDLM', () => {
    const [noise, noiseNext] = [-Math.log(0.4), -Math.log(0.55)];
    const p = [0.1, 0.2, 0.3, 0.4];
    const scores = Float64Array.from([...p.map((each) => each / Math.expm1(noise)), 1]);
    const step = analyticStep(scores, { maskId: 4, noise, noiseNext });
    expect(step).toBeAllclose([...p.map((each) => 0.25 * each), 0.75], { atol: 1e-9 });
  });

  test('the denoiser unmasks as fast as the scores say: untrained, as the schedule', async () => {
    const model = sedd(sizes);
    const params = model.init(random.key(0));
    const denoiser = model.denoiser(params);
    const { unmaskFactor } = await denoiser.predict(
      { shape: [1, 2], data: Int32Array.of(maskId, 3) },
      { totalNoise: 1 },
    );
    expect(unmaskFactor).toBeAllclose([1, 1], { atol: 1e-6 });
    disposeTree(params);
  });
});

const closedD3pm = (t: number, p0: number, pm: number): number =>
  tf.tidy(
    () =>
      d3pmLoss(tf.tensor2d([[Math.log(p0)]]), tf.tensor2d([[pm]]), {
        t: tf.tensor2d([[t]]),
        steps: 1000,
      }).dataSync()[0]!,
  );

// Seeing only masks, all V ids alike: the chances of the T steps telescope to 1 / V, and so does the reconstruction.
test('D3PM: untrained, the bound is twice the logarithm of the vocabulary', async () => {
  const steps = Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000);
  const bound = steps.reduce(
    (sum, t) => sum + (t / 1000) * closedD3pm(Math.min(t, 1 - 1e-4), 1 / 11, 1 / 11),
    0,
  );
  expect(bound + Math.log(11)).toBeCloseTo(2 * Math.log(11), 2);
  const model = d3pm(sizes);
  const params = model.init(random.key(0));
  const tokens = ids(64, 8);
  const { nllPerToken, standardError } = await model.likelihood(params, tokens, {
    samples: 32,
    key: random.key(1),
  });
  expect(Math.abs(nllPerToken - 2 * Math.log(11))).toBeLessThan(4 * standardError);
  expect(standardError).toBeLessThan(0.05);
  disposeTree(params);
});

// With t in single precision
test('D3PM: the loss in closed form', () => {
  const loss = closedD3pm;
  const found = [0.2, 0.5, 1 - 1e-4].map((t) => loss(t, 0.3, 0));
  expect(found).toBeAllclose([6.019864, 2.4079456, 1.2040933], { rtol: 1e-5 });
  const masked = [0.2, 0.5, 1 - 1e-4].map((t) => loss(t, 0.3, 0.1));
  expect(masked).toBeAllclose([5.9181114, 2.2349958, 1.1040892], { rtol: 2e-4 });
  // the first step is all of its first term
  expect(loss(1e-3, 0.3, 0)).toBeAllclose(-Math.log(0.3) * 1000, { rtol: 1e-5 });
});

test('sequences without a token that counts do not enter a bound', async () => {
  const model = sedd(sizes);
  const params = perturbed(model.init(random.key(1)), random.key(2));
  const tokens = ids(3, 4);
  const mask = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0];
  const found = await model.likelihood(params, tokens, {
    mask,
    samples: 2,
    batchSize: 1,
    key: random.key(3),
  });
  expect(found.tokens).toBe(6);
  expect(found.perSequence[1]).toBe(0);
  expect(found.standardError).toBeGreaterThan(0);
  disposeTree(params);
});
