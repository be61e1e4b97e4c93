import { expect, test } from 'vitest';
import { adamw, disposeTree, engine, grad, sgd, tf, type Tensor } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  crossEntropy,
  distillation,
  gradientAscent,
  gradientDescent,
  minNormOG,
  negGradPlus,
  noisyGradientDescent,
  npo,
  orthoGrad,
  ridge,
  salun,
  scrub,
  unlearn,
  type Place,
  type UnlearnMethod,
  type UnlearnModel,
  type UnlearnOptions,
} from '../../src';
import { gatherEach } from '../../src/model/sample-gradients';
import { lowerMedian, saliencyMask } from '../../src/run/saliency';
import { classifier, classifierProblem, linearModel, linearProblem } from '../support/problems';

await engine();
const place = (epoch: number, epochs: number): Place => ({
  epoch,
  epochs,
  step: epoch,
  stepInEpoch: 0,
  stepsPerEpoch: 1,
});

async function onLinear(
  method: UnlearnMethod,
  options: Partial<UnlearnOptions<{ w: Tensor }>> = {},
): Promise<number[]> {
  const problem = linearProblem();
  const { params } = await unlearn(linearModel, {
    ...problem,
    task: 'regression',
    method,
    epochs: 1,
    optimizer: sgd({ learningRate: 0.1 }),
    key: key(0),
    ...options,
  });
  const found = Array.from(params.w.dataSync());
  disposeTree([params, problem.params, problem.retain, problem.forget]);
  return found;
}

// Thm. 1: where the model fits everything, the gradient of every loss is zero.
test.each([gradientDescent(), gradientAscent(), negGradPlus(), ridge({ weight: 0 })])(
  'U13: $name leaves an interpolating model as it is',
  async (method) => {
    expect(await onLinear(method)).toBeAllclose([1, 2, 3, 4], { rtol: 0, atol: 1e-12 });
  },
);

test('U13: noisy descent moves by its noise alone', async () => {
  const moved = await onLinear(noisyGradientDescent({ sigma: 0.5 }));
  const twice = await onLinear(noisyGradientDescent({ sigma: 1 }));
  const change = moved.map((value, k) => value - k - 1);
  expect(Math.max(...change.map(Math.abs))).toBeGreaterThan(1e-3);
  expect(twice.map((value, k) => value - k - 1)).toBeAllclose(
    change.map((value) => 2 * value),
    { rtol: 1e-4, atol: 1e-6 },
  );
});

test.each([
  ['gram', 'project-first'],
  ['matrix-free', 'project-first'],
  ['gram', 'descend-first'],
] as const)('U13: one epoch of MinNorm-OG is the exact solution (%s, %s)', async (solver, order) => {
  const found = await expectNoLeak(() => onLinear(minNormOG({ strength: 1, order }), { solver }));
  expect(found).toBeAllclose([1 / 3, 8 / 3, 7 / 3, 0], { rtol: 0, atol: 1e-5 });
});

// g / (g + eps) with g = 1e-7, eps = 1e-8: the first step of Adam is 0.91 of the learning rate, however small g is.
test('U13: AdamW moves on gradients that are rounding', () => {
  const rule = adamw({ learningRate: 1e-3, weightDecay: 0 });
  const params = { w: tf.tensor1d([1]) };
  const { updates } = rule.update({ w: tf.tensor1d([1e-7]) }, rule.init(params), params);
  expect(updates.w).toBeAllclose([-0.909e-3], { rtol: 1e-2, atol: 0 });
});

interface Tanh {
  readonly c: Tensor;
  readonly a: Tensor;
}
const tanhModel: UnlearnModel<Tanh> = { apply: ({ c, a }, x) => tf.matMul(tf.tanh(tf.matMul(x, a)), c) };

// The numbers of test/exact/algorithm64.test.ts, here through the float32 loop: eager, and compiled.
test.each(['eager', 'compiled'] as const)(
  'U16: three epochs through the training loop, %s',
  async (execution) => {
    for (const [optimizer, expected] of [
      [sgd({ learningRate: 0.1 }), [1.0842149695, -0.4855030636, 0.4127907835, 1.4692801218]],
      [adamw({ learningRate: 0.01 }), [1.0944326809, -0.4801050466, 0.4108378577, 1.4730742456]],
    ] as const) {
      const params = { c: tf.tensor2d([[1], [-0.5]]), a: tf.tensor2d([[0.5, 2]]) };
      const x = tf.tensor2d([[1], [2]]);
      const { params: found, projections } = await unlearn(tanhModel, {
        params,
        retain: { x, y: tanhModel.apply(params, x) },
        task: 'regression',
        method: minNormOG({ strength: 0.2, strengthDecay: 0.5 }),
        optimizer,
        epochs: 3,
        engine: execution,
        key: key(0),
      });
      expect([...found.c.dataSync(), ...found.a.dataSync()]).toBeAllclose(expected, {
        rtol: 1e-4,
        atol: 1e-5,
      });
      expect(projections.map(({ strength }) => strength)).toEqual([0.2, 0.1, 0.05]);
    }
  },
);

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

const onClassifier = async (
  method: UnlearnMethod,
  options: Partial<UnlearnOptions<ReturnType<typeof classifier.init>>> = {},
) => {
  const problem = classifierProblem();
  const result = await unlearn(classifier, {
    ...problem,
    task: 'classification',
    method,
    epochs: 1,
    key: key(0),
    ...options,
  });
  return {
    ...problem,
    result,
    leaves: (p: typeof problem.params) => p.layers.flatMap((l) => [l.weight, l.bias!]),
  };
};

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
