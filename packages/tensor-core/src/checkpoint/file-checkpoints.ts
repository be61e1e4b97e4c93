import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError, isLabError } from '../errors';
import { decodeCheckpoint, encodeCheckpoint } from './encode-checkpoint';
import type { Checkpoint, CheckpointStore, LoadedCheckpoint } from './store';

export interface FileCheckpointsOptions {
  /** How many of the latest checkpoints stay; at least 1, and more than 1 so that one may be damaged. @default 2 */
  readonly keep?: number;
}

/**
 * Checkpoints as files of a folder, one safetensors file each, for one writing process at a time. Node only.
 *
 * A checkpoint is written to a temporary file, synced to the disk and only then given its name, so a process that is
 * killed, or a machine that loses power, at any moment leaves the earlier checkpoints whole. Files of other names are
 * left alone.
 *
 * @param folder made when the first checkpoint is saved
 * @example
 * const store = fileCheckpoints('runs/first', { keep: 3 });
 * const latest = await store.load();
 */
export function fileCheckpoints(folder: string, { keep = 2 }: FileCheckpointsOptions = {}): CheckpointStore {
  if (!Number.isInteger(keep) || keep < 1)
    throw new LabError('argument', 'fileCheckpoints: keep is a whole number from 1', {
      argument: 'keep',
      received: String(keep),
    });
  const damaged = new Set<string>();
  let saving: Promise<void> = Promise.resolve();
  return {
    load: () => loadLatest(folder, damaged),
    async save(checkpoint): Promise<void> {
      // encoded before anything is awaited: the caller may go on and change the arrays
      const bytes = encodeCheckpoint(checkpoint);
      const turn = saving.then(() => saveNext(folder, { bytes, keep, damaged }));
      saving = turn.catch(() => undefined);
      await turn;
    },
  };
}

const namePattern = /^checkpoint-(\d{8,})\.safetensors$/;
const temporaryPattern = /^\.checkpoint-\d{8,}\.safetensors\.tmp$/;

/** Names of the checkpoints, latest first, and of temporary files that a killed process left. */
async function list(folder: string): Promise<{ names: string[]; abandoned: string[] }> {
  let all: string[];
  try {
    all = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { names: [], abandoned: [] };
    throw new LabError('missing', 'the folder of checkpoints cannot be read', {
      argument: 'folder',
      received: folder,
      hint: `name a folder that this process may read and write (${reason(cause)})`,
      cause,
    });
  }
  const names = all.filter((name) => namePattern.test(name)).sort((a, b) => numberOf(b) - numberOf(a));
  return { names, abandoned: all.filter((name) => temporaryPattern.test(name)) };
}

function numberOf(name: string): number {
  return Number(namePattern.exec(name)?.[1] ?? 0);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function loadLatest(folder: string, damaged: Set<string>): Promise<LoadedCheckpoint | undefined> {
  const { names } = await list(folder);
  const warnings: string[] = [];
  for (const name of names) {
    try {
      const checkpoint: Checkpoint = decodeCheckpoint(await readFile(join(folder, name)));
      return { ...checkpoint, warnings };
    } catch (error) {
      if (isLabError(error)) damaged.add(name);
      warnings.push(`${name} was passed over: ${reason(error)}`);
    }
  }
  if (warnings.length === 0) return undefined;
  throw new LabError('format', 'no checkpoint of the folder can be read', {
    argument: 'folder',
    received: `${folder}: ${warnings.join('; ')}`,
    hint: 'move the files away to begin anew',
  });
}

async function saveNext(
  folder: string,
  { bytes, keep, damaged }: { bytes: Uint8Array; keep: number; damaged: ReadonlySet<string> },
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const { names, abandoned } = await list(folder);
    for (const name of abandoned) await rm(join(folder, name), { force: true });
    const number = names[0] === undefined ? 1 : numberOf(names[0]) + 1;
    const name = `checkpoint-${String(number).padStart(8, '0')}.safetensors`;
    const temporary = join(folder, `.${name}.tmp`);
    await writeSynced(temporary, bytes);
    await rename(temporary, join(folder, name));
    await syncFolder(folder);
    await prune(folder, { names: [name, ...names], keep, damaged });
  } catch (cause) {
    if (isLabError(cause)) throw cause;
    throw new LabError('missing', 'the checkpoint could not be written', {
      argument: 'folder',
      received: folder,
      hint: `free the disk or name another folder (${reason(cause)})`,
      cause,
    });
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name itself durable. Systems that cannot sync a folder (Windows) keep names without it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

/** Removes all that is older than the latest `keep` checkpoints, damaged ones not counted. */
async function prune(
  folder: string,
  { names, keep, damaged }: { names: readonly string[]; keep: number; damaged: ReadonlySet<string> },
): Promise<void> {
  const oldest = names.filter((name) => !damaged.has(name))[keep - 1];
  if (oldest === undefined) return;
  for (const name of names.slice(names.indexOf(oldest) + 1)) await rm(join(folder, name), { force: true });
}
