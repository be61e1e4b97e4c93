import { LabError } from '../errors';
import { shown } from './bytes';
import { hostDTypes, shapeSize, type HostDType } from './host-array';

/** Kinds of number by their name in the file, in the order in which the format's own library lays them out. */
export const safetensorsDTypes: Readonly<Record<string, HostDType>> = {
  U64: 'uint64',
  I64: 'int64',
  F64: 'float64',
  F32: 'float32',
  U32: 'uint32',
  I32: 'int32',
  BF16: 'bfloat16',
  F16: 'float16',
  U16: 'uint16',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

export interface Entry {
  readonly name: string;
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The largest header that the format's own library reads. */
const headerLimit = 100_000_000;

export function formatError(sentence: string, received?: string): LabError {
  return new LabError('format', `safetensors: ${sentence}`, received === undefined ? {} : { received });
}

/** The header's text: an 8-byte length, then that many bytes of JSON. */
export function headerText(bytes: Uint8Array): { text: string; dataStart: number } {
  if (bytes.length < 8) throw formatError('the file ends before its header', `${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > headerLimit || length > bytes.length - 8)
    throw formatError('the header is longer than the file', `${length} of ${bytes.length - 8} bytes`);
  if (bytes[8] !== 0x7b || length === 0) throw formatError('the header does not begin with {');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length));
    return { text, dataStart: 8 + length };
  } catch (cause) {
    throw new LabError('format', 'safetensors: the header is not UTF-8', { cause });
  }
}

/** One tensor's line of the header, checked against the length of the data. */
export function parseEntry(name: string, value: unknown, dataLength: number): Entry {
  const { dtype, shape, data_offsets: offsets } = fields(value, name);
  if (typeof dtype !== 'string' || !Object.hasOwn(safetensorsDTypes, dtype)) throw unknownDType(name, dtype);
  if (!isSizes(shape)) throw formatError(`shape of ${shown(name)} is not a list of sizes`, shown(shape));
  if (!isSizes(offsets) || offsets.length !== 2)
    throw formatError(`data_offsets of ${shown(name)} is not a pair of positions`, shown(offsets));
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength)
    throw formatError(
      `data_offsets of ${shown(name)} leave the file's ${dataLength} bytes of data`,
      shown(offsets),
    );
  const kind = safetensorsDTypes[dtype]!;
  // NaN (the product passed 2^53) differs from every length
  if (shapeSize(shape) * hostDTypes[kind].bytes !== end - begin)
    throw formatError(
      `${shown(name)} takes a different number of bytes than its shape and dtype say`,
      `${end - begin} bytes for ${dtype} ${shown(shape)}`,
    );
  return { name, dtype: kind, shape, begin, end };
}

/** Refuses tensors that overlap, or bytes that belong to none. */
export function checkLayout(entries: readonly Entry[], dataLength: number): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end)
      throw formatError(
        entry.begin < end ? 'tensors overlap' : 'bytes between tensors belong to none',
        `${shown(entry.name)} begins at ${entry.begin}, the one before ends at ${end}`,
      );
    end = entry.end;
  }
  if (end !== dataLength)
    throw formatError('bytes after the last tensor belong to none', `${dataLength - end} bytes`);
}

export function parseMetadata(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw formatError('__metadata__ is not an object', shown(value));
  for (const [name, text] of Object.entries(value))
    if (typeof text !== 'string') throw formatError(`metadata ${shown(name)} is not a text`, shown(text));
  return Object.assign(Object.create(null) as Record<string, string>, value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fields(value: unknown, name: string): Record<string, unknown> {
  if (!isRecord(value)) throw formatError(`${shown(name)} is not described by an object`, shown(value));
  // without a prototype, so that a missing field is missing even when the file sets `__proto__`
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((item) => Number.isSafeInteger(item) && (item > 0 || Object.is(item, 0)))
  );
}

function unknownDType(name: string, dtype: unknown): LabError {
  const small = typeof dtype === 'string' && /^(F8|F6|F4|C64)/.test(dtype);
  return new LabError(
    small ? 'unsupported' : 'format',
    `safetensors: dtype of ${shown(name)} cannot be read`,
    {
      received: shown(dtype),
      expected: Object.keys(safetensorsDTypes),
      ...(small ? { hint: 'convert the file to F16, BF16 or F32 with the program that wrote it' } : {}),
    },
  );
}
