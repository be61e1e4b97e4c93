import { LabError } from '../errors';
import { arrayFromBytes, asBytes, bytesFromArray, shown, type Bytes } from './bytes';
import {
  checkHostArray,
  hostArray,
  hostDTypes,
  shapeSize,
  type HostArray,
  type HostArrayLike,
} from './host-array';
import { npyDTypes, npyError, parseNpyHeader } from './npy-header';

/** Headers of plain arrays have about a hundred bytes; more is refused before it is parsed. */
const headerLimit = 65_535;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads NumPy's .npy file, format 1 to 3, either byte order; Fortran order is turned into row-major order.
 * The array is a copy and takes no more memory than the file.
 *
 * @throws LabError `format` for a file that is cut off, too long or contradicts itself; `unsupported` for texts,
 * records, complex numbers and Python objects
 * @example
 * const { shape, data } = readNpy(await readFile('series.npy'));
 */
export function readNpy(bytes: Bytes): HostArray {
  const file = asBytes(bytes, 'readNpy');
  if (file.length < 10 || magic.some((byte, i) => file[i] !== byte))
    throw npyError('the file does not begin as an npy file does');
  const version = file[6]!;
  if (version < 1 || version > 3) throw npyError('unknown version of the format', `${version}`);
  const { text, dataStart } = headerText(file, version);
  const { shape, dtype, littleEndian, fortranOrder } = parseNpyHeader(text);
  const data = file.subarray(dataStart);
  // NaN (the product passed 2^53) differs from every length
  if (shapeSize(shape) * hostDTypes[dtype].bytes !== data.length)
    throw npyError(
      'the data has a different length than the header says',
      `${data.length} bytes for ${dtype} ${shown(shape)}`,
    );
  const array = arrayFromBytes(data, { shape, dtype, littleEndian });
  return fortranOrder ? rowMajor(array) : array;
}

function headerText(file: Uint8Array, version: number): { text: string; dataStart: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const start = version === 1 ? 10 : 12;
  if (file.length < start) throw npyError('the file ends within its header');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > headerLimit) throw npyError('the header is too long', `${length} bytes`);
  if (length > file.length - start)
    throw npyError('the header is longer than the file', `${length} of ${file.length - start} bytes`);
  const header = file.subarray(start, start + length);
  try {
    const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1', { fatal: true }).decode(header);
    return { text, dataStart: start + length };
  } catch (cause) {
    throw new LabError('format', 'npy: the header is not UTF-8', { cause });
  }
}

/** The values of an array whose first axis varies fastest, put into row-major order. */
function rowMajor(array: HostArray): HostArray {
  const { shape, dtype, data } = array;
  if (shape.filter((axis) => axis !== 1).length < 2) return array;
  const ordered = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let from = 0; from < data.length; from++) {
    let to = 0;
    for (let axis = 0; axis < shape.length; axis++) to = to * shape[axis]! + index[axis]!;
    ordered[to] = data[from]!;
    for (let axis = 0; axis < shape.length && ++index[axis]! === shape[axis]; axis++) index[axis] = 0;
  }
  return hostArray({ shape, dtype, data: ordered });
}

/**
 * A .npy file of format 1, byte for byte as NumPy 2 writes it.
 *
 * @throws LabError `unsupported` for bfloat16, which NumPy lacks
 */
export function writeNpy(array: HostArrayLike): Uint8Array {
  checkHostArray(array, 'writeNpy');
  const { shape, dtype } = array;
  const name = Object.keys(npyDTypes).find((each) => npyDTypes[each] === dtype);
  if (name === undefined)
    throw new LabError('unsupported', 'writeNpy: NumPy has no such number', {
      received: dtype,
      hint: 'convert with toFloat32',
    });
  const descr = (hostDTypes[dtype].bytes === 1 ? '|' : '<') + name;
  const axes = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  let header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  // NumPy leaves room for the first axis to grow to 21 digits, then aligns the data to 64 bytes.
  if (shape.length > 0) header += ' '.repeat(21 - String(shape[0]).length);
  header = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const data = bytesFromArray(array);
  const bytes = new Uint8Array(10 + header.length + data.length);
  bytes.set([...magic, 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(data, 10 + header.length);
  return bytes;
}
