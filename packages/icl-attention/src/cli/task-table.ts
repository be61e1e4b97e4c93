import { LabError } from '@lab/tensor-core/errors';
import type { Task } from '../adaptive';

/** Tasks of a CSV file, by the value of one column. */
export interface TaskTable {
  readonly ids: readonly string[];
  readonly tasks: readonly Task[];
  readonly features: readonly string[];
}

/** A row without label, to be predicted. */
export interface Query {
  readonly line: number;
  readonly id: string;
  readonly features: readonly number[];
}

export interface ReadTasksOptions {
  /** What errors call the file. */
  readonly name: string;
  /** Column that says which task a row belongs to. */
  readonly task: string;
  /** Column of the label. */
  readonly label: string;
  /** @default all other columns */
  readonly features?: readonly string[] | undefined;
}

/**
 * Reads rows of many small data sets; rows with an empty label are queries.
 *
 * @throws LabError `format` naming the line of an unreadable cell, `argument` naming a column that is not there
 */
export function readTasks(text: string, options: ReadTasksOptions): TaskTable & { queries: Query[] } {
  const { name, task, label } = options;
  const lines = text.split(/\r?\n/);
  const header = cells(lines[0] ?? '');
  const features = options.features ?? header.filter((each) => each !== task && each !== label);
  const place = (column: string): number => {
    const at = header.indexOf(column);
    if (at >= 0) return at;
    throw new LabError('argument', `${name}: there is no column ${column}`, {
      argument: column,
      expected: header,
      hint: 'name columns with --task, --label and --features',
    });
  };
  const [taskAt, labelAt, featuresAt] = [place(task), place(label), features.map(place)];
  const rows = new Map<string, { x: number[][]; y: number[] }>();
  const queries: Query[] = [];
  lines.slice(1).forEach((text_, index) => {
    if (text_.trim() === '') return;
    const line = index + 2;
    const row = cells(text_);
    const number = (at: number): number => {
      const value = (row[at] ?? '').trim() === '' ? NaN : Number(row[at]);
      if (Number.isFinite(value)) return value;
      throw new LabError('format', `${name}: line ${line} has no number in column ${header[at]}`, {
        argument: header[at]!,
        received: row[at] ?? 'nothing',
      });
    };
    const id = row[taskAt] ?? '';
    const x = featuresAt.map(number);
    if ((row[labelAt] ?? '').trim() === '') {
      queries.push({ line, id, features: x });
      return;
    }
    const own = rows.get(id) ?? { x: [], y: [] };
    own.x.push(x);
    own.y.push(number(labelAt));
    rows.set(id, own);
  });
  return {
    ids: [...rows.keys()],
    features,
    queries,
    tasks: [...rows.values()].map(({ x, y }) => ({
      x: { shape: [x.length, features.length], data: Float64Array.from(x.flat()) },
      y,
    })),
  };
}

/** One line's cells; quotes may hold commas. */
function cells(line: string): string[] {
  const found: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    found.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
  return found;
}
