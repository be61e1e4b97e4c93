import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { CommandArgs } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';

/** @throws LabError `missing` when the file cannot be read */
export async function readBytes(cwd: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(resolve(cwd, path)));
  } catch (cause) {
    throw new LabError('missing', `the file ${path} cannot be read`, {
      received: (cause as NodeJS.ErrnoException).code ?? 'unknown',
      hint: 'check the path; it starts from the current folder',
      cause,
    });
  }
}

export async function readText(cwd: string, path: string): Promise<{ text: string; name: string }> {
  return { text: new TextDecoder().decode(await readBytes(cwd, path)), name: basename(path) };
}

/** Writes a file whole or not at all, making its folder. */
export async function writeWhole(cwd: string, path: string, content: string | Uint8Array): Promise<void> {
  const target = resolve(cwd, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(`${target}.part`, content);
  await rename(`${target}.part`, target);
}

export function textOption({ options }: CommandArgs, flag: string): string | undefined {
  const value = options[flag];
  return typeof value === 'string' ? value : undefined;
}

/** @throws LabError `argument` when the option is not there */
export function requiredOption(args: CommandArgs, flag: string): string {
  const value = textOption(args, flag);
  if (value !== undefined) return value;
  throw new LabError('argument', `--${flag} is required`, { argument: flag });
}

/** @throws LabError `argument` when it is not a number of the range */
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
  throw new LabError('argument', `--${flag} is a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, {
    argument: flag,
    received: text,
  });
}
