import {
  adam,
  adamw,
  addDecayedWeights,
  applyUpdates,
  chain,
  clip,
  clipByGlobalNorm,
  constantSchedule,
  cosineDecay,
  disposeTree,
  ema,
  engine,
  inverseSqrt,
  linearDecay,
  lion,
  piecewise,
  sgd,
  tf,
  warmup,
  type GradientTransformation,
  type LearningRateSchedule,
  type Tensor,
} from '@lab/tensor-core';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

type Leaves = Record<'dense.bias' | 'dense.weight' | 'scale', number[]>;
interface Golden {
  readonly params: Leaves;
  readonly grads: Leaves[];
  /** The parameters after the first and the last step. */
  readonly runs: Record<string, [Leaves, Leaves]>;
  readonly schedules: Record<string, number[]>;
  readonly ema: { decay: number; first: number[]; last: number[] };
}
const golden = loadGolden<Golden>(import.meta.dirname, 'optimizers');

const make = (leaves: Leaves) => ({
  dense: { bias: tf.tensor1d(leaves['dense.bias']), weight: tf.tensor2d(leaves['dense.weight'], [2, 3]) },
  scale: tf.scalar(leaves.scale[0]!),
});
type Params = ReturnType<typeof make>;
const flat = (tensor: Tensor): number[] => [...tensor.dataSync()];
const all = (_: number, grads: Params): unknown => grads;

const optimizers: Record<
  string,
  [GradientTransformation, present?: (step: number, grads: Params) => unknown]
> = {
  sgd: [sgd({ learningRate: 0.1 })],
  'sgd momentum': [sgd({ learningRate: 0.1, momentum: 0.9 })],
  'sgd nesterov': [sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })],
  'sgd weight decay': [
    chain(addDecayedWeights(0.05), sgd({ learningRate: constantSchedule(0.1), momentum: 0.9 })),
  ],
  adam: [adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 })],
  'adam defaults': [adam()],
  adamw: [adamw({ learningRate: 0.02, weightDecay: 0.1 })],
  'adamw masked': [adamw({ learningRate: 0.02, weightDecay: 0.1, decay: /weight$/ })],
  'adam alternating': [
    adam({ learningRate: 0.02 }),
    (step, { dense, scale }) => (step % 2 === 1 ? { dense } : { dense: { weight: dense.weight }, scale }),
  ],
  lion: [lion({ learningRate: 0.01, weightDecay: 0.1 })],
  'lion masked': [lion({ learningRate: 0.01, weightDecay: 0.1, decay: ['dense.weight'] })],
  'clipped adam': [chain(clipByGlobalNorm(1), adam({ learningRate: 0.02 }))],
  'clipped sgd': [chain(clipByGlobalNorm(6), sgd({ learningRate: 0.1 }))],
  'entry clipped sgd': [chain(clip(0.5), sgd({ learningRate: 0.1 }))],
  'cosine adam': [adam({ learningRate: cosineDecay({ from: 0.1, to: 0.025, steps: 8 }) })],
  'warm-up sgd': [
    sgd({
      learningRate: warmup(cosineDecay({ from: 0.1, to: 0.02, steps: 8 }), { steps: 4, from: 0.01 }),
      momentum: 0.5,
    }),
  ],
};

// PyTorch and optax in float64, see "source" of the golden file; ours steps in float32.
describe('ten steps equal those of PyTorch and optax', () => {
  test('every run of the golden file is here', () => {
    expect(Object.keys(optimizers).sort()).toEqual(Object.keys(golden.runs).sort());
  });
  test.each(Object.entries(optimizers))('%s', (name, [optimizer, present = all]) =>
    expectNoLeak(() => {
      let params = make(golden.params);
      let state = optimizer.init(params);
      golden.grads.forEach((values, step) => {
        const grads = make(values);
        const next = optimizer.update(present(step, grads), state, params);
        const moved = applyUpdates(params, next.updates);
        disposeTree([grads, params, state, next.updates]);
        params = moved;
        ({ state } = next);
        if (step > 0 && step < golden.grads.length - 1) return;
        const expected = golden.runs[name]![step === 0 ? 0 : 1];
        expect(flat(params.dense.bias)).toBeAllclose(expected['dense.bias'], { rtol: 2e-6, atol: 2e-7 });
        expect(flat(params.dense.weight)).toBeAllclose(expected['dense.weight'], { rtol: 2e-6, atol: 2e-7 });
        expect(flat(params.scale)).toBeAllclose(expected.scale, { rtol: 2e-6, atol: 2e-7 });
      });
      disposeTree([params, state]);
    }),
  );
});

describe('schedules equal those of optax', () => {
  const schedules: Record<string, LearningRateSchedule> = {
    linear: linearDecay({ from: 1, to: 0.1, steps: 10 }),
    cosine: cosineDecay({ from: 0.1, to: 0.025, steps: 8 }),
    'warm-up cosine': warmup(cosineDecay({ from: 0.1, to: 0.02, steps: 8 }), { steps: 4, from: 0.01 }),
    piecewise: piecewise(0.1, { 4: 0.5, 9: 0.1 }),
    'inverse sqrt': inverseSqrt({ peak: 0.3 / Math.sqrt(5), warmupSteps: 5 }),
  };
  test.each(Object.entries(golden.schedules))('%s', (name, expected) => {
    expect(expected.map((_, step) => schedules[name]!(step))).toBeAllclose(expected, { rtol: 1e-6 });
  });
  test('is refused without steps, and where it is not a number', () => {
    expect(() => linearDecay({ from: 1, steps: 0 })).toThrow(/linearDecay.*steps.*0/);
    const broken = sgd({ learningRate: (step) => (step < 1 ? 0.1 : Number.NaN) });
    const params = { x: tf.scalar(1) };
    const first = broken.update(params, broken.init(params));
    expect(() => broken.update(params, first.state)).toThrow(/learningRate.*NaN at step 1/);
    disposeTree([params, first]);
  });
});

test('the average equals that of optax', () =>
  expectNoLeak(() => {
    const { init, update } = ema({ decay: golden.ema.decay, warmup: false });
    let params: { weight: Tensor } = { weight: tf.tensor2d(golden.params['dense.weight'], [2, 3]) };
    let state = init(params);
    golden.grads.forEach((values, step) => {
      params.weight.dispose();
      params = { weight: tf.tensor2d(values['dense.weight'], [2, 3]) };
      const next = update(state, params);
      disposeTree(state);
      state = next;
      if (step === 0) expect(flat(state.average.weight)).toBeAllclose(golden.ema.first, { rtol: 1e-6 });
    });
    expect(flat(state.average.weight)).toBeAllclose(golden.ema.last, { rtol: 1e-6 });
    expect(state.count).toBe(10);
    disposeTree([params, state]);
  }));

test('the warm-up of an average: the first step takes 9/10 of the new weights', () =>
  expectNoLeak(() => {
    const { init, update } = ema({ decay: 0.999 });
    const [zero, one] = [tf.scalar(0), tf.scalar(1)];
    const first = init(zero);
    const second = update(first, one);
    expect(second.average.dataSync()[0]).toBeCloseTo(0.9, 6);
    disposeTree([zero, one, first, second]);
  }));

describe('what cannot work is refused', () => {
  const params = { a: tf.scalar(1) };
  test.each<[RegExp, () => unknown]>([
    [/beta1.*1; |argument: beta1/, () => adam({ beta1: 1 })],
    [/argument: weightDecay/, () => adamw({ weightDecay: -1 })],
    [/argument: momentum/, () => sgd({ learningRate: 1, momentum: 1 })],
    [/argument: maxNorm.*received: 0/, () => clipByGlobalNorm(0)],
    [
      /a gradient has no state; argument: grads.b; expected: \["a"\]/,
      () => adam().update({ b: params.a }, adam().init(params)),
    ],
    [
      /not the shape.*grads.a; expected: \[\]; received: \[1\]/,
      () => adam().update({ a: tf.ones([1]) }, adam().init(params)),
    ],
    [/weight decay needs the parameters/, () => adamw().update(params, adamw().init(params))],
    [/an update has no parameter; argument: updates.b/, () => applyUpdates(params, { b: params.a })],
    [/the state is not of this chain/, () => chain(adam()).update(params, adam().init(params))],
  ])('%s', (message, call) => {
    tf.engine().startScope();
    try {
      expect(call).toThrow(message);
    } finally {
      tf.engine().endScope();
    }
  });
});
