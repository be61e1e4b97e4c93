import { inflateSync, zipSync, type Zippable } from 'fflate';
import { LabError } from '../errors';
import { asBytes, shown, type Bytes } from './bytes';
import { crc32 } from './crc32';
import type { HostArray, HostArrayLike } from './host-array';
import { readNpy, writeNpy } from './npy';
import { zipEntries, zipError, type ZipEntry } from './zip-directory';

/** Deflate's best case: a bit of input makes 258 bytes of output. */
const largestRatio = 1032;

export interface ReadNpzOptions {
  /** Most bytes that the arrays may take together once inflated; a guard against archives made to expand. @default 2 ** 32 */
  readonly maxBytes?: number;
}

/**
 * Reads NumPy's .npz archive, stored or deflated, each array checked against its CRC-32. Memory is bounded before it is
 * taken: stored arrays need no more than the file, deflated ones no more than 1032 times their compressed bytes (what
 * deflate can honestly reach), and all together no more than `maxBytes`.
 *
 * @returns the arrays by name (without `.npy`); an object without a prototype, so that any name is safe
 * @throws LabError `format` for a damaged archive; `unsupported` for encryption, other compression and what `readNpy`
 * does not read
 * @example
 * const { x, y } = readNpz(await readFile('data.npz'));
 */
export function readNpz(
  bytes: Bytes,
  { maxBytes = 2 ** 32 }: ReadNpzOptions = {},
): Readonly<Record<string, HostArray>> {
  const entries = zipEntries(asBytes(bytes, 'readNpz'));
  let total = 0;
  for (const { name, size, compressed, deflated } of entries) {
    if (deflated ? size > compressed.length * largestRatio : size !== compressed.length)
      throw zipError(
        'an array cannot have the size that the archive says',
        `${shown(name)}: ${size} bytes from ${compressed.length}`,
      );
    total += size;
  }
  if (total > maxBytes)
    throw new LabError('format', 'npz: the arrays take more memory than allowed', {
      received: `${total} bytes`,
      expected: `at most ${maxBytes} bytes`,
      hint: 'pass a larger maxBytes if the file is trusted',
    });
  const arrays = Object.create(null) as Record<string, HostArray>;
  for (const entry of entries) {
    const name = arrayName(entry.name);
    if (Object.hasOwn(arrays, name)) throw zipError('a name occurs twice', shown(name));
    arrays[name] = readEntry(entry);
  }
  return arrays;
}

function arrayName(name: string): string {
  if (!name.endsWith('.npy')) throw zipError('the archive holds a file that is no array', shown(name));
  return name.slice(0, -'.npy'.length);
}

function readEntry(entry: ZipEntry): HostArray {
  const contents = entry.deflated ? inflate(entry) : entry.compressed;
  if (crc32(contents) !== entry.crc) throw zipError('the contents are damaged (CRC-32)', shown(entry.name));
  return readNpy(contents);
}

function inflate({ name, compressed, size }: ZipEntry): Uint8Array {
  let contents: Uint8Array;
  try {
    // One byte more than declared, so that data which goes on is seen; fflate never grows a buffer that it was given.
    contents = inflateSync(compressed, { out: new Uint8Array(size + 1) });
  } catch (cause) {
    throw new LabError('format', 'npz: the compressed data are damaged', { received: shown(name), cause });
  }
  if (contents.length !== size)
    throw zipError('the contents have a different size than the archive says', shown(name));
  return contents;
}

export interface WriteNpzOptions {
  /** Deflate the arrays. @default true */
  readonly compress?: boolean;
}

/**
 * A .npz archive of these arrays, as `numpy.load` reads it. Equal inputs give equal files.
 *
 * @throws LabError as `writeNpy`
 */
export function writeNpz(
  arrays: Readonly<Record<string, HostArrayLike>>,
  { compress = true }: WriteNpzOptions = {},
): Uint8Array {
  // the oldest time that zip can tell: the contents alone decide the bytes
  const options = { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) } as const;
  const files = Object.entries(arrays).map(
    ([name, array]) => [`${name}.npy`, [writeNpy(array), options]] as const,
  );
  return zipSync(Object.fromEntries(files) as Zippable);
}
