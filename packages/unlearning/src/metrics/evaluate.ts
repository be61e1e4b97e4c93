import { tf, type Tensor } from '@lab/tensor-core';
import { asRows, logLikelihoods } from '../model/losses';
import { asList, type Samples, type Task, type UnlearnModel } from '../model/types';

/** The outputs of every head as matrices [n, outputs], in batches; new tensors. */
export function predictOutputs<Params>(
  model: UnlearnModel<Params>,
  params: Params,
  x: Tensor,
  { batchSize = 512 }: { readonly batchSize?: number } = {},
): Tensor[] {
  return tf.tidy(() => {
    const parts: Tensor[][] = [];
    for (let from = 0; from < x.shape[0]; from += batchSize) {
      const part = tf.slice(x, from, Math.min(batchSize, x.shape[0] - from));
      parts.push(tf.tidy(() => asList(model.apply(params, part)).map((each) => tf.clone(asRows(each)))));
    }
    return parts[0]!.map((_, head) => tf.concat(parts.map((part) => part[head]!)));
  });
}

/** The share of samples whose class is right, for each head and for all heads at once. */
export async function accuracies<Params>(
  model: UnlearnModel<Params>,
  params: Params,
  { x, y }: Samples,
): Promise<{ readonly heads: readonly number[]; readonly all: number }> {
  const n = x.shape[0];
  const outputs = predictOutputs(model, params, x);
  const right: boolean[][] = [];
  for (const [head, output] of outputs.entries()) {
    const size = output.shape[1]!;
    const [values, labels] = [await output.data(), await asList(y)[head]!.data()];
    right.push(
      Array.from(labels, (label: number, i) => {
        const own = values.subarray(i * size, (i + 1) * size);
        return own.every((value) => value <= own[label]!) && !own.some(Number.isNaN);
      }),
    );
  }
  tf.dispose(outputs);
  const share = (hits: readonly boolean[]): number => hits.filter(Boolean).length / n;
  return { heads: right.map(share), all: share(right[0]!.map((_, i) => right.every((head) => head[i]))) };
}

/** The loss of each sample: squared error summed over outputs, or the negative log-likelihood, summed over heads. */
export async function sampleLosses<Params>(
  model: UnlearnModel<Params>,
  params: Params,
  { x, y, task }: Samples & { readonly task: Task },
): Promise<Float64Array> {
  const outputs = predictOutputs(model, params, x);
  const losses = tf.tidy(() => {
    const targets = asList(y);
    if (task === 'classification') return tf.neg(logLikelihoods(outputs, targets));
    return outputs
      .map((output, h) => tf.sum(tf.squaredDifference(output, tf.reshape(targets[h]!, output.shape)), 1))
      .reduce((a, b) => tf.add(a, b));
  });
  const found = Float64Array.from(await losses.data());
  tf.dispose([...outputs, losses]);
  return found;
}
