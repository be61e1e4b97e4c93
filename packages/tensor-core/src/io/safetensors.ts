import { LabError } from '../errors';
import { arrayFromBytes, asBytes, bytesFromArray, shown, type Bytes } from './bytes';
import { duplicateKey } from './duplicate-keys';
import { checkHostArray, type HostArray, type HostArrayLike, type HostDType } from './host-array';
import {
  checkLayout,
  formatError,
  headerText,
  isRecord,
  parseEntry,
  parseMetadata,
  safetensorsDTypes,
} from './safetensors-header';

export interface Safetensors {
  /** The arrays by name; an object without a prototype, so that any name is safe. */
  readonly tensors: Readonly<Record<string, HostArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const metadataName = '__metadata__';

/**
 * Reads a safetensors file. Everything in it is checked before any array is made, and the arrays together take no more
 * memory than the file; they are copies. `F16` and `BF16` come as their 16 bits: convert with `toFloat32`.
 *
 * @throws LabError `format` for a file that is cut off, contradicts itself, or has overlapping tensors, unused bytes or
 * a name twice; `unsupported` for 8-bit and smaller floats
 * @example
 * const { tensors } = readSafetensors(await readFile('model.safetensors'));
 */
export function readSafetensors(bytes: Bytes): Safetensors {
  const file = asBytes(bytes, 'readSafetensors');
  const { text, dataStart } = headerText(file);
  const header = parseHeader(text);
  const data = file.subarray(dataStart);
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataName)
    .map(([name, value]) => parseEntry(name, value, data.length));
  checkLayout(entries, data.length);
  const metadata = Object.hasOwn(header, metadataName) ? header[metadataName] : {};
  const tensors = Object.create(null) as Record<string, HostArray>;
  for (const { name, shape, dtype, begin, end } of entries)
    tensors[name] = arrayFromBytes(data.subarray(begin, end), { shape, dtype });
  return { tensors, metadata: parseMetadata(metadata) };
}

function parseHeader(text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new LabError('format', 'safetensors: the header is not JSON', { cause });
  }
  if (!isRecord(header)) throw formatError('the header is not an object', shown(header));
  const twice = duplicateKey(text);
  if (twice !== undefined) throw formatError('a name occurs twice in the header', shown(twice));
  return header;
}

const fileDTypes = Object.keys(safetensorsDTypes);

function fileDType(dtype: HostDType): string {
  return fileDTypes.find((name) => safetensorsDTypes[name] === dtype)!;
}

/**
 * A safetensors file of these arrays, laid out as by the format's own library: widest numbers first, then by name,
 * the data aligned to 8 bytes. Equal inputs give equal files.
 *
 * @param metadata texts to keep beside the arrays
 * @throws LabError `argument` or `shape` for an array that does not fit its own description
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostArrayLike>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const lines = metadata === undefined ? [] : [line(metadataName, checkMetadata(metadata))];
  const entries = Object.entries(tensors).map(([name, array]) => ({
    name,
    array,
    file: fileDType(array.dtype),
  }));
  for (const { name, array } of entries) checkEntry(name, array);
  entries.sort(
    (a, b) => fileDTypes.indexOf(a.file) - fileDTypes.indexOf(b.file) || (a.name < b.name ? -1 : 1),
  );
  let end = 0;
  for (const { name, array, file } of entries) {
    const begin = end;
    end += array.data.byteLength;
    lines.push(line(name, { dtype: file, shape: array.shape, data_offsets: [begin, end] }));
  }
  const text = new TextEncoder().encode(`{${lines.join(',')}}`);
  const dataStart = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(dataStart + end).fill(0x20, 8, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.set(text, 8);
  let at = dataStart;
  for (const { array } of entries) {
    bytes.set(bytesFromArray(array), at);
    at += array.data.byteLength;
  }
  return bytes;
}

function line(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

function checkEntry(name: string, array: HostArrayLike): void {
  checkHostArray(array, `writeSafetensors: tensor ${shown(name)}`);
  if (name === metadataName)
    throw new LabError('argument', `writeSafetensors: a tensor cannot be called ${metadataName}`, {
      argument: 'tensors',
      hint: 'pass texts as the second argument',
    });
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, text] of Object.entries(metadata) as [string, unknown][])
    if (typeof text !== 'string')
      throw new LabError('argument', 'writeSafetensors: metadata holds texts only', {
        argument: `metadata.${name}`,
        received: typeof text,
        hint: 'use JSON.stringify',
      });
  return { ...metadata };
}
