import { adamw, fit, mlp, silu, tf } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  gradientDescent,
  minNormOG,
  negGradPlus,
  predictOutputs,
  retrain,
  unlearn,
  type UnlearnMethod,
} from '@lab/unlearning';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';
import { grid, points } from './points';

export interface UnlearnInput {
  /** Places in `points` of what shall be forgotten. */
  readonly forget: readonly number[];
  /** Part of the orthogonal component that MinNorm-OG's first projection takes off, in [0, 1]. */
  readonly strength: number;
  readonly epochs: number;
  readonly seed: number;
}

export const methods = ['minNormOG', 'negGradPlus', 'gradientDescent', 'retrain'] as const;
export type MethodName = (typeof methods)[number];

export interface UnlearnProgress {
  readonly stage: 'training' | MethodName;
  readonly done: number;
  readonly curves: Curves;
}

/** Values along `grid`, as far as they are known. */
export type Curves = Partial<Record<'trained' | MethodName, readonly number[]>>;

export interface UnlearnDone {
  readonly curves: Curves;
  /** Mean square error on the kept points, by method. */
  readonly kept: Partial<Record<'trained' | MethodName, number>>;
  /** Root-mean-square distance to sin x along the grid inside of [-3, 3]. */
  readonly distance: Partial<Record<'trained' | MethodName, number>>;
  readonly projections: number;
}

const network = mlp({ sizes: [1, 48, 48, 1], activation: silu });
type Params = ReturnType<typeof network.init>;
const column = (values: readonly number[]) => tf.tensor2d([...values], [values.length, 1]);
const trainingSteps = 1000;

/** The network that fits all points, trained in the first run with a seed and kept for others with it. */
let trained: { readonly seed: number; readonly params: Params } | undefined;

/** Trains on all points, then unlearns some of them by every method from the same weights. */
export async function run(
  { forget, strength, epochs, seed }: UnlearnInput,
  { engine, signal, report }: RunContext<UnlearnProgress>,
): Promise<UnlearnDone> {
  await startEngine(engine);
  const curves: Curves = {};
  const stages = 1 + methods.length;
  if (trained?.seed !== seed) {
    const params = await train(seed, signal, (done) =>
      report({ stage: 'training', done: done / stages, curves }),
    );
    trained = { seed, params };
  }
  const { params } = trained;
  curves.trained = along(params);

  const isForgotten = new Set(forget);
  const [retain, away] = [false, true].map((gone) =>
    dataOf(points.filter((_, i) => isForgotten.has(i) === gone)),
  );
  const kept: UnlearnDone['kept'] = { trained: errorOn(params, retain!) };
  let projections = 0;
  try {
    for (const [index, name] of methods.entries()) {
      const from = (1 + index) / stages;
      report({ stage: name, done: from, curves: { ...curves } });
      const result = await unlearn(network, {
        params,
        retain: retain!,
        ...(forget.length > 0 && { forget: away! }),
        task: 'regression',
        method: methodOf(name, strength, epochs),
        epochs: name === 'retrain' ? trainingSteps : epochs,
        learningRate: 5e-3,
        key: key(seed + 2),
        signal,
        onStep: ({ step, steps }) => {
          if (step % 25 === 0)
            report({ stage: name, done: from + (step + 1) / steps / stages, curves: { ...curves } });
        },
      });
      curves[name] = along(result.params);
      kept[name] = errorOn(result.params, retain!);
      projections += result.projections.length;
      tf.dispose(result.params as never);
    }
  } finally {
    tf.dispose([retain!.x, retain!.y, away!.x, away!.y]);
  }
  const distance = Object.fromEntries(
    Object.entries(curves).map(([name, curve]) => [name, distanceToSine(curve)]),
  );
  return { curves, kept, distance, projections };
}

function methodOf(name: MethodName, strength: number, epochs: number): UnlearnMethod {
  if (name === 'minNormOG') return minNormOG({ strength, gdEpochs: Math.floor(epochs / 2), period: 2 });
  return { negGradPlus, gradientDescent, retrain }[name]();
}

async function train(seed: number, signal: AbortSignal, onDone: (done: number) => void): Promise<Params> {
  const all = dataOf(points);
  try {
    const { params } = await fit({
      params: network.init(key(seed)),
      optimizer: adamw({ learningRate: 5e-3 }),
      loss: (p: Params, { x, y }: typeof all) => tf.mean(tf.squaredDifference(network.apply(p, x), y)),
      batches: () => ({ x: all.x.clone(), y: all.y.clone() }),
      steps: trainingSteps,
      key: key(seed + 1),
      signal,
      onStep: ({ step, steps }) => {
        if (step % 50 === 0) onDone(step / steps);
      },
    });
    return params;
  } finally {
    tf.dispose(all);
  }
}

function dataOf(chosen: readonly { readonly x: number; readonly y: number }[]) {
  return { x: column(chosen.map(({ x }) => x)), y: column(chosen.map(({ y }) => y)) };
}

function along(params: Params): number[] {
  const values = tf.tidy(() => predictOutputs(network, params, column(grid))[0]!.dataSync());
  return Array.from(values);
}

function errorOn(params: Params, { x, y }: ReturnType<typeof dataOf>): number {
  const error = tf.tidy(() => tf.mean(tf.squaredDifference(network.apply(params, x), y)));
  const [value] = error.dataSync();
  error.dispose();
  return value!;
}

function distanceToSine(curve: readonly number[]): number {
  const inside = grid.flatMap((x, i) => (Math.abs(x) <= 3 ? [(curve[i]! - Math.sin(x)) ** 2] : []));
  return Math.sqrt(inside.reduce((sum, each) => sum + each) / inside.length);
}
