import { chooseExecution, engine } from '@lab/tensor-core';
import type { CommandArgs, CommandOption } from '../command';
import { engineChoices, engineOptions } from '../engine-choice';
import { numberOption, wordOption } from './options';

/** What computes: the options of the verbs that run a network. */
export const engineFlags: readonly CommandOption[] = [
  {
    flag: 'engine',
    value: 'NAME',
    description: `${engineChoices.join(', ')} (default: auto, on the fastest that is installed)`,
  },
  { flag: 'threads', value: 'N', description: 'threads of compiled functions (default: all cores)' },
];

/** @throws LabError `argument` for a choice that is none, `missing` when it is not installed */
export async function startEngine(args: CommandArgs): Promise<void> {
  const choice = wordOption(args, 'engine', engineChoices);
  await engine(engineOptions(choice, numberOption(args, 'threads', { min: 1, whole: true })));
  if (choice === 'compiled') chooseExecution('compiled');
}
