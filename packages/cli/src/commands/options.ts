import { InvalidArgumentError, Option } from 'commander';
import type { EngineChoice } from '@lab/experiment';

export const dataDirText = 'folder with extra data (default: the environment variable LAB_DATA_DIR)';

export const scaleOption = (initial: string): Option =>
  new Option('--scale <scale>', 'tour: seconds, quick: minutes, full: as far as one machine carries it')
    .choices(['tour', 'quick', 'full'])
    .default(initial);

/** As `engineChoices` of @lab/experiment, which is not loaded for a help page. */
export const engines: readonly EngineChoice[] = [
  'auto',
  'eager',
  'compiled',
  'wasm',
  'cpu',
  'node',
  'node-gpu',
];

export const engineOption = (): Option =>
  new Option(
    '--engine <name>',
    'how functions run: auto (compiled where it can be and is worth it), eager, compiled; ' +
      'or what computes: wasm, cpu, node, node-gpu (default: auto, on the fastest that is installed)',
  ).choices(engines);

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number from 0 to 2^53 - 1.');
  return value;
}

/** Gathers an option that is given several times. */
export const collect = (text: string, before: readonly string[]): string[] => [...before, text];
