import { LabError } from '../errors';
import { shown } from './bytes';

/** One file of a zip archive: where its bytes lie and what they are said to become. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  readonly compressed: Uint8Array;
  readonly size: number;
}

export function zipError(sentence: string, received?: string): LabError {
  return new LabError('format', `npz: ${sentence}`, received === undefined ? {} : { received });
}

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;

/**
 * The files that a zip archive's central directory lists. Their bytes are views into the archive, and no two overlap:
 * archives that expand the same bytes many times over are refused.
 */
export function zipEntries(file: Uint8Array): ZipEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const { count, start, end } = findDirectory(view);
  const entries: (ZipEntry & Span)[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== centralSignature)
      throw zipError('the directory ends before its last file', `file ${i + 1} of ${count}`);
    entries.push(readEntry(file, view, at, start));
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (at !== end) throw zipError('the directory has a different length than it says');
  checkSpans(entries);
  return entries;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The end record lies at the very end, but for a comment whose length it gives. */
function findDirectory(view: DataView): { count: number; start: number; end: number } {
  const last = view.byteLength - 22;
  for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
    if (view.getUint32(at, true) !== endSignature || view.getUint16(at + 20, true) !== last - at) continue;
    const count = view.getUint16(at + 10, true);
    const length = view.getUint32(at + 12, true);
    const start = view.getUint32(at + 16, true);
    if (count === 0xffff || start === 0xffffffff || length === 0xffffffff)
      throw new LabError('unsupported', 'npz: archives of more than 4 GiB or 65534 arrays cannot be read');
    if (view.getUint32(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== count)
      throw zipError('the archive is one part of several');
    if (start + length !== at) throw zipError('the directory is not where the archive says');
    return { count, start, end: at };
  }
  throw zipError('the file is no zip archive, or was cut off');
}

function readEntry(file: Uint8Array, view: DataView, at: number, directory: number): ZipEntry & Span {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const compressedSize = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const nameLength = view.getUint16(at + 28, true);
  const from = view.getUint32(at + 42, true);
  if (at + 46 + nameLength > file.length) throw zipError('a name leaves the file');
  const nameBytes = file.subarray(at + 46, at + 46 + nameLength);
  const name = decodeName(nameBytes);
  if (flags & 1)
    throw new LabError('unsupported', 'npz: the archive is encrypted', { received: shown(name) });
  if (method !== 0 && method !== 8)
    throw new LabError('unsupported', 'npz: only stored and deflated arrays can be read', {
      received: `${shown(name)} by method ${method}`,
      hint: 'write it with numpy.savez or numpy.savez_compressed',
    });
  if (from + 30 > directory || view.getUint32(from, true) !== localSignature)
    throw zipError('an array is not where the directory says', shown(name));
  const dataStart = from + 30 + view.getUint16(from + 26, true) + view.getUint16(from + 28, true);
  const to = dataStart + compressedSize;
  const localName = file.subarray(from + 30, from + 30 + view.getUint16(from + 26, true));
  if (to > directory) throw zipError('an array leaves the file', shown(name));
  if (localName.length !== nameLength || localName.some((byte, i) => byte !== nameBytes[i]))
    throw zipError('an array has two names', shown(name));
  const compressed = file.subarray(dataStart, to);
  return { name, deflated: method === 8, crc: view.getUint32(at + 16, true), compressed, size, from, to };
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LabError('format', 'npz: the name of an array is not UTF-8', { cause });
  }
}

function checkSpans(entries: readonly (ZipEntry & Span)[]): void {
  const sorted = [...entries].sort((a, b) => a.from - b.from);
  sorted.forEach((entry, i) => {
    if (i > 0 && entry.from < sorted[i - 1]!.to) throw zipError('arrays overlap', shown(entry.name));
  });
}
