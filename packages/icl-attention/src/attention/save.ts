import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { linearUnit, softmaxUnit, type AttentionUnit } from './unit';

const format = 'lab-icl-attention';

/** A unit as the bytes of a safetensors file; M in float64, so that nothing is lost. */
export function saveUnit({ kind, matrix, kernel, includeQuery }: AttentionUnit): Uint8Array {
  return writeSafetensors(
    { matrix: { shape: [...matrix.shape], dtype: 'float64', data: matrix.data } },
    { format, kind, kernel, includeQuery: String(includeQuery) },
  );
}

/**
 * Reads what `saveUnit` wrote.
 *
 * @throws LabError `format` for anything else
 */
export function loadUnit(bytes: Uint8Array): AttentionUnit {
  const { tensors, metadata } = readSafetensors(bytes);
  const matrix = tensors.matrix;
  const { kind, kernel, includeQuery } = metadata;
  if (metadata.format !== format || matrix?.dtype !== 'float64' || (kind !== 'softmax' && kind !== 'linear'))
    throw new LabError('format', 'loadUnit: the file holds no attention unit', {
      received: { names: Object.keys(tensors), metadata },
      hint: 'write one with saveUnit(unit)',
    });
  const own = { matrix: { shape: matrix.shape, data: Float64Array.from(matrix.data as Float64Array) } };
  if (kind === 'linear') return linearUnit(own);
  return softmaxUnit({
    ...own,
    kernel: kernel as AttentionUnit['kernel'],
    includeQuery: includeQuery === 'true',
  });
}
