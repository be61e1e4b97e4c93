import { isSummary } from '../../format';
import type { RunResult } from '../../run/result';
import { summarize } from '../../statistics/summarize';
import type { Summary, Table } from '../../types';

type Cell = Table['rows'][number][number];

/**
 * Tables whose numbers are means over runs. A table that has not the same rows and columns in every run cannot be put
 * together: its id is in `left`.
 */
export function tableOverSeeds(runs: readonly RunResult[]): { tables: Table[]; left: string[] } {
  const tables: Table[] = [];
  const left: string[] = [];
  for (const first of runs[0]?.tables ?? []) {
    const all = runs.flatMap((run) => run.tables.filter(({ id }) => id === first.id));
    if (all.length === runs.length && all.every((table) => hasFormOf(first, table)))
      tables.push({
        ...first,
        rows: first.rows.map((row, r) =>
          row.map((_, c) => cellOverSeeds(all.map((table) => table.rows[r]![c]!))),
        ),
      });
    else left.push(first.id);
  }
  return { tables, left };
}

function hasFormOf(a: Table, b: Table): boolean {
  return (
    a.columns.join('\n') === b.columns.join('\n') &&
    a.rows.length === b.rows.length &&
    // A first column of numbers (sizes, counts) names its row.
    a.rows.every((row, r) => typeof row[0] === typeof b.rows[r]![0])
  );
}

function cellOverSeeds(cells: readonly Cell[]): Cell {
  const numbers = cells.map(numberOf).filter((value) => value !== undefined);
  if (numbers.length < cells.length) return cells.every((cell) => cell === cells[0]) ? cells[0]! : 'differs';
  // What every seed gives alike is a setting or a size, not a measurement.
  if (numbers.every((value) => value === numbers[0]) && typeof cells[0] === 'number') return cells[0];
  return numbers.every(Number.isFinite) ? summarize(numbers) : 'not finite with every seed';
}

function numberOf(cell: string | number | Summary): number | undefined {
  if (typeof cell === 'string') return undefined;
  return isSummary(cell) ? cell.mean : cell;
}
