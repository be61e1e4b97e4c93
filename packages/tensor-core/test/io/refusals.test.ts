import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { isLabError, type LabErrorCode } from '../../src/errors';
import {
  hostArray,
  readNpy,
  readNpz,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../src/io';

function expectRefusal(run: () => unknown, code: LabErrorCode, message: RegExp): void {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(isLabError(error) && error.code, String(error)).toBe(code);
  expect((error as Error).message).toMatch(message);
}

/** A safetensors file with this header, as text or JSON, and this many bytes of data. */
function file(header: unknown, dataLength = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

const pair = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

describe('readSafetensors refuses', () => {
  const headerLength = (length: bigint): Uint8Array => {
    const bytes = file({ a: pair }, 8);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    return bytes;
  };
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /ends before its header; received: 0 bytes/],
    ['a header past the end', headerLength(1000n), /header is longer than the file/],
    ['a header of 2^64 - 1 bytes', headerLength(2n ** 64n - 1n), /header is longer than the file/],
    ['a header of no bytes', headerLength(0n), /does not begin with \{/],
    ['another kind of file', file('hello world'), /does not begin with \{/],
    ['broken JSON', file('{"a":'), /not JSON/],
    ['broken UTF-8', file({ a: pair }, 8).map((byte, i) => (i === 10 ? 0xff : byte)), /not UTF-8/],
    [
      'a name twice',
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{}}', 1),
      /a name occurs twice in the header; received: "a"/,
    ],
    [
      'a field twice',
      file('{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', 1),
      /twice.*"shape"/,
    ],
    [
      'an unknown dtype',
      file({ a: { ...pair, dtype: 'F31' } }, 8),
      /dtype of "a" cannot be read; expected: .*; received: "F31"/,
    ],
    ['a dtype that objects inherit', file({ a: { ...pair, dtype: 'constructor' } }, 8), /dtype of "a"/],
    ['no dtype', file({ a: { shape: [2], data_offsets: [0, 8] } }, 8), /dtype of "a".*received: undefined/],
    [
      'fields that come from __proto__',
      file('{"a":{"__proto__":{"dtype":"F32"},"shape":[2],"data_offsets":[0,8]}}', 8),
      /dtype of "a"/,
    ],
    [
      'a negative size',
      file({ a: { ...pair, shape: [-2] } }, 8),
      /shape of "a" is not a list of sizes; received: \[-2\]/,
    ],
    ['a fractional size', file({ a: { ...pair, shape: [2.5] } }, 8), /not a list of sizes/],
    [
      'a product that overflows 64 bits',
      file({ a: { ...pair, shape: [2 ** 32, 2 ** 32, 2] } }, 8),
      /different number of bytes/,
    ],
    [
      'a product that wraps to the right size',
      file({ a: { ...pair, shape: [2 ** 31, 2 ** 31, 4, 2] } }, 8),
      /different number of bytes/,
    ],
    [
      'a wrong product',
      file({ a: { ...pair, shape: [3] } }, 8),
      /different number of bytes.*8 bytes for F32 \[3\]/,
    ],
    ['offsets past the end', file({ a: f32(0, 12) }, 8), /leave the file's 8 bytes of data/],
    ['offsets backwards', file({ a: f32(8, 0, [0]) }, 8), /leave the file's/],
    ['one offset', file({ a: { ...pair, data_offsets: [0] } }, 8), /not a pair of positions/],
    [
      'overlap',
      file({ a: f32(0, 8), b: f32(4, 12) }, 12),
      /tensors overlap; received: "b" begins at 4, the one before ends at 8/,
    ],
    ['the same bytes twice', file({ a: f32(0, 8), b: f32(0, 8) }, 8), /tensors overlap/],
    ['a hole', file({ a: f32(0, 4), b: f32(8, 12) }, 12), /bytes between tensors belong to none/],
    ['a hole at the start', file({ a: f32(4, 8) }, 8), /bytes between tensors/],
    [
      'bytes at the end',
      file({ a: f32(0, 4) }, 8),
      /after the last tensor belong to none; received: 4 bytes/,
    ],
    ['a truncated file', file({ a: pair }, 7), /leave the file's 7 bytes/],
    [
      'a boolean of 2',
      file({ a: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, 1).map((byte, i, all) =>
        i === all.length - 1 ? 2 : byte,
      ),
      /boolean is a byte 0 or 1/,
    ],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), /metadata "a" is not a text/],
    ['metadata that is a list', file({ __metadata__: [] }), /__metadata__ is not an object/],
    [
      'deep nesting',
      file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      /"a" is not described by an object/,
    ],
    [
      'deep nesting within a shape',
      file(
        `{"a":{"dtype":"F32","data_offsets":[0,8],"shape":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
        8,
      ),
      /not a list of sizes/,
    ],
  ])('%s', (_, bytes, message) => {
    expectRefusal(() => readSafetensors(bytes), 'format', message);
  });

  it('8-bit floats, saying what to do', () => {
    const bytes = file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1);
    expectRefusal(
      () => readSafetensors(bytes),
      'unsupported',
      /received: "F8_E4M3"; hint: convert the file to F16/,
    );
  });

  it('what is no file', () => {
    expectRefusal(
      () => readSafetensors('model.safetensors' as never),
      'argument',
      /hint: read the file first/,
    );
  });
});

it('names that objects inherit are names like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', '', '0', 'a"\\\n'];
  const arrays = Object.fromEntries(
    names.map((name, i) => [name, hostArray({ shape: [], dtype: 'uint8', data: Uint8Array.of(i) })]),
  );
  const { tensors } = readSafetensors(writeSafetensors(arrays, JSON.parse('{"__proto__":"p"}')));
  expect(Object.keys(tensors).sort()).toEqual([...names].sort());
  names.forEach((name, i) => expect([...(tensors[name]!.data as Uint8Array)]).toEqual([i]));
  expect(readSafetensors(writeSafetensors({})).tensors.constructor).toBeUndefined();
  expect(Object.keys(readNpz(writeNpz(arrays))).sort()).toEqual([...names].sort());
  expect(({} as Record<string, unknown>).data).toBeUndefined();
});

describe('writers refuse', () => {
  const good = { shape: [2], dtype: 'float32', data: new Float32Array(2) } as const;
  it('arrays that contradict themselves', () => {
    expectRefusal(
      () => writeSafetensors({ a: { ...good, shape: [3] } }),
      'shape',
      /tensor "a": shape and data differ.*\{"shape":\[3\],"values":2\}/,
    );
    expectRefusal(
      () => writeSafetensors({ a: { ...good, dtype: 'float64' } as never }),
      'argument',
      /not the typed array/,
    );
    expectRefusal(
      () => writeNpy({ ...good, dtype: 'float8' as never }),
      'argument',
      /unknown kind of number/,
    );
    expectRefusal(() => hostArray({ ...good, shape: [2, -1] }), 'shape', /differ in size/);
  });
  it('reserved names, metadata that is no text, numbers that NumPy lacks', () => {
    expectRefusal(
      () => writeSafetensors({ __metadata__: good }),
      'argument',
      /cannot be called __metadata__/,
    );
    expectRefusal(() => writeSafetensors({}, { a: 1 as never }), 'argument', /metadata.a.*JSON.stringify/);
    const half = { shape: [1], dtype: 'bfloat16', data: new Uint16Array(1) } as const;
    expectRefusal(() => writeNpy(half), 'unsupported', /hint: convert with toFloat32/);
  });
});

describe('readNpy refuses', () => {
  const npy = (header: string, data = 16, version = 1): Uint8Array => {
    const bytes = new Uint8Array(10 + header.length + data);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, header.length & 255, header.length >> 8]);
    bytes.set(new TextEncoder().encode(header), 10);
    return bytes;
  };
  const dict = (descr: string, shape: string, order = 'False'): string =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

  it('reads the form that the refusals vary', () => {
    expect(readNpy(npy(dict(`'<f4'`, '(2, 2)'))).shape).toEqual([2, 2]);
    expect(readNpy(npy(dict(`'<f4'`, '(4,)'))).shape).toEqual([4]);
    expect(readNpy(npy(dict(`'<f4'`, `(0, ${2 ** 50})`), 0)).data.length).toBe(0);
  });

  it.each<[string, Uint8Array, LabErrorCode, RegExp]>([
    ['an empty file', new Uint8Array(0), 'format', /does not begin/],
    ['version 4', npy(dict(`'<f4'`, '(4,)'), 16, 4), 'format', /unknown version/],
    ['a header past the end', npy(dict(`'<f4'`, '(4,)')).subarray(0, 40), 'format', /longer than the file/],
    [
      'data cut off',
      npy(dict(`'<f4'`, '(4,)'), 15),
      'format',
      /different length.*15 bytes for float32 \[4\]/,
    ],
    ['data too long', npy(dict(`'<f4'`, '(4,)'), 17), 'format', /different length/],
    ['a huge shape', npy(dict(`'<f4'`, `(${2 ** 53 - 1}, ${2 ** 53 - 1})`)), 'format', /different length/],
    ['a size past 2^53', npy(dict(`'<f4'`, '(99999999999999999999,)')), 'format', /tuple of sizes/],
    ['a negative size', npy(dict(`'<f4'`, '(-4,)')), 'format', /cannot be read/],
    ['a list for a shape', npy(dict(`'<f4'`, '[4]')), 'format', /not a dictionary of three entries/],
    ['a number for a shape', npy(dict(`'<f4'`, '(4)')), 'format', /tuple of sizes/],
    ['100 axes', npy(dict(`'<f4'`, `(${'1, '.repeat(100)})`), 4), 'format', /tuple of sizes/],
    ['an open shape', npy(`{'descr': '<f4', 'shape': (4, `), 'format', /not closed/],
    [
      'a key twice',
      npy(`{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,), }`),
      'format',
      /twice/,
    ],
    ['a key missing', npy(`{'descr': '<f4', 'shape': (4,), }`), 'format', /lacks one of/],
    ['a fourth key', npy(dict(`'<f4'`, `(4,), 'x': True`)), 'format', /lacks one of/],
    ['code', npy(`__import__('os')`), 'format', /cannot be read/],
    ['something after the dictionary', npy(`${dict(`'<f4'`, '(4,)')}{}`), 'format', /goes on/],
    ['an order that is none', npy(dict(`'<f4'`, '(4,)', `'False'`)), 'format', /neither True nor False/],
    ['no byte order', npy(dict(`'|f4'`, '(4,)')), 'format', /no byte order/],
    ['Python objects', npy(dict(`'|O'`, '(4,)')), 'unsupported', /never unpickled/],
    ['times', npy(dict(`'<M8[ns]'`, '(2,)')), 'unsupported', /received: "<M8\[ns\]"/],
    ['records', npy(dict(`[('a', '<f4')]`, '(4,)')), 'unsupported', /records/],
  ])('%s', (_, bytes, code, message) => {
    expectRefusal(() => readNpy(bytes), code, message);
  });
});

describe('readNpz refuses', () => {
  const zeros = hostArray({ shape: [5000], dtype: 'float64', data: new Float64Array(5000) });
  const directory = (bytes: Uint8Array): number =>
    new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
  const patched = (bytes: Uint8Array, change: (view: DataView, directory: number) => void): Uint8Array => {
    const copy = bytes.slice();
    change(new DataView(copy.buffer), directory(copy));
    return copy;
  };
  const deflated = writeNpz({ a: zeros });
  const stored = writeNpz({ a: zeros }, { compress: false });

  it.each<[string, Uint8Array, LabErrorCode, RegExp]>([
    ['an empty file', new Uint8Array(0), 'format', /no zip archive/],
    ['an archive cut off', deflated.subarray(0, -1), 'format', /no zip archive, or was cut off/],
    [
      'another file in it',
      zipSync({ 'readme.txt': new Uint8Array(3) }),
      'format',
      /holds a file that is no array; received: "readme.txt"/,
    ],
    [
      '4 GiB from 200 bytes',
      patched(deflated, (v, d) => v.setUint32(d + 24, 0xfffffff0, true)),
      'format',
      /cannot have the size.*4294967280 bytes from/,
    ],
    [
      'a stored array of another size',
      patched(stored, (v, d) => v.setUint32(d + 24, 0xfffffff0, true)),
      'format',
      /cannot have the size/,
    ],
    [
      'a size that is too small',
      patched(deflated, (v, d) => v.setUint32(d + 24, 1000, true)),
      'format',
      /damaged|different size/,
    ],
    [
      'a size that is too large',
      patched(deflated, (v, d) => v.setUint32(d + 24, 50_000, true)),
      'format',
      /different size/,
    ],
    [
      'a wrong checksum',
      patched(deflated, (v, d) => v.setUint32(d + 16, 1, true)),
      'format',
      /damaged \(CRC-32\)/,
    ],
    ['encryption', patched(deflated, (v, d) => v.setUint16(d + 8, 1, true)), 'unsupported', /encrypted/],
    [
      'other compression',
      patched(deflated, (v, d) => v.setUint16(d + 10, 14, true)),
      'unsupported',
      /by method 14/,
    ],
    [
      'a place that is none',
      patched(deflated, (v, d) => v.setUint32(d + 42, 5, true)),
      'format',
      /not where the directory says/,
    ],
    ['two names', patched(deflated, (v) => v.setUint8(30, 98)), 'format', /two names/],
    [
      'a directory elsewhere',
      patched(deflated, (v) => v.setUint32(v.byteLength - 6, 0, true)),
      'format',
      /directory is not where/,
    ],
    ['zip64', patched(deflated, (v) => v.setUint16(v.byteLength - 12, 0xffff, true)), 'unsupported', /4 GiB/],
  ])('%s', (_, bytes, code, message) => {
    expectRefusal(() => readNpz(bytes), code, message);
  });

  it('one piece of data listed many times (an overlap bomb)', () => {
    const start = directory(deflated);
    const listing = deflated.subarray(start, -22);
    const times = 50;
    const bytes = new Uint8Array(start + times * listing.length + 22);
    bytes.set(deflated.subarray(0, start));
    for (let i = 0; i < times; i++) bytes.set(listing, start + i * listing.length);
    bytes.set(deflated.subarray(-22), start + times * listing.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(bytes.length - 14, times, true);
    view.setUint16(bytes.length - 12, times, true);
    view.setUint32(bytes.length - 10, times * listing.length, true);
    expectRefusal(() => readNpz(bytes), 'format', /arrays overlap/);
  });

  it('more than maxBytes', () => {
    expectRefusal(
      () => readNpz(deflated, { maxBytes: 10_000 }),
      'format',
      /40128 bytes; hint: pass a larger maxBytes/,
    );
    expect(readNpz(deflated, { maxBytes: 40_128 }).a!.data.length).toBe(5000);
  });
});
