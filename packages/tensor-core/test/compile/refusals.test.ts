import { engine, isLabError, tf, type Tensor } from '@lab/tensor-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { mapKernels } from '../../src/compile/kernels';
import { trace } from '../../src/compile/trace/trace';

// Tracing needs no runtime, so nothing here is skipped.

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  mapKernels();
});

/** What a function of one tensor is refused with. */
function refusal(
  shape: number[],
  run: (x: Tensor) => unknown,
  dtype: 'float32' | 'int32' = 'float32',
): Error {
  try {
    trace(({ input }) => run(input('x', shape, dtype)));
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

/** Whether a kernel is refused before it looks at its inputs; those that are mapped fail otherwise, or need none. */
function isRefused(name: string): boolean {
  let error: unknown;
  try {
    trace(() => tf.engine().runKernel(name, {}, {}));
  } catch (caught) {
    error = caught;
  }
  return isLabError(error) && error.message.includes(`the kernel ${name} has no counterpart`);
}

const refused = [
  'AvgPool3D',
  'AvgPool3DGrad',
  'Bincount',
  'BroadcastArgs',
  'Conv3D',
  'Conv3DBackpropFilterV2',
  'Conv3DBackpropInputV2',
  'CropAndResize',
  'DenseBincount',
  'Dilation2D',
  'Dilation2DBackpropFilter',
  'Dilation2DBackpropInput',
  'LRN',
  'LRNGrad',
  'LabAdam',
  'MaxPool3D',
  'MaxPool3DGrad',
  'Multinomial',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'RotateWithOffset',
  'SearchSorted',
  'SparseFillEmptyRows',
  'SparseReshape',
  'SparseSegmentMean',
  'SparseSegmentSum',
  'SparseToDense',
  'StringNGrams',
  'StringSplit',
  'StringToHashBucketFast',
  'Transform',
  'Unique',
];

test('every kernel of the WebAssembly engine is mapped, or refused by name: these', () => {
  expect(namesOf('wasm').filter(isRefused)).toEqual(refused);
  const traced = new Set(namesOf('lab-trace'));
  expect(namesOf('wasm').filter((name) => !traced.has(name))).toEqual([]);
});

function namesOf(engineName: string): string[] {
  return tf
    .getKernelsForBackend(engineName)
    .map(({ kernelName }) => kernelName)
    .sort();
}

describe('a refusal is a LabError that says', () => {
  test('the kernel and where it was called', () => {
    const error = refusal([1, 4, 4, 4, 1], (x) => tf.avgPool3d(x as never, 2, 2, 'valid'));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toMatch(
      /the kernel AvgPool3D has no counterpart .* \(at .*refusals\.test\.ts:\d+:\d+\)/,
    );
    expect(JSON.stringify(error)).toContain('eager');
  });

  test.each([
    ['dataSync', (x: Tensor) => x.dataSync()],
    ['arraySync', (x: Tensor) => x.arraySync()],
    ['a condition', (x: Tensor) => (tf.sum(x).dataSync()[0]! > 0 ? x : tf.neg(x))],
  ])('that values are not there yet: %s', (_, run) => {
    const error = refusal([2], run);
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toMatch(/reads the values .*refusals\.test\.ts/);
    expect(JSON.stringify(error)).toContain('tf.where');
  });

  test('that reading later is not possible either', async () => {
    let later: Promise<unknown> | undefined;
    trace(({ input }) => {
      later = input('x', [2], 'float32').data();
      later.catch(() => undefined);
      return [];
    });
    await expect(later).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('which op cannot have complex numbers', () => {
    const error = refusal([2], (x) => tf.exp(tf.complex(x, x)));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toMatch(/Exp of complex tensors .*refusals\.test\.ts/);
  });

  test('that strings are not numbers', () => {
    const error = refusal([2], (x) => tf.concat([tf.tensor(['a', 'b']), x]));
    expect(error.message).toMatch(/string/);
  });

  test('what a pooling window must not do', () => {
    const error = refusal([1, 5, 5, 1], (x) => tf.maxPool(x as never, 2, 1, 3, 'floor'));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toContain('outside of its image');
  });

  test('which lengths of Fourier transforms are too much', () => {
    const error = refusal([2053], (x) => tf.spectral.fft(tf.complex(x, x)));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(JSON.stringify(error)).toContain('zeros');
  });
});

test('after a refusal the eager engine goes on as before', () => {
  const before = tf.memory().numTensors;
  refusal([2], (x) => x.dataSync());
  expect(tf.getBackend()).toBe('wasm');
  expect(tf.memory().numTensors).toBe(before);
  const sum: Tensor = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1));
  expect([...sum.dataSync()]).toEqual([2, 3]);
  sum.dispose();
});
