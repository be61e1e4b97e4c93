import {
  chooseExecution,
  executionDefault,
  grad,
  tf,
  tidyTree,
  type ExecutionChoice,
  type Tensor,
} from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { treeMap } from '@lab/tensor-core/tree';
import type { RowSource } from '../projection/gram';
import { concatenated, type Free } from './flat-model';
import { hostRows } from './host-rows';

/** Samples whose gradients are taken by one call of the compiled function. */
const perCall = 4;

type Sample = Readonly<Record<string, Tensor>>;

/** Gradients of a scalar function of single samples, as rows. It holds a compiled function until it is disposed of. */
export interface SampleGradients {
  /** The row of each sample [n, ...] of the batch at `free`; both must stay alive as long as the source is used. */
  rows(free: Free, batch: Sample, size: number): RowSource;
  dispose(): void;
}

interface Disposable {
  (free: Free, batch: Sample): Tensor;
  dispose?(): void;
}

/**
 * Per-sample gradients of `fn`, whose sample keeps a first axis of length 1. Compiled, several samples a call, where that
 * can be had and there are rows enough to pay for it; otherwise one after the other.
 */
export async function sampleGradients(
  fn: (free: Free, sample: Sample) => Tensor,
  {
    engine = 'auto',
    expectedRows,
  }: { readonly engine?: ExecutionChoice | undefined; readonly expectedRows: number },
): Promise<SampleGradients> {
  const gradient = grad(fn);
  const plain: Disposable = (free, batch) => {
    const count = Object.values(batch)[0]!.shape[0];
    return tf.tidy(() =>
      tf.stack(
        Array.from({ length: count }, (_, i) =>
          tf.tidy(() =>
            concatenated(
              gradient(
                free,
                tidyTree(() => sampleOf(batch, i)),
              ),
            ),
          ),
        ),
      ),
    );
  };
  const isChoice = engine === 'auto' && executionDefault() === 'auto';
  const compiles = chooseExecution(engine) === 'compiled' && (!isChoice || expectedRows >= 40);
  let call: Disposable = compiles ? (await import('@lab/tensor-core/compile')).compile(plain) : plain;
  const attempt = (free: Free, batch: Sample): Tensor => {
    try {
      return call(free, batch);
    } catch (error) {
      if (call === plain || !isChoice || !isLabError(error) || error.code !== 'unsupported') throw error;
      call.dispose?.();
      call = plain;
      return call(free, batch);
    }
  };
  return {
    rows: (free, batch, size) => {
      const count = Object.values(batch)[0]!.shape[0];
      let onHost: ReturnType<typeof hostRows<Sample>> | undefined;
      return {
        count,
        size,
        async block(from, to) {
          const found = new Float64Array((to - from) * size);
          const samples = await (onHost ??= hostRows(batch));
          for (let start = from; start < to; start += perCall) {
            // The last call repeats its last sample, so that all have one shape.
            const wanted = Array.from({ length: perCall }, (_, i) => Math.min(start + i, to - 1));
            const gathered = samples.take(wanted);
            const rows = attempt(free, gathered);
            tf.dispose(Object.values(gathered));
            const values = await rows.data();
            rows.dispose();
            const fresh = Math.min(perCall, to - start);
            found.set(values.subarray(0, fresh * size), (start - from) * size);
          }
          return found;
        },
      };
    },
    dispose: () => call.dispose?.(),
  };
}

/** These rows of every tensor. */
export function gatherEach<T>(batch: T, rows: ArrayLike<number>): T {
  return tf.tidy(() => {
    const indices = tf.tensor1d(Int32Array.from(rows), 'int32');
    return treeMap((leaf: Tensor) => tf.gather(leaf, indices), batch) as never;
  });
}

const sampleOf = (batch: Sample, i: number): Sample =>
  treeMap(
    (leaf: Tensor) => tf.slice(leaf, [i, ...leaf.shape.slice(1).map(() => 0)], [1, ...leaf.shape.slice(1)]),
    batch,
  );
