import { tf, type ExecutionChoice, type Tensor } from '@lab/tensor-core';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import type { RowSource } from '../projection/gram';
import { asRows, sumOf } from './losses';
import type { FlatModel, Free } from './flat-model';
import { gatherEach, sampleGradients } from './sample-gradients';
import type { Task } from './types';

/** Which outputs of a sample give a row. */
export interface RowChoice {
  readonly task: Task;
  /** For regression: how many random coordinates of an output give a row each. @default all of them */
  readonly outputsPerSample?: number | undefined;
}

export interface OutputRowsOptions extends RowChoice {
  readonly engine?: ExecutionChoice | undefined;
  /** How many rows will be asked for in all, which decides whether compiling pays. */
  readonly expectedRows?: number | undefined;
}

/** Gradients of a model's outputs, the rows of G. It holds a compiled function until it is disposed of. */
export interface OutputRows {
  /**
   * Rows for inputs [n, ...] at `free`: for classification one for each sample and head, the logit of the class that is
   * predicted there; for regression one for each entry of the output. Free the tensors with `dispose` after use.
   */
  at(free: Free, x: Tensor, key?: Key): Promise<RowSource & { dispose(): void }>;
  dispose(): void;
}

type Picked = { readonly x: Tensor } & Readonly<Record<string, Tensor>>;

/** The scalar whose gradient is a row: the entries of a sample's outputs that its masks pick. */
export const pickedOutput =
  <Params>(model: FlatModel<Params>) =>
  (free: Free, sample: Readonly<Record<string, Tensor>>): Tensor =>
    sumOf(
      model.apply(free, sample.x!).map((output, h) => tf.sum(tf.mul(asRows(output), sample[`mask${h}`]!))),
    );

export async function outputRows<Params>(
  model: FlatModel<Params>,
  { task, outputsPerSample, engine, expectedRows = Infinity }: OutputRowsOptions,
): Promise<OutputRows> {
  const gradients = await sampleGradients(pickedOutput(model), { engine, expectedRows });
  return {
    async at(free, x, key = [0, 0]) {
      const batch = await pickRows((inputs) => model.apply(free, inputs), x, { task, outputsPerSample, key });
      return {
        ...gradients.rows(free, batch, model.size),
        dispose: () => tf.dispose(Object.values(batch)),
      };
    },
    dispose: () => gradients.dispose(),
  };
}

/** The samples of the rows, each with a mask over every head's outputs. */
export async function pickRows(
  apply: (x: Tensor) => readonly Tensor[],
  x: Tensor,
  options: RowChoice & { readonly key: Key },
): Promise<Picked> {
  const { task, outputsPerSample, key } = options;
  const n = x.shape[0];
  const outputs = tf.tidy(() => apply(x).map((each) => tf.clone(asRows(each))));
  const sizes = outputs.map(({ shape }) => shape[1]!);
  const rows: { sample: number; head: number; column: number }[] = [];
  for (const [head, output] of outputs.entries()) {
    const size = sizes[head]!;
    const values = task === 'classification' ? await output.data() : undefined;
    for (let sample = 0; sample < n; sample++) {
      if (values) {
        const own = values.subarray(sample * size, (sample + 1) * size);
        rows.push({ sample, head, column: own.indexOf(Math.max(...own)) });
      } else {
        const columns =
          outputsPerSample === undefined || outputsPerSample >= size
            ? Array.from({ length: size }, (_, column) => column)
            : permutation(foldIn(foldIn(key, head), sample), size).subarray(0, outputsPerSample);
        for (const column of columns) rows.push({ sample, head, column });
      }
    }
  }
  tf.dispose(outputs);
  const masks = sizes.map((size, h) => {
    const mask = new Float32Array(rows.length * size);
    rows.forEach(({ head, column }, i) => {
      if (head === h) mask[i * size + Math.max(column, 0)] = 1;
    });
    return [`mask${h}`, tf.tensor2d(mask, [rows.length, size])] as const;
  });
  const repeated = gatherEach(
    { x },
    rows.map(({ sample }) => sample),
  );
  return { ...repeated, ...Object.fromEntries(masks) };
}
