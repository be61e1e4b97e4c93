import { tf, type Tensor } from '@lab/tensor-core';
import { treeSelect, type Tree } from '@lab/tensor-core/tree';
import { flatten } from '../model/flat-model';
import type { Task, UnlearnModel } from '../model/types';
import { predictOutputs } from './evaluate';

/** How far two models are from each other. */
export interface ModelComparison {
  /** |theta_a - theta_b|. Networks that compute the same may lie far apart: look at the outputs first. */
  readonly parameterDistance: number;
  /** The same over |theta_b|. */
  readonly relativeDistance: number;
  /** Root mean square difference of outputs, or of class probabilities. */
  readonly outputDistance: number;
  /** Share of inputs with the same predicted class in every head; of classifiers. */
  readonly agreement?: number;
}

/** Compares a model with another of the same structure, such as one retrained, on inputs x. */
export async function compareModels<Params>(
  model: UnlearnModel<Params>,
  a: Params,
  b: Params,
  { x, task }: { readonly x: Tensor; readonly task: Task },
): Promise<ModelComparison> {
  const [first, second] = [await flatOf(a), await flatOf(b)];
  const distance = normOf(first, (value, k) => value - second[k]!);
  const scale = normOf(second, (value) => value);
  const [left, right] = [predictOutputs(model, a, x), predictOutputs(model, b, x)];
  const isClassifier = task === 'classification';
  const gap = tf.tidy(() => {
    const all = left.map((each, h) => {
      const of = (logits: Tensor): Tensor => (isClassifier ? tf.softmax(logits) : logits);
      return tf.reshape(tf.squaredDifference(of(each), of(right[h]!)), [-1]);
    });
    return tf.sqrt(tf.mean(tf.concat(all)));
  });
  const same = tf.tidy(() =>
    tf.mean(
      left
        .map((each, h) => tf.cast(tf.equal(tf.argMax(each, 1), tf.argMax(right[h]!, 1)), 'float32'))
        .reduce((p, q) => tf.mul(p, q)),
    ),
  );
  const [[outputDistance = NaN], [agreement = NaN]] = [await gap.data(), await same.data()];
  tf.dispose([...left, ...right, gap, same]);
  return {
    parameterDistance: distance,
    relativeDistance: distance / scale,
    outputDistance,
    ...(isClassifier && { agreement }),
  };
}

const flatOf = (params: unknown): Promise<Float64Array> =>
  flatten(treeSelect<Tensor>(params as Tree<Tensor>));

/** Euclidean norm of f(value, k). */
function normOf(values: Float64Array, of: (value: number, k: number) => number): number {
  let sum = 0;
  values.forEach((value, k) => (sum += of(value, k) ** 2));
  return Math.sqrt(sum);
}
