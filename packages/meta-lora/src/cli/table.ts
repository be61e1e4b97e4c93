import { parseCsvTable } from '@lab/datasets';
import { LabError } from '@lab/tensor-core/errors';

export interface TableColumns {
  /** Column that names the task of a row; without it all rows are of one. */
  readonly task?: string | undefined;
  readonly targets: readonly string[];
  /** @default all columns that are neither the task nor targets */
  readonly features?: readonly string[] | undefined;
}

/** Rows of numbers by task, in the file's order. */
export interface TaskTable {
  readonly features: readonly string[];
  readonly tasks: ReadonlyMap<string, { readonly x: number[][]; readonly y: number[][] }>;
}

/**
 * Reads features and targets from CSV text with a header.
 *
 * @throws LabError `format` naming the line and column of a cell that is no number; `argument` for a column that is not there
 */
export function readTaskTable(
  text: string,
  name: string,
  { task, targets, features }: TableColumns,
): TaskTable {
  const table = parseCsvTable(text, { header: true, delimiter: ',', name });
  const chosen = features ?? table.columns.filter((column) => column !== task && !targets.includes(column));
  const places = {
    task: task === undefined ? -1 : table.indexOf(task),
    x: chosen.map((column) => table.indexOf(column)),
    y: targets.map((column) => table.indexOf(column)),
  };
  if (chosen.length === 0)
    throw new LabError('format', `${name}: there are no columns of features`, { received: table.columns });
  const tasks = new Map<string, { x: number[][]; y: number[][] }>();
  for (const { cells, line } of table.rows) {
    const numberAt = (column: number): number => {
      const cell = (cells[column] ?? '').trim();
      const value = Number(cell);
      if (cell !== '' && Number.isFinite(value)) return value;
      throw new LabError('format', `${name}: line ${line}, column ${table.columns[column]!}: not a number`, {
        received: cell === '' ? 'a blank cell' : cell,
      });
    };
    const id = places.task < 0 ? 'task' : (cells[places.task] ?? '').trim();
    const rows = tasks.get(id) ?? { x: [], y: [] };
    rows.x.push(places.x.map(numberAt));
    rows.y.push(places.y.map(numberAt));
    tasks.set(id, rows);
  }
  if (tasks.size === 0) throw new LabError('format', `${name}: there are no rows`);
  return { features: chosen, tasks };
}
