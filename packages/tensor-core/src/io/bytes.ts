import { LabError } from '../errors';
import { hostArray, hostDTypes, type HostArray, type HostArrayLike, type HostDType } from './host-array';

/** The contents of a file. */
export type Bytes = Uint8Array | ArrayBuffer;

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function asBytes(bytes: Bytes, where: string): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new LabError('argument', `${where}: the contents of a file are a Uint8Array or an ArrayBuffer`, {
    argument: 'bytes',
    received: Object.prototype.toString.call(bytes),
    hint: 'read the file first: readFile(path), or await response.arrayBuffer()',
  });
}

/**
 * An array over a copy of a file's bytes. The caller has checked that there are as many as `shape` and `dtype` say.
 *
 * @throws LabError `format` when a boolean is neither 0 nor 1
 */
export function arrayFromBytes(
  bytes: Uint8Array,
  {
    shape,
    dtype,
    littleEndian = true,
  }: { shape: readonly number[]; dtype: HostDType; littleEndian?: boolean },
): HostArray {
  const own = new Uint8Array(bytes.length);
  own.set(bytes);
  if (littleEndian !== hostIsLittleEndian) reverseEach(own, hostDTypes[dtype].bytes);
  if (dtype === 'bool') checkBooleans(own);
  return hostArray({ shape, dtype, data: hostDTypes[dtype].create(own.buffer) });
}

/** The values as little-endian bytes; a view where the machine is little-endian too. */
export function bytesFromArray({ data, dtype }: HostArrayLike): Uint8Array {
  const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittleEndian) return view;
  const swapped = view.slice();
  reverseEach(swapped, hostDTypes[dtype].bytes);
  return swapped;
}

function reverseEach(bytes: Uint8Array, width: number): void {
  if (width > 1) for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

function checkBooleans(bytes: Uint8Array): void {
  const at = bytes.findIndex((byte) => byte > 1);
  if (at >= 0)
    throw new LabError('format', 'a boolean is a byte 0 or 1', { received: `${bytes[at]!} at ${at}` });
}

/** A short, safe picture of a value that came from a file: a hostile one may be huge or deeply nested. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (Array.isArray(value)) {
    const flat = value.slice(0, 8).map((item) => (Array.isArray(item) ? '[...]' : shown(item)));
    return `[${flat.join(',')}${value.length > 8 ? ',...' : ''}]`;
  }
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
