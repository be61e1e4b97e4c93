import { LabError } from '@lab/tensor-core/errors';
import { permutation, type Key } from '@lab/tensor-core/random';
import type { TextDocument } from './types';

export interface DocumentSplit {
  readonly train: readonly TextDocument[];
  readonly validation: readonly TextDocument[];
  readonly test: readonly TextDocument[];
}

export interface SplitDocumentsOptions {
  /** Which documents go where is drawn from it. */
  readonly key: Key;
  /** Share of the documents, in [0, 1). @default 0.1 */
  readonly validation?: number;
  /** Share of the documents, in [0, 1). @default 0 */
  readonly test?: number;
}

/**
 * Splits by document, never within one: neighbouring passages of a text know too much of each other. Each part keeps the
 * order of the whole.
 *
 * @throws LabError `argument` for shares that leave nothing to train on
 */
export function splitDocuments(
  documents: readonly TextDocument[],
  { key, validation = 0.1, test = 0 }: SplitDocumentsOptions,
): DocumentSplit {
  const count = documents.length;
  const [first, second] = [validation, test].map((share) => Math.round(share * count)) as [number, number];
  if (!(validation >= 0 && test >= 0) || count - first - second < 1)
    throw new LabError('argument', 'splitDocuments: the shares leave no document to train on', {
      argument: 'validation, test',
      received: [validation, test],
      expected: `shares from 0 whose sum leaves one of ${count} documents or more`,
    });
  const places = [...permutation(key, count)];
  const part = (from: number, to?: number): TextDocument[] =>
    places
      .slice(from, to)
      .sort((a, b) => a - b)
      .map((place) => documents[place]!);
  return {
    validation: part(0, first),
    test: part(first, first + second),
    train: part(first + second),
  };
}

/** What a split holds, for people: `train: 210 documents, 9,700,000 characters` and so on, a line each. */
export function describeSplit(split: DocumentSplit): string {
  return (['train', 'validation', 'test'] as const)
    .map((name) => {
      const characters = split[name].reduce((sum, { text }) => sum + text.length, 0);
      return `${name}: ${split[name].length} documents, ${characters.toLocaleString('en')} characters`;
    })
    .join('\n');
}
