import { loadGolden } from '@lab/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  hostArray,
  readNpy,
  readNpz,
  readSafetensors,
  toFloat32,
  writeNpy,
  writeNpz,
  writeSafetensors,
  type HostArray,
} from '../../src/io';

// Files written by numpy and by Python's safetensors: see golden.source
interface Listed {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: unknown[];
}
const golden = loadGolden<{ arrays: Record<string, Listed>; bfloat16: number[] }>(
  import.meta.dirname,
  'golden',
);
const file = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, 'golden', name));

function expectListed(array: HostArray | undefined, name: string): void {
  const { shape, dtype, values } = golden.arrays[name]!;
  expect(array?.dtype, name).toBe(dtype);
  expect(array!.shape, name).toEqual(shape);
  const read = array!.dtype === 'float16' ? toFloat32(array!).data : array!.data;
  const expected =
    array!.dtype.endsWith('64') && array!.dtype !== 'float64'
      ? values.map((x) => BigInt(x as string))
      : values;
  expect(Array.from(read as ArrayLike<unknown>), name).toEqual(expected);
}

describe('safetensors by Python', () => {
  it('reads every dtype, a scalar, an empty array and odd names', () => {
    const { tensors, metadata } = readSafetensors(file('all.safetensors'));
    for (const name of Object.keys(golden.arrays)) expectListed(tensors[name], name);
    expect(metadata).toEqual({ format: 'np' });
    expect([...toFloat32(tensors.bfloat16!).data]).toEqual(golden.bfloat16);
  });

  it.each(['all.safetensors', 'plain.safetensors'])('writes %s byte for byte', (name) => {
    const { tensors, metadata } = readSafetensors(file(name));
    const written = writeSafetensors(tensors, Object.keys(metadata).length > 0 ? metadata : undefined);
    expect(Buffer.from(written).equals(file(name))).toBe(true);
  });
});

describe('npz by numpy', () => {
  it.each(['stored.npz', 'deflated.npz'])('reads %s', (name) => {
    const arrays = readNpz(file(name));
    expect(Object.keys(arrays).sort()).toEqual(Object.keys(golden.arrays).sort());
    for (const each of Object.keys(golden.arrays)) expectListed(arrays[each], each);
  });

  it.each([true, false])('reads what it writes, compress: %o', (compress) => {
    const arrays = readNpz(file('stored.npz'));
    const written = writeNpz(arrays, { compress });
    expect(readNpz(written)).toEqual(arrays);
    expect(writeNpz(arrays, { compress })).toEqual(written);
  });
});

describe('npy by numpy', () => {
  // numpy.arange(24).reshape(2, 3, 4) in every version, order and byte order
  const names = ['v1', 'v2', 'v3', 'fortran', 'big-endian', 'big-endian-fortran'];
  it.each(names)('reads %s.npy', (name) => {
    const array = readNpy(file(`${name}.npy`));
    expect(array.shape).toEqual([2, 3, 4]);
    expect(Array.from(array.data as Float32Array)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it.each(['v1', 'float64', 'scalar', 'vector'])('writes %s.npy byte for byte', (name) => {
    expect(Buffer.from(writeNpy(readNpy(file(`${name}.npy`)))).equals(file(`${name}.npy`))).toBe(true);
  });

  it.each(['complex', 'text', 'record', 'object'])('refuses %s.npy as unsupported', (name) => {
    expect(() => readNpy(file(`${name}.npy`))).toThrow(/npy: this kind of array cannot be read/);
  });

  it('has read every golden file somewhere above', () => {
    const known = [...names, 'float64', 'scalar', 'vector', 'complex', 'text', 'record', 'object'];
    const found = readdirSync(join(import.meta.dirname, 'golden')).filter((name) => name.endsWith('.npy'));
    expect(found.sort()).toEqual(known.map((name) => `${name}.npy`).sort());
  });
});

describe('toFloat32', () => {
  it('rounds float64, keeps integers and refuses what overflows', () => {
    const wide = hostArray({ shape: [3], dtype: 'float64', data: Float64Array.of(0.1, Infinity, NaN) });
    expect([...toFloat32(wide).data]).toEqual([Math.fround(0.1), Infinity, NaN]);
    const long = hostArray({ shape: [2], dtype: 'int64', data: BigInt64Array.of(-3n, 2n ** 40n) });
    expect([...toFloat32(long).data]).toEqual([-3, 2 ** 40]);
    const huge = hostArray({ shape: [1], dtype: 'float64', data: Float64Array.of(1e39) });
    expect(() => toFloat32(huge)).toThrow(/beyond single precision; received: 1e\+39 at 0/);
  });
});
