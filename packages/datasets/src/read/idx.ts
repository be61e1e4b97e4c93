import { LabError } from '@lab/tensor-core/errors';

/** An array of bytes of any rank. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Reads the IDX format of unsigned bytes: two zero bytes, the element type 8, the rank, each axis as a big-endian 32-bit
 * number, then the values in row-major order.
 *
 * @throws LabError `format` when the header or the length says something else
 */
export function readIdx(bytes: Uint8Array, name = 'IDX'): IdxArray {
  const fault = (what: string, received: unknown): LabError =>
    new LabError('format', `${name}: ${what}`, { received, expected: 'an IDX file of unsigned bytes' });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0 || bytes[2] !== 8)
    throw fault('the header is not that of an IDX file', Array.from(bytes.subarray(0, 4)));
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw fault('the file ends in its header', bytes.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (bytes.length !== start + size)
    throw fault('the length is not what the shape says', { shape, bytes: bytes.length });
  return { shape, data: bytes.subarray(start) };
}
