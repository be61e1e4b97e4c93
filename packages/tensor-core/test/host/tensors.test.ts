import { beforeAll, describe, expect, it } from 'vitest';
import { engine, fromTensor, hostArray, tf, toTensor, type HostArray } from '../../src';

beforeAll(async () => {
  await engine();
});

async function throughTensor(array: HostArray): Promise<HostArray> {
  const tensor = toTensor(array);
  const back = await fromTensor(tensor);
  tensor.dispose();
  return back;
}

describe('host arrays and tensors', () => {
  it.each<HostArray>([
    hostArray({ shape: [2, 2], dtype: 'float32', data: Float32Array.of(0.1, -0, Infinity, NaN) }),
    hostArray({ shape: [3], dtype: 'int32', data: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1) }),
    hostArray({ shape: [1, 2], dtype: 'bool', data: Uint8Array.of(0, 1) }),
    hostArray({ shape: [], dtype: 'float32', data: Float32Array.of(7) }),
    hostArray({ shape: [0, 3], dtype: 'float32', data: new Float32Array(0) }),
  ])('$dtype $shape comes back as it was', async (array) => {
    const before = tf.memory().numTensors;
    expect(await throughTensor(array)).toEqual(array);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('other kinds become the nearest that TensorFlow.js has', async () => {
    const values = async (array: HostArray): Promise<[string, number[]]> => {
      const { dtype, data } = await throughTensor(array);
      return [dtype, Array.from(data as Float32Array)];
    };
    // 1.5 and -2 as halves and as bfloat16
    expect(
      await values(hostArray({ shape: [2], dtype: 'float16', data: Uint16Array.of(0x3e00, 0xc000) })),
    ).toEqual(['float32', [1.5, -2]]);
    expect(
      await values(hostArray({ shape: [2], dtype: 'bfloat16', data: Uint16Array.of(0x3fc0, 0xc000) })),
    ).toEqual(['float32', [1.5, -2]]);
    expect(await values(hostArray({ shape: [1], dtype: 'float64', data: Float64Array.of(0.1) }))).toEqual([
      'float32',
      [Math.fround(0.1)],
    ]);
    expect(await values(hostArray({ shape: [2], dtype: 'int64', data: BigInt64Array.of(-5n, 9n) }))).toEqual([
      'int32',
      [-5, 9],
    ]);
    expect(await values(hostArray({ shape: [1], dtype: 'uint8', data: Uint8Array.of(255) }))).toEqual([
      'int32',
      [255],
    ]);
  });

  it('an integer beyond 32 bits is refused, not cut', () => {
    const long = hostArray({ shape: [1], dtype: 'int64', data: BigInt64Array.of(2n ** 31n) });
    expect(() => toTensor(long)).toThrow(/does not fit into 32 bits; received: 2147483648/);
    const unsigned = hostArray({ shape: [1], dtype: 'uint32', data: Uint32Array.of(2 ** 32 - 1) });
    expect(() => toTensor(unsigned)).toThrow(/does not fit into 32 bits/);
  });

  it('the array is a copy: neither side sees the other change', async () => {
    const data = Float32Array.of(1, 2);
    const tensor = toTensor(hostArray({ shape: [2], dtype: 'float32', data }));
    const first = (await fromTensor(tensor)) as HostArray<'float32'>;
    first.data.fill(9);
    expect([...((await fromTensor(tensor)).data as Float32Array)]).toEqual([1, 2]);
    tensor.dispose();
  });

  it('complex tensors are refused', async () => {
    const tensor = tf.complex([1], [2]);
    await expect(fromTensor(tensor)).rejects.toThrow(/no host array; argument: tensor.*received: complex64/);
    tensor.dispose();
  });
});
