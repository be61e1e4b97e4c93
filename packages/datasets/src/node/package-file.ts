import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';
import type { DatasetFile } from '../catalogue';

/**
 * The path of a file inside an npm data package.
 *
 * @param from modules that the package is looked up from, first one first: this one, then the working directory's
 * @throws LabError `missing` with the command that installs it
 */
export function packageFile(
  {
    id,
    package: name = '',
    folder = '../data',
  }: {
    readonly id: string;
    readonly package?: string;
    /** Of the data, as seen from the package's main file. @default '../data' */
    readonly folder?: string;
  },
  { name: file }: Pick<DatasetFile, 'name'>,
  from: readonly string[] = [import.meta.url, join(process.cwd(), 'index.js')],
): string {
  for (const start of from) {
    try {
      // Its package.json exports one file only, so the data folder is found from there.
      return join(dirname(createRequire(start).resolve(name)), folder, file);
    } catch {
      continue;
    }
  }
  throw new LabError('missing', `${id}: the npm package '${name}', which holds this data, is not installed`, {
    argument: name,
    hint: `npm install ${name}`,
  });
}
