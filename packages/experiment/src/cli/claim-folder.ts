import { join } from 'node:path';
import { LabError, isLabError } from '@lab/tensor-core/errors';
import { readText, writeWhole } from './files';

/**
 * Checkpoints belong to one run: its settings are written beside them, and other settings are refused rather than mixed in.
 *
 * @param settings anything that JSON can hold, the same for the same run
 * @throws LabError `argument` when the folder holds a run with other settings
 */
export async function claimFolder(folder: string, settings: object): Promise<void> {
  const path = join(folder, 'run.json');
  const own = `${JSON.stringify(settings, null, 2)}\n`;
  let before: string | undefined;
  try {
    before = (await readText(folder, path)).text;
  } catch (error) {
    if (!isLabError(error)) throw error;
  }
  if (before === undefined) await writeWhole(path, own);
  else if (before !== own)
    throw new LabError('argument', 'the folder holds a run with other settings or other data', {
      argument: '--out',
      received: folder,
      hint: 'choose a new folder, or the options of before to go on with that run',
    });
}
