import { LabError } from '@lab/tensor-core/errors';
import type { SettingValue } from '@lab/experiment';

/** More runs than this were surely not meant. */
const mostSeeds = 100_000;

/**
 * Seeds given as `0..9`, `3` or `0..4,10`.
 *
 * @throws LabError `argument` when they are not whole numbers from 0
 */
export function parseSeeds(text: string): number[] {
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first <= last && Number.isSafeInteger(last)) || last - first >= mostSeeds)
      throw new LabError('argument', '--seeds is a list of whole numbers and ranges', {
        argument: '--seeds',
        received: text,
        expected: 'such as 0..9 or 0..4,10',
      });
    for (let seed = first; seed <= last; seed++) seeds.add(seed);
  }
  return [...seeds];
}

/**
 * Settings given as `name=v1,v2`: JSON where it reads as JSON, otherwise text. Commas inside brackets belong to a value.
 *
 * @throws LabError `argument` when one is malformed or named twice
 */
export function parseSettings(texts: readonly string[]): Record<string, SettingValue[]> {
  const settings: Record<string, SettingValue[]> = {};
  for (const text of texts) {
    const [, name, values] = /^([^=\s]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || values === undefined || Object.hasOwn(settings, name))
      throw new LabError('argument', '--set gives a setting its values, once', {
        argument: '--set',
        received: text,
        expected: 'name=value or name=value,value',
      });
    settings[name] = splitOutsideBrackets(values).map(parseValue);
  }
  return settings;
}

/**
 * Settings of one run, given as `name=value`.
 *
 * @throws LabError `argument` when one has several values
 */
export function singleSettings(texts: readonly string[]): Record<string, SettingValue> {
  const entries = Object.entries(parseSettings(texts)).map(([name, [value, ...more]]) => {
    if (value !== undefined && more.length === 0) return [name, value] as const;
    throw new LabError('argument', '--set gives a run one value', {
      argument: name,
      hint: 'for several: lab sweep',
    });
  });
  return Object.fromEntries(entries);
}

function splitOutsideBrackets(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '[') depth++;
    if (letter === ']') depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

function parseValue(text: string): SettingValue {
  try {
    const value: unknown = JSON.parse(text);
    // An object would hide which of its parts is set: those have names of their own, `a.b`.
    return isPlain(value) ? value : text;
  } catch {
    return text;
  }
}

function isPlain(value: unknown): value is SettingValue {
  return Array.isArray(value) ? value.every(isPlain) : typeof value !== 'object' || value === null;
}
