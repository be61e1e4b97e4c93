import { grad, tf, type Tensor } from '@lab/tensor-core';
import type { Workbench } from '../methods/types';
import { flatten, type FlatModel } from '../model/flat-model';
import { asRows } from '../model/losses';
import { outputOperator } from '../model/output-operator';
import { outputRows, type OutputRows } from '../model/output-rows';
import { sampleGradients, type SampleGradients } from '../model/sample-gradients';
import type { BatchLoss } from '../model/types';
import { projectOut } from '../projection/project-out';
import { projectOutMatrixFree } from '../projection/matrix-free';
import type { UnlearnOptions } from './options';

/** What methods share between steps; it holds compiled functions until it is disposed of. */
export function workbench<Params>(
  model: FlatModel<Params>,
  options: UnlearnOptions<Params>,
  { loss, stepsPerEpoch }: { readonly loss: BatchLoss; readonly stepsPerEpoch: number },
): Workbench & { dispose(): void } {
  const { task, engine, epochs, memoryLimit, outputsPerSample, solver = 'gram' } = options;
  const expectedRows = 20 * epochs * stepsPerEpoch;
  let outputs: Promise<OutputRows> | undefined;
  let losses: Promise<SampleGradients> | undefined;
  const made: { dispose(): void }[] = [];
  const keep = async <T extends { dispose(): void }>(making: Promise<T>): Promise<T> => {
    const each = await making;
    made.push(each);
    return each;
  };
  return {
    task,
    places: { epochs, stepsPerEpoch },
    retainCount: options.retain.x.shape[0],
    async project(free, x, { relTol, key }) {
      const theta = await flatten(free);
      if (solver === 'matrix-free') {
        const operator = await outputOperator(model, free, x, { task, outputsPerSample, key });
        try {
          const { perp } = await projectOutMatrixFree(theta, operator);
          return { theta, perp, rows: operator.count };
        } finally {
          operator.dispose();
        }
      }
      outputs ??= keep(outputRows(model, { task, engine, outputsPerSample, expectedRows }));
      const source = await (await outputs).at(free, x, key);
      try {
        const { perp, rank } = await projectOut(theta, source, { relTol, memoryLimit });
        return { theta, perp, rows: source.count, rank };
      } finally {
        source.dispose();
      }
    },
    async drift(before, after, x) {
      const most = tf.tidy(() => {
        const [from, to] = [model.apply(before, x), model.apply(after, x)];
        return tf.max(tf.stack(from.map((each, h) => tf.max(tf.abs(tf.sub(asRows(each), asRows(to[h]!)))))));
      });
      const [value = NaN] = await most.data();
      most.dispose();
      return value;
    },
    async lossGradients(free, { x, y }) {
      losses ??= keep(
        sampleGradients(
          (leaves, sample) =>
            loss(
              model.apply(leaves, sample.x!),
              y.map((_, h) => sample[`y${h}`]!),
            ),
          { engine, expectedRows },
        ),
      );
      const batch: Record<string, Tensor> = { x, ...Object.fromEntries(y.map((each, h) => [`y${h}`, each])) };
      return (await losses).rows(free, batch, model.size).block(0, x.shape[0]);
    },
    async meanLossGradient(free, { x, y }) {
      const found = grad((leaves: typeof free) => loss(model.apply(leaves, x), y))(free);
      const flat = await flatten(found);
      tf.dispose(Object.values(found));
      return flat;
    },
    dispose: () => {
      for (const each of made) each.dispose();
    },
  };
}
