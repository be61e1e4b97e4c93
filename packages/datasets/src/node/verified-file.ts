import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LabError } from '@lab/tensor-core/errors';

export interface VerifiedFileOptions {
  /** The data set's, for messages. */
  readonly id: string;
  readonly location: string;
  /** SHA-256 that the file should have. */
  readonly checksum: string;
  /** Refuses a file with another checksum. @default true */
  readonly verify?: boolean | undefined;
  /** The option that names the file, for messages. @default 'path' */
  readonly argument?: string;
  /** What to do when there is no file. @default to read it from the npm package */
  readonly hint?: string;
}

/**
 * The bytes of a data file and their SHA-256.
 *
 * @throws LabError `missing` when there is no file, `format` when it is another one
 */
export async function readVerified({
  id,
  location,
  checksum: expected,
  verify = true,
  argument = 'path',
  hint = 'leave path out to read it from the npm package',
}: VerifiedFileOptions): Promise<{ bytes: Uint8Array; checksum: string }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(location);
  } catch (cause) {
    throw new LabError('missing', `${id}: there is no file ${location}`, {
      argument,
      received: location,
      hint,
      cause,
    });
  }
  const checksum = createHash('sha256').update(bytes).digest('hex');
  if (verify && checksum !== expected) refuseFile(id, location, { checksum, expected });
  return { bytes, checksum };
}

/** Refuses bytes that are not the ones of the catalogue. */
export function refuseFile(
  id: string,
  location: string,
  { checksum, expected }: { readonly checksum: string; readonly expected: string },
): never {
  throw new LabError('format', `${id}: ${location} is not the file that this data set is`, {
    argument: 'checksum',
    received: checksum,
    expected,
    hint: 'get the file again, or pass verify: false to use it all the same',
  });
}
