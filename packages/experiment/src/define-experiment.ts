import { LabError } from '@lab/tensor-core/errors';
import type { Experiment, ScaleName } from './types';

export const scaleNames = ['tour', 'quick', 'full'] as const satisfies readonly ScaleName[];

const word = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Checks an experiment's description and gives it back, with the type of its settings inferred from `scales`.
 *
 * @throws LabError `argument` naming the field that is missing or malformed
 * @example
 * export default defineExperiment({
 *   id: 'coin', paper: 'cps', title: 'A coin', summary: 'Is the coin fair? It is thrown often.', data: ['drawn'],
 *   scales: { tour: { throws: 10 }, quick: { throws: 1000 }, full: { throws: 100_000 } },
 *   run: async ({ settings, key }) => ({ claims: [], tables: [], figures: [] }),
 * });
 */
export function defineExperiment<Settings>(experiment: Experiment<Settings>): Experiment<Settings> {
  const { id, paper, title, summary, data, scales, run } = experiment as Partial<Experiment<Settings>>;
  demand(isWord(id), 'id', { received: id, expected: 'lower-case words joined by dashes' });
  demand(isWord(paper), 'paper', { received: paper, expected: 'lower-case words joined by dashes' });
  demand(isText(title), 'title', { received: title, expected: 'a text' });
  demand(isText(summary), 'summary', { received: summary, expected: 'a text' });
  demand(Array.isArray(data) && data.every(isText), 'data', {
    received: data,
    expected: 'names of data sets',
  });
  for (const scale of scaleNames)
    demand(scales?.[scale] !== undefined, `scales.${scale}`, { received: undefined, expected: 'settings' });
  demand(typeof run === 'function', 'run', { received: typeof run, expected: 'a function' });
  return experiment;
}

function demand(holds: boolean, argument: string, details: { received: unknown; expected: string }): void {
  if (!holds)
    throw new LabError('argument', `defineExperiment: ${argument} is not valid`, { argument, ...details });
}

export const isWord = (value: unknown): boolean => typeof value === 'string' && word.test(value);

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
