import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';

export interface DataFolderOptions {
  /** What the user gave as `--data-dir`. */
  readonly dataDir: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * The folder with the user's extra data: `--data-dir`, else the environment's LAB_DATA_DIR, else none.
 *
 * @throws LabError `argument` when the folder that was named does not exist
 */
export function dataFolder({ dataDir, env, cwd }: DataFolderOptions): string | undefined {
  const named = dataDir ?? (env.LAB_DATA_DIR || undefined);
  if (named === undefined) return undefined;
  const folder = resolve(cwd, named);
  if (!existsSync(folder))
    throw new LabError('argument', 'the data folder does not exist', {
      argument: dataDir === undefined ? 'LAB_DATA_DIR' : '--data-dir',
      received: folder,
    });
  return folder;
}
