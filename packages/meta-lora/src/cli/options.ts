import type { CommandArgs } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';

export function textOption({ options }: CommandArgs, flag: string): string | undefined {
  const value = options[flag];
  return typeof value === 'string' ? value : undefined;
}

/** @throws LabError `argument` when it is not a number of at least `least` */
export function numberOption(
  args: CommandArgs,
  flag: string,
  {
    least,
    fallback,
    whole = true,
  }: { readonly least: number; readonly fallback: number; readonly whole?: boolean },
): number {
  const text = textOption(args, flag);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && (!whole || Number.isInteger(value))) return value;
  throw new LabError('argument', `--${flag} is a ${whole ? 'whole ' : ''}number of at least ${least}`, {
    argument: flag,
    received: text,
  });
}

export const namesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
