import { engine, isLabError, tf, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { loadRuntime } from '../../src/compile/runtime/binding';

/** Why nothing can be compiled here, if nothing can. */
export const missing: string | undefined = (() => {
  try {
    loadRuntime();
    return undefined;
  } catch (error) {
    if (isLabError(error) && error.code === 'missing') return error.message;
    throw error;
  }
})();

if (missing !== undefined) console.warn(`skipped: ${missing}`);

export type Numbers = Float32Array | Int32Array | Uint8Array;

export interface Given {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** Something to be computed, on any engine. */
export interface Job {
  readonly inputs: readonly Given[];
  readonly run: (...inputs: Tensor[]) => readonly Tensor[];
}

function tensorOf({ values, shape, dtype = 'float32' }: Given): Tensor {
  return tf.tensor(Array.from(values), [...shape], dtype);
}

function read(tensors: readonly Tensor[]): Numbers[] {
  return tensors.map((each) => each.dataSync());
}

/** What jobs give on an eager engine. */
export async function eager(name: 'cpu' | 'wasm', jobs: readonly Job[]): Promise<Numbers[][]> {
  await engine({ prefer: name });
  return jobs.map(({ inputs, run }) => {
    const found = tf.tidy(() => [...run(...inputs.map(tensorOf))]);
    const numbers = read(found);
    tf.dispose(found);
    return numbers;
  });
}

/** What jobs give compiled; all are traced into one graph, since a session costs more than a small job. */
export function compiled(jobs: readonly Job[]): Numbers[][] {
  const before = tf.memory().numTensors;
  const together = compile(
    (all: readonly (readonly Tensor[])[]) => jobs.map(({ run }, i) => run(...all[i]!)),
    {
      threads: 1,
    },
  );
  const inputs = jobs.map((job) => job.inputs.map(tensorOf));
  try {
    const results = together(inputs);
    if (together.traces !== 1) throw new Error('nothing was compiled');
    const numbers = results.map(read);
    tf.dispose(results as Tensor[][]);
    return numbers;
  } finally {
    tf.dispose(inputs);
    together.dispose();
    if (tf.memory().numTensors !== before) throw new Error('compiling left tensors behind');
  }
}
