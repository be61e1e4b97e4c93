import { readParquetTable } from '@lab/datasets';
import { LabError } from '@lab/tensor-core/errors';
import { readNpy, readSafetensors, toFloat32 } from '@lab/tensor-core/io';
import type { Samples } from '../data/samples';

/**
 * Features or embeddings from a file: a NumPy array [n, d] (.npy), the one matrix of a safetensors file, or a Parquet table
 * (columns of numbers, or a column of lists).
 *
 * @throws LabError `format` for other files, `shape` when there is not one matrix
 */
export async function readFeatureFile(bytes: Uint8Array, name: string): Promise<Samples> {
  if (name.endsWith('.npy')) return matrix(readNpy(bytes), name);
  if (name.endsWith('.safetensors')) {
    const matrices = Object.values(readSafetensors(bytes).tensors).filter(({ shape }) => shape.length === 2);
    if (matrices.length !== 1)
      throw new LabError('shape', `${name}: there is not exactly one matrix [n, d] in it`, {
        received: `${matrices.length} matrices`,
      });
    return matrix(matrices[0]!, name);
  }
  if (name.endsWith('.parquet')) return (await readParquetTable(bytes, { name })).values;
  throw new LabError('format', `${name}: features come as .npy, .safetensors or .parquet`, {
    argument: 'features',
    received: name,
    hint: 'features in a CSV are given as the CSV itself, without --features',
  });
}

function matrix(array: Parameters<typeof toFloat32>[0], name: string): Samples {
  if (array.shape.length !== 2)
    throw new LabError('shape', `${name}: features form a matrix [n, d]`, { received: array.shape });
  return {
    shape: array.shape,
    data: array.data instanceof Float64Array ? array.data : toFloat32(array).data,
  };
}
