import { LabError } from '@lab/tensor-core/errors';
import type { CommandArgs } from '../command';

/** The value of an option with a value, or undefined. */
export function textOption({ options }: CommandArgs, flag: string): string | undefined {
  const value = options[flag];
  return typeof value === 'string' ? value : undefined;
}

/** @throws LabError `argument` when the option is not there */
export function requiredOption(args: CommandArgs, flag: string): string {
  const value = textOption(args, flag);
  if (value !== undefined) return value;
  throw new LabError('argument', `--${flag} is required`, { argument: `--${flag}` });
}

/** A list given as `a,b,c`. */
export function listOption(args: CommandArgs, flag: string): string[] | undefined {
  return textOption(args, flag)
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/**
 * A number of a range.
 *
 * @throws LabError `argument` naming the flag
 */
export function numberOption(
  args: CommandArgs,
  flag: string,
  { min = -Infinity, max = Infinity, whole = false }: { min?: number; max?: number; whole?: boolean } = {},
): number | undefined {
  const text = textOption(args, flag);
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value)))
    return value;
  const from = Number.isFinite(min) ? ` from ${min}` : '';
  const to = Number.isFinite(max) ? ` to ${max}` : '';
  throw new LabError('argument', `--${flag} is a ${whole ? 'whole ' : ''}number${from}${to}`, {
    argument: `--${flag}`,
    received: text,
  });
}

/** One of a few words. */
export function wordOption<W extends string>(
  args: CommandArgs,
  flag: string,
  words: readonly W[],
): W | undefined {
  const text = textOption(args, flag);
  if (text === undefined) return undefined;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new LabError('argument', `--${flag} is one of ${words.join(', ')}`, {
    argument: `--${flag}`,
    received: text,
  });
}
