import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { normal64, split, type Key } from '@lab/tensor-core/random';
import { ntkRegression } from '../../baselines/ntk';
import { reluFeatures, reluLayer } from '../../probe/features';
import { evaluateProbe, fitProbe } from '../../probe/linear-probe';
import { rowsOf, type Samples } from '../../data/samples';
import { drawInputs, labelsOf, type Planted, type Task } from '../../tasks';

/** Labelled inputs of a downstream task; every method sees the same. */
export interface Downstream {
  readonly x: Samples;
  readonly y: Float64Array;
  readonly test: { readonly x: Samples; readonly y: Float64Array };
  /** Of biases and of directions inside a subspace. */
  readonly key: Key;
}

export function drawDownstream(
  key: Key,
  options: {
    readonly problem: Planted;
    readonly task: Task;
    readonly samples: number;
    readonly tests?: number;
  },
): Downstream {
  const { problem, task, samples, tests = 2000 } = options;
  const [training, testing, rest] = split(key, 3) as [Key, Key, Key];
  const x = drawInputs(training, problem, samples);
  const held = drawInputs(testing, problem, tests);
  return {
    x,
    y: labelsOf(problem, task, x),
    test: { x: held, y: labelsOf(problem, task, held) },
    key: rest,
  };
}

/** The first `samples` labelled inputs, with the same test inputs. */
export const fewer = (data: Downstream, samples: number): Downstream => ({
  ...data,
  x: rowsOf(data.x, 0, samples),
  y: data.y.subarray(0, samples),
});

/** Accuracy of a ridge head on ReLU features of these rows with fresh biases (3.3). */
export function headAccuracy(weights: Array64, data: Downstream, { l2 = 0.01 } = {}): number {
  const layer = reluLayer(weights, { key: data.key });
  const probe = fitProbe(reluFeatures(layer, data.x), data.y, { l2 });
  return evaluateProbe(probe, reluFeatures(layer, data.test.x), data.test.y).accuracy;
}

/** The same after projecting onto a subspace first: neurons with directions uniform in it (`projectFirst`, 3.3). */
export function subspaceAccuracy(
  directions: Array64,
  data: Downstream,
  { width = 100, l2 = 0.01 }: { readonly width?: number; readonly l2?: number } = {},
): number {
  const rank = directions.shape[1]!;
  const inside = { shape: [width, rank], data: normal64(data.key, width * rank) };
  return headAccuracy(matmul(inside, transpose(directions)), data, { l2 });
}

/** Accuracy of kernel ridge regression with the tangent kernel. */
export function ntkAccuracy(data: Downstream, { l2 = 0.01 } = {}): number {
  const scores = ntkRegression(data.x, data.y, { l2 })(data.test.x);
  const right = scores.filter((score, i) => score >= 0 === data.test.y[i]! > 0).length;
  return right / scores.length;
}
