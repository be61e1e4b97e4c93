import { LabError } from '@lab/tensor-core/errors';
import type { CommandArgs } from '@lab/experiment';

/** The value of an option with a value, or undefined. */
export function textOption({ options }: CommandArgs, flag: string): string | undefined {
  const value = options[flag];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of at least `min`; `1e5` is one. @throws LabError `argument` naming the flag */
export function countOption(args: CommandArgs, flag: string, min = 1): number | undefined {
  const text = textOption(args, flag);
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new LabError('argument', `--${flag} is a whole number from ${min}`, {
    argument: `--${flag}`,
    received: text,
  });
}

/** One of a few words. @throws LabError `argument` naming the flag */
export function wordOption<W extends string>(args: CommandArgs, flag: string, words: readonly W[]): W {
  const text = textOption(args, flag) ?? words[0]!;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new LabError('argument', `--${flag} is one of ${words.join(', ')}`, {
    argument: `--${flag}`,
    received: text,
  });
}
