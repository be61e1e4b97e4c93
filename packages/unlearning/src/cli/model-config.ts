import { readBytes, readText } from '@lab/experiment/cli';
import {
  disposeTree,
  loadTree,
  mlp,
  relu,
  silu,
  tf,
  type MlpParams,
  type Module,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { readSeriesCsv } from '@lab/datasets';
import * as z from 'zod';
import type { Samples } from '../model/types';

const configSchema = z.object({
  format: z.literal('lab-unlearning-model'),
  version: z.literal(1),
  /** A perceptron: sizes of its layers from input to output. */
  sizes: z.array(z.number().int().positive()).min(2),
  activation: z.enum(['relu', 'silu']),
  task: z.enum(['classification', 'regression']),
  /** Columns of the table that go in, and the one that comes out. */
  features: z.array(z.string()).min(1),
  target: z.string(),
  /** What features are shifted and divided by. */
  mean: z.array(z.number()),
  scale: z.array(z.number().positive()),
});

/** What a model file means: `model.json` beside `model.safetensors`. */
export type ModelConfig = z.infer<typeof configSchema>;

export function networkOf({ sizes, activation }: ModelConfig): Module<MlpParams> {
  return mlp({ sizes, activation: activation === 'relu' ? relu : silu });
}

/** @throws LabError `missing` or `format` */
export async function readConfig(cwd: string, path: string): Promise<ModelConfig> {
  const { text, name } = await readText(cwd, path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = configSchema.safeParse(json);
  const config = parsed.data;
  if (!config || config.sizes[0] !== config.features.length || config.mean.length !== config.features.length)
    throw new LabError('format', `${name} does not describe a model`, {
      received: parsed.error?.issues[0]?.message ?? 'sizes that do not fit the features',
      expected: 'the model.json that `lab unlearning train` writes',
    });
  return config;
}

/** @throws LabError `format` or `shape` when the file is not of the configured network */
export async function readParams(cwd: string, path: string, config: ModelConfig): Promise<MlpParams> {
  const like = networkOf(config).init(key(0));
  try {
    return loadTree(like, readSafetensors(await readBytes(cwd, path)).tensors);
  } finally {
    disposeTree(like);
  }
}

/** The rows of a table in the model's terms: float64 features, standardised, and targets. */
export interface Table {
  readonly rows: number;
  readonly features: Float64Array;
  readonly targets: Float64Array;
  /** What identifies each row. */
  readonly ids: readonly string[];
}

/** @param id the column that identifies rows; otherwise their numbers, from 0 */
export async function readTable(
  cwd: string,
  path: string,
  config: Pick<ModelConfig, 'features' | 'target' | 'mean' | 'scale'> & { readonly id?: string | undefined },
): Promise<Table> {
  const { text, name } = await readText(cwd, path);
  const { features: names, target, id, mean, scale } = config;
  const columns = [...names, target, ...(id === undefined ? [] : [id])];
  const { values, length } = readSeriesCsv(text, { name, columns });
  const at = (row: number, column: number): number => values[row * columns.length + column]!;
  const width = names.length;
  return {
    rows: length,
    features: Float64Array.from({ length: length * width }, (_, i) => {
      const column = i % width;
      return (at(Math.floor(i / width), column) - mean[column]!) / scale[column]!;
    }),
    targets: Float64Array.from({ length }, (_, row) => at(row, width)),
    ids: Array.from({ length }, (_, row) => String(id === undefined ? row : at(row, width + 1))),
  };
}

/** These rows as tensors, which belong to the caller. */
export function samplesOf(
  table: Table,
  rows: readonly number[],
  { task }: Pick<ModelConfig, 'task'>,
): Samples {
  const width = table.features.length / table.rows;
  const x = new Float32Array(rows.length * width);
  rows.forEach((row, i) => x.set(table.features.subarray(row * width, (row + 1) * width), i * width));
  const y: Tensor =
    task === 'classification'
      ? tf.tensor1d(
          Int32Array.from(rows, (row) => table.targets[row]!),
          'int32',
        )
      : tf.tensor2d(
          Float32Array.from(rows, (row) => table.targets[row]!),
          [rows.length, 1],
        );
  return { x: tf.tensor2d(x, [rows.length, width]), y };
}
