import { LabError } from '@lab/tensor-core/errors';
import type { Samples } from '../data/samples';

/** A table of features and binary labels, read from CSV. */
export interface LabelCsv {
  readonly features: readonly string[];
  readonly labels: readonly string[];
  /** [n, d] */
  readonly x: Samples;
  /** [n, T]; NaN where a cell is blank. */
  readonly y: Samples;
}

/**
 * Reads numbers from CSV text with a header. Columns named in `labels` are labels, where a blank cell is a missing label; all
 * others are features, which have no gaps.
 *
 * @throws LabError `format` naming the line and column
 */
export function readLabelCsv(
  text: string,
  {
    name,
    labels,
    only = false,
  }: {
    readonly name: string;
    readonly labels: readonly string[];
    /** Reads the labels alone; what the other columns hold does not matter. @default false */
    readonly only?: boolean;
  },
): LabelCsv {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const header = (lines[0] ?? '').split(',').map((cell) => cell.trim());
  const unknown = labels.filter((label) => !header.includes(label));
  if (unknown.length > 0)
    throw new LabError('format', `${name}: there is no such column`, {
      argument: 'labels',
      received: unknown,
      expected: header,
    });
  const features = only ? [] : header.filter((column) => !labels.includes(column));
  const n = lines.length - 1;
  if (n < 1 || (features.length === 0 && !only))
    throw new LabError('format', `${name}: there are no rows, or no columns of features`, {
      received: `${n} rows, ${features.length} features`,
    });
  const x = new Float64Array(n * features.length);
  const y = new Float64Array(n * labels.length);
  const [feature, label] = [placesOf(features), placesOf(labels)];
  for (let i = 0; i < n; i++) {
    const cells = lines[i + 1]!.split(',').map((cell) => cell.trim());
    if (cells.length !== header.length)
      throw new LabError('format', `${name}: line ${i + 2} has another number of cells than the header`, {
        received: cells.length,
        expected: header.length,
      });
    cells.forEach((cell, c) => {
      const column = header[c]!;
      const place = label.get(column);
      if (only && place === undefined) return;
      const value = cell === '' ? NaN : Number(cell);
      if (Number.isNaN(value) && !(cell === '' && place !== undefined))
        throw new LabError('format', `${name}: line ${i + 2}, column ${column}: not a number`, {
          received: cell === '' ? 'a blank cell' : cell,
          hint: 'features have no gaps; only labels may be blank',
        });
      if (place !== undefined) y[i * labels.length + place] = value;
      else x[i * features.length + feature.get(column)!] = value;
    });
  }
  return {
    features,
    labels,
    x: { shape: [n, features.length], data: x },
    y: { shape: [n, labels.length], data: y },
  };
}

const placesOf = (names: readonly string[]): Map<string, number> =>
  new Map(names.map((name, i) => [name, i]));
