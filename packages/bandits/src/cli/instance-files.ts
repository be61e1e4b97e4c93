import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { CommandArgs, CommandIo, CommandOption } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';
import { numbersFromCsv, sideInformation, type SideInformation } from '../information';
import { textOption } from './options';

/** The options by which a verb is told the instance. */
export const instanceOptions: readonly CommandOption[] = [
  {
    flag: 'matrix',
    value: 'CSV',
    description:
      'standard deviations: a row for each arm played, a column for each arm revealed; inf for no reading',
    required: true,
  },
  {
    flag: 'means',
    value: 'CSV',
    description: 'mean reward of each arm, in one row or one column',
    required: true,
  },
];

/** The instance that a verb was told. */
export interface CliInstance {
  readonly information: SideInformation;
  readonly means: readonly number[];
}

/**
 * The instance that the options name.
 *
 * @throws LabError `missing` for a file that cannot be read, `format` or `shape` for what is in it
 */
export async function readInstance(args: CommandArgs, { cwd }: CommandIo): Promise<CliInstance> {
  const information = sideInformation(await readNumbers(cwd, textOption(args, 'matrix')!));
  const file = textOption(args, 'means')!;
  const rows = await readNumbers(cwd, file);
  const means = rows.flat();
  if (rows.length !== 1 && rows.some((row) => row.length !== 1))
    throw new LabError('shape', `${basename(file)}: the means stand in one row or one column`, {
      argument: '--means',
      received: rows.map((row) => row.length),
    });
  if (means.length !== information.arms)
    throw new LabError('shape', `${basename(file)}: there is one mean for each row of the matrix`, {
      argument: '--means',
      expected: information.arms,
      received: means.length,
    });
  return { information, means };
}

async function readNumbers(cwd: string, path: string): Promise<number[][]> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    throw new LabError('missing', `the file ${path} cannot be read`, {
      received: (cause as NodeJS.ErrnoException).code ?? 'unknown',
      hint: 'check the path; it starts from the current folder',
      cause,
    });
  }
  return numbersFromCsv(text, { name: basename(path) });
}
