import { expect, test } from 'vitest';
import { engine, grad, sgd, tf, type Tensor } from '@lab/tensor-core';
import '@lab/testing';
import {
  crossEntropy,
  distillation,
  gradientAscent,
  npo,
  orthoGrad,
  salun,
  scrub,
  type Place,
  type UnlearnMethod,
} from '../../src';
import { lowerMedian, saliencyMask } from '../../src/run/saliency';
import { classifier, linearProblem } from '../support/problems';
import { onClassifier, onLinear } from '../support/runs';

await engine();

const place = (epoch: number, epochs: number): Place => ({
  epoch,
  epochs,
  step: epoch,
  stepInEpoch: 0,
  stepsPerEpoch: 1,
});
const logits = (...probabilities: number[]): Tensor => tf.log(tf.tensor2d([probabilities]));

// sum p log(p / q) by hand.
test('U18: the divergence has the teacher first, and is flat at the teacher', () => {
  const [teacher, student] = [logits(0.5, 0.2, 0.3), logits(0.25, 0.5, 0.25)];
  expect(distillation([teacher], [student])).toBeAllclose(0.218012, { rtol: 0, atol: 1e-6 });
  expect(distillation([student], [teacher])).toBeAllclose(0.239278, { rtol: 0, atol: 1e-6 });
  expect(distillation([teacher], [teacher])).toBeAllclose(0, { rtol: 0, atol: 1e-7 });
  const slope = tf.grad((x: Tensor) => distillation([teacher], [x]))(teacher);
  expect(slope).toBeAllclose([[0, 0, 0]], { rtol: 0, atol: 1e-7 });
});

test('SCRUB begins with a retain epoch, and ends with them', () => {
  const { weights } = scrub({ distillation: 2, forgetWeight: 3, gdEpochs: 1 });
  const sides = [0, 1, 2, 3].map((epoch) => weights!(place(epoch, 4)).forget);
  expect(sides).toEqual([0, 3, 0, 0]);
});

const npoAt = (beta: number, ratio: number): number => {
  const method = npo({ beta });
  const terms = { forgetLogRatio: () => tf.log(tf.tensor1d([ratio])) } as Parameters<
    UnlearnMethod['loss']
  >[0];
  return method.loss(terms, { beta: tf.scalar(beta) }).dataSync()[0]!;
};

test('U17: NPO in closed form', () => {
  expect(npoAt(0.1, 1)).toBeAllclose(13.862944, { rtol: 1e-6, atol: 0 });
  expect(npoAt(0.01, 1)).toBeAllclose(138.629436, { rtol: 1e-6, atol: 0 });
  for (const [beta, expected] of [
    [1, -0.210721],
    [0.1, -0.221899],
    [0.01, -0.223019],
  ] as const)
    expect(npoAt(beta, 0.8) - (2 / beta) * Math.LN2).toBeAllclose(expected, { rtol: 0, atol: 3e-5 });
});

test('U17: the first step of NPO is that of gradient ascent', async () => {
  const optimizer = sgd({ learningRate: 0.1 });
  const a = await onClassifier(npo({ beta: 0.1 }), { optimizer });
  const b = await onClassifier(gradientAscent(), { optimizer });
  a.leaves(a.result.params).forEach((leaf, i) =>
    expect(leaf).toBeAllclose(b.leaves(b.result.params)[i]!, { rtol: 1e-4, atol: 1e-6 }),
  );
});

test('U19: the mask of SalUn is the larger half, ties with the median included', async () => {
  const free = { w: tf.tensor1d([0, 0, 0, 0, 0, 0]) };
  const batches = [{ x: tf.zeros([2, 1]), y: [tf.zeros([2])] }];
  const { w } = await saliencyMask(free, batches, async () => Float64Array.of(3, -2, 1, 0, 2, -5));
  // Sizes 0 1 2 2 3 5: the lower median is 2, so that one tie of the halves comes in.
  expect(Array.from(w!.dataSync())).toEqual([1, 1, 0, 0, 1, 1]);
  expect(lowerMedian(Float64Array.of(4, 1, 3, 2))).toBe(2);
});

test('U19: SalUn moves what the forget loss moves most, and leaves the rest bit for bit', async () => {
  const { params, forget, result, leaves } = await onClassifier(salun({ forgetWeight: 1 }), { epochs: 10 });
  const nll = (p: typeof params) => crossEntropy()([classifier.apply(p, forget.x)], [forget.y as Tensor]);
  const sizes = leaves(grad(nll)(params)).flatMap((leaf) => Array.from(leaf.dataSync(), Math.abs));
  const median = lowerMedian(Float64Array.from(sizes));
  const ties = sizes.filter((size) => size === median).length;
  const after = leaves(result.params).flatMap((leaf) => Array.from(leaf.dataSync()));
  const before = leaves(params).flatMap((leaf) => Array.from(leaf.dataSync()));
  const moved = after.map((value, k) => value !== before[k]);
  expect(moved.every((has, k) => !has || sizes[k]! >= median)).toBe(true);
  const share = moved.filter(Boolean).length / moved.length;
  expect(share).toBeGreaterThanOrEqual(0.5);
  expect(share).toBeLessThanOrEqual(0.5 + ties / moved.length);
});

test('U19: wrong labels are never the right ones', async () => {
  const seen: number[][] = [];
  const { forget } = await onClassifier(
    {
      ...salun(),
      loss(terms) {
        terms.wrong();
        return terms.retain();
      },
    },
    {
      epochs: 30,
      loss: (outputs, [labels]) => {
        if (labels!.shape[0] === 3) seen.push(Array.from(labels!.dataSync()));
        return tf.mean(tf.square(outputs[0]!));
      },
      engine: 'eager',
    },
  );
  const truth = Array.from((forget.y as Tensor).dataSync());
  const wrong = seen.slice(1);
  expect(wrong.length).toBeGreaterThanOrEqual(29);
  expect(
    wrong.every((labels) => labels.every((label, i) => label !== truth[i] && label >= 0 && label < 3)),
  ).toBe(true);
  expect(new Set(wrong.map(String)).size).toBeGreaterThan(1);
});

test('OrthoGrad climbs along what no retained gradient sees, of each sample or of their mean', async () => {
  // One layer and the square loss: gradients of the retained rows are r (1, 1, 0, 0) and r' (0, 1, 1, 0).
  const at = { params: { w: tf.tensor2d([1, 2, 3, 5], [4, 1]) } };
  const noFit = { retain: { x: linearProblem().retain.x, y: tf.tensor2d([[0], [0]]) } };
  const change = async (orthogonalTo: 'samples' | 'mean'): Promise<number[]> => {
    const method = orthoGrad({ retainShare: 0, orthogonalTo });
    return (await onLinear(method, { ...at, ...noFit })).map((value, k) => value - [1, 2, 3, 5][k]!);
  };
  const along = (moved: number[], row: number[]): number =>
    row.reduce((sum, value, k) => sum + value * moved[k]!, 0);
  const bySample = await change('samples');
  expect(along(bySample, [1, 1, 0, 0])).toBeAllclose(0, { rtol: 0, atol: 1e-5 });
  expect(along(bySample, [0, 1, 1, 0])).toBeAllclose(0, { rtol: 0, atol: 1e-5 });
  // Residuals 3 and 5 weigh the two rows in the mean.
  const byMean = await change('mean');
  expect(along(byMean, [3, 8, 5, 0])).toBeAllclose(0, { rtol: 0, atol: 1e-4 });
  expect(Math.abs(along(byMean, [1, 1, 0, 0]))).toBeGreaterThan(1e-3);
  expect(along(bySample, [0, 0, 1, 1])).toBeGreaterThan(0);
});

test('a mask for OrthoGrad is that of SalUn', async () => {
  const { params, result, leaves } = await onClassifier(orthoGrad({ masked: true }), { epochs: 3 });
  const after = leaves(result.params).flatMap((leaf) => Array.from(leaf.dataSync()));
  const before = leaves(params).flatMap((leaf) => Array.from(leaf.dataSync()));
  const moved = after.filter((value, k) => value !== before[k]).length / after.length;
  expect(moved).toBeGreaterThan(0.4);
  expect(moved).toBeLessThan(0.6);
});
