import type { CommandArgs } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';

export function textOption({ options }: CommandArgs, flag: string): string | undefined {
  const value = options[flag];
  return typeof value === 'string' ? value : undefined;
}

/** @throws LabError `argument` when it is not a whole number of at least `least` */
export function wholeOption(args: CommandArgs, flag: string, least: number): number | undefined {
  const text = textOption(args, flag);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new LabError('argument', `--${flag} is a whole number of at least ${least}`, {
    argument: flag,
    received: text,
  });
}

export const namesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
