import { LabError } from '@lab/tensor-core/errors';
import type { Lowered, OrderStructure } from './lowered';
import type { PullBack } from './scale';

/** A row over several entries, in the units of x. */
export interface CouplingRow {
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly lower: number;
  readonly upper: number;
  readonly owner: number;
  readonly order: number;
}

/** A bound on one entry, with the coefficient that its row had. */
export interface EntryBound {
  readonly entry: number;
  readonly lower: number;
  readonly upper: number;
  readonly weight: number;
  readonly owner: number;
}

/** One sample's linear constraints over the coordinates x. */
export interface PulledRows {
  readonly rows: readonly CouplingRow[];
  readonly bounds: readonly EntryBound[];
  readonly orders: readonly OrderStructure[];
}

/**
 * Carries raw rows to the coordinates x. A row keeps the norm that it has in raw coefficients, so that its violation, and with it
 * a penalty and a tolerance, is counted in the units of x whatever the raw units are: prices in cents or in dollars project alike.
 */
export function pullRows(lowered: Lowered, map: PullBack, names: readonly string[]): PulledRows {
  const rows: CouplingRow[] = [];
  const bounds: EntryBound[] = [];
  // Closed forms of order structures need coordinates that are the entries themselves, up to one positive factor.
  const ordered = map.uniform !== undefined && map.uniform.scale > 0;
  for (const row of lowered.rows) {
    const { columns, values, offset } = map.row(row.columns, row.values);
    const ratio = norm(values) / norm(row.values);
    const lower = row.lower - offset;
    const upper = row.upper - offset;
    if (row.lower === -Infinity && row.upper === Infinity) continue;
    if (row.lower > row.upper || !(ratio > 0)) {
      if (ratio > 0 ? row.lower > row.upper : lower > 1e-9 || upper < -1e-9)
        throw new LabError('infeasible', `${names[row.owner]!}: no value satisfies it`, {
          received: { lower: row.lower, upper: row.upper },
        });
      continue;
    }
    if (columns.length === 1) {
      const factor = values[0]!;
      const [low, high] = factor > 0 ? [lower, upper] : [upper, lower];
      bounds.push({
        entry: columns[0]!,
        lower: low / factor,
        upper: high / factor,
        weight: Math.abs(factor) / ratio,
        owner: row.owner,
      });
    } else
      rows.push({
        columns,
        values: values.map((value) => value / ratio),
        lower: lower / ratio,
        upper: upper / ratio,
        owner: row.owner,
        order: ordered ? row.order : -1,
      });
  }
  return { rows, bounds, orders: lowered.orders };
}

function norm(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** Two samples with the same text share rows and differ only in bounds. */
export function structureKey({ rows, bounds, orders }: PulledRows): string {
  const weights = bounds
    .filter(({ weight }) => weight !== 1)
    .map(({ entry, weight }) => `${entry}:${weight}`);
  const text = rows.map(({ columns, values, owner }) => `${columns.join(',')}|${values.join(',')}|${owner}`);
  return `${text.join(';')}#${weights.join(',')}#${orders.map(({ kind, entries }) => `${kind}${entries.join(',')}`).join(';')}`;
}
