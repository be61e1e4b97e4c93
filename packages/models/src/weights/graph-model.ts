import { LabError } from '@lab/tensor-core/errors';
import { hostArray, type HostArray } from '@lab/tensor-core/io';
import { sizeOf } from './weight';

/** The part of a TensorFlow.js `model.json` that says what its weight files hold. */
export interface WeightsManifest {
  readonly weightsManifest: readonly {
    /** Files whose bytes, one after the other, are this group's. */
    readonly paths: readonly string[];
    readonly weights: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly dtype: string;
      readonly quantization?: unknown;
    }[];
  }[];
}

/**
 * The arrays of a TensorFlow.js graph or layers model by name, without TensorFlow.js executing anything.
 *
 * @param model the parsed `model.json`
 * @param read the bytes of one of the files that it names
 * @throws LabError `format` when files and manifest differ in size, `unsupported` for quantized or other arrays than
 * float32 and int32
 */
export async function readWeightsManifest(
  model: WeightsManifest,
  read: (path: string) => Uint8Array | Promise<Uint8Array>,
): Promise<Record<string, HostArray>> {
  const groups: unknown = model.weightsManifest;
  if (!Array.isArray(groups))
    throw new LabError('format', 'readWeightsManifest: this is not the content of a model.json', {
      argument: 'model',
      expected: 'an object with weightsManifest',
    });
  const arrays: [string, HostArray][] = [];
  for (const { paths, weights } of model.weightsManifest) {
    const bytes = joined(await Promise.all(paths.map(async (path) => read(path))));
    let from = 0;
    for (const { name, shape, dtype, quantization } of weights) {
      if (quantization !== undefined || (dtype !== 'float32' && dtype !== 'int32'))
        throw new LabError(
          'unsupported',
          'readWeightsManifest: only plain float32 and int32 arrays are read',
          {
            argument: name,
            received: quantization ?? dtype,
          },
        );
      const to = from + 4 * sizeOf(shape);
      if (!(to <= bytes.length)) throw wrongSize(bytes.length, `${to} or more, for ${name}`);
      const own = bytes.slice(from, to).buffer;
      const data = dtype === 'float32' ? new Float32Array(own) : new Int32Array(own);
      arrays.push([name, hostArray({ shape, dtype, data })]);
      from = to;
    }
    if (from !== bytes.length) throw wrongSize(bytes.length, from);
  }
  return Object.fromEntries(arrays);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function wrongSize(received: number, expected: unknown): LabError {
  return new LabError('format', 'readWeightsManifest: the files have another size than the manifest says', {
    received,
    expected,
    hint: 'are all files there, in the order of the manifest?',
  });
}
