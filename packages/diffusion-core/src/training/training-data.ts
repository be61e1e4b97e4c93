import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import type { Metadata } from '../networks/metadata';

/** One batch of clean samples; its tensors are the caller's to dispose. */
export interface CleanBatch<Condition> {
  /** [B, ...] */
  readonly x0: Tensor;
  readonly condition?: Condition;
}

/** Training samples that can be fetched by their numbers: an array in memory, or a reader of the user's own. */
export interface TrainingData<Condition = unknown> {
  /** How many samples there are. */
  readonly size: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  batch(indices: ArrayLike<number>): CleanBatch<Condition>;
}

export interface MetadataArrays {
  /** [n, fields] or [n, L, fields] category numbers. */
  readonly categorical?: Array64;
  /** [n, fields] or [n, L, fields] standardised values. */
  readonly continuous?: Array64;
}

/**
 * Training data from arrays in memory: samples [n, ...], standardised, and what is known about each.
 *
 * @throws LabError `shape` when there are no samples, or not one row of metadata for each
 * @example
 * arrayData({ shape: [600, 48, 1], data });
 */
export function arrayData(samples: Array64, metadata?: MetadataArrays): TrainingData<Metadata> {
  const [size = 0, ...shape] = samples.shape;
  if (size === 0 || shape.length === 0 || samples.data.length !== size * product(shape))
    throw new LabError('shape', 'training samples are an array [n, ...] with n >= 1', {
      argument: 'samples',
      received: samples.shape,
    });
  if (!samples.data.every(Number.isFinite))
    throw new LabError('numeric', 'training samples must be finite', { argument: 'samples' });
  for (const [name, rows] of Object.entries(metadata ?? {}) as [string, Array64 | undefined][])
    if (rows !== undefined && rows.shape[0] !== size)
      throw new LabError('shape', 'metadata need one row for each sample', {
        argument: `metadata.${name}`,
        expected: size,
        received: rows.shape,
      });
  return {
    size,
    shape,
    batch(indices) {
      const x0 = gather(samples, indices, 'float32');
      if (metadata === undefined) return { x0 };
      const { categorical, continuous } = metadata;
      return {
        x0,
        condition: {
          ...(categorical ? { categorical: gather(categorical, indices, 'int32') } : {}),
          ...(continuous ? { continuous: gather(continuous, indices, 'float32') } : {}),
        },
      };
    },
  };
}

/**
 * The sample numbers of training step `step`: epochs of random order without replacement, cut into batches. A function
 * of its arguments alone, so that a resumed run sees what it would have seen.
 */
export function epochIndices(size: number, batchSize: number): (key: Key, step: number) => Int32Array {
  let order: { readonly epoch: string; readonly indices: Int32Array } | undefined;
  return (key, step) => {
    const indices = new Int32Array(batchSize);
    for (let i = 0; i < batchSize; i++) {
      const position = step * batchSize + i;
      const number = Math.floor(position / size);
      const epoch = `${key.join()}/${number}`;
      if (order?.epoch !== epoch) order = { epoch, indices: permutation(foldIn(key, number), size) };
      indices[i] = order.indices[position % size]!;
    }
    return indices;
  };
}

function gather({ shape, data }: Array64, indices: ArrayLike<number>, dtype: 'float32' | 'int32'): Tensor {
  const rest = shape.slice(1);
  const size = product(rest);
  const rows = new (dtype === 'float32' ? Float32Array : Int32Array)(indices.length * size);
  for (let i = 0; i < indices.length; i++)
    rows.set(data.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  return tf.tensor(rows, [indices.length, ...rest], dtype);
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, each) => total * each, 1);
}
